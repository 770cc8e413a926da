"""The audit over tables as the template declares them, and the function on its own sample event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.core.histories import SETTLE, a_run
from tests.core.made import CATALOG, rule
from tests.core.test_expiring import saved
from tests.integration.conftest import REGION
from tests.integration.functions import context, function, started_afresh
from waybill.aws.events import EventBridge
from waybill.aws.tables.bookmarks import BookmarksTable
from waybill.aws.tables.holes import HolesTable
from waybill.aws.tables.lake_objects import LakeObjectsTable
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.run_item import RunItem
from waybill.aws.tables.runs import RunsTable
from waybill.core import auditing
from waybill.core.auditing import Audited, Office, audit_all
from waybill.core.errors import InvalidInput, TransientError
from waybill.core.hole import Hole, HoleKind
from waybill.core.run import Run
from waybill.core.schedule import occurrences
from waybill.core.window import Window
from waybill.wiring import stores

ROOT = Path(__file__).resolve().parents[2]
BEGIN = datetime(2026, 3, 27, 0, 30, tzinfo=UTC)
NOW = datetime(2026, 3, 29, 1, tzinfo=UTC)


class Bus:
    """What EventBridge would get."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.refuse = False

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        if self.refuse:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}
        assert len(Entries) <= 10
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "x"} for _ in Entries]}


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def office(tables: dict[str, str], bus: Bus) -> Office:
    return Office(
        rules=RulesTable(tables["RulesTable"], REGION),
        runs=RunsTable(tables["RunsTable"], tables["RulesTable"], REGION),
        lake=LakeObjectsTable(tables["LakeObjectsTable"], REGION),
        holes=HolesTable(tables["HolesTable"], REGION),
        events=EventBridge(bus),  # type: ignore[arg-type]
        bookmarks=BookmarksTable(tables["LakeObjectsTable"], REGION),
        catalogs=lambda tenant: CATALOG,
    )


def hourly(office: Office, tenant: str, number: int, windows: int = 6) -> list[Run]:
    """A rule whose last windows up to now all ran."""
    made = rule(
        now=NOW - timedelta(hours=windows),
        tenant=tenant,
        rule_id=f"rul_{number:016d}",
        schedule={"frequency": "hourly"},
    )
    runs = []
    for one in islice(occurrences(made.settings.schedule, made.cursor, SETTLE), windows):
        runs.append(a_run(made, one.window, one.due))
        office.runs.add(runs[-1])
        made = replace(made, cursor=one.window.end)
    office.rules.add(made)
    return runs


def lose(run: Run) -> None:
    RunItem.get(f"{run.key.tenant}#{run.key.rule_id}", f"{run.window.start:%Y-%m-%dT%H:%M:%SZ}#000001").delete()


def audit(office: Office, now: datetime = NOW, full: bool = False) -> Audited:
    return audit_all(office, now, full, lambda: False)


def test_planted_holes_are_found_kept_and_told(office: Office, bus: Bus) -> None:
    ours, theirs = hourly(office, "acme", 1), hourly(office, "zeta", 2)
    assert audit(office).found == {}
    lose(ours[2])
    lose(ours[3])
    lose(theirs[0])
    done = audit(office, NOW + timedelta(minutes=5))
    assert (done.rules, done.opened, done.found) == (2, 2, {"missing": 2})
    (kept,) = office.holes.page("acme", "", 10).items
    assert kept.hole.window == Window(ours[2].window.start, ours[3].window.end)
    assert {json.loads(e["Detail"])["tenant"] for e in bus.entries} == {"acme", "zeta"}
    assert {e["Source"] for e in bus.entries} == {"waybill.audit"}
    office.runs.add(ours[2])
    office.runs.add(ours[3])
    assert audit(office, NOW + timedelta(minutes=6)).cured == 1
    assert office.holes.page("acme", "", 10).items == []


def test_all_rules_are_read_page_by_page_and_the_bookmark_lasts(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "_PAGE", 2)
    for number in range(7):
        lose(hourly(office, f"tenant{number % 3}", number, windows=2)[0])
    seen = 0

    def stop() -> bool:
        nonlocal seen
        seen += 1
        return seen % 4 == 0

    calls = [audit_all(office, NOW, False, stop)]
    while not calls[-1].done and len(calls) < 9:
        calls.append(audit_all(office, NOW, False, stop))
    assert (calls[0].done, calls[-1].done) == (False, True)
    assert sum(c.opened for c in calls) == 7
    assert sum(len(office.holes.page(f"tenant{n}", "", 10).items) for n in range(3)) == 7


