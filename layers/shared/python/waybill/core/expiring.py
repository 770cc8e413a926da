"""Credentials that end: warned of in time, by a sentence with the destination and by an event a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from waybill.core.errors import WaybillError
from waybill.core.occasion import DESTINATION_EXPIRES, DestinationExpires
from waybill.core.ports import Bookmarks, Destinations, Events, SavedDestination
from waybill.core.window import stamp

NOTICE = timedelta(days=14)
"""How long before the end it is told for the first time, and how long after it for the last."""
BOOKMARK = "audit#expiring"
_PAGE = 50


def warning(saved: SavedDestination, now: datetime) -> str:
    """A sentence for who looks at the destination; empty where nothing ends soon."""
    ends = saved.expires_at
    if ends is None or ends - now > NOTICE:
        return ""
    if ends <= now:
        when = f"expired on {stamp(ends)}: nothing can be delivered"
    else:
        left = (ends - now).days
        when = (
            f"expire on {stamp(ends)}, in {left} {'day' if left == 1 else 'days'}"
            if left
            else f"expire on {stamp(ends)}"
        )
    return f"Its credentials {when}. Save new ones: PUT /destinations/{saved.destination_id}."


@dataclass(frozen=True)
class Watch:
    """What the daily look needs."""

    destinations: Destinations
    events: Events
    bookmarks: Bookmarks


def tell_expiring(watch: Watch, now: datetime, stop: Callable[[], bool]) -> int:
    """One event for each destination whose credentials end soon or ended lately, once a UTC day, however often and by however
    many it is asked; how many were sent now. What there is no time for, the next call of the day does.

    A notice is claimed before it is sent and returned where sending fails. So it never comes twice; a call that is killed
    between the two leaves out one day's.
    """
    day, told = f"{now:%Y-%m-%d}", 0
    reached, _, cursor = watch.bookmarks.read(BOOKMARK).partition(" ")
    if reached != day:
        cursor = ""
    elif not cursor:
        return 0
    while not stop():
        page = watch.destinations.every(cursor, _PAGE)
        told += sum(_tell(watch, saved, now, day) for saved in page.items)
        cursor = page.cursor
        watch.bookmarks.save(BOOKMARK, f"{day} {cursor}".strip())
        if not cursor:
            break
    return told


def _tell(watch: Watch, saved: SavedDestination, now: datetime, day: str) -> bool:
    if not warning(saved, now) or (saved.expires_at and now - saved.expires_at > NOTICE):
        return False
    if not watch.destinations.claim_notice(saved, day):
        return False
    try:
        watch.events.send(*DESTINATION_EXPIRES, [_told(saved, now)])
    except WaybillError:
        watch.destinations.return_notice(saved, day)
        raise
    return True


def _told(saved: SavedDestination, now: datetime) -> Mapping[str, Any]:
    """Ids and a sentence, no data."""
    told = DestinationExpires(
        id=f"{saved.destination_id}.{now:%Y-%m-%d}",
        at=stamp(now),
        tenant=saved.tenant,
        destination_id=saved.destination_id,
        destination_name=saved.name,
        kind=saved.kind,
        expires_at=stamp(saved.expires_at) if saved.expires_at else "",
        message=warning(saved, now),
    )
    return told.model_dump(mode="json")
