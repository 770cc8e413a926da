"""The audit log: who did what to which thing. Entries are added and never changed, and each holds the hash of the one
before it.

A change has two entries of one request: `asked` is there before anything changes, `done` or `refused` once its answer is
known. Where the second is missing, the request was cut off: look at the thing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.access import Caller
from waybill.core.ports import Page

NOTHING_BEFORE = "0" * 64
_LONGEST = 200


class Stage(StrEnum):
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


class Entry(BaseModel):
    """`things` are ids by their names, `sha256` is of all other fields as JSON with sorted keys, no spaces, in UTF-8. `number`
    counts a tenant's entries from 1.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    at: str
    by: str
    subject: str
    action: str
    things: Mapping[str, str]
    stage: Stage
    request: str
    previous: str
    sha256: str = ""


def entry(caller: Caller, action: str, things: Mapping[str, object], stage: Stage, request: str, at: datetime) -> Entry:
    """Not yet in its place. `action` is the method and the route; `request` is the same for both entries of a request."""
    named = {name: str(value)[:_LONGEST] for name, value in things.items()}
    moment = at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return Entry(
        number=0,
        at=moment,
        by=caller.name,
        subject=caller.subject,
        action=action,
        things=named,
        stage=stage,
        request=request,
        previous="",
    )


def after(newest: Entry | None, new: Entry) -> Entry:
    """`new` in its place behind `newest`."""
    previous = newest.sha256 if newest else NOTHING_BEFORE
    placed = new.model_copy(update={"number": newest.number + 1 if newest else 1, "previous": previous})
    return placed.model_copy(update={"sha256": digest(placed)})


def digest(one: Entry) -> str:
    plain = one.model_dump(mode="json", exclude={"sha256"})
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def first_fault(entries: Iterable[Entry]) -> int | None:
    """The number of the first entry, oldest first, that was changed, or that does not follow the one before it; None where
    all is as it was written. What was cut off at the newest end no list of entries can tell.
    """
    before: Entry | None = None
    for one in entries:
        follows = before is None or (one.number == before.number + 1 and one.previous == before.sha256)
        starts = before is not None or one.number != 1 or one.previous == NOTHING_BEFORE
        if one.sha256 != digest(one) or not follows or not starts:
            return one.number
        before = one
    return None


class AuditLog(Protocol):
    def append(self, tenant: str, new: Entry) -> Entry:
        """Behind the tenant's newest entry, whoever else appends at the moment. Raises TransientError where too many do."""

    def page(self, tenant: str, cursor: str, limit: int, by: str = "", thing: str = "") -> Page[Entry]:
        """The newest first; those of one caller's name, or about the thing of that id."""
