"""A run's first step: what is registered at this moment belongs to it, and what its rule's earlier windows are owed by now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from waybill.core.arrival import objects_in, runs_by_arrival, span_of
from waybill.core.catalog import Catalog
from waybill.core.errors import ConfigurationError, TransientError
from waybill.core.late import Found, add_amendments, find_late, newest_numbers
from waybill.core.parts import Share
from waybill.core.plan import Plan, PlannedDestination, make_plan, plan_if_staged, plan_key, read_plan
from waybill.core.plural import many
from waybill.core.ports import LakeObjects, Rules, Runs
from waybill.core.rule import Rule
from waybill.core.rule_settings import Duplicates, LateRows
from waybill.core.run import Run, SequenceRange, Trigger
from waybill.core.window import Window, stamp


@dataclass(frozen=True)
class Registry:
    """Where a plan finds what there is."""

    runs: Runs
    lake: LakeObjects
    catalog: Catalog


class StageForPlan(Protocol):
    def put(self, key: str, data: bytes) -> object:
        """Keeps what is there: nothing staged is overwritten."""

    def read(self, key: str) -> bytes: ...

    def read_if_there(self, key: str) -> bytes | None: ...


@dataclass(frozen=True)
class Frozen:
    """A plan that is not staged yet, and how far late rows were looked for (empty where nobody did), to be noted once it is."""

    plan: Plan
    checked: Mapping[str, int]
    note: str


def freeze(
    rule: Rule, run: Run, registry: Registry, destinations: Sequence[PlannedDestination], now: datetime
) -> Frozen:
    """Plan the run, and make the amendments that earlier windows are owed, or take their rows along, as the rule says.

    Asked again before the plan is staged, it finds the late rows that it took along the first time. Amendments and backfills
    look for no late rows: the rule's own windows do. Where a rule runs by arrival, no row is late.
    """
    if runs_by_arrival(rule):
        share = _arrived(rule, run, registry.lake)
        return Frozen(make_plan(rule, run, registry.catalog, share, destinations, now), {}, "")
    newest = newest_numbers(rule.tenant, rule.settings, registry.lake)
    own = _share(rule, run.window, run.sequences if run.amends and run.sequences else _all(newest), registry.lake)
    if run.amends or run.trigger is Trigger.BACKFILL:
        return Frozen(make_plan(rule, run, registry.catalog, own, destinations, now), {}, "")
    taking = rule.settings.late.policy is LateRows.NEXT
    found = find_late(rule, newest, registry.runs, registry.lake, run.key)
    made = add_amendments(found, registry.runs, now, run.tzdata, run if taking else None)
    if taking and len(made) < len(found.owed):
        raise TransientError(
            "Another attempt at this run took late rows at the same moment.", "It is tried again by itself."
        )
    carried = [*found.carried, *made] if taking else []
    late = [(entry, _share(rule, entry.window, entry.sequences or {}, registry.lake)) for entry in carried]
    plan = make_plan(rule, run, registry.catalog, own, destinations, now, late)
    return Frozen(plan, found.checked, _note(found, made, taking))


def staged_plan(
    run: Run,
    registry: Registry,
    rules: Rules,
    stage: StageForPlan,
    destinations: Callable[[Sequence[str]], Sequence[PlannedDestination]],
    now: datetime,
) -> tuple[Plan, str]:
    """The run's one plan, and a note for its log: the staged one, or one frozen and staged now. The first to stage a plan wins,
    and alone notes how far late rows were looked for: up to where its plan reads. Idempotent.

    Raises ConfigurationError for a plan of an earlier attempt that a later one must not carry out.
    """
    plan, note = plan_if_staged(stage, run.key), ""
    if plan is None:
        rule = rules.get(run.key.tenant, run.key.rule_id)
        frozen = freeze(rule, run, registry, destinations(rule.settings.destinations), now)
        stage.put(plan_key(run.key), frozen.plan.model_dump_json().encode())
        plan = read_plan(stage, run.key)
        if plan == frozen.plan:
            note = frozen.note
            if frozen.checked and frozen.checked != rule.late_checked:
                rules.late_checked(rule, frozen.checked)
    if plan.epoch != run.epoch:
        _take_over(plan, rules)
    return plan, note


def _take_over(plan: Plan, rules: Rules) -> None:
    """An earlier attempt's plan goes on. While that attempt counted for nothing nobody looked for the window's late rows:
    what was registered since the plan is looked for again.
    """
    if plan.amends or plan.carried:
        raise ConfigurationError(CARRIES_LATE_ROWS, run_again_advice(plan.rule_id, plan.window))
    rules.late_owed(plan.tenant, plan.rule_id, {name: range_.upto for name, range_ in plan.sequences.items()})


CARRIES_LATE_ROWS = (
    "The run's plan holds late rows of earlier windows, which are owed again since its last attempt ended."
)


def run_again_advice(rule_id: str, window: Window) -> str:
    return f'Run its window again: POST /rules/{rule_id}/run with {{"window_start": "{stamp(window.start)}"}}.'


def amend_now(rule: Rule, registry: Registry, now: datetime, tzdata: str) -> tuple[list[Run], Mapping[str, int]]:
    """Make the amendments that the rule's windows are owed at this moment; returns them and how far was looked."""
    if runs_by_arrival(rule):
        return [], rule.late_checked
    newest = newest_numbers(rule.tenant, rule.settings, registry.lake)
    found = find_late(rule, newest, registry.runs, registry.lake)
    return add_amendments(found, registry.runs, now, tzdata), found.checked


def _all(newest: Mapping[str, int]) -> dict[str, SequenceRange]:
    return {dataset: SequenceRange(after=0, upto=upto) for dataset, upto in newest.items()}


def _share(rule: Rule, window: Window, sequences: Mapping[str, SequenceRange], lake: LakeObjects) -> Share:
    names = [c.dataset for c in rule.settings.data]
    ranges = {n: sequences.get(n, SequenceRange(after=0, upto=0)) for n in names}
    known = rule.settings.duplicates is Duplicates.DROP
    return Share(
        window=window,
        objects={n: list(lake.between(rule.tenant, n, window, r.after, r.upto)) for n, r in ranges.items()},
        sequences=ranges,
        known={
            n: list(lake.between(rule.tenant, n, window, 0, r.after)) for n, r in ranges.items() if known and r.after
        },
    )


def _arrived(rule: Rule, run: Run, lake: LakeObjects) -> Share:
    """The objects of the run's numbers, whole. Rows are duplicates within a file alone: no window had some before."""
    names = [c.dataset for c in rule.settings.data]
    ranges = {n: (run.sequences or {}).get(n, SequenceRange(after=0, upto=0)) for n in names}
    objects = {n: objects_in(lake, rule.tenant, n, r) for n, r in ranges.items()}
    span = span_of([one for found in objects.values() for one in found])
    return Share(window=span or run.window, objects=objects, sequences=ranges)


def _note(found: Found, made: Sequence[Run], taking: bool) -> str:
    """For the run's log."""
    said = []
    if made:
        how = "come with this run" if taking else "are delivered as amendments"
        said.append(f"Late rows of {many(len(made), 'earlier window')} {how}.")
    if found.ignored:
        said.append(
            f"{many(found.ignored, 'lake object holds', 'lake objects hold')} rows of earlier windows"
            " that are left out, as the rule's late says."
        )
    return " ".join(said)
