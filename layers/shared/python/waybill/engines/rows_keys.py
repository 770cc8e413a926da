"""The keys of selected rows, and which rows stay in which order.

A row is known by its number in the sources' order, a key by its digest and by a sortable beginning, so what is kept of a
row is small however long its key is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import duckdb

from waybill.core.format import RowFormat, Writing
from waybill.core.rows import Refinement, RowStream, Selection
from waybill.engines.rows_scratch import scratch
from waybill.engines.rows_sql import quote

NDJSON = Writing(RowFormat.NDJSON)
SORTED_BYTES = 256
_SIGN = 1 << 127
_BATCH = 10_000


def with_key(selection: Selection) -> Selection:
    """The same rows and columns, but a row whose key is wrong is a reject, whether the key is written or not."""
    return _also_checked(selection, {selection.dataset.key_field})


def keys_alone(selection: Selection, grouped_by: str = "") -> Selection:
    """Exactly the rows of `with_key(selection)`, as their time and key, and the field that they are grouped by."""
    dataset = selection.dataset
    written = {f.name for f in selection.fields}
    names = dict.fromkeys((dataset.time_field, dataset.key_field, *([grouped_by] if grouped_by else [])))
    return replace(_also_checked(selection, written), fields=tuple(dataset.field(n) for n in names))


def _also_checked(selection: Selection, names: set[str]) -> Selection:
    fields = (selection.dataset.field(name) for name in sorted(names))
    return replace(selection, judged=(*selection.judged, *fields))


def write_index(stream: RowStream, selection: Selection, path: Path, grouped_by: str = "") -> int:
    """The rows of `keys_alone` as CSV: number, time, sortable key, digest, group. Returns how many there are."""
    time_field, key_field = selection.dataset.time_field, selection.dataset.key_field
    count = 0
    with path.open("w", encoding="ascii") as index:
        for rows in _rows(stream):
            for number, row in enumerate(rows, start=count):
                # Without the `Z`, text sorts as its instants do, whatever their fractions.
                at, key = row[time_field].removesuffix("Z"), row[key_field]
                group = _group(row[grouped_by]) if grouped_by else ""
                index.write(f"{number},{at},{_sortable(key)},{_digest(key, at)},{group}\n")
            count += len(rows)
    return count


def _rows(blocks: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    """The rows of NDJSON, a block's at once, however they are cut."""
    held: list[bytes] = []
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if end:
            whole = b"".join((*held, block[: end - 1]))
            held = []
            yield json.loads(b"[" + whole.replace(b"\n", b",") + b"]")
        held.append(block[end:])


def _sortable(key: Any) -> str:
    """Empty for null only."""
    if key is None:
        return ""
    if isinstance(key, int) and -_SIGN <= key < _SIGN:
        return "x" + (key + _SIGN).to_bytes(16, "big").hex()
    return "x" + _text(key).encode()[:SORTED_BYTES].hex()


def _group(value: Any) -> str:
    """As `_sortable`, and different wherever the value is; null comes last."""
    return "~" if value is None else _sortable(value) + blake2b(_text(value).encode(), digest_size=16).hexdigest()


def _digest(key: Any, at: str) -> str:
    """Of key and time, 128 bits: even among billions of rows no two look alike that are not. Empty for no key."""
    return "" if key is None else blake2b(f"{at} {_text(key)}".encode(), digest_size=16).hexdigest()


def _text(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key, ensure_ascii=False)


@dataclass
class Chosen:
    """Which rows of an index stay, by their numbers; `known` may be an index of rows whose keys are out.

    The counts are final once `batches` is exhausted.
    """

    index: Path
    known: Path
    refinement: Refinement
    memory_limit_mib: int
    kept: int = 0
    already_known: int = 0

    def batches(self) -> Iterator[list[int]]:
        """The rows' numbers in their final order."""
        with scratch(self.index.parent, self.memory_limit_mib) as database:
            rows = _read(self.index)
            total = _one(database, f"SELECT count(*) FROM {rows}")  # noqa: S608
            database.execute(f"CREATE TABLE fresh AS SELECT * FROM {rows} i {self._unknown()}")  # noqa: S608
            self.already_known = total - _one(database, "SELECT count(*) FROM fresh")
            order = "t, k NULLS LAST, n" if self.refinement.ordered else "n"
            order = f"g, {order}" if self.refinement.grouped_by else order
            found = database.execute(f"SELECT n FROM {self._first()} ORDER BY {order}")  # noqa: S608
            while batch := found.fetchmany(_BATCH):
                self.kept += len(batch)
                yield [number for (number,) in batch]

    def _unknown(self) -> str:
        if not self.refinement.known:
            return ""
        return f"WHERE NOT EXISTS (FROM {_read(self.known)} k WHERE k.digest = i.digest)"

    def _first(self) -> str:
        if not self.refinement.distinct:
            return "fresh"
        first = "arg_min(t, n) AS t, arg_min(k, n) AS k, arg_min(g, n) AS g, min(n) AS n"
        firsts = f"SELECT {first} FROM fresh WHERE digest IS NOT NULL"  # noqa: S608
        return f"({firsts} GROUP BY digest UNION ALL SELECT t, k, g, n FROM fresh WHERE digest IS NULL)"  # noqa: S608


def _read(index: Path) -> str:
    columns = "{'n': 'BIGINT', 't': 'VARCHAR', 'k': 'VARCHAR', 'digest': 'VARCHAR', 'g': 'VARCHAR'}"
    return (
        f"read_csv({quote(str(index))}, columns = {columns}, header = false, auto_detect = false, delim = ',', "
        "quote = '', escape = '', nullstr = '', compression = 'none')"
    )


def _one(database: duckdb.DuckDBPyConnection, query: str) -> int:
    found = database.execute(query).fetchone()
    assert found is not None
    return int(found[0])
