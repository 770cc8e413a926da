"""Looking into the lake without exporting: a rule's preview, a page of a search, a search's result as a file,
how many rows windows have.

The API calls it. What the caller must correct comes back as `{"errors": [{"field", "message"}]}`, never as an error.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler
from waybill.core import answers
from waybill.core.errors import ConfigurationError, InvalidInput
from waybill.core.search import Reading
from waybill.wiring import buckets, catalogs, clock, connections, engines, lists, stores

ANSWERS: Mapping[str, Callable[[Event, answers.Desk], dict[str, Any]]] = {
    "preview": answers.preview_answer,
    "search": answers.search_answer,
    "list": answers.list_answer,
    "count": answers.count_answer,
}
SPARE_MS = 5_000


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="waybill-") as folder:
        reading = Reading(
            objects=stores.lake_objects(),
            lake=buckets.lake(),
            rows=engines.row_engine(),
            folder=Path(folder),
            enough=lambda: context.get_remaining_time_in_millis() < SPARE_MS,
        )
        desk = answers.Desk(
            reading=reading,
            catalog=catalogs.catalog(event["tenant"]),
            planned=connections.planned_destinations,
            renderers=lists.list_renderers(Path(folder)),
            stage=buckets.stage(),
            now=clock.now(),
        )
        try:
            return ANSWERS[event["kind"]](event, desk)
        except InvalidInput as wrong:
            return {"errors": [{"field": e.field, "message": e.message} for e in wrong.errors]}
        except ConfigurationError as wrong:
            return {"errors": [{"field": "settings", "message": str(wrong)}]}
