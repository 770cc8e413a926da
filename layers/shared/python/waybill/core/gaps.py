"""The gap report: is every row of every window delivered? Windows are those of the runs, and, beyond them, the schedule's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import dropwhile, islice, takewhile
from typing import Any

from waybill.core.arrival import runs_by_arrival
from waybill.core.count import Counted
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.plural import many
from waybill.core.ports import Runs
from waybill.core.rule import Rule, RuleState
from waybill.core.rule_settings import LateRows
from waybill.core.run import Run, RunState, SequenceRange
from waybill.core.schedule import occurrences
from waybill.core.schedule_settings import OnDemand
from waybill.core.window import Window, stamp
from waybill.core.window_runs import WindowRuns, by_window, covering, read_back, uncovered

MOST_WINDOWS = 1_000
MOST_RUNS = 5_000


class GapState(StrEnum):
    """`partial`: at some destinations, not at all. `waiting`: over, and not begun. `left_out`: on purpose, as its run says.
    `missing`: nothing took charge of it.
    """

    DELIVERED = "delivered"
    PARTIAL = "partial"
    FAILED = "failed"
    RUNNING = "running"
    WAITING = "waiting"
    LEFT_OUT = "left_out"
    MISSING = "missing"
    UPCOMING = "upcoming"


_STATES: Mapping[RunState, GapState] = {
    RunState.SCHEDULED: GapState.WAITING,
    RunState.ONGOING: GapState.RUNNING,
    RunState.SUCCESS: GapState.DELIVERED,
    RunState.PARTIAL: GapState.PARTIAL,
    RunState.FAILURE: GapState.FAILED,
    RunState.CANCELLED: GapState.LEFT_OUT,
}
_UNDECIDED = {GapState.RUNNING, GapState.WAITING, GapState.UPCOMING}


@dataclass(frozen=True)
class Account:
    """One window. `rows_delivered` arrived at every destination; `rejects` could not be read and lie beside them.

    `rows_in_source` is what the rule selects in the lake now, `late` the part of it that was registered after the window was
    exported; None where nobody counted. Not `compared`: late rows of it, or in it, went with another window's run.
    `considered`: which objects its delivered runs have considered, None without such a run.
    """

    window: Window
    state: GapState
    run_ids: tuple[str, ...] = ()
    rows_delivered: int = 0
    rejects: int = 0
    rows_in_source: int | None = None
    late: int | None = None
    compared: bool = True
    message: str = ""
    considered: Mapping[str, Sequence[SequenceRange]] | None = None
    planned_at: datetime | None = None

    @property
    def difference(self) -> int | None:
        """Rows of the source that were not delivered."""
        if self.rows_in_source is None or not self.compared:
            return None
        return self.rows_in_source - self.rows_delivered

    @property
    def complete(self) -> bool | None:
        """Whether every row is delivered; None where that is not known, or not decided yet."""
        if self.state in _UNDECIDED:
            return None
        if self.state is not GapState.DELIVERED:
            return False
        return None if self.difference is None else self.difference == 0


@dataclass(frozen=True)
class Totals:
    """Over all windows of a report; what is None of one of them is None here, but for windows that are still to come."""

    windows: Mapping[str, int]
    rows_delivered: int
    rejects: int
    rows_in_source: int | None
    late: int | None
    difference: int | None
    complete: bool | None


def accounts(rule: Rule, runs: Runs, start: datetime, end: datetime, now: datetime) -> list[Account]:
    """Every window that has a part in `[start, end)`, oldest first. Raises InvalidInput for more than `MOST_WINDOWS`."""
    newest_first = islice(runs.before(rule.tenant, rule.rule_id, end), MOST_RUNS + 1)
    read, since = read_back(newest_first, start)
    found = _all(rule, read, since, Window(start, end), now) if len(read) <= MOST_RUNS else None
    inside = [a for a in found or () if a.window.end > start and a.window.start < end]
    if found is None or len(inside) > MOST_WINDOWS:
        said = f"is too far from `from`: a report has at most {MOST_WINDOWS} windows; ask for a part of it"
        raise InvalidInput([FieldError("to", said)])
    return sorted(inside, key=lambda a: a.window)


def _all(rule: Rule, runs: Sequence[Run], since: datetime | None, asked: Window, now: datetime) -> Iterator[Account]:
    windows = by_window(runs)
    arrived = [tried.window for tried in windows if tried.delivered]
    for tried in windows:
        for account in _of_window(tried, arrived):
            yield replace(account, considered=_taken(tried)) if runs_by_arrival(rule) else account
    for window in uncovered(max(rule.begins, since or rule.begins), min(rule.cursor, asked.end), covering(runs)):
        said = "No run took charge of this. Backfill it, and tell the operator."
        yield Account(window, GapState.MISSING, message=said)
    claimed_meanwhile = [tried.window for tried in windows if tried.window.end > rule.cursor]
    for window in _to_come(rule, asked, now):
        if not any(window.start < one.end and one.start < window.end for one in claimed_meanwhile):
            state = GapState.WAITING if window.end <= now else GapState.UPCOMING
            active = rule.state is RuleState.ACTIVE
            yield Account(window, state, message="" if active else "The rule is not active; activate it.")


def _of_window(tried: WindowRuns, arrived: Sequence[Window]) -> Iterator[Account]:
    """What did not arrive is told for the part of it that no other run's window brought."""
    going = not tried.newest.state.ended
    state = GapState.DELIVERED if tried.delivered and not going else _STATES[tried.newest.state]
    whole = Account(
        window=tried.window,
        state=state,
        run_ids=tuple(r.key.run_id for r in tried.runs),
        rows_delivered=sum(r.rows or 0 for r in tried.delivered),
        rejects=sum(r.rejects or 0 for r in tried.delivered),
        message="" if state is GapState.DELIVERED else tried.newest.message,
        considered=tried.considered if tried.delivered else None,
        planned_at=tried.delivered[0].started_at or tried.delivered[0].created_at if tried.delivered else None,
    )
    if tried.delivered or going:
        yield whole
    else:
        for window in uncovered(tried.window.start, tried.window.end, arrived):
            yield replace(whole, window=window)


