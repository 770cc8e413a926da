"""The gap report and the list of holes as the API answers them, over tables as the template declares them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.core.histories import SETTLE, a_run
from tests.core.made import rule
from tests.integration.conftest import REGION
from tests.integration.functions import context, function, started_afresh
from waybill.aws.tables.holes import HolesTable
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.runs import RunsTable
from waybill.core.hole import Hole, HoleKind
from waybill.core.rule import Rule
from waybill.core.run import Outcome, RunState
from waybill.core.schedule import occurrences

ROOT = Path(__file__).resolve().parents[2]
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOTALS = {"rows": 5, "bytes": 9, "files": 3, "rejects": 0}
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def made(tables: dict[str, str]) -> Rule:
    """A daily rule in Berlin with its first and its third window; the second was lost."""
    first = rule(now=BEGIN)
    windows = [
        one for _, one in zip(range(3), occurrences(first.settings.schedule, first.cursor, SETTLE), strict=False)
    ]
    runs = RunsTable(tables["RunsTable"], tables["RulesTable"], REGION)
    for one in (windows[0], windows[2]):
        run = a_run(first, one.window, one.due, RunState.SCHEDULED)
        runs.add(run)
        assert runs.end(run.key, 1, one.due, Outcome(RunState.SUCCESS, "Delivered."), TOTALS)
    RulesTable(tables["RulesTable"], REGION).add(replace(first, cursor=windows[2].window.end))
    return first


@pytest.fixture
def ask(tables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    for name in ("rules", "runs", "holes", "requests"):
        monkeypatch.setenv(f"WAYBILL_{name.upper()}_TABLE", tables[f"{name.title()}Table"])
    app = function("api")

    def call(path: str, **query: str) -> tuple[int, Any]:
        event = json.loads((ROOT / "events/api.json").read_text())
        event |= {"httpMethod": "GET", "path": path, "queryStringParameters": query, "body": None}
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
        event["requestContext"]["authorizer"] = {"tenant": "acme", "name": "a test", "permissions": "read"}
        answer = app.handle(event, context())
        kind = answer["multiValueHeaders"]["Content-Type"][0]
        return answer["statusCode"], json.loads(answer["body"]) if "json" in kind else answer["body"]

    with started_afresh():
        yield call


WEEK = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-03T23:00:00Z"}


def test_a_report_has_every_window_and_totals(ask: Ask, made: Rule) -> None:
    status, report = ask(f"/rules/{made.rule_id}/gaps", **WEEK)
    assert status == 200
    assert report["source_counted"] is False
    assert [(w["state"], w["rows_delivered"], w["complete"]) for w in report["items"]] == [
        ("delivered", 5, None),
        ("missing", 0, False),
        ("delivered", 5, None),
    ]
    assert report["totals"]["windows"] == {"delivered": 2, "missing": 1}
    assert (report["totals"]["rows_delivered"], report["totals"]["complete"]) == (10, False)


def test_a_report_may_be_a_csv(ask: Ask, made: Rule) -> None:
    status, text = ask(f"/rules/{made.rule_id}/gaps", **WEEK, **{"as": "csv"})
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert status == 200
    assert rows[0]["state"] == "delivered"
    assert rows[0]["start"] == "2026-02-28T23:00:00Z"


def test_a_wrong_range_is_refused_by_its_field(ask: Ask, made: Rule) -> None:
    for query, field in (({"from": WEEK["to"], "to": WEEK["from"]}, "to"), ({"from": "yesterday"}, "from")):
        status, problem = ask(f"/rules/{made.rule_id}/gaps", **query)
        assert status == 422
        assert [e["field"] for e in problem["errors"]] == [field]


def test_holes_are_listed_to_their_tenant_alone(ask: Ask, made: Rule, tables: dict[str, str]) -> None:
    window = next(iter(occurrences(made.settings.schedule, made.cursor, timedelta()))).window
    table = HolesTable(tables["HolesTable"], REGION)
    table.note(Hole("acme", made.rule_id, HoleKind.MISSING, window, (), "No run covers it."), BEGIN)
    table.note(Hole("zeta", made.rule_id, HoleKind.MISSING, window, (), "No run covers it."), BEGIN)
    status, found = ask("/holes")
    assert status == 200
    assert [(h["rule_id"], h["kind"], h["first_seen"]) for h in found["items"]] == [
        (made.rule_id, "missing", "2026-03-01T12:00:00Z")
    ]
    assert found["cursor"] == ""
