"""Rules as they are kept, and how they change: new, with other settings, deactivated, activated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from waybill.core.catalog import Catalog
from waybill.core.drift import Columns
from waybill.core.rule_settings import RuleSettings
from waybill.core.schedule import Once, first_boundary, occurrence_from


class RuleState(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True)
class Rule:
    """A rule as it is kept. `cursor` is where the next window starts; `next_run` when it is due, None for never;
    `begins` is where its first window started, and `schedule_since` the boundary from which the present schedule counts;
    `version` grows with every change and guards each of them; `password_ref` names the archive password's secret;
    `last_manifest`, `last_bytes` and `last_columns` (by dataset) are of the newest delivered run; `late_checked` says of each
    dataset up to which registered object late rows were looked for.
    """

    tenant: str
    rule_id: str
    settings: RuleSettings
    state: RuleState
    begins: datetime
    schedule_since: datetime
    cursor: datetime
    next_run: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    created_by: str
    password_ref: str = ""
    last_manifest: str = ""
    last_bytes: int | None = None
    last_columns: Mapping[str, Columns] = field(default_factory=dict)
    late_checked: Mapping[str, int] = field(default_factory=dict)


def settle_time(settings: RuleSettings, catalog: Catalog) -> timedelta:
    """The longest settle time of the rule's datasets."""
    return timedelta(seconds=max(catalog[c.dataset].settle_seconds for c in settings.data))


def next_due(settings: RuleSettings, cursor: datetime, catalog: Catalog) -> datetime | None:
    """When the window that starts at `cursor` is due; None where the schedule has no more or is on demand."""
    occurrence = occurrence_from(settings.schedule, cursor, settle_time(settings, catalog))
    return occurrence.due if occurrence else None


def new_rule(tenant: str, rule_id: str, settings: RuleSettings, catalog: Catalog, now: datetime, by: str) -> Rule:
    """A new, active rule; its first window is the one that holds `starts_at`, or `now` where that is not set."""
    cursor = first_boundary(settings.schedule, now)
    return Rule(
        tenant=tenant,
        rule_id=rule_id,
        settings=settings,
        state=RuleState.ACTIVE,
        begins=cursor,
        schedule_since=cursor,
        cursor=cursor,
        next_run=next_due(settings, cursor, catalog),
        version=1,
        created_at=now,
        updated_at=now,
        created_by=by,
    )


def with_settings(rule: Rule, settings: RuleSettings, catalog: Catalog, now: datetime) -> Rule:
    """The rule with other settings; what was claimed stays claimed.

    Under another schedule the next window starts at the cursor, where the last one ended, and ends at the new schedule's
    next boundary, so that no row is exported twice or lost. A one-time export names its own window, and begins with it.
    """
    other = settings.schedule != rule.settings.schedule
    once = isinstance(settings.schedule, Once) and other
    cursor = first_boundary(settings.schedule, now) if once else rule.cursor
    active = rule.state is RuleState.ACTIVE
    return replace(
        rule,
        settings=settings,
        begins=cursor if once else rule.begins,
        schedule_since=cursor if other else rule.schedule_since,
        cursor=cursor,
        next_run=next_due(settings, cursor, catalog) if active else None,
        version=rule.version + 1,
        updated_at=now,
    )


def deactivated(rule: Rule, now: datetime) -> Rule:
    return replace(rule, state=RuleState.INACTIVE, next_run=None, version=rule.version + 1, updated_at=now)


def activated(rule: Rule, catalog: Catalog, now: datetime) -> Rule:
    """Active again, going on where it stopped: windows that passed meanwhile are due at once."""
    return replace(
        rule,
        state=RuleState.ACTIVE,
        next_run=next_due(rule.settings, rule.cursor, catalog),
        version=rule.version + 1,
        updated_at=now,
    )
