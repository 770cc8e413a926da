"""Going through all rules with the audit: page by page, on from a bookmark where the last call stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from waybill.core.arrival import waiting_since
from waybill.core.audit import holes_of
from waybill.core.catalog import Catalogs
from waybill.core.errors import NotFound, WaybillError
from waybill.core.hole import Hole
from waybill.core.occasion import HOLE_FOUND, HoleFound
from waybill.core.ports import Bookmarks, Events, Holes, LakeObjects, Rules, Runs
from waybill.core.rule import Rule, settle_time
from waybill.core.window import stamp
from waybill.core.window_runs import read_back

RECENT = timedelta(days=3)
"""How far back an hourly audit looks; once a day all of it is looked at."""
BOOKMARK, LAST_FULL = "audit", "audit#full"
_PAGE = 25


@dataclass(frozen=True)
class Office:
    """What the audit reads and where it tells. It changes no rule and no run."""

    rules: Rules
    runs: Runs
    lake: LakeObjects
    holes: Holes
    events: Events
    bookmarks: Bookmarks
    catalogs: Catalogs


@dataclass
class Audited:
    """`found`: open holes by kind, `opened` of them are new; `failed`: rules that could not be audited, with `reasons`."""

    rules: int = 0
    opened: int = 0
    cured: int = 0
    failed: int = 0
    found: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    full: bool = False
    done: bool = False

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**vars(self), "found": dict(self.found)}


class Pass(BaseModel):
    """One way through all rules; several calls may take it. `place` is the page to read next."""

    started: datetime
    full: bool
    place: str = ""


def audit_all(office: Office, now: datetime, full: bool, stop: Callable[[], bool]) -> Audited:
    """Audit every rule as of `now`, or those that there is time for. Idempotent: a hole is kept and told once.

    `full` asks for all of each rule's history; the first pass of a UTC day looks at that anyway. A rule that cannot be read
    holds back no other.
    """
    current = _next_pass(office.bookmarks, now, full)
    done = Audited(full=current.full)
    while True:
        page = office.rules.every(current.place, _PAGE)
        for rule in page.items:
            if stop():
                return done
            _audit(office, rule, now, current.full, done)
        current = current.model_copy(update={"place": page.cursor})
        office.bookmarks.save(BOOKMARK, current.model_dump_json() if page.cursor else "")
        if not page.cursor:
            break
    if current.full:
        _close_those_of_gone_rules(office, current.started, now, done)
        office.bookmarks.save(LAST_FULL, current.started.date().isoformat())
    done.done = True
    return done


def _next_pass(bookmarks: Bookmarks, now: datetime, full: bool) -> Pass:
    kept = bookmarks.read(BOOKMARK)
    under_way = Pass.model_validate_json(kept) if kept else None
    if under_way is not None and under_way.full >= full:
        return under_way
    return Pass(started=now, full=full or bookmarks.read(LAST_FULL) < now.date().isoformat())


def _audit(office: Office, rule: Rule, now: datetime, full: bool, done: Audited) -> None:
    try:
        _audit_rule(office, rule, now, full, done)
    except WaybillError as error:
        done.failed += 1
        done.reasons.setdefault(type(error).__name__, f"{rule.rule_id}: {error}")
    done.rules += 1


def _audit_rule(office: Office, rule: Rule, now: datetime, full: bool, done: Audited) -> None:
    """What is new is told before it is kept: a call that dies between tells it again rather than never."""
    newest_first = office.runs.before(rule.tenant, rule.rule_id, None)
    runs, since = read_back(newest_first, None if full else now - RECENT)
    settle, waiting = settle_time(rule.settings, office.catalogs(rule.tenant)), waiting_since(rule, office.lake)
    found = holes_of(rule, runs, now, settle, since, waiting)
    known = {kept.hole.identity: kept for kept in office.holes.open_of_rule(rule.tenant, rule.rule_id)}
    new = [_told(hole, rule, now) for hole in found if hole.identity not in known]
    office.events.send(*HOLE_FOUND, new)
    for hole in found:
        office.holes.note(hole, now)
        known.pop(hole.identity, None)
    gone = [kept for kept in known.values() if since is None or kept.hole.window.start > since]
    for kept in gone:
        office.holes.cure(kept, now)
    done.found.update(hole.kind.value for hole in found)
    done.opened += len(new)
    done.cured += len(gone)


def _close_those_of_gone_rules(office: Office, since: datetime, now: datetime, done: Audited) -> None:
    for kept in office.holes.unseen(since):
        try:
            office.rules.get(kept.hole.tenant, kept.hole.rule_id)
        except NotFound:
            office.holes.cure(kept, now)
            done.cured += 1


def _told(hole: Hole, rule: Rule, now: datetime) -> Mapping[str, Any]:
    """Ids and a sentence, no data."""
    told = HoleFound(
        id=f"{hole.rule_id}.{hole.kind.value}.{stamp(hole.window.start)}.{now:%Y-%m-%d}",
        at=stamp(now),
        tenant=hole.tenant,
        rule_id=hole.rule_id,
        rule_name=rule.settings.name,
        kind=hole.kind.value,
        window_start=stamp(hole.window.start),
        window_end=stamp(hole.window.end),
        run_ids=tuple(hole.run_ids),
        message=hole.message,
    )
    return told.model_dump(mode="json")
