"""Direct export: a rule that runs as objects are registered, for those that none of its runs has taken, by number alone.

A claim takes the numbers from the rule's mark on and moves the mark in the same transaction: ranges tile the numbers as
windows tile time, so each object is delivered once, whatever the times of its rows. The window of such a run is the span
in which its objects arrived, and only names it.

What sets a run off may come twice, or never: ingest's event, the end of the run before, a look every ten minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from waybill.core.catalog import Catalog
from waybill.core.dispatch import Tick, claim_due, is_going, new_run
from waybill.core.errors import Conflict
from waybill.core.lake_object import LakeObject
from waybill.core.late import newest_numbers
from waybill.core.ports import Events, LakeObjects, Rules, Runs
from waybill.core.rule import Rule, RuleState
from waybill.core.run import Run, SequenceRange, Trigger
from waybill.core.schedule_settings import AnySchedule, Arrival
from waybill.core.window import Window

LOOK_EVERY = timedelta(minutes=10)
"""How often a rule is looked at that nothing triggers: one read a dataset and one write. A lost trigger costs so much time."""
MOST_OBJECTS = 1_000
"""Of one run, over all datasets: in files by object each is a part of its own. The end of the run takes the next ones."""
SOURCE, REGISTERED = "waybill.lake", "Waybill Object Registered"
_SECOND = timedelta(seconds=1)


def is_arrival(schedule: AnySchedule) -> bool:
    return isinstance(schedule, Arrival)


def runs_by_arrival(rule: Rule) -> bool:
    return is_arrival(rule.settings.schedule)


def marked(rule: Rule, lake: LakeObjects) -> Rule:
    """The rule with a mark for each of its datasets and no other: a dataset that is new to it begins with what is registered
    from now on. Any other rule as it is.
    """
    if not runs_by_arrival(rule):
        return rule
    newest = newest_numbers(rule.tenant, rule.settings, lake)
    return replace(rule, arrived={name: rule.arrived.get(name, upto) for name, upto in newest.items()})


def claim_waiting(
    rule: Rule, rules: Rules, runs: Runs, lake: LakeObjects, catalog: Catalog, tick: Tick
) -> Iterator[Run]:
    """Claim what waits for the rule at the tick's time: what has arrived, or its due windows. Yields the runs to start."""
    if runs_by_arrival(rule):
        return claim_looked_at(rule, rules, runs, lake, tick)
    return claim_due(rule, runs, catalog, tick)


def claim_looked_at(rule: Rule, rules: Rules, runs: Runs, lake: LakeObjects, tick: Tick) -> Iterator[Run]:
    """Claim what has arrived, unless the run before still goes on: its end looks again. What arrived meanwhile goes together.

    Where there is nothing, the rule is looked at again after a while, whatever else happens.
    """
    if rule.state is not RuleState.ACTIVE or is_going(rule, runs):
        return
    run = claim_arrived(rule, runs, lake, tick)
    if run is not None:
        yield run
    elif rule.next_run is None or rule.next_run <= tick.time:
        rules.look_at(rule, tick.time + LOOK_EVERY)


def claim_arrived(rule: Rule, runs: Runs, lake: LakeObjects, tick: Tick) -> Run | None:
    """Claim the objects beyond the rule's mark; None where there are none, or where another trigger was first."""
    sequences = _beyond_mark(rule, lake)
    if all(r.after == r.upto for r in sequences.values()):
        return None
    # Two claims within a second are two windows still.
    end = max(tick.time.replace(microsecond=0), rule.cursor + _SECOND)
    trigger = tick.trigger if tick.trigger is Trigger.MANUAL else Trigger.ARRIVAL
    run = new_run(rule, Window(rule.cursor, end), replace(tick, trigger=trigger), tick.time)
    run = replace(run, sequences=sequences)
    moved = replace(
        rule,
        cursor=end,
        next_run=tick.time + LOOK_EVERY,
        newest_run=run.key.run_id,
        arrived={name: r.upto for name, r in sequences.items()},
        version=rule.version + 1,
    )
    return run if runs.claim(rule, run, moved) else None


def run_arrived(rule: Rule, runs: Runs, lake: LakeObjects, tick: Tick) -> Run:
    """The run that a person asks for, whatever goes on. Raises Conflict where there is nothing to run."""
    if rule.state is not RuleState.ACTIVE:
        raise Conflict("The rule is not active.", "Activate it, then run it.")
    run = claim_arrived(rule, runs, lake, tick)
    if run is None:
        raise Conflict(
            "Every object that has arrived has had its run.",
            "See the rule's runs; to deliver one once more, give its window_start.",
        )
    return run


def _beyond_mark(rule: Rule, lake: LakeObjects) -> Mapping[str, SequenceRange]:
    newest = newest_numbers(rule.tenant, rule.settings, lake)
    most = max(1, MOST_OBJECTS // len(newest))
    marks = {name: rule.arrived.get(name, upto) for name, upto in newest.items()}
    return {name: SequenceRange(after=mark, upto=min(newest[name], mark + most)) for name, mark in marks.items()}


def waiting_since(rule: Rule, lake: LakeObjects) -> datetime | None:
    """When the oldest object was registered that no run of the rule has taken; None where there is none."""
    beyond = _beyond_mark(rule, lake).items() if runs_by_arrival(rule) else ()
    oldest = [lake.get(rule.tenant, name, r.after + 1) for name, r in beyond if r.after < r.upto]
    return min((one.registered_at for one in oldest), default=None)


def objects_in(lake: LakeObjects, tenant: str, dataset: str, range_: SequenceRange) -> list[LakeObject]:
    """The range's objects in order. One without any instant has no row, and was refused when it was registered."""
    return [o for o in lake.since(tenant, dataset, range_.after, range_.upto) if o.first_event is not None]


def span_of(objects: Sequence[LakeObject]) -> Window | None:
    """The least window that holds every row of the objects; None for none."""
    first = [o.first_event for o in objects if o.first_event is not None]
    last = [o.last_event for o in objects if o.last_event is not None]
    return Window(_whole(min(first)), _whole(max(last)) + _SECOND) if first and last else None


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def announcer(rules: Rules, events: Events) -> Callable[[str, str], None]:
    """Tells dispatch that an object of a tenant's dataset was registered, where a rule waits for that."""

    def announce(tenant: str, dataset: str) -> None:
        if next(rules.arriving(tenant, dataset), None) is not None:
            events.send(SOURCE, REGISTERED, [{"tenant": tenant, "dataset": dataset}])

    return announce
