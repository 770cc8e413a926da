"""Archives of the fast encoder, opened by the tools that receivers have."""

from __future__ import annotations

import io
import itertools
import random
import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pyzipper
from hypothesis import given, settings
from hypothesis import strategies as st

from waybill.core.archive import BLOCK, central_directory, derive_salt
from waybill.engines.zip_aes import AesCipher, entry

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


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("password", [None, PASSWORD])
@pytest.mark.skipif(not shutil.which("7z"), reason="7z is not installed")
def test_7z_opens_and_unpacks(tmp_path: Path, password: str | None, large: bool) -> None:
    (tmp_path / "a.zip").write_bytes(made(FILES, password, large))
    out = subprocess.run(
        ["7z", "x", f"-p{password or ''}", f"-o{tmp_path / 'out'}", str(tmp_path / "a.zip")],
        check=False,
        capture_output=True,
    )
    assert out.returncode == 0, out.stdout + out.stderr
    assert b"Warning" not in out.stdout
    assert {n: (tmp_path / "out" / n).read_bytes() for n in FILES} == FILES


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.skipif(not shutil.which("unzip"), reason="unzip is not installed")
def test_unzip_tests_a_plain_archive(tmp_path: Path, large: bool) -> None:
    (tmp_path / "a.zip").write_bytes(made(FILES, None, large))
    out = subprocess.run(["unzip", "-t", str(tmp_path / "a.zip")], check=False, capture_output=True)
    assert out.returncode == 0, out.stdout + out.stderr
    assert b"No errors detected" in out.stdout


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


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("unzip"), reason="unzip is not installed")
def test_seventy_thousand_small_entries(tmp_path: Path) -> None:
    names = [f"d{i % 100}/f{i}.txt" for i in range(70_000)]
    path = tmp_path / "many.zip"
    with path.open("wb") as file:
        entries = []
        for name in names:
            writer = entry(name, AT, [name.encode()])
            file.writelines(writer)
            entries.append(writer.entry)
        file.write(central_directory(entries))
    with zipfile.ZipFile(path) as read:
        assert read.namelist() == names
        assert read.read(names[-1]) == names[-1].encode()
    assert subprocess.run(["unzip", "-tqq", str(path)], check=False, capture_output=True).returncode == 0


@pytest.mark.real
def test_an_entry_over_four_gib(tmp_path: Path) -> None:
    size = (4 << 30) + BLOCK
    path = tmp_path / "huge.zip"
    writer = entry("zeros", AT, (bytes(BLOCK) for _ in range(size // BLOCK)), large=True)
    with path.open("wb") as file:
        file.writelines(writer)
        file.write(central_directory([writer.entry]))
    with zipfile.ZipFile(path) as read:
        assert read.getinfo("zeros").file_size == size
        assert read.testzip() is None
