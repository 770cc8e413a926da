from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from tests.core.histories import SETTLE, a_run
from tests.core.made import CATALOG, rule
from tests.core.stores import MemoryBookmarks, MemoryEvents, MemoryHoles, MemoryLakeObjects, MemoryRules, MemoryRuns
from waybill.core.auditing import Audited, Office, audit_all
from waybill.core.errors import TransientError
from waybill.core.rule import Rule
from waybill.core.run import Run
from waybill.core.schedule import occurrences

BEGIN = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 0, 10, tzinfo=UTC)


class House:
    """A platform in memory with hourly rules, each with all of its runs up to now."""

    def __init__(self, *rules: Rule) -> None:
        self.rules, self.holes, self.events = MemoryRules(), MemoryHoles(), MemoryEvents()
        self.runs, self.bookmarks = MemoryRuns(self.rules), MemoryBookmarks()
        for made in rules or (hourly(),):
            windows = list(islice(occurrences(made.settings.schedule, made.cursor, SETTLE), 9 * 24))
            for run in (a_run(made, one.window, one.due) for one in windows):
                self.runs.kept[run.key] = run
            self.rules.add(replace(made, cursor=windows[-1].window.end))

    @property
    def office(self) -> Office:
        return Office(
            self.rules, self.runs, MemoryLakeObjects(), self.holes, self.events, self.bookmarks, lambda tenant: CATALOG
        )

    def audit(self, now: datetime = NOW, full: bool = False, stop: Callable[[], bool] = lambda: False) -> Audited:
        return audit_all(self.office, now, full, stop)

    def lose(self, day: int, hour: int) -> Run:
        found = next(r for r in self.runs.kept.values() if (r.window.start.day, r.window.start.hour) == (day, hour))
        return self.runs.kept.pop(found.key)

    def open(self) -> list[str]:
        return [str(kept.hole.window) for kept in self.holes.page("acme", "", 100).items]


def hourly(number: int = 0) -> Rule:
    return rule(now=BEGIN, rule_id=f"rul_{number:016d}", schedule={"frequency": "hourly"})


def test_a_hole_is_kept_and_told_once_and_cured_when_it_is_found_no_more() -> None:
    house = House()
    lost = house.lose(9, 12)
    first = house.audit()
    again = house.audit(NOW + timedelta(hours=1) - timedelta(minutes=5))
    assert (first.opened, again.opened, again.found["missing"]) == (1, 0, 1)
    (told,) = house.events.sent
    assert told[:2] == ("waybill.audit", "Hole found")
    assert told[2]["window_start"] == "2026-03-09T12:00:00Z"
    (kept,) = house.holes.page("acme", "", 10).items
    assert (kept.first_seen, kept.last_seen) == (NOW, NOW + timedelta(minutes=55))
    house.runs.kept[lost.key] = lost
    assert house.audit(NOW + timedelta(minutes=56)).cured == 1
    assert house.open() == []
    house.lose(9, 12)
    assert house.audit(NOW + timedelta(minutes=57)).opened == 1
    (reopened,) = house.holes.page("acme", "", 10).items
    assert reopened.first_seen == NOW
    assert len(house.events.sent) == 2


def test_old_history_is_looked_at_once_a_day_and_on_demand() -> None:
    house = House()
    assert house.audit().full
    house.lose(2, 12)
    assert not house.audit().full
    assert house.open() == []
    assert house.audit(full=True).full
    assert house.open() == ["2026-03-02T12:00:00Z/2026-03-02T13:00:00Z"]
    assert house.audit().cured == 0, "what was not looked at is not cured"
    house.lose(3, 12)
    house.audit(NOW + timedelta(days=1))
    assert "2026-03-03T12:00:00Z/2026-03-03T13:00:00Z" in house.open()


def test_a_long_table_goes_on_where_the_last_call_stopped() -> None:
    house = House(*(hourly(number) for number in range(60)))
    for run in [r for r in house.runs.kept.values() if (r.window.start.day, r.window.start.hour) == (9, 12)]:
        del house.runs.kept[run.key]
    calls: list[Audited] = []
    left = 0

    def stop() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    for _ in range(3):
        left = 30
        calls.append(house.audit(NOW + timedelta(minutes=len(calls)), stop=stop))
    assert [c.done for c in calls] == [False, False, True]
    assert [c.rules for c in calls] == [30, 30, 10]
    assert [c.full for c in calls] == [True] * 3
    assert len(house.open()) == len(house.events.sent) == 60
    assert not house.audit().full


def test_what_could_not_be_told_is_told_by_the_next_audit() -> None:
    house = House()
    house.lose(9, 12)
    send = house.events.send

    def refuse(source: str, kind: str, details: object) -> None:
        raise TransientError("The bus is busy.")

    house.events.send = refuse  # type: ignore[method-assign]
    assert house.audit().failed == 1
    assert house.open() == []
    house.events.send = send  # type: ignore[method-assign]
    house.audit()
    assert len(house.events.sent) == len(house.open()) == 1


@pytest.mark.parametrize("day", [9, 2])
def test_the_holes_of_a_rule_that_is_gone_are_closed(day: int) -> None:
    house = House(hourly(0), hourly(1))
    for _ in range(2):
        house.lose(day, 12)
    house.audit(full=True)
    assert len(house.open()) == 2
    house.rules.remove("acme", hourly(0).rule_id)
    house.audit(NOW + timedelta(minutes=1), full=True)
    assert len(house.open()) == 1
