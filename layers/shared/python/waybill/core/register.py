"""Registering a lake object: look at it once, then give it its number. S3's event and the repair both come here."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from waybill.core.catalog import Catalogs, Dataset
from waybill.core.lake_keys import LakePlace, Listed, parse_key, partition_of, rejects_key
from waybill.core.lake_object import LakeObject, ObjectThere
from waybill.core.plural import many
from waybill.core.ports import LakeObjects
from waybill.core.rows import SourceFormat
from waybill.core.survey import ParquetSurvey, Survey, survey

LARGEST_PARQUET = 1536 * 1024 * 1024
"""Bytes. A Parquet file is read from the local disk, which holds 2 GiB; other formats are streamed."""


class LakeToRegister(Protocol):
    """Narrow port of `aws.lake.Lake`."""

    def head(self, key: str, version: str = "") -> ObjectThere | None: ...

    def open(self, key: str, version: str) -> BinaryIO: ...

    def download(self, key: str, version: str, path: Path) -> None: ...

    def put(self, key: str, data: bytes) -> bool: ...


@dataclass(frozen=True)
class Registrar:
    """What a registration needs of the world."""

    lake: LakeToRegister
    objects: LakeObjects
    catalogs: Catalogs
    parquet: ParquetSurvey
    announce: Callable[[str, str], None] = lambda tenant, dataset: None

    def register(self, key: str, version: str, now: datetime) -> LakeObject | None:
        """The object's registration, new or from before; None for what is none of ours, is no record, or is gone.

        Idempotent: S3 tells of an object at least once, and the same bytes under the same key are registered once, under
        the version that came first. An object of which nothing can be read is registered too, so that nobody looks at it
        again and again, and it is named in the dataset's rejects. `announce` is told of a registration, also of one from
        before: whoever died in between tells it the next time. Raises TransientError and PermanentError of the ports.
        """
        place = parse_key(key)
        dataset = self.catalogs(place.tenant).get(place.dataset) if place and place.format else None
        if place is None or place.format is None or dataset is None:
            return None
        there = self.lake.head(key, version)
        if there is None:
            return None
        listed = Listed(key, there.etag, there.size)
        known = self.objects.known(place.tenant, place.dataset, [listed])
        registered = known.get(listed) or self._new(place, listed, there, dataset, now)
        self.announce(place.tenant, place.dataset)
        return registered

    def _new(self, place: LakePlace, listed: Listed, there: ObjectThere, dataset: Dataset, now: datetime) -> LakeObject:
        assert place.format is not None
        seen = self._survey(listed.key, there, place.format, dataset)
        if seen.fault or (seen.rejects and not seen.rows):
            self._refuse(place, listed, seen, now)
        return self.objects.register(place.tenant, place.dataset, _entry(place, listed, there.version, seen, now))

    def _survey(self, key: str, there: ObjectThere, source: SourceFormat, dataset: Dataset) -> Survey:
        if source is not SourceFormat.PARQUET:
            with self.lake.open(key, there.version) as file:
                return survey(file, source, dataset)
        if there.size > LARGEST_PARQUET:
            return Survey(rejects=1, fault=f"It is larger than {LARGEST_PARQUET} bytes. Put it in several files.")
        with tempfile.TemporaryDirectory(prefix="waybill-") as folder:
            path = Path(folder) / "object.parquet"
            self.lake.download(key, there.version, path)
            return self.parquet(path, dataset)

    def _refuse(self, place: LakePlace, listed: Listed, seen: Survey, now: datetime) -> None:
        """Say in the dataset's rejects why an object, or the rest of it, is in no export. No run would meet it."""
        reason = seen.fault or "None of its lines is a row with an instant in the dataset's time field."
        said = {
            "line": 0,
            "reason": f"{reason} {many(seen.rejects, 'row is', 'rows are')} refused.",
            "record": listed.key,
        }
        name = hashlib.sha256(f"{listed.key}\0{listed.etag}".encode()).hexdigest()[:32]
        data = (json.dumps(said, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        self.lake.put(rejects_key(place.tenant, place.dataset, _day(listed.key, now), f"object-{name}"), data)


def _day(key: str, now: datetime) -> date:
    """The day in an object's key, which is the same at every call; today for one that no calendar has."""
    try:
        return date.fromisoformat(partition_of(key)[-10:])
    except ValueError:
        return now.date()


def _entry(place: LakePlace, listed: Listed, version: str, seen: Survey, now: datetime) -> LakeObject:
    assert place.format is not None
    return LakeObject(
        key=listed.key,
        version=version,
        etag=listed.etag,
        size=listed.size,
        rows=seen.rows,
        rejects=seen.rejects,
        format=place.format,
        sequence=0,
        first_event=seen.first,
        last_event=seen.last,
        registered_at=now,
        plain_size=seen.plain_size,
        columns=seen.columns,
        archived=place.archived,
    )
