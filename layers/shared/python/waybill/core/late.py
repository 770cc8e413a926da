"""Late rows: registered after their window was planned. Which windows are owed some, and in which range of sequence numbers.

A run has considered ranges of numbers of its window's objects. What runs that did not fail have considered is covered; a
hole below the newest number is owed. So each row is delivered once, whoever looks for late rows, and however often; and
what a failed amendment held is owed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from waybill.core.errors import Conflict
from waybill.core.lake_object import LakeObject
from waybill.core.ports import LakeObjects, Runs
from waybill.core.rule import Rule
from waybill.core.rule_settings import LateRows, RuleSettings
from waybill.core.run import NO_TOTALS, Outcome, Run, RunKey, RunState, SequenceRange, Trigger, known_key
from waybill.core.window import Window

_PAGE = 100
_LEFT = "{} ended before it could deliver these late rows; they are owed again."


@dataclass(frozen=True)
class Owed:
    """A window with late rows: of each dataset the range that an amendment would deliver, and the newest run of the window."""

    window: Window
    newest: Run
    sequences: Mapping[str, SequenceRange]


@dataclass
class Found:
    """`owed` windows; `carried`, what this attempt at this run took over already; `left`, what an attempt took over that is
    over and delivered nothing; `checked`, up to which number each dataset needs no second look; `ignored`, how many objects
    hold rows that no run will deliver.
    """

    owed: list[Owed] = field(default_factory=list)
    carried: list[Run] = field(default_factory=list)
    left: list[Run] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    ignored: int = 0


def find_late(
    rule: Rule, newest: Mapping[str, int], runs: Runs, lake: LakeObjects, asking: RunKey | None = None
) -> Found:
    """Delivered windows of `rule` that are owed rows. Changes nothing. `asking` is the run that is being planned."""
    found = Found()
    before = rule.cursor
    since = before - timedelta(days=rule.settings.late.lookback_days)
    candidates: dict[str, list[LakeObject]] = {}
    for dataset, upto in newest.items():
        checked = rule.late_checked.get(dataset, upto)
        late = [o for o in lake.since(rule.tenant, dataset, checked, upto) if _before(o, before)]
        candidates[dataset] = [o for o in late if o.last_event is not None and o.last_event >= since]
        found.ignored += len(late) - len(candidates[dataset])
        found.checked[dataset] = upto
    if rule.settings.late.policy is LateRows.IGNORE:
        closed = asking.window_start if asking else before
        found.ignored += sum(_before(o, closed) for late in candidates.values() for o in late)
    elif any(candidates.values()):
        _look(rule, newest, runs, candidates, asking, found)
    return found


def _before(one: LakeObject, moment: datetime) -> bool:
    return one.first_event is not None and one.first_event < moment


def _look(
    rule: Rule,
    newest: Mapping[str, int],
    runs: Runs,
    candidates: Mapping[str, Sequence[LakeObject]],
    asking: RunKey | None,
    found: Found,
) -> None:
    first = min(o.first_event for late in candidates.values() for o in late if o.first_event is not None)
    for window, tried in _windows(rule, runs, first):
        left = [r for r in tried if _left_behind(r, runs)]
        standing = [r for r in tried if r not in left]
        found.left += left
        found.carried += [r for r in standing if asking and r.carried_by == asking.run_id and not r.state.ended]
        for dataset, range_ in _under_way(standing):
            found.checked[dataset] = min(found.checked.get(dataset, range_.after), range_.after)
        owed: dict[str, SequenceRange] = {}
        for dataset, upto in newest.items():
            inside = [o.sequence for o in candidates[dataset] if o.in_window(window)]
            covered = coverage(standing, dataset) if inside else None
            if covered is PENDING:
                found.checked[dataset] = min(found.checked[dataset], min(inside) - 1)
            elif isinstance(covered, list):
                wanted = [hole for hole in holes(covered, upto) if any(hole.after < n <= hole.upto for n in inside)]
                if wanted:
                    owed[dataset] = wanted[0]
                for hole in wanted[1:]:
                    found.checked[dataset] = min(found.checked[dataset], hole.after)
        if owed:
            found.owed.append(Owed(window, max(tried, key=lambda r: r.key.generation), owed))


def _windows(rule: Rule, runs: Runs, first: datetime) -> Iterator[tuple[Window, list[Run]]]:
    """The rule's windows that end after `first`, newest first, each with its runs."""
    for window, tried in groupby(_newest_first(rule, runs), key=lambda r: r.window):
        if window.end <= first:
            return
        yield window, list(tried)


