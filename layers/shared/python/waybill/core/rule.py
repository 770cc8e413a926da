"""Rules as they are kept, and how they change: new, with other settings, deactivated, paused, activated."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from waybill.core.catalog import Catalog
from waybill.core.drift import Columns
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.rule_settings import RuleSettings
from waybill.core.schedule import Occurrence, first_boundary, occurrence_from
from waybill.core.schedule_settings import Arrival, Once, OnDemand


class RuleState(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    PAUSED = "paused"
    """By itself, since run after run failed for a reason that only the tenant can mend."""


class RuleRef(NamedTuple):
    tenant: str
    rule_id: str


@dataclass(frozen=True)
class Rule:
    """A rule as it is kept. `begins` is where its first window starts, `schedule_since` where the first one of its present
    schedule does, `cursor` where the next one does; `next_run` is when that is due, None for never; `newest_run` is the id of
    the run that was claimed last. `version` grows with every change and guards each of them; `password_ref` names the archive
    password's secret; `last_manifest`, `last_bytes` and `last_columns` (by dataset) are of the newest delivered run;
    `late_checked` says of each dataset up to which registered object late rows were looked for, `late_owed` counts how often
    some became owed again. `arrived`, of a rule that runs as objects arrive, says up to which registered object of each dataset
    its runs were claimed; `next_run` is then when it is looked at without a trigger. `failures` counts the runs in a row that
    failed for the tenant's own reasons; `paused_because` is what the last of them said.
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
    late_owed: int = 0
    arrived: Mapping[str, int] = field(default_factory=dict)
    newest_run: str = ""
    failures: int = 0
    paused_because: str = ""


def settle_time(settings: RuleSettings, catalog: Catalog) -> timedelta:
    """The longest settle time of the rule's datasets."""
    return timedelta(seconds=max(catalog[c.dataset].settle_seconds for c in settings.data))


def occurrence_at(rule: Rule, cursor: datetime, catalog: Catalog) -> Occurrence | None:
    """The rule's window that starts at `cursor`, and when it is due: after its rows have settled, and the rule's jitter later.

    None where the schedule has no more or is on demand.
    """
    found = occurrence_from(rule.settings.schedule, cursor, settle_time(rule.settings, catalog))
    return Occurrence(found.window, found.due + jitter(rule)) if found else None


def next_due(rule: Rule, cursor: datetime, catalog: Catalog) -> datetime | None:
    """When the window that starts at `cursor` is due, or a rule that runs by arrival is looked at; None where there is none."""
    if isinstance(rule.settings.schedule, Arrival):
        return cursor
    found = occurrence_at(rule, cursor, catalog)
    return found.due if found else None


def jitter(rule: Rule) -> timedelta:
    """How much later than due the rule's runs start: the same for all of them, so that they keep their distance."""
    most = rule.settings.start_jitter_minutes * 60
    return timedelta(seconds=zlib.crc32(rule.rule_id.encode()) % (most + 1))


def new_rule(tenant: str, rule_id: str, settings: RuleSettings, catalog: Catalog, now: datetime, by: str) -> Rule:
    """A new, active rule; its first window is the one that holds `starts_at`, or `now` where that is not set."""
    cursor = first_boundary(settings.schedule, now)
    rule = Rule(
        tenant=tenant,
        rule_id=rule_id,
        settings=settings,
        state=RuleState.ACTIVE,
        begins=cursor,
        schedule_since=cursor,
        cursor=cursor,
        next_run=None,
        version=1,
        created_at=now,
        updated_at=now,
        created_by=by,
    )
    return replace(rule, next_run=next_due(rule, cursor, catalog))


def with_settings(rule: Rule, settings: RuleSettings, catalog: Catalog, now: datetime) -> Rule:
    """The rule with other settings; what was claimed stays claimed.

    Under another schedule the next window starts at the cursor, where the last one ended, and ends at the new schedule's
    next boundary, so that no row is exported twice or lost. A one-time export names its own window, and begins with it.
    Raises InvalidInput where a rule that has run would become one: the window may have had its run; and where a rule would
    begin or cease to run by arrival: what it delivered cannot be told in the other's terms.
    """
    other = settings.schedule != rule.settings.schedule
    if isinstance(settings.schedule, Arrival) is not isinstance(rule.settings.schedule, Arrival):
        said = "a rule that runs as objects arrive stays one, and no other becomes one; make a rule of its own"
        raise InvalidInput([FieldError("schedule", said)])
    once = other and isinstance(settings.schedule, Once)
    if once and rule.newest_run:
        said = "a rule that has run cannot become a one-time export of other days; make a rule of its own for them"
        raise InvalidInput([FieldError("schedule", said)])
    cursor = first_boundary(settings.schedule, now) if once else rule.cursor
    changed = replace(
        rule,
        settings=settings,
        begins=cursor if once else rule.begins,
        schedule_since=cursor if other else rule.schedule_since,
        cursor=cursor,
        version=rule.version + 1,
        updated_at=now,
    )
    if rule.state is not RuleState.ACTIVE:
        return replace(changed, next_run=None)
    if isinstance(settings.schedule, OnDemand) and not other:
        return changed  # a trigger that waits goes on waiting
    return replace(changed, next_run=next_due(changed, cursor, catalog))


def deactivated(rule: Rule, now: datetime) -> Rule:
    return replace(rule, state=RuleState.INACTIVE, next_run=None, version=rule.version + 1, updated_at=now)


def paused(rule: Rule, because: str, now: datetime) -> Rule:
    """Stopped by itself; `because` is the sentence that its owner reads."""
    return replace(deactivated(rule, now), state=RuleState.PAUSED, paused_because=because)


def activated(rule: Rule, catalog: Catalog, now: datetime) -> Rule:
    """Active again, going on where it stopped: windows that passed meanwhile are due at once."""
    return replace(
        rule,
        state=RuleState.ACTIVE,
        next_run=next_due(rule, rule.cursor, catalog),
        version=rule.version + 1,
        updated_at=now,
        failures=0,
        paused_because="",
    )
