"""Paths of what was received: how they are said, where they lead, and what is there."""

from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from waybill_cli.verifying.finding import Finding, Progress, Verdict, wrong
from waybill_cli.verifying.manifest import Listed
from waybill_cli.verifying.reading import difference, read_through


class Unusable(Exception):
    """It is not there or cannot be read; the text says why, as the end of a sentence."""


def said(name: str) -> str:
    """A file's name as text, also one that is none."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def below(root: Path, path: Path) -> str:
    return said(path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path))


def real(path: Path) -> Path:
    """Where links lead."""
    return Path(os.path.realpath(path))


def within(root: Path, path: Path) -> bool:
    """Also of where links lead."""
    return real(path).is_relative_to(real(root))


def opened(root: Path, path: Path, most: int) -> bytes:
    """The file's first bytes, no more than `most` and one. Raises Unusable."""
    if problem := _problem(root, path):
        raise Unusable(problem)
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror})") from None


def file_findings(root: Path, path: Path, file: Listed, progress: Progress) -> Iterator[Finding]:
    """What of the file is not as it is listed; nothing where all of it is."""
    place, problem = below(root, path), _problem(root, path)
    if problem == _MISSING and (alike := _alike(path)):
        found = f"{place} is missing; {alike} has its name but for the case or the form of letters."
        advice = "Give it the name that its manifest has, and verify again."
        yield Finding(Verdict.WRONG, place, found, advice)
        return
    if not problem:
        try:
            with path.open("rb") as stream:
                problem = difference(file, read_through(stream, file, progress))
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
    if problem:
        yield wrong(place, f"{place} {problem}.")


_MISSING = "is missing"


def _problem(root: Path, path: Path) -> str:
    try:
        if not within(root, path):
            return "is a link that leads out of the given folder"
        if not path.exists():
            return _MISSING
        return "" if path.is_file() else "is no file"
    except OSError as error:
        return _MISSING if error.errno == errno.ENAMETOOLONG else f"cannot be read ({error.strerror})"


def _alike(path: Path) -> str:
    """The file in its place that only case or form (an accent in one character or in two) tells from it."""
    wanted = _form(path.name)
    try:
        return next((said(other) for other in sorted(os.listdir(path.parent)) if _form(other) == wanted), "")
    except OSError:
        return ""


def _form(name: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
