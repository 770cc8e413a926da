"""The survey of a lake object before it is registered: its rows, their span of time, its size unzipped, its columns."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from waybill.core.catalog import Dataset
from waybill.core.json_line import MAX_LINE, row_of, value_of
from waybill.core.rows import SourceFormat
from waybill.core.window import event_time

LARGEST_PLAIN = 12 * 1024**3
"""Bytes unzipped: what can be read in the time that one function has. A few kilobytes of gzip can hold more."""
MOST_COLUMNS = 500
_LONGEST_NAME = 400
"""Bytes: all names of an object must fit into one item of a table."""
_BOM = b"\xef\xbb\xbf"
_TOO_LONG = b"!\n"
"""Stands for a line over MAX_LINE: no JSON, and nothing that lies in time."""
_KINDS: Mapping[type, str] = {
    str: "string", bool: "boolean", int: "integer", float: "number", dict: "json", list: "json", type(None): "null",
}  # fmt: skip


@dataclass
class Survey:
    """`rows` lie in time, between `first` and `last`; `rejects` are those that do not. `plain_size`: bytes once unzipped.

    `columns` are as `LakeObject` has them. `fault` says why the object, or the rest of it, could not be read.
    """

    rows: int = 0
    rejects: int = 0
    first: datetime | None = None
    last: datetime | None = None
    plain_size: int = 0
    columns: tuple[str, ...] = ()
    fault: str = ""

    def see(self, moment: datetime | None) -> None:
        if moment is None:
            self.rejects += 1
            return
        self.rows += 1
        self.first = moment if self.first is None else min(self.first, moment)
        self.last = moment if self.last is None else max(self.last, moment)


ParquetSurvey = Callable[[Path, Dataset], Survey]
"""Surveys a Parquet file on the local disk; needs a library that the core does not know (`engines/survey_parquet.py`)."""


def survey(file: BinaryIO, source: SourceFormat, dataset: Dataset) -> Survey:
    """Read an NDJSON or CSV object once, from its start, in bounded memory. Never fails by what the object holds.

    A gzip that is cut off or damaged keeps what came before; the rest is one reject. An object that is too large to be
    read to its end is refused whole, as one reject.
    """
    seen, columns = Survey(), Columns(dataset)
    plain = gzip.GzipFile(fileobj=file) if source is SourceFormat.NDJSON_GZ else file
    read = _read_csv if source is SourceFormat.CSV else _read_ndjson
    try:
        read(_lines(plain, seen), dataset, seen, columns)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        seen.rejects += 1
        seen.fault = f"The gzip is damaged: {error}. Put the whole object into the lake again."
    except _TooLarge:
        said = f"It has more than {LARGEST_PLAIN >> 30} GiB unzipped. Put it in several files."
        return Survey(rejects=1, plain_size=seen.plain_size, fault=said)
    seen.columns = columns.named()
    return seen


class _TooLarge(Exception):
    """The object goes on beyond LARGEST_PLAIN."""


def _lines(plain: BinaryIO | gzip.GzipFile, seen: Survey) -> Iterator[bytes]:
    """Lines with their ends, the object's mark of UTF-8 left out; counts their bytes."""
    first = True
    while line := plain.readline(MAX_LINE + 1):
        seen.plain_size += len(line)
        too_long = len(line) > MAX_LINE
        while too_long and not line.endswith(b"\n") and (line := plain.readline(MAX_LINE)):
            seen.plain_size += len(line)
            _limit(seen)
        _limit(seen)
        yield _TOO_LONG if too_long else line.removeprefix(_BOM) if first else line
        first = False


def _limit(seen: Survey) -> None:
    if seen.plain_size > LARGEST_PLAIN:
        raise _TooLarge


def _read_ndjson(lines: Iterable[bytes], dataset: Dataset, seen: Survey, columns: Columns) -> None:
    for line in lines:
        if not line.strip():
            continue
        try:
            row = row_of(line)
        except ValueError:
            seen.rejects += 1
            continue
        columns.see(row)
        seen.see(event_time(value_of(line, row, dataset.time_field)))


def _read_csv(lines: Iterable[bytes], dataset: Dataset, seen: Survey, columns: Columns) -> None:
    csv.field_size_limit(MAX_LINE)
    reader = csv.reader((line.decode("utf-8", "surrogateescape") for line in lines), strict=True)
    header = next(_records(reader, seen), [])
    for name in header:
        columns.add(name, "string")
    if header and dataset.time_field not in header:
        seen.fault = f"It has no column {dataset.time_field}, so its rows lie in no window."
    place = header.index(dataset.time_field) if dataset.time_field in header else -1
    for record in _records(reader, seen):
        whole = len(record) == len(header) and place >= 0 and _is_text(record)
        seen.see(event_time(record[place]) if whole else None)


def _records(reader: Iterator[list[str]], seen: Survey) -> Iterator[list[str]]:
    """Records that are not empty; those whose quotes are wrong are rejects."""
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            seen.rejects += 1
            continue
        if record:
            yield record


def _is_text(record: list[str]) -> bool:
    text = "".join(record)
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Columns:
    """The names found in an object's rows with the kinds of their values; at most 500 names, however many there are.

    A name is said as a rule would address it: a field by its own name, what a row of a dataset with an open field has
    beside them as `<open field>.<name>`. What cannot be addressed is left out. The catalogue's fields always find room.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._fields = {f.name for f in dataset.fields}
        self._room = MOST_COLUMNS - len(self._fields)
        self._found: dict[str, set[str]] = {}
        self._known: set[tuple[str, type]] = set()
        self._known_inside: set[tuple[str, type]] = set()
        self._more = False

    def see(self, row: Mapping[str, object]) -> None:
        """A row of JSON. Most rows hold nothing new, so looking for that is all that is done for each."""
        for name, kind in set(zip(row, map(type, row.values()), strict=True)) - self._known:
            if self.add(name, _KINDS[kind]):
                self._known.add((name, kind))
        inside = row.get(self._dataset.open_field) if self._dataset.open_field else None
        if isinstance(inside, dict):
            for name, kind in set(zip(inside, map(type, inside.values()), strict=True)) - self._known_inside:
                if self.add_inside(name, _KINDS[kind]):
                    self._known_inside.add((name, kind))

    def add(self, name: str, kind: str) -> bool:
        """A column of the row itself; False where there was no room for it."""
        if name in self._fields or not self._dataset.open_field:
            return self._keep(name, kind) if name.isprintable() else False
        return self.add_inside(name, kind)

    def add_inside(self, name: str, kind: str) -> bool:
        """A column inside the open field's object."""
        address = f"{self._dataset.open_field}.{name}"
        return self._keep(address, kind) if len(name) <= _LONGEST_NAME and self._dataset.has(address) else False

    def _keep(self, name: str, kind: str) -> bool:
        if not name or len(name.encode()) > _LONGEST_NAME:
            return False
        if name not in self._found:
            if name not in self._fields and self._room == 0:
                self._more = True
                return False
            self._room -= name not in self._fields
            self._found[name] = set()
        self._found[name].add(kind)
        return True

    def named(self) -> tuple[str, ...]:
        """`("city:string", "visits:integer|string")`, sorted; a last entry `...` says that there are more."""
        named = [f"{name}:{'|'.join(sorted(kinds - {'null'} or kinds))}" for name, kinds in self._found.items()]
        return (*sorted(named), *(["..."] if self._more else []))
