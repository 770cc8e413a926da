"""Runs by the day on which they ended, from an index of the runs table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from waybill.aws.tables.item import bind
from waybill.aws.tables.refusals import tables
from waybill.aws.tables.run_item import RunItem, ended_day
from waybill.core.usage import EndedRun


class EndedRunsTable:
    def __init__(self, table: str, region: str) -> None:
        bind(RunItem, table, region)

    def ended_on(self, tenant: str, day: date) -> Iterator[EndedRun]:
        with tables("reading usage"):
            for item in RunItem.by_ended_day.query(ended_day(tenant, day)):
                yield EndedRun(item.state, int(item.rows or 0), int(item.bytes or 0), int(item.files or 0))
