"""Whether the source still has a window's rows when the window is exported."""

from __future__ import annotations

from datetime import datetime, timedelta

from waybill.core.catalog import Catalog
from waybill.core.plural import many
from waybill.core.rule_settings import RuleSettings
from waybill.core.schedule import first_boundary, occurrence_from
from waybill.core.schedule_settings import Once, WithoutClock


def retention_warnings(settings: RuleSettings, catalog: Catalog, now: datetime) -> list[str]:
    """A sentence for each dataset whose oldest rows of a window are gone from the source before the window is delivered."""
    schedule = settings.schedule
    if isinstance(schedule, WithoutClock):
        return []
    start = first_boundary(schedule, now)
    occurrence = occurrence_from(schedule, start, timedelta())
    if occurrence is None:
        return []
    delivered = max(occurrence.due, now) if isinstance(schedule, Once) else occurrence.due
    age = delivered - occurrence.window.start
    said = []
    for choice in settings.data:
        days = catalog[choice.dataset].retention_days
        if days is not None and age > timedelta(days=days):
            said.append(
                f"{choice.dataset} is kept for {many(days, 'day')} at its source, and a window's first rows are"
                f" {many(age.days, 'day')} old when they are delivered: rows that upstream sends late may be lost."
                " Choose a shorter period or an earlier delivery."
            )
    return said
