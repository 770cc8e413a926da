"""Standard ZIP encryption, against the format's own words (one byte after another) and Python's reader."""

from __future__ import annotations

import io
import itertools
import random
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.archive import BLOCK, Encryption, central_directory, derive_salt
from waybill.engines import zip_crypto
from waybill.engines.zip_crypto import HEADER, CryptoCipher
from waybill.engines.zip_entry import entry

AT = datetime(2026, 3, 29, 17, 30, tzinfo=UTC)
PASSWORD = "päss wörd 密码 😀"
SALT = derive_salt("run", 1, "x", "v1")


class Spoken:
    """APPNOTE.TXT 6.1.5 to 6.1.7, word by word."""

    table = [0] * 256

    def __init__(self, password: bytes) -> None:
        for number in range(256):
            value = number
            for _ in range(8):
                value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
            self.table[number] = value
        self.keys = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self.update(byte)

    def crc(self, old: int, byte: int) -> int:
        return self.table[(old ^ byte) & 0xFF] ^ old >> 8

    def update(self, byte: int) -> None:
        keys = self.keys
        keys[0] = self.crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = self.crc(keys[2], keys[1] >> 24)

    def encrypt(self, data: bytes) -> Iterator[int]:
        for byte in data:
            temp = (self.keys[2] | 2) & 0xFFFF
            yield byte ^ (temp * (temp ^ 1)) >> 8 & 0xFF
            self.update(byte)


def decrypted(coded: bytes, password: str) -> bytes:
    spoken, plain = Spoken(password.encode()), bytearray()
    for byte in coded:
        temp = (spoken.keys[2] | 2) & 0xFFFF
        plain.append(byte ^ (temp * (temp ^ 1)) >> 8 & 0xFF)
        spoken.update(plain[-1])
    return bytes(plain)


def cut(data: bytes, at: Iterable[int]) -> list[bytes]:
    bounds = [0, *sorted(a % (len(data) + 1) for a in at), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(bounds)]


@given(st.text(max_size=30), st.binary(max_size=700), st.lists(st.integers(0, 700), max_size=6))
def test_it_is_what_the_format_says_however_data_is_cut(password: str, data: bytes, at: list[int]) -> None:
    if not password.isprintable():
        password = "pw"
    cipher = CryptoCipher(password, SALT, AT)
    coded = b"".join(cipher.encrypt(piece) for piece in cut(data, at))
    whole = decrypted(cipher.prefix + coded, password)
    assert len(cipher.prefix) == HEADER
    assert whole[HEADER - 1] == 17 << 3 | 30 >> 3, "the high byte of the DOS time"
    assert whole[HEADER:] == data
    assert coded == bytes(_after(Spoken(password.encode()), whole[:HEADER]).encrypt(data))
    assert cipher.finish() == b""


def _after(spoken: Spoken, header: bytes) -> Spoken:
    for byte in header:
        spoken.update(byte)
    return spoken


@pytest.mark.parametrize("size", [1, 15, 16, 17, 255, 256, 257, 4_096, 65_537])
def test_every_size_of_lanes(size: int) -> None:
    data = random.Random(size).randbytes(size)
    cipher = CryptoCipher("pw", SALT, AT)
    assert decrypted(cipher.prefix + cipher.encrypt(data), "pw")[HEADER:] == data


def test_keys_go_on_from_chunk_to_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    data = random.Random(1).randbytes(10_000)
    whole = CryptoCipher("pw", SALT, AT).encrypt(data)
    monkeypatch.setattr(zip_crypto, "_CHUNK", 1_001)
    assert CryptoCipher("pw", SALT, AT).encrypt(data) == whole


def test_the_header_is_the_same_for_a_retry_and_another_for_anything_else() -> None:
    made = CryptoCipher("pw", SALT, AT).prefix
    assert CryptoCipher("pw", SALT, AT).prefix == made
    other = derive_salt("run", 2, "x", "v1")
    assert CryptoCipher("pw", other, AT).prefix != made
    assert decrypted(CryptoCipher("other", SALT, AT).prefix, "other")[:11] != decrypted(made, "pw")[:11]


def test_the_salt_itself_is_not_in_the_header() -> None:
    """Who knows the run and the name knows the salt: twelve known bytes would break the cipher."""
    assert decrypted(CryptoCipher("pw", SALT, AT).prefix, "pw")[:4] not in SALT


def test_an_entry_without_a_salt_is_refused() -> None:
    with pytest.raises(ValueError, match="salt"):
        CryptoCipher("pw", b"", AT)


FILES = {
    "rows.ndjson": b"".join(b'{"id": %d, "text": "some words that repeat"}\n' % i for i in range(60_000)),
    "media/été 日本.mp3": random.Random(1).randbytes(300_000),
    "empty.csv": b"",
    "one/byte": b"x",
}


def made(files: dict[str, bytes], password: str, large: bool = False) -> bytes:
    body, entries = [], []
    for name, data in files.items():
        salt = derive_salt("run", 1, name, "v1")
        writer = entry(name, AT, [data], password=password, encryption=Encryption.ZIP_CRYPTO, salt=salt, large=large)
        body += list(writer)
        entries.append(writer.entry)
    return b"".join(body) + central_directory(entries)


@pytest.mark.parametrize("large", [False, True])
def test_python_opens_it_and_checks_the_sums(large: bool) -> None:
    with zipfile.ZipFile(io.BytesIO(made(FILES, PASSWORD, large))) as read:
        read.setpassword(PASSWORD.encode())
        assert read.testzip() is None
        assert {n: read.read(n) for n in read.namelist()} == FILES
        assert all(i.CRC for i in read.infolist() if i.file_size)
        assert {i.extract_version for i in read.infolist()} == {20}
        with pytest.raises(RuntimeError, match="password"):
            read.read("rows.ndjson", pwd=b"another one")


@given(st.lists(st.integers(0, 3 * BLOCK), max_size=8))
def test_an_entry_does_not_depend_on_how_data_arrives(at: list[int]) -> None:
    data = FILES["rows.ndjson"]

    def whole(pieces: list[bytes]) -> bytes:
        return b"".join(entry("a", AT, pieces, password="pw", encryption=Encryption.ZIP_CRYPTO, salt=SALT))

    assert whole(cut(data, at)) == whole([data])
