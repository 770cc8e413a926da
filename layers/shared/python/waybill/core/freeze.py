"""A run's first step: what is registered at this moment belongs to it, and what its rule's earlier windows are owed by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from waybill.core.catalog import Catalog
from waybill.core.errors import TransientError
from waybill.core.late import Found, add_amendments, find_late
from waybill.core.parts import Share
from waybill.core.plan import Plan, PlannedDestination, make_plan
from waybill.core.ports import LakeObjects, Runs
from waybill.core.rule import Rule
from waybill.core.rule_settings import Duplicates, LateRows
from waybill.core.run import Outcome, Run, RunState, SequenceRange, known_key
from waybill.core.window import Window


@dataclass(frozen=True)
class Registry:
    """Where a plan finds what there is."""

    runs: Runs
    lake: LakeObjects
    catalog: Catalog


@dataclass(frozen=True)
class Frozen:
    """A plan that is not staged yet, and how far late rows were looked for, to be noted once it is."""

    plan: Plan
    checked: Mapping[str, int]
    note: str


def freeze(
    rule: Rule, run: Run, registry: Registry, destinations: Sequence[PlannedDestination], now: datetime
) -> Frozen:
    """Plan the run, and make the amendments that earlier windows are owed, or take their rows along, as the rule says.

    Asked again before the plan is staged, it finds the late rows that it took along the first time.
    """
    newest = {c.dataset: registry.lake.newest(rule.tenant, c.dataset) for c in rule.settings.data}
    own = _share(rule, run.window, run.sequences if run.amends and run.sequences else _all(newest), registry.lake)
    if run.amends:
        return Frozen(make_plan(rule, run, registry.catalog, own, destinations, now), {}, "")
    taking = rule.settings.late.policy is LateRows.NEXT
    found = find_late(rule, newest, registry.runs, registry.lake, run.key)
    made = add_amendments(found, registry.runs, now, run.tzdata, run.key.run_id if taking else "")
    if taking and len(made) < len(found.owed):
        raise TransientError(
            "Another attempt at this run took late rows at the same moment.", "It is tried again by itself."
        )
    carried = [*found.carried, *made] if taking else []
    late = [(entry, _share(rule, entry.window, entry.sequences or {}, registry.lake)) for entry in carried]
    plan = make_plan(rule, run, registry.catalog, own, destinations, now, late)
    return Frozen(plan, found.checked, _note(found, made, taking))


def amend_now(rule: Rule, registry: Registry, now: datetime, tzdata: str) -> tuple[list[Run], Mapping[str, int]]:
    """Make the amendments that the rule's windows are owed at this moment; returns them and how far was looked."""
    newest = {c.dataset: registry.lake.newest(rule.tenant, c.dataset) for c in rule.settings.data}
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


def _note(found: Found, made: Sequence[Run], taking: bool) -> str:
    """For the run's log."""
    said = []
    if made:
        how = "come with this run" if taking else "are delivered as amendments"
        said.append(f"Late rows of {len(made)} earlier windows {how}.")
    if found.ignored:
        said.append(
            f"{found.ignored} lake objects hold rows of earlier windows that are left out, as the rule's late says."
        )
    return " ".join(said)


def end_carried(plan: Plan, runs: Runs, outcome: Outcome, now: datetime) -> None:
    """The entries of late rows that went with this run end as it does. Idempotent."""
    totals = {"rows": 0, "bytes": 0, "files": 0, "rejects": 0}
    said = Outcome(outcome.state, f"Its late rows went with {plan.run_id}. {outcome.message}")
    for carried in plan.carried:
        runs.end(known_key(plan.tenant, carried.run_id), 1, now, said, totals)


def owed_again(plan: Plan, outcome: Outcome, checked: Mapping[str, int]) -> dict[str, int] | None:
    """How far late rows count as looked for once this run ended: less far where late rows were in a run that failed. None
    where nothing changes.
    """
    ranges = [plan.sequences] if plan.amends else []
    ranges += [c.sequences for c in plan.carried]
    if outcome.state is not RunState.FAILURE or not ranges:
        return None
    lower = {name: min([upto, *(r[name].after for r in ranges if name in r)]) for name, upto in checked.items()}
    return lower if lower != dict(checked) else None
