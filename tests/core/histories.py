"""Histories of rules as dispatch leaves them: any schedule, zone and change of schedule, with what people and policies add."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from tests.core.made import CATALOG, settings
from waybill.core.rule import Rule, RuleState, deactivated, new_rule, settle_time, with_settings
from waybill.core.run import Run, RunKey, RunState, SequenceRange, Trigger
from waybill.core.schedule import occurrence_from, occurrences
from waybill.core.schedule_settings import OnDemand
from waybill.core.window import Window

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe",
    "Antarctica/Troll", "Pacific/Apia", "America/Santiago", "Asia/Kathmandu", "Atlantic/Azores", "Asia/Beirut",
)  # fmt: skip
SETTLE = settle_time(settings(), CATALOG)
CLOCKS = ("hourly", "daily", "weekly", "monthly", "quarterly", "yearly")


@dataclass(frozen=True)
class History:
    rule: Rule
    runs: tuple[Run, ...]
    now: datetime


def a_run(rule: Rule, window: Window, created: datetime, state: RunState = RunState.SUCCESS, **changes: Any) -> Run:
    ended = created + timedelta(minutes=2) if state.ended else None
    key = RunKey(rule.tenant, rule.rule_id, window.start, changes.pop("generation", 1))
    considered = {c.dataset: SequenceRange(after=0, upto=10) for c in rule.settings.data}
    run = Run(
        key, window, state, Trigger.SCHEDULE, 1, created, created, finished_at=ended, sequences=considered, rows=5
    )
    return replace(run, **changes)


def history(random: Random, clock: str = "") -> History:
    """A healthy one: `now` is before the next window is due, or so shortly after that no one claimed it yet."""
    schedule = _schedule(random, clock)
    begin = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(60 * 24 * 900))
    rule = new_rule("acme", f"rul_{random.randrange(10**16):016d}", settings(schedule=schedule), CATALOG, begin, "test")
    runs: list[Run] = []
    moment = begin
    for phase in range(random.randint(1, 3)):
        if phase:
            changed = settings(schedule=_schedule(random, ""))
            rule = with_settings(rule, changed, CATALOG, moment)
        for first, last, due in _spans(random, rule):
            moment = max(moment, due + timedelta(seconds=random.randint(0, 600)))
            runs += _of_window(random, rule, Window(first, last), moment)
            rule = replace(rule, cursor=last)
    runs += _backfills(random, rule, runs, moment)
    history = History(rule, tuple(runs), _now(random, rule, moment))
    return _ending(random, history)


def _schedule(random: Random, clock: str) -> dict[str, Any]:
    frequency = clock or random.choice((*CLOCKS, *CLOCKS, "manual"))
    given: dict[str, Any] = {"frequency": frequency, "zone": random.choice(ZONES)}
    if frequency in CLOCKS[1:]:
        given["at"] = f"{random.randrange(24):02d}:30"
    if frequency in CLOCKS[3:]:
        given["day"] = random.randint(1, 31)
    return given


def _spans(random: Random, rule: Rule) -> Iterator[tuple[datetime, datetime, datetime]]:
    """One window at a time, or several in one where a policy merged them or left them out; each with when it was due."""
    count = random.randint(1, 12)
    if isinstance(rule.settings.schedule, OnDemand):
        start = rule.cursor
        for _ in range(count):
            end = start + timedelta(seconds=random.randint(60, 200_000))
            yield start, end, end
            start = end
        return
    coming = occurrences(rule.settings.schedule, rule.cursor, SETTLE)
    for _ in range(count):
        taken = list(islice(coming, random.choice((1, 1, 1, 1, 2, 3))))
        yield taken[0].window.start, taken[-1].window.end, taken[-1].due


def _of_window(random: Random, rule: Rule, window: Window, created: datetime) -> Iterator[Run]:
    state = random.choice((RunState.SUCCESS, RunState.SUCCESS, RunState.SUCCESS, RunState.CANCELLED, RunState.FAILURE))
    yield a_run(rule, window, created, state)
    again = created + timedelta(minutes=5)
    if state is RunState.FAILURE:
        yield a_run(rule, window, again, generation=2, trigger=Trigger.MANUAL)
    elif state is RunState.SUCCESS and random.random() < 0.3:
        late = {c.dataset: SequenceRange(after=10, upto=12) for c in rule.settings.data}
        yield a_run(rule, window, again, generation=2, trigger=Trigger.LATE, amends=True, sequences=late)


def _backfills(random: Random, rule: Rule, runs: list[Run], now: datetime) -> Iterator[Run]:
    """Before the rule begins, and inside of what it left out."""
    for n in range(random.randint(0, 3)):
        end = rule.begins - timedelta(days=n)
        yield a_run(rule, Window(end - timedelta(days=1), end), now, trigger=Trigger.BACKFILL)
    for run in runs:
        if run.state is RunState.CANCELLED and random.random() < 0.3:
            middle = run.window.start + (run.window.end - run.window.start) // 2
            yield a_run(rule, Window(middle.replace(microsecond=0), run.window.end), now, trigger=Trigger.BACKFILL)


def _now(random: Random, rule: Rule, moment: datetime) -> datetime:
    coming = occurrence_from(rule.settings.schedule, rule.cursor, SETTLE)
    latest = coming.due + timedelta(minutes=10) if coming else moment + timedelta(days=9)
    return moment + max(latest - moment, timedelta()) * random.random()


def _ending(random: Random, made: History) -> History:
    """Sometimes the newest run is under way, or the rule was switched off long ago."""
    chance = random.random()
    if chance < 0.2:
        newest = max((r for r in made.runs if r.trigger is Trigger.SCHEDULE), key=lambda r: r.window)
        state = random.choice((RunState.SCHEDULED, RunState.ONGOING))
        going = replace(newest, state=state, finished_at=None)
        runs = tuple(going if r is newest else r for r in made.runs if r is newest or r.window != newest.window)
        return replace(made, runs=runs, now=newest.created_at + timedelta(minutes=10))
    if chance < 0.3:
        rule = replace(deactivated(made.rule, made.now), state=RuleState.INACTIVE)
        return replace(made, rule=rule, now=made.now + timedelta(days=40))
    return made
