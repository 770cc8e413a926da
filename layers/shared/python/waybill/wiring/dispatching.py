"""What whoever claims windows works with."""

from __future__ import annotations

from collections.abc import Callable

from waybill.core.doors import Claims, House
from waybill.core.rule import Rule
from waybill.wiring import buckets, buses, catalogs, starting, stores


def house(claims: Claims, broken: Callable[[Rule], None]) -> House:
    """See `core.doors.House` for both."""
    return House(
        rules=stores.rules(),
        runs=stores.runs(),
        backfills=stores.backfills(),
        lake=stores.lake_objects(),
        catalogs=catalogs.catalog,
        stage=buckets.stage(),
        queue=starting.dispatch_queue(),
        events=buses.events(),
        claims=claims,
        broken=broken,
    )
