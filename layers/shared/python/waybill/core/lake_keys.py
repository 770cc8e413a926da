"""The lake's keys: whose data each one names, and where each kind of thing lies.

tenant=<t>/dataset=<d>/dt=YYYY-MM-DD/hr=HH/<object>             records, as upstream put them or the platform took them
tenant=<t>/dataset=<d>/archived/dt=YYYY-MM-DD/hr=HH/<object>    records of the dataset's archive
tenant=<t>/dataset=<d>/media/<path>                             media files that rows name
tenant=<t>/dataset=<d>/rejects/dt=YYYY-MM-DD/<name>.ndjson      what was refused, with reasons
tenant=<t>/dataset=<d>/requests/<name>.json                     which requests came, so that a repeat is known
tenant=<t>/dataset=<d>/merged/<name>.gz                         many small objects as one; its ending raises no event
tenant=<t>/rejects/dt=YYYY-MM-DD/<name>.ndjson                  what was refused and names no dataset that there is
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from waybill.core.rows import SourceFormat

_TENANT = r"[a-z0-9][a-z0-9-]{1,62}"
_KEY = re.compile(rf"tenant=(?P<tenant>{_TENANT})/dataset=(?P<dataset>[a-z][a-z0-9_]{{0,62}})/(?P<rest>.+)", re.DOTALL)
_RECORDS = re.compile(r"(?P<archived>archived/)?dt=\d{4}-\d{2}-\d{2}/hr=\d{2}/[^/]+")
_OURS = ("media/", "rejects/", "requests/", "merged/")
_FORMATS = {
    ".ndjson": SourceFormat.NDJSON,
    ".ndjson.gz": SourceFormat.NDJSON_GZ,
    ".csv": SourceFormat.CSV,
    ".parquet": SourceFormat.PARQUET,
}


@dataclass(frozen=True)
class LakePlace:
    """What a key of the lake says. `format` is None for what is not registered: media, rejects, requests, merged objects."""

    tenant: str
    dataset: str
    format: SourceFormat | None
    archived: bool = False


@dataclass(frozen=True)
class Listed:
    """An object as a listing of the lake shows it."""

    key: str
    etag: str
    size: int


def parse_key(key: str) -> LakePlace | None:
    """Whose data a lake key names; None where it follows no rule of ours."""
    found = _KEY.fullmatch(key)
    if not found:
        return None
    if found["rest"].startswith(_OURS):
        return LakePlace(found["tenant"], found["dataset"], None)
    records = _RECORDS.fullmatch(found["rest"])
    source = next((f for ending, f in _FORMATS.items() if key.endswith(ending)), None)
    if source is None or not records:
        return None
    return LakePlace(found["tenant"], found["dataset"], source, archived=records["archived"] is not None)


def is_tenant(name: str) -> bool:
    return re.fullmatch(_TENANT, name) is not None


def dataset_prefix(tenant: str, dataset: str) -> str:
    """What all keys of a tenant's dataset start with."""
    return f"tenant={tenant}/dataset={dataset}/"


def partition_of(key: str) -> str:
    """The day's folder in which records lie: the key up to its `hr=`."""
    return key.rpartition("/hr=")[0]


def media_key(tenant: str, dataset: str, name: str) -> str | None:
    """Where a media file lies that a row names; None for a name that would leave the dataset's own folder."""
    steps = name.split("/")
    if not name or any(step in {"", ".", ".."} for step in steps) or "\\" in name:
        return None
    return f"{dataset_prefix(tenant, dataset)}media/{name}"


def rejects_key(tenant: str, dataset: str, day: date, name: str) -> str:
    """Where refused records lie; `dataset` is empty where they name none that there is."""
    owner = dataset_prefix(tenant, dataset) if dataset else f"tenant={tenant}/"
    return f"{owner}rejects/dt={day.isoformat()}/{name}.ndjson"


def request_key(tenant: str, dataset: str, name: str) -> str:
    return f"{dataset_prefix(tenant, dataset)}requests/{name}.json"


def merged_key(tenant: str, dataset: str, name: str) -> str:
    return f"{dataset_prefix(tenant, dataset)}merged/{name}.gz"
