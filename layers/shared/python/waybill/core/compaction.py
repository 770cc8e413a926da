"""Compaction: many small objects of one day's folder become one, which stands for them in windows of later runs.

Off the path of exports. The originals stay, so that a plan that was frozen before still finds what it names.
"""

from __future__ import annotations

import gzip
import hashlib
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from waybill.core.catalog import Dataset
from waybill.core.errors import PermanentError
from waybill.core.lake_keys import merged_key, partition_of
from waybill.core.lake_object import LakeObject, ObjectThere
from waybill.core.ports import LakeObjects
from waybill.core.rows import SourceFormat
from waybill.core.survey import survey

SETTLED = timedelta(days=2)
"""How long ago an object must have been registered."""
REVISITED = timedelta(days=9)
"""For how long a small object is looked at anew each day, until there are enough of its kind."""
SMALL = 8 * 1024 * 1024
"""Bytes, as the object lies in the lake."""
FEWEST = 20
MOST = 5_000
"""A replacement names each object that it replaces, and is kept in one item of a table."""
LARGEST = 128 * 1024 * 1024
"""Bytes unzipped: what one part of a run reads."""
_CHUNK = 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class LakeToMerge(Protocol):
    """Narrow port of `aws.lake.Lake`."""

    def open(self, key: str, version: str) -> BinaryIO: ...

    def put_file(self, key: str, path: Path) -> bool: ...

    def head(self, key: str, version: str = "") -> ObjectThere | None: ...


@dataclass(frozen=True)
class Compactor:
    """What a compaction needs of the world. `folder` is an empty local one, for a file of at most 128 MiB."""

    lake: LakeToMerge
    objects: LakeObjects
    folder: Path

    def compact(self, tenant: str, dataset: Dataset, now: datetime, stop: Callable[[], bool]) -> int:
        """Merge what is settled and small; how many merged objects there are more. `stop` is asked before each merge.

        May stop or be killed anywhere: what is not registered then is an object that nobody reads, and the next call
        starts anew. Two at once: the one whose registration comes second stops, without any effect.
        """
        merges = self.objects.merges(tenant, dataset.name)
        after = self._registered_before(tenant, dataset.name, now - REVISITED)
        upto = self._registered_before(tenant, dataset.name, now - SETTLED)
        replaced = {n for one in self.objects.replacements(tenant, dataset.name, after) for n in one.replaces}
        done = 0
        for batch in batches(self.objects.since(tenant, dataset.name, after, upto), replaced):
            if stop():
                break
            merged = self._merged(tenant, dataset, batch, now)
            if not self.objects.replace(tenant, dataset.name, merged, merges + done):
                break
            done += 1
        return done

    def _registered_before(self, tenant: str, dataset: str, moment: datetime) -> int:
        """The number up to which all were registered before that moment; numbers are given in time's order."""
        newest = self.objects.newest(tenant, dataset)
        return bisect_left(
            range(1, newest + 1), moment, key=lambda n: self.objects.get(tenant, dataset, n).registered_at
        )

    def _merged(self, tenant: str, dataset: Dataset, batch: Sequence[LakeObject], now: datetime) -> LakeObject:
        """The batch as one object in the lake. Its name is that of what it holds, so a repeat finds it there."""
        named = hashlib.sha256("\n".join(f"{one.key}\0{one.version}" for one in batch).encode())
        key, path = merged_key(tenant, dataset.name, named.hexdigest()), self.folder / "merged.gz"
        with path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as zipped:
            for chunk in self._chunks(batch):
                zipped.write(chunk)
        with path.open("rb") as made:
            seen = survey(made, SourceFormat.NDJSON_GZ, dataset)
        if (seen.rows, seen.rejects) != (sum(one.rows for one in batch), 0):
            raise PermanentError(
                f"{len(batch)} objects from {batch[0].key} on do not hold the rows that were registered; "
                "they were not merged.",
                "Exports go on from the objects themselves; an operator must look at them.",
            )
        self.lake.put_file(key, path)
        there = self.lake.head(key)
        if there is None:
            raise PermanentError(f"{key} is gone from the lake.", "Nothing may be deleted below merged/.")
        return LakeObject(
            key=key,
            version=there.version,
            etag=there.etag,
            size=there.size,
            rows=seen.rows,
            rejects=0,
            format=SourceFormat.NDJSON_GZ,
            sequence=batch[0].sequence,
            first_event=seen.first,
            last_event=seen.last,
            registered_at=now,
            plain_size=seen.plain_size,
            columns=seen.columns,
            archived=batch[0].archived,
            replaces=tuple(one.sequence for one in batch),
        )

    def _chunks(self, batch: Sequence[LakeObject]) -> Iterator[bytes]:
        """The objects' lines as they are, one object after another, each ended by a line's end."""
        for one in batch:
            with closing(self.lake.open(one.key, one.version)) as file:
                plain = gzip.GzipFile(fileobj=file) if one.format is SourceFormat.NDJSON_GZ else file
                last, first = b"\n", True
                while chunk := plain.read(_CHUNK):
                    yield chunk.removeprefix(_BOM) if first else chunk
                    last, first = chunk[-1:], False
                if last != b"\n":
                    yield b"\n"


def batches(objects: Iterable[LakeObject], replaced: Collection[int]) -> Iterator[tuple[LakeObject, ...]]:
    """Objects that belong together, in their order: of one day's folder, small, whole, not merged before.

    An object with rejects stays as it is, so that a run names its own lines.
    """
    folders: dict[str, list[LakeObject]] = {}
    for one in objects:
        if one.sequence not in replaced and _mergeable(one):
            slim = one.model_copy(update={"columns": ()})  # thousands of them are held at once
            folders.setdefault(partition_of(one.key), []).append(slim)
    for _, found in sorted(folders.items()):
        yield from (batch for batch in _cut(found) if len(batch) >= FEWEST)


def _cut(found: Sequence[LakeObject]) -> Iterator[tuple[LakeObject, ...]]:
    batch: list[LakeObject] = []
    weight = 0
    for one in found:
        if batch and (len(batch) == MOST or weight + one.plain_size > LARGEST):
            yield tuple(batch)
            batch, weight = [], 0
        batch.append(one)
        weight += one.plain_size
    yield tuple(batch)


def _mergeable(one: LakeObject) -> bool:
    lines = one.format in {SourceFormat.NDJSON, SourceFormat.NDJSON_GZ}
    return lines and one.size < SMALL and not one.rejects and one.rows > 0 and 0 < one.plain_size <= LARGEST // 2
