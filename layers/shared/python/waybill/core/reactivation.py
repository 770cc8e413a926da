"""Setting a rule going again: what becomes of the windows that passed meanwhile is for a person to say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from waybill.core.catalog import Catalog
from waybill.core.dispatch import Tick, due_at, left_out, moved_on, new_run, newest_run
from waybill.core.errors import Conflict
from waybill.core.plural import many
from waybill.core.ports import Rules, Runs
from waybill.core.rule import Rule, RuleState, activated
from waybill.core.run import Run
from waybill.core.schedule import Occurrence
from waybill.core.window import Window, stamp


class Missed(StrEnum):
    """What becomes of windows that came due while the rule was not active: each is run, oldest first; only the latest is; one
    run covers them all; or none is. What is left out is recorded, and can be had by a retry of that record.
    """

    ALL = "all"
    LATEST = "latest"
    MERGE = "merge"
    SKIP = "skip"


def reactivate(
    rule: Rule, missed: Missed | None, rules: Rules, runs: Runs, catalog: Catalog, tick: Tick
) -> tuple[Rule, Run | None]:
    """The active rule, and a run to start if one was claimed. Nothing that is left out is lost sight of: if this fails
    midway, the rule is still not active, and asking again goes on.

    Raises Conflict where the rule is active, where windows were missed and nobody said what becomes of them, where one run
    should cover them all while another one goes on, or where the rule changed at this moment.
    """
    if rule.state is RuleState.ACTIVE:
        raise Conflict("The rule is active.", "Nothing needs to be done.")
    due = list(due_at(rule, catalog, tick.time))
    if due and missed is None:
        raise Conflict(
            f"{many(len(due), 'window')} passed while the rule was not active,"
            f" {stamp(rule.cursor)} to {stamp(due[-1].window.end)}.",
            "Say in `missed` what becomes of them: all, latest, merge or skip.",
        )
    first = _first_claim(rule, missed, due, tick)
    going = newest_run(rule, runs)
    if first is not None and not first.state.ended and going is not None and not going.state.ended:
        raise Conflict(f"{going.key.run_id} is still going.", "Wait for its end, or cancel it; then activate the rule.")
    if first is not None:
        moved = moved_on(rule, first, catalog)
        if not runs.claim(rule, first, moved):
            raise Conflict("The rule changed at the same moment.", "Read it again and repeat the change.")
        rule = moved
    active = activated(rule, catalog, tick.now)
    rules.replace(active, rule.version)
    return active, first if first is not None and not first.state.ended else None


def _first_claim(rule: Rule, missed: Missed | None, due: Sequence[Occurrence], tick: Tick) -> Run | None:
    """A run or a record over the missed windows; None where they are run as if nothing had been."""

    def upto(end: datetime) -> Window:
        return Window(rule.cursor, end)

    because = f"the rule was not active when {'it was' if len(due) == 1 else 'they were'} due"
    if missed is Missed.SKIP and due:
        return left_out(rule, upto(due[-1].window.end), tick, because)
    if missed is Missed.LATEST and len(due) > 1:
        return left_out(rule, upto(due[-1].window.start), tick, because)
    if missed is Missed.MERGE and due:
        return new_run(rule, upto(due[-1].window.end), tick, tick.time)
    return None
