"""Which runs have a span of time: they delivered it whole, or may yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from waybill.core.ports import Runs
from waybill.core.run import Run


def standing(runs: Runs, tenant: str, rule_id: str, start: datetime, end: datetime) -> Iterator[Run]:
    """The rule's runs whose window reaches into `[start, end)`, newest window first, without those that came to nothing or
    deliver late rows alone. Reads back to the newest live window that is over at `start`: a backfill's of another schedule that
    began before that one, and reaches further, is not seen.
    """
    for run in runs.before(tenant, rule_id, end):
        if run.window.end > start:
            if not run.amends and not run.state.came_to_nothing:
                yield run
        elif run.tiles:  # none of those that tile time before it reaches beyond its start
            return
