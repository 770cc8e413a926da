"""Other people's programs that open our archives, each as its users call it. What is missing here is skipped, visibly."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import pyzipper

from waybill.core.archive import Encryption

UTF8 = {**os.environ, "LC_ALL": "C.UTF-8"}
_JAVA = Path(__file__).with_name("ReadZip.java")


@dataclass(frozen=True)
class Reader:
    """`unpack(archive, folder, password)` raises for what the program cannot open. `needs` is its command, if it has one.

    `opens`: what it opens beside plain archives.
    """

    name: str
    needs: str
    opens: frozenset[Encryption]
    unpack: Callable[[Path, Path, str], None]

    def or_skip(self) -> None:
        if self.needs and not shutil.which(self.needs):
            pytest.skip(f"{self.needs} is not installed")


def run(*command: str, folder: Path | None = None) -> bytes:
    """Its output. The input is closed: a program that asks for a password gets none."""
    done = subprocess.run(command, check=False, capture_output=True, env=UTF8, stdin=subprocess.DEVNULL, cwd=folder)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout + done.stderr


def _seven_zip(archive: Path, folder: Path, password: str) -> None:
    said = run("7z", "x", f"-p{password}", f"-o{folder}", str(archive))
    assert b"Warning" not in said, said


def _unzip(archive: Path, folder: Path, password: str) -> None:
    said = run("unzip", "-q", "-P", password, str(archive), "-d", str(folder))
    assert said == b"", said


def _bsdtar(archive: Path, folder: Path, password: str) -> None:
    folder.mkdir()
    passphrase = ["--passphrase", password] if password else []
    said = run("bsdtar", *passphrase, "-x", "-f", str(archive), "-C", str(folder))
    assert said == b"", said


def _jar(archive: Path, folder: Path, password: str) -> None:
    folder.mkdir()
    run("jar", "--extract", "--file", str(archive), folder=folder)


def _python(archive: Path, folder: Path, password: str) -> None:
    with zipfile.ZipFile(archive) as read:
        read.extractall(folder, pwd=password.encode())


def _pyzipper(archive: Path, folder: Path, password: str) -> None:
    with pyzipper.AESZipFile(archive) as read:
        read.extractall(folder, pwd=password.encode())


AES, CRYPTO = Encryption.AES256, Encryption.ZIP_CRYPTO
READERS: Mapping[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader("7z", "7z", frozenset({AES, CRYPTO}), _seven_zip),
        Reader("unzip", "unzip", frozenset({CRYPTO}), _unzip),
        Reader("bsdtar", "bsdtar", frozenset({AES, CRYPTO}), _bsdtar),
        Reader("jar", "jar", frozenset(), _jar),
        Reader("python", "", frozenset({CRYPTO}), _python),
        Reader("pyzipper", "", frozenset({AES, CRYPTO}), _pyzipper),
    )
}


def java_listing(archive: Path) -> dict[str, tuple[int, int]]:
    """Size and CRC-32 of what Java reads of each entry."""
    lines = run("java", "-Xmx128m", "-XX:TieredStopAtLevel=1", str(_JAVA), str(archive)).decode().splitlines()
    fields = (line.split() for line in lines)
    return {bytes.fromhex(name).decode(): (int(size), int(crc)) for name, size, crc in fields}
