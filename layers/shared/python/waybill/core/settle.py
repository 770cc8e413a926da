"""What a run's end means for late rows: what it carried ends with it, and what came to nothing is owed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from waybill.core.plan import Plan
from waybill.core.ports import Rules, Runs
from waybill.core.run import NO_TOTALS, Outcome, Run, known_key


def settle(run: Run, plan: Plan | None, runs: Runs, rules: Rules, now: datetime) -> None:
    """Late rows that this ended run held went with it; where it came to nothing, they are owed again. `plan` is None where
    none was staged. Idempotent: a second call makes good what a first one left undone.
    """
    if plan is not None:
        _end_carried(plan, run, runs, now)
    after = owed_again(run, plan)
    if after:
        rules.late_owed(run.key.tenant, run.key.rule_id, after)


def _end_carried(plan: Plan, run: Run, runs: Runs, now: datetime) -> None:
    """The entries of late rows that went with this run end as it does."""
    said = Outcome(run.state, f"Its late rows went with {plan.run_id}. {run.message}")
    for carried in plan.carried:
        runs.end(known_key(plan.tenant, carried.run_id), plan.epoch, now, said, NO_TOTALS)


def owed_again(run: Run, plan: Plan | None) -> Mapping[str, int]:
    """Above which number of each dataset late rows must be looked for again; empty where the run counts, or held none."""
    if not run.state.came_to_nothing:
        return {}
    ranges = [run.sequences] if run.amends and run.sequences else []
    ranges += [carried.sequences for carried in plan.carried] if plan else []
    after: dict[str, int] = {}
    for dataset, range_ in (pair for held in ranges for pair in held.items()):
        after[dataset] = min(range_.after, after.get(dataset, range_.after))
    return after
