"""What lies inside a ZIP, against the entries that a manifest lists.

Only entries that a manifest names are unpacked, each to its listed size and no further, and nothing is written.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyzipper

from waybill_cli.verifying.finding import PASSWORD, Finding, Progress, Verdict, wrong
from waybill_cli.verifying.manifest import LARGEST, NAME, SIGNATURE_NAME, Listed
from waybill_cli.verifying.reading import difference, read_through

OURS = (NAME, SIGNATURE_NAME)
_BROKEN = (pyzipper.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, ValueError)


class Locked(Exception):
    """The entry is encrypted and there is no password."""


class Broken(Exception):
    """It cannot be unpacked; the text says why, as the end of a sentence."""


class Archive:
    """One ZIP. `password` is empty where none is known. Raises Broken for a file that is no ZIP."""

    def __init__(self, path: Path, password: str) -> None:
        self._password = password.encode("utf-8")
        try:
            self._zip = pyzipper.AESZipFile(path)
        except _BROKEN as error:
            raise Broken(f"is no ZIP that can be opened ({error})") from None
        self.names = [info.filename for info in self._zip.infolist()]
        self._alone = _nothing_around(path, min((info.header_offset for info in self._zip.infolist()), default=0))

    def close(self) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        """A small entry, whole: a manifest, a signature. Raises KeyError, Locked and Broken."""
        with self._opened(name) as file:
            try:
                data = file.read(LARGEST + 1)
            except _BROKEN as error:
                raise Broken(f"cannot be unpacked ({error})") from None
        if len(data) > LARGEST:
            raise Broken(f"has more than {LARGEST} bytes")
        return bytes(data)

    def _opened(self, name: str) -> pyzipper.ZipExtFile:
        info = self._zip.getinfo(name)
        if info.flag_bits & 1 and not self._password:
            raise Locked
        try:
            return self._zip.open(info, pwd=self._password or None)
        except RuntimeError:
            raise Broken("is not opened by the password: it is another archive's, or the entry was changed") from None
        except _BROKEN as error:
            raise Broken(f"cannot be unpacked ({error})") from None

    def findings(self, place: str, entries: Sequence[Listed], progress: Progress) -> Iterator[Finding]:
        """What of the archive is not as these entries say, and whether it holds others."""
        if not self._alone:
            yield _wrong(place, "has bytes before its first entry or behind its end that belong to nothing in it")
        listed = {entry.name for entry in entries}
        for name, count in Counter(self.names).items():
            if count > 1:
                yield _wrong(f"{place}/{name}", "lies in the archive more than once")
            if name not in listed and name not in OURS:
                yield _wrong(f"{place}/{name}", "is in the archive and in no manifest")
        locked = 0
        for entry in entries:
            try:
                said = self._difference(entry, progress)
            except Locked:
                locked += 1
                continue
            if said:
                yield _wrong(f"{place}/{entry.name}", said)
        if locked:
            yield Finding(
                Verdict.UNCHECKED, place, f"{locked} encrypted entries of the archive were not looked into.", PASSWORD
            )

    def _difference(self, entry: Listed, progress: Progress) -> str:
        try:
            with self._opened(entry.name) as file:
                return difference(entry, read_through(file, entry, progress))
        except KeyError:
            return "is missing from the archive"
        except Broken as broken:
            return str(broken)
        except _BROKEN as error:
            return f"cannot be unpacked ({error})"


def _nothing_around(path: Path, first: int) -> bool:
    """Whether the first entry begins the file, and the directory's end ends it (APPNOTE.TXT 4.3.16, without a comment)."""
    with path.open("rb") as file:
        file.seek(-22, os.SEEK_END)
        end = file.read()
    return first == 0 and end.startswith(b"PK\x05\x06") and end.endswith(b"\0\0")


def _wrong(place: str, said: str) -> Finding:
    return wrong(place, f"{place.rpartition('/')[2]} {said}.")
