"""Backfills: past windows of a rule, run later, a few at a time.

A backfill freezes its windows when it is made. All of them lie before the rule's cursor, so that no live window is ever a
backfill's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from waybill.core.errors import Conflict, FieldError, InvalidInput
from waybill.core.ports import Runs
from waybill.core.rule import Rule, RuleState
from waybill.core.run import Run
from waybill.core.schedule import windows_between
from waybill.core.schedule_settings import AnySchedule, Arrival, WithoutClock
from waybill.core.standing import standing
from waybill.core.window import Window, stamp, whole_second_up
from waybill.core.window_runs import uncovered

MOST_WINDOWS = 1_000


class Order(StrEnum):
    OLDEST_FIRST = "oldest_first"
    NEWEST_FIRST = "newest_first"


class Only(StrEnum):
    """Which windows: those that no run has delivered or is about to, or all of them."""

    MISSING = "missing"
    ALL = "all"


class BackfillState(StrEnum):
    ACTIVE = "active"
    DONE = "done"
    CANCELLED = "cancelled"


class BackfillRequest(BaseModel):
    """The windows that lie wholly in `[from, to)`; `at_once`: how many of them run at the same time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    order: Order = Order.OLDEST_FIRST
    at_once: int = Field(default=1, ge=1, le=5)
    only: Only = Only.MISSING


@dataclass(frozen=True)
class Backfill:
    """A backfill as it is kept. `windows` are frozen, in the order in which they are claimed; of them `taken` had their turn,
    and `left_out` of those were delivered meanwhile. `running` are the ids of claimed runs that may not have ended;
    `version` grows with every change and guards each of them.
    """

    tenant: str
    rule_id: str
    backfill_id: str
    start: datetime
    end: datetime
    order: Order
    at_once: int
    only: Only
    windows: tuple[Window, ...]
    created_at: datetime
    created_by: str
    message: str = ""
    state: BackfillState = BackfillState.ACTIVE
    taken: int = 0
    left_out: int = 0
    running: tuple[str, ...] = ()
    ended_at: datetime | None = None
    version: int = 1

    @property
    def total(self) -> int:
        """How many windows it runs, as far as is known."""
        return len(self.windows) - self.left_out

    def ended(self, state: BackfillState, now: datetime, said: str = "") -> Backfill:
        """The backfill when it is over, with one more sentence."""
        message = f"{self.message} {said}".strip()
        return replace(self, state=state, message=message, ended_at=now, version=self.version + 1)


def backfill_id(number: int) -> str:
    """The id of a rule's backfill of that number, 1 for the first: text order is number order."""
    return f"bkf_{number:06d}"


def new_backfill(
    rule: Rule, request: BackfillRequest, newest: Backfill | None, runs: Runs, now: datetime, by: str
) -> Backfill:
    """The rule's backfill after `newest`. Raises InvalidInput for a range without whole windows, or with too many; Conflict
    where the rule is not active or runs by arrival, where `newest` is active, and where every window was delivered.
    """
    if rule.state is not RuleState.ACTIVE:
        raise Conflict("The rule is not active.", "Activate it, then make the backfill.")
    if newest is not None and newest.state is BackfillState.ACTIVE:
        raise Conflict(f"The rule's backfill {newest.backfill_id} is active.", "Wait for its end, or cancel it.")
    if isinstance(rule.settings.schedule, Arrival):
        said = "A rule that runs as objects arrive has no windows of the past: it delivers each object once, by its arrival."
        raise Conflict(
            said, "For rows of past days make a rule that runs once; to have a run again, give its window_start."
        )
    start, asked = whole_second_up(request.start.astimezone(UTC)), request.end.astimezone(UTC).replace(microsecond=0)
    end = min(asked, rule.cursor)
    found = _windows_asked(rule, start, end)
    delivered = standing_windows(rule, runs, start, end) if request.only is Only.MISSING else []
    windows = [w for w in found if not is_covered(w, delivered)]
    if not windows:
        raise Conflict(
            "Every window of the range was delivered or is under way.",
            'Deliver them once more with "only": "all".',
        )
    if request.order is Order.NEWEST_FIRST:
        windows.reverse()
    return Backfill(
        tenant=rule.tenant,
        rule_id=rule.rule_id,
        backfill_id=backfill_id(1 + (int(newest.backfill_id.removeprefix("bkf_")) if newest else 0)),
        start=start,
        end=end,
        order=request.order,
        at_once=request.at_once,
        only=request.only,
        windows=tuple(windows),
        created_at=now,
        created_by=by,
        message=f"Windows from {stamp(end)} on are the rule's own and come by its schedule." if end < asked else "",
    )


def _windows_asked(rule: Rule, start: datetime, end: datetime) -> Sequence[Window]:
    found = list(islice(_whole_windows(rule.settings.schedule, start, end), MOST_WINDOWS + 1))
    if not found:
        said = f"holds no whole window of the rule's schedule that is over before {stamp(rule.cursor)}; give an earlier from"
        raise InvalidInput([FieldError("from", f"{said} or a later to")])
    if len(found) > MOST_WINDOWS:
        fits = f"the first {MOST_WINDOWS:,} end at {stamp(found[-2].end)}"
        raise InvalidInput([FieldError("to", f"is too far from from: more than {MOST_WINDOWS:,} windows; {fits}")])
    return found


def _whole_windows(schedule: AnySchedule, start: datetime, end: datetime) -> Iterator[Window]:
    """The schedule's windows that lie wholly in `[start, end)`, before its own start too; without a clock the range is one."""
    if isinstance(schedule, WithoutClock):
        return iter([Window(start, end)] if start < end else [])
    return (w for w in windows_between(schedule, start, end) if start <= w.start and w.end <= end)


def standing_windows(rule: Rule, runs: Runs, start: datetime, end: datetime) -> list[Window]:
    """The windows that reach into `[start, end)` and that a run delivered, or may deliver yet."""
    return [run.window for run in standing(runs, rule.tenant, rule.rule_id, start, end)]


def is_covered(window: Window, by: Iterable[Window]) -> bool:
    """Whether the windows together cover it whole."""
    return not uncovered(window.start, window.end, by)


@dataclass(frozen=True)
class BackfillProgress:
    """Sums over the backfill's runs as they are now; `states` counts them, `current` are those under way."""

    done: int
    states: Mapping[str, int]
    rows: int
    bytes: int
    current: Sequence[Run]


def progress(backfill: Backfill, runs: Runs) -> BackfillProgress:
    """How far a backfill is, its retried runs included."""
    own = []
    for run in runs.before(backfill.tenant, backfill.rule_id, backfill.end):
        if run.window.start < backfill.start:
            break
        if run.backfill == backfill.backfill_id:
            own.append(run)
    return BackfillProgress(
        done=sum(run.state.ended for run in own),
        states=Counter(run.state.value for run in own),
        rows=sum(run.rows or 0 for run in own),
        bytes=sum(run.bytes or 0 for run in own),
        current=[run for run in own if not run.state.ended],
    )