def _newest_first(rule: Rule, runs: Runs) -> Iterator[Run]:
    cursor = ""
    while True:
        page = runs.of_rule(rule.tenant, rule.rule_id, cursor, _PAGE)
        yield from page.items
        cursor = page.cursor
        if not cursor:
            return


def _left_behind(entry: Run, runs: Runs) -> bool:
    """Whether the attempt that carried these rows ended without them: it died, or was cancelled, before its plan was staged."""
    if not entry.carried_by or entry.state.ended:
        return False
    carrier = runs.get(known_key(entry.key.tenant, entry.carried_by))
    return carrier.epoch != entry.epoch or carrier.state.came_to_nothing


def _under_way(tried: Iterable[Run]) -> Iterator[tuple[str, SequenceRange]]:
    """What other runs carry that have not ended: one that died before its plan was staged must find it again."""
    for run in tried:
        if run.carried_by and not run.state.ended:
            yield from (run.sequences or {}).items()


PENDING = "pending"
"""No run of the whole window has ended yet: only then is it known what the window is owed."""


def coverage(tried: Iterable[Run], dataset: str) -> list[SequenceRange] | str | None:
    """What the window's runs have considered of a dataset; None where every run of the whole window failed: another one
    will read everything.
    """
    holding = [r for r in tried if not r.state.came_to_nothing]
    whole = [r for r in holding if not r.amends]
    if not any(r.state.ended for r in whole):
        return PENDING if whole else None
    return [r.sequences[dataset] for r in holding if r.sequences is not None and dataset in r.sequences]


def newest_numbers(tenant: str, settings: RuleSettings, objects: LakeObjects) -> dict[str, int]:
    """Of each dataset of a rule, the number of the object that was registered last, 0 for none."""
    return {c.dataset: objects.newest(tenant, c.dataset) for c in settings.data}


def holes(covered: Iterable[SequenceRange], upto: int) -> list[SequenceRange]:
    """What of `(0, upto]` no range covers, in order."""
    found, reached = [], 0
    for one in sorted(covered, key=lambda r: r.after):
        if one.after > reached:
            found.append(SequenceRange(after=reached, upto=min(one.after, upto)))
        reached = max(reached, one.upto)
    if reached < upto:
        found.append(SequenceRange(after=reached, upto=upto))
    return [hole for hole in found if hole.after < hole.upto]


def amendment(owed: Owed, now: datetime, tzdata: str, carrier: Run | None = None) -> Run:
    """The run that delivers what a window is owed: the next generation of it, with only those rows. One that another run
    carries is under way at once, and ends with that run.
    """
    newest = owed.newest
    return replace(
        newest,
        key=replace(newest.key, generation=newest.key.generation + 1),
        state=RunState.ONGOING if carrier else RunState.SCHEDULED,
        trigger=Trigger.LATE,
        epoch=carrier.epoch if carrier else 1,
        scheduled_for=now,
        created_at=now,
        started_at=now if carrier else None,
        finished_at=None,
        rows=None,
        bytes=None,
        files=None,
        rejects=None,
        parts=None,
        message="",
        tzdata=tzdata,
        amends=True,
        sequences=dict(owed.sequences),
        carried_by=carrier.key.run_id if carrier else "",
        backfill="",
    )


def add_amendments(found: Found, runs: Runs, now: datetime, tzdata: str, carrier: Run | None = None) -> list[Run]:
    """Make the amendments that are owed; returns those made now. Whoever was first made the same: it is not made twice."""
    for left in found.left:
        runs.end(left.key, left.epoch, now, Outcome(RunState.CANCELLED, _LEFT.format(left.carried_by)), NO_TOTALS)
    made = []
    for owed in found.owed:
        run = amendment(owed, now, tzdata, carrier)
        try:
            runs.add(run)
        except Conflict:
            for dataset, range_ in owed.sequences.items():
                found.checked[dataset] = min(found.checked[dataset], range_.after)
            continue
        made.append(run)
    return made