def test_a_hole_keeps_its_first_sight_and_is_not_closed_by_who_saw_it_earlier(office: Office) -> None:
    hole = Hole("acme", "rul_1", HoleKind.MISSING, Window(BEGIN, NOW), ("a", "b"), "Nothing covers it.")
    office.holes.note(hole, BEGIN)
    (stale,) = office.holes.open_of_rule("acme", "rul_1")
    office.holes.note(hole, NOW)
    office.holes.cure(stale, NOW)
    (kept,) = office.holes.open_of_rule("acme", "rul_1")
    assert (kept.hole, kept.first_seen, kept.last_seen) == (hole, BEGIN, NOW)
    assert list(office.holes.unseen(NOW)) == []
    assert list(office.holes.unseen(NOW + timedelta(seconds=1))) == [kept]
    office.holes.cure(kept, NOW)
    assert office.holes.open_of_rule("acme", "rul_1") == []
    assert list(office.holes.unseen(NOW + timedelta(seconds=1))) == []


def test_pages_of_holes_are_full_although_cured_ones_lie_between(office: Office) -> None:
    for n in range(9):
        hole = Hole("acme", f"rul_{n}", HoleKind.FAILED, Window(BEGIN, NOW), (), "Failed.")
        office.holes.note(hole, NOW)
        if n % 2:
            office.holes.cure(office.holes.open_of_rule("acme", f"rul_{n}")[0], NOW)
    first = office.holes.page("acme", "", 3)
    second = office.holes.page("acme", first.cursor, 3)
    assert [k.hole.rule_id for k in [*first.items, *second.items]] == [f"rul_{n}" for n in (0, 2, 4, 6, 8)]
    with pytest.raises(InvalidInput):
        office.holes.page("zeta", first.cursor, 3)


def test_runs_before_a_moment_come_newest_first(office: Office) -> None:
    runs = hourly(office, "acme", 1)
    again = replace(runs[2], key=replace(runs[2].key, generation=2))
    office.runs.add(again)
    found = [r.key for r in office.runs.before("acme", runs[0].key.rule_id, runs[3].window.start)]
    assert found == [again.key, runs[2].key, runs[1].key, runs[0].key]
    assert len(list(office.runs.before("acme", runs[0].key.rule_id, None))) == 7


def test_events_that_were_not_taken_are_an_error(bus: Bus) -> None:
    EventBridge(bus).send("waybill.audit", "Hole found", [{"n": n} for n in range(23)])  # type: ignore[arg-type]
    assert [json.loads(e["Detail"])["n"] for e in bus.entries] == list(range(23))
    bus.refuse = True
    with pytest.raises(TransientError, match="ThrottlingException"):
        EventBridge(bus).send("waybill.audit", "Hole found", [{}])  # type: ignore[arg-type]


@pytest.fixture
def deployed(tables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("rules", "runs", "holes", "lake_objects", "datasets", "destinations"):
        logical = "".join(word.title() for word in name.split("_")) + "Table"
        monkeypatch.setenv(f"WAYBILL_{name.upper()}_TABLE", tables[logical])
    with started_afresh():
        yield


@pytest.mark.usefixtures("deployed")
def test_the_function_takes_its_sample_event_and_counts(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("events", region_name=REGION).describe_event_bus()
    lose(hourly(office, "acme", 1)[3])
    event = json.loads((ROOT / "events/audit.json").read_text())
    ends = datetime.fromisoformat(event["time"]) + timedelta(days=3)
    for number, when in enumerate((ends, ends + timedelta(days=30), None)):
        stores.destinations().add(saved(f"{number}", when))
    app = function("audit")
    answer = app.handle(event, context())
    assert json.loads(json.dumps(answer))["found"] == {"missing": 1}
    assert (answer["rules"], answer["opened"], answer["done"], answer["expiring"]) == (1, 1, True, 1)
    again = app.handle(event, context())
    assert (again["opened"], again["expiring"]) == (0, 0)
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "HolesFound" in line]
    assert {m["kind"]: m["HolesFound"] for m in metrics}["missing"] == [1.0]
