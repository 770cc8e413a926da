"""AES-256 entries, and plain ones, as Python's readers see them. Other programs: test_zip_programs.py."""

from __future__ import annotations

import hashlib
import hmac
import io
import itertools
import random
import time
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import pyzipper
from hypothesis import given, settings
from hypothesis import strategies as st

from waybill.core.archive import BLOCK, central_directory, derive_salt
from waybill.engines import zip_deflate
from waybill.engines.zip_aes import AesCipher
from waybill.engines.zip_entry import entry

AT = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
PASSWORD = "päss wörd 密码 😀"
SALT = derive_salt("run", 1, "x", "v1")
ROWS = b"".join(b'{"id": %d, "text": "some words that repeat"}\n' % i for i in range(60_000))
NOISE = random.Random(1).randbytes(BLOCK + 12_345)
FILES = {"rows.ndjson": ROWS, "media/été 日本.mp3": NOISE, "empty.csv": b"", "one/byte": b"x"}


def made(files: dict[str, bytes], password: str | None, large: bool = False) -> bytes:
    body, entries = [], []
    for name, data in files.items():
        salt = derive_salt("run", 1, name, "v1")
        writer = entry(name, AT, [data], password=password, salt=salt, large=large)
        body += list(writer)
        entries.append(writer.entry)
    return b"".join(body) + central_directory(entries)


@pytest.mark.parametrize("large", [False, True])
def test_python_opens_a_plain_archive(large: bool) -> None:
    with zipfile.ZipFile(io.BytesIO(made(FILES, None, large))) as read:
        assert read.testzip() is None
        assert {n: read.read(n) for n in read.namelist()} == FILES
        assert read.getinfo("media/été 日本.mp3").compress_type == zipfile.ZIP_STORED
        assert read.getinfo("rows.ndjson").compress_type == zipfile.ZIP_DEFLATED


@pytest.mark.parametrize("large", [False, True])
def test_pyzipper_opens_an_encrypted_archive(large: bool) -> None:
    with pyzipper.AESZipFile(io.BytesIO(made(FILES, PASSWORD, large))) as read:
        read.setpassword(PASSWORD.encode())
        assert {n: read.read(n) for n in read.namelist()} == FILES
        assert all(i.CRC == 0 for i in read.infolist())


def test_a_wrong_password_and_a_changed_byte_are_noticed() -> None:
    whole = made({"a": b"secret"}, PASSWORD)
    with pyzipper.AESZipFile(io.BytesIO(whole)) as read, pytest.raises(RuntimeError, match="password"):
        read.read("a", pwd=b"other")
    at = whole.index(SALT_OF_A) + 18
    broken = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    with pyzipper.AESZipFile(io.BytesIO(broken)) as read, pytest.raises(pyzipper.BadZipFile):
        read.read("a", pwd=PASSWORD.encode())


SALT_OF_A = derive_salt("run", 1, "a", "v1")


def cut(data: bytes, at: Iterable[int]) -> list[bytes]:
    bounds = [0, *sorted(a % (len(data) + 1) for a in at), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(bounds)]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, len(ROWS)), max_size=20), st.sampled_from([None, "pw"]))
def test_the_bytes_do_not_depend_on_how_data_arrives(at: list[int], password: str | None) -> None:
    whole = b"".join(entry("a", AT, [ROWS], password=password, salt=SALT))
    assert b"".join(entry("a", AT, cut(ROWS, at), password=password, salt=SALT)) == whole


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
@settings(deadline=None)
def test_the_cipher_does_not_depend_on_how_data_arrives(data: bytes, at: list[int]) -> None:
    whole, pieces = AesCipher("pw", SALT), AesCipher("pw", SALT)
    assert b"".join(pieces.encrypt(c) for c in cut(data, at)) == whole.encrypt(data)
    assert pieces.finish() == whole.finish()


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        AesCipher("pw", b"short")


class Late(ThreadPoolExecutor):
    """Begins what it is given only after a while."""

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        def later() -> Any:
            time.sleep(0.02)
            return work(*arguments, **named)

        return super().submit(later)


def test_large_blocks_are_signed_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is signed by a thread, whenever it begins: the sum at the end is that of one HMAC over all."""
    pool = Late(4)
    monkeypatch.setattr(zip_deflate, "thread", lambda: pool)
    cipher, data = AesCipher("pw", SALT), random.Random(3).randbytes(5 * BLOCK)
    coded = b"".join(cipher.encrypt(block) for block in (data[:BLOCK], data[BLOCK : BLOCK + 7], data[BLOCK + 7 :]))
    keys = hashlib.pbkdf2_hmac("sha1", b"pw", SALT, 1_000, 66)
    assert cipher.prefix == SALT + keys[64:]
    assert cipher.finish() == hmac.digest(keys[32:64], coded, "sha1")[:10]
    pool.shutdown()
