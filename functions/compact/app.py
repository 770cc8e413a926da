"""Merges small lake objects, so that a run over a month does not read a hundred thousand files. Daily."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, logger, out_of_time
from waybill.core.compaction import Compactor
from waybill.core.errors import PermanentError
from waybill.core.lake_keys import dataset_prefix
from waybill.core.repair import datasets_of
from waybill.core.window import instant
from waybill.wiring import buckets, catalogs, clock, stores

BOOKMARK = "compact"


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Goes through all tenants' datasets, on from where the last call stopped. A dataset that fails holds back no other. What
    is old enough is judged by the scheduled time.
    """
    stop, merged = out_of_time(context, reserve_seconds=300), 0
    now = instant(str(event["time"])) if event.get("time") else clock.now()
    place = stores.bookmarks().read(BOOKMARK)
    for tenant, dataset in datasets_of(buckets.lake(), catalogs.catalog):
        if dataset_prefix(tenant, dataset) <= place:
            continue
        if stop():
            return {"merged": merged, "done": False}
        merged += _compact(tenant, dataset, now, stop)
        stores.bookmarks().save(BOOKMARK, dataset_prefix(tenant, dataset))
    stores.bookmarks().save(BOOKMARK, "")
    return {"merged": merged, "done": True}


def _compact(tenant: str, dataset: str, now: datetime, stop: Callable[[], bool]) -> int:
    with tempfile.TemporaryDirectory(prefix="waybill-") as folder:
        compactor = Compactor(buckets.lake(), stores.lake_objects(), Path(folder))
        try:
            return compactor.compact(tenant, catalogs.catalog(tenant)[dataset], now, stop)
        except PermanentError as error:
            logger.warning("%s of %s was not compacted: %s", dataset, tenant, error)
            return 0
