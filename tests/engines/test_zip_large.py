"""Archives that need ZIP64, opened by other people's programs: 70,000 entries, and one of 5 GiB.

Both are made once. The large entry is of zeros and takes 5 MB on the disk. Each program finds what lies behind it; that each
reads all of it takes minutes, and is run with WAYBILL_LARGE=1.
"""

from __future__ import annotations

import os
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
in_full = pytest.mark.skipif(not os.environ.get("WAYBILL_LARGE"), reason="takes minutes; WAYBILL_LARGE=1 runs it")
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


def test_unzip_unpacks_many(many: Path) -> None:
    READERS["unzip"].or_skip()
    assert run("unzip", "-p", str(many)) == "".join(NAMES).encode()


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


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("7z", ["7z", "x", "-so", f"-p{PASSWORD}"]),
        ("bsdtar", ["bsdtar", "--passphrase", PASSWORD, "-xOf"]),
        ("unzip", ["unzip", "-p", "-P", PASSWORD]),
    ],
)
def test_each_program_finds_what_is_behind(
    huge: tuple[Path, Encryption | None], program: str, command: list[str]
) -> None:
    path, encryption = huge
    READERS[program].or_skip()
    if encryption is not None and encryption not in READERS[program].opens:
        pytest.skip(f"{program} opens no {encryption}")
    assert run(*command, str(path), "after") == b"behind it"


def test_python_finds_what_is_behind(huge: tuple[Path, Encryption | None]) -> None:
    with pyzipper.AESZipFile(huge[0]) as read:
        assert [(i.filename, i.file_size) for i in read.infolist()] == [("zeros", SIZE), ("after", 9)]
        assert read.read("after", pwd=PASSWORD.encode()) == b"behind it"


@in_full
def test_7z_tests_all_of_it(huge: tuple[Path, Encryption | None]) -> None:
    READERS["7z"].or_skip()
    said = run("7z", "t", f"-p{PASSWORD}", str(huge[0]))
    assert b"Everything is Ok" in said
    assert f"Size:       {SIZE + 9}".encode() in said


@in_full
@pytest.mark.parametrize(
    ("program", "command"),
    [("bsdtar", ["bsdtar", "--passphrase", PASSWORD, "-xOf"]), ("unzip", ["unzip", "-p", "-P", PASSWORD])],
)
def test_each_program_reads_all_of_it(huge: tuple[Path, Encryption | None], program: str, command: list[str]) -> None:
    path, encryption = huge
    READERS[program].or_skip()
    if encryption is not None and encryption not in READERS[program].opens:
        pytest.skip(f"{program} opens no {encryption}")
    assert _counted(*command, str(path)) == SIZE + 9


@in_full
def test_java_and_python_read_all_of_it(huge: tuple[Path, Encryption | None]) -> None:
    READERS["jar"].or_skip()
    path, encryption = huge
    if encryption is not None:
        pytest.skip("Java opens nothing that is encrypted, and Python takes an hour for it")
    assert {name: size for name, (size, _) in java_listing(path).items()} == {"zeros": SIZE, "after": 9}
    with zipfile.ZipFile(path) as read:
        assert read.testzip() is None


def _counted(*command: str) -> int:
    """How many bytes the program writes; it must succeed."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=UTF8) as program:
        assert program.stdout
        counted = sum(map(len, iter(partial(program.stdout.read, 1 << 20), b"")))
    assert program.returncode == 0
    return counted
