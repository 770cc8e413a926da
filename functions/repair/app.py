"""Registers what lies in the lake and is not registered. Hourly, or by hand: `{"tenant"?, "dataset"?, "since"?}`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, logger, out_of_time
from waybill.core.repair import repair, scope_of
from waybill.wiring import buckets, clock, registering, stores


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Looks at the last three days' partitions of all tenants, where the event says nothing else. What it has no time for, its
    next call does.
    """
    tenant, dataset, since = (str(event.get(name) or "") for name in ("tenant", "dataset", "since"))
    scope = scope_of(tenant, dataset, since, clock.now())
    done = repair(
        buckets.lake(),
        registering.registrar(),
        stores.bookmarks(),
        scope,
        clock.now,
        out_of_time(context, reserve_seconds=120),
    )
    if done.found:
        found = {"failed": done.failed, "reasons": done.reasons}
        logger.warning("found %s objects that were not registered", done.found, extra=found)
    return asdict(done)
