"""Recomputes what should exist of every rule and tells every hole, and once a day whose credentials end soon. Hourly, or by
hand: `{"full": true}`. It cures nothing.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, logger, measured, out_of_time
from waybill.core.auditing import Office, audit_all
from waybill.core.expiring import Watch, tell_expiring
from waybill.core.hole import HoleKind
from waybill.core.window import instant
from waybill.wiring import buses, catalogs, clock, stores


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    """What is late is judged by the scheduled time. What there is no time for, the next call does."""
    now = instant(str(event["time"])) if event.get("time") else clock.now()
    office = Office(
        rules=stores.rules(),
        runs=stores.runs(),
        lake=stores.lake_objects(),
        holes=stores.holes(),
        events=buses.events(),
        bookmarks=stores.bookmarks(),
        catalogs=catalogs.catalog,
    )
    stop = out_of_time(context, reserve_seconds=120)
    expiring = tell_expiring(Watch(stores.destinations(), office.events, office.bookmarks), now, stop)
    done = audit_all(office, now, event.get("full") is True, stop)
    for kind in HoleKind:
        measured("HolesFound", done.found[kind.value], kind=kind.value)
    if done.found or done.failed:
        logger.warning("the audit found holes", extra=done.told())
    return {**done.told(), "expiring": expiring}
