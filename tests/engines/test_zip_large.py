"""Archives that need ZIP64, opened by other people's programs: 70,000 entries, and one of 5 GiB.

Both are made once; each program takes some seconds. The large entry is of zeros and takes 5 MB on the disk.
"""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import pyzipper

from tests.engines.zip_readers import READERS, UTF8, java_listing, run
from waybill.core.archive import BLOCK, Encryption, central_directory, derive_salt
from waybill.engines.zip_entry import entry

pytestmark = pytest.mark.real
AT = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
NAMES = [f"d{i % 100}/f{i}.txt" for i in range(70_000)]
SIZE = 5 << 30
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("many") / "many.zip"
    with path.open("wb") as file:
        entries = []
        for name in NAMES:
            writer = entry(name, AT, [name.encode()])
            file.writelines(writer)
            entries.append(writer.entry)
        file.write(central_directory(entries))
    return path


@pytest.fixture(scope="module", params=[None, *Encryption], ids=lambda e: e or "plain")
def huge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Encryption]]:
    """An entry of 5 GiB, and one behind it that is found only past 4 GiB of the first one's data."""
    path = tmp_path_factory.mktemp("huge") / "huge.zip"
    password = PASSWORD if request.param else None
    kind = request.param or Encryption.AES256
    zeros, salt = bytes(BLOCK), derive_salt("run", 1, "x", "v1")
    with path.open("wb") as file:
        entries = []
        for name, data in (("zeros", (zeros for _ in range(SIZE // BLOCK))), ("after", iter([b"behind it"]))):
            writer = entry(name, AT, data, password=password, encryption=kind, salt=salt, large=name == "zeros")
            file.writelines(writer)
            entries.append(writer.entry)
        file.write(central_directory(entries))
    yield path, request.param
    path.unlink()


def test_python_lists_many(many: Path) -> None:
    with zipfile.ZipFile(many) as read:
        assert read.namelist() == NAMES
        assert read.read(NAMES[-1]) == NAMES[-1].encode()


def test_unzip_tests_many(many: Path) -> None:
    READERS["unzip"].or_skip()
    assert run("unzip", "-tqq", str(many)) == b""


def test_7z_tests_many(many: Path) -> None:
    READERS["7z"].or_skip()
    said = run("7z", "t", str(many))
    assert b"Everything is Ok" in said
    assert b"Files: 70000" in said


def test_bsdtar_unpacks_many(many: Path) -> None:
    READERS["bsdtar"].or_skip()
    assert run("bsdtar", "-xOf", str(many)) == "".join(NAMES).encode()


def test_java_reads_many(many: Path) -> None:
    READERS["jar"].or_skip()
    found = java_listing(many)
    assert list(found) == NAMES
    assert all(size == len(name) for name, (size, _) in found.items())


def test_7z_tests_five_gib(huge: tuple[Path, Encryption | None]) -> None:
    READERS["7z"].or_skip()
    said = run("7z", "t", f"-p{PASSWORD}", str(huge[0]))
    assert b"Everything is Ok" in said
    assert f"Size:       {SIZE + 9}".encode() in said


def test_bsdtar_counts_five_gib(huge: tuple[Path, Encryption | None]) -> None:
    READERS["bsdtar"].or_skip()
    assert _counted("bsdtar", "--passphrase", PASSWORD, "-xOf", str(huge[0])) == SIZE + 9


def test_unzip_counts_five_gib(huge: tuple[Path, Encryption | None]) -> None:
    READERS["unzip"].or_skip()
    path, encryption = huge
    if encryption is Encryption.AES256:
        pytest.skip("unzip opens no AES")
    assert _counted("unzip", "-p", "-P", PASSWORD, str(path)) == SIZE + 9


def test_java_reads_five_gib(huge: tuple[Path, Encryption | None]) -> None:
    READERS["jar"].or_skip()
    path, encryption = huge
    if encryption is not None:
        pytest.skip("Java opens nothing that is encrypted")
    assert {name: size for name, (size, _) in java_listing(path).items()} == {"zeros": SIZE, "after": 9}


def test_python_finds_what_is_behind_five_gib(huge: tuple[Path, Encryption | None]) -> None:
    """All of it is read where that takes seconds: Python's own ZipCrypto is slow."""
    path, encryption = huge
    with pyzipper.AESZipFile(path) as read:
        assert [(i.filename, i.file_size) for i in read.infolist()] == [("zeros", SIZE), ("after", 9)]
        assert read.read("after", pwd=PASSWORD.encode()) == b"behind it"
        if encryption is None:
            assert read.testzip() is None


def _counted(*command: str) -> int:
    """How many bytes the program writes; it must succeed."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=UTF8) as program:
        assert program.stdout
        counted = sum(map(len, iter(partial(program.stdout.read, 1 << 20), b"")))
    assert program.returncode == 0
    return counted
