"""Names of a package's files that every receiver's disk tells apart, however many parts made them.

Windows and macOS take letters of either case for one, macOS an accented letter for a letter and its accent, and no disk
holds a file and a folder of one name: the last file that is unpacked would be all that is left.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from waybill.core.errors import PermanentError
from waybill.core.layout import fitting

_LONGEST_STEP = 249
"""Bytes. Disks hold names of 255, and a name that is delivered as it is has at most 240."""


def on_disk(name: str) -> str:
    """The same for all names that some disk takes for one (Unicode's canonical caseless matching)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def folders_of(names: Iterable[str]) -> set[str]:
    """All folders that files of these names lie in, as `on_disk` has them."""
    found: set[str] = set()
    for name in map(on_disk, names):
        folder = name.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


class NamesApart:
    """Names that were given away, and to which source. `kept` names and `folders` are nobody's."""

    def __init__(self, kept: Iterable[str] = (), folders: Collection[str] = ()) -> None:
        self._sources = dict.fromkeys(map(on_disk, kept), "")
        self._folders = folders

    def free(self, name: str, source: str) -> str:
        """That name, or one with digits of the source where another has it. The same source gets the same name again."""
        for candidate in (name, *marks(name, source)):
            place = on_disk(candidate)
            if place not in self._folders and self._sources.setdefault(place, source) == source:
                return candidate
        raise PermanentError(f"Too many files of the package are called {name}.", "Change the rule's layout.")


def marks(name: str, source: str) -> Iterator[str]:
    """The name with digits of the source: few that files beside each other share (`1.wav`, `1.xml`), then more of its own."""
    yield _marked(name, digits(split_ending(source)[0]))
    for count in (16, 32, 64):
        yield _marked(name, digits(source, count))


def digits(text: str, count: int = 8) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:count]


def _marked(name: str, mark: str) -> str:
    stem, ending = split_ending(name)
    folder, slash, own = stem.rpartition("/")
    return folder + slash + fitting(own, f"-{mark}{ending}", _LONGEST_STEP)


def split_ending(path: str) -> tuple[str, str]:
    """A path without its file's ending, and the ending with its dot; empty for none."""
    start = path.rfind("/") + 1
    dot = path.rfind(".", start)
    return (path[:dot], path[dot:]) if dot > start else (path, "")