def _taken(tried: WindowRuns) -> Mapping[str, Sequence[SequenceRange]]:
    """Of a rule that runs by arrival: a run is claimed with its numbers, delivered or not."""
    return {dataset: [range_] for dataset, range_ in (tried.newest.sequences or {}).items()}


def _to_come(rule: Rule, asked: Window, now: datetime) -> Iterator[Window]:
    """Windows from the cursor on, one more than may be told at most. Where a rule runs by arrival, time alone brings none."""
    if runs_by_arrival(rule):
        return
    if isinstance(rule.settings.schedule, OnDemand):
        upto = now.replace(microsecond=0)
        if upto > rule.cursor:
            yield Window(rule.cursor, upto)
        return
    coming = (occurrence.window for occurrence in occurrences(rule.settings.schedule, rule.cursor, timedelta()))
    inside = takewhile(lambda w: w.start < asked.end, dropwhile(lambda w: w.end <= asked.start, coming))
    yield from islice(inside, MOST_WINDOWS + 1)


def countable(account: Account) -> bool:
    return account.state is not GapState.UPCOMING


def with_source(rule: Rule, account: Account, counted: Counted | None) -> Account:
    """The account with what the lake has now, and a sentence about the difference."""
    if counted is None:
        said = "This window's source is too large to count in one request; ask for fewer windows."
        return replace(account, message=f"{account.message} {said}".strip())
    known = replace(account, rows_in_source=counted.considered + counted.late, late=counted.late)
    if account.considered is None:
        return known
    lost = counted.considered - account.rows_delivered
    if lost and account.planned_at is not None and account.planned_at < rule.updated_at:
        said = "The rule was changed after this run: what it selects now cannot be compared with what it delivered."
        return replace(account, message=said)
    if lost and rule.settings.late.policy is LateRows.NEXT and not runs_by_arrival(rule):
        said = "Late rows that went with another run are counted there; compare the totals."
        return replace(known, compared=False, message=said)
    said = " ".join(sentence for sentence in (_lost(lost), _late(rule, account, counted.late)) if sentence)
    return replace(known, message=said or "Every row is delivered.")


def _lost(rows: int) -> str:
    if rows > 0:
        there = many(rows, "row was", "rows were")
        return f"{there} there when the window was exported, and not delivered. Run it again; tell the operator."
    more = many(-rows, "row more was", "rows more were")
    return f"{more} delivered than the lake has now. Tell the operator." if rows < 0 else ""


def _late(rule: Rule, account: Account, rows: int) -> str:
    if not rows:
        return ""
    came, late = f"{many(rows, 'row')} reached the lake after the window was exported.", rule.settings.late
    if late.policy is LateRows.IGNORE:
        return f"{came} The rule leaves late rows out."
    if account.window.end <= rule.cursor - timedelta(days=late.lookback_days):
        return (
            f"{came} The rule looks back {many(late.lookback_days, 'day')}, so none brings them: run the window again."
        )
    how = "An amendment" if late.policy is LateRows.AMEND else "The next run"
    return f"{came} {how} is owed: it comes when the rule next runs, or by POST /rules/{rule.rule_id}/amend."


def totals(found: Sequence[Account]) -> Totals:
    past = [account for account in found if countable(account)]
    rows, late = (_sum([getattr(account, name) for account in past]) for name in ("rows_in_source", "late"))
    delivered = sum(account.rows_delivered for account in found)
    difference = None if rows is None else rows - delivered
    return Totals(
        windows=dict(Counter(account.state.value for account in found)),
        rows_delivered=delivered,
        rejects=sum(account.rejects for account in found),
        rows_in_source=rows,
        late=late,
        difference=difference,
        complete=_complete(past, difference),
    )


def _complete(past: Sequence[Account], difference: int | None) -> bool | None:
    if any(account.complete is False for account in past):
        return False
    decided = all(account.state not in _UNDECIDED for account in past)
    return difference == 0 if decided and difference is not None else None


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def question(account: Account) -> dict[str, Any]:
    """What is asked of the lake about the window (`core.count.AskedWindow`)."""
    span = {"start": stamp(account.window.start), "end": stamp(account.window.end)}
    considered = account.considered
    if considered is None:
        return {"span": span}
    return {"span": span, "considered": {n: [r.model_dump() for r in ranges] for n, ranges in considered.items()}}


def told(account: Account) -> dict[str, Any]:
    """As the API writes it."""
    return {
        "start": stamp(account.window.start),
        "end": stamp(account.window.end),
        "state": account.state.value,
        "rows_delivered": account.rows_delivered,
        "rejects": account.rejects,
        "rows_in_source": account.rows_in_source,
        "late": account.late,
        "difference": account.difference,
        "complete": account.complete,
        "run_ids": list(account.run_ids),
        "message": account.message,
    }
