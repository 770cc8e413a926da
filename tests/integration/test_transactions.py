"""What moves two items at once, where the tables have no write units left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError
from pynamodb.transactions import TransactWrite

from tests.core.made import CATALOG, NOW, rule
from tests.integration.conftest import REGION
from waybill.aws.tables.backfills import BackfillsTable
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.runs import RunsTable
from waybill.core.advance import BackfillDesk, advance
from waybill.core.backfill import BackfillRequest, new_backfill
from waybill.core.dispatch import Tick, claim_due
from waybill.core.errors import TransientError
from waybill.core.run import Run, Trigger

LATER = NOW.replace(day=NOW.day + 1)
TICK = Tick(time=LATER, now=LATER, trigger=Trigger.SCHEDULE, tzdata="2026.6")
Claim = Callable[[], list[Run]]


@pytest.fixture(params=["a rule's next window", "a backfill's next window"])
def claim(request: pytest.FixtureRequest, tables: dict[str, str]) -> Claim:
    """Makes one claim."""
    rules = RulesTable(tables["RulesTable"], REGION)
    runs = RunsTable(tables["RunsTable"], tables["RulesTable"], REGION)
    backfills = BackfillsTable(tables["BackfillsTable"], tables["RunsTable"], REGION)
    made = rule()
    rules.add(made)
    if request.param == "a rule's next window":
        return lambda: list(claim_due(made, runs, CATALOG, TICK))
    days = {"from": "2026-03-01T00:00:00+01:00", "to": "2026-03-02T00:00:00+01:00"}
    backfill = new_backfill(made, BackfillRequest.model_validate(days), None, runs, NOW, "Ada")
    backfills.add(backfill)
    return lambda: list(advance(backfill, BackfillDesk(rules, runs, backfills), TICK))


def _cancelled(code: str) -> TransactWriteError:
    answer: Any = {"Error": {"Code": "TransactionCanceledException", "Message": "cancelled"}}
    why = [CancellationReason(code=code), None]
    return TransactWriteError("cancelled", VerboseClientError(answer, "TransactWriteItems", cancellation_reasons=why))


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_claim_that_found_no_write_units_is_made_again(
    claim: Claim, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    commit, waits = TransactWrite.__exit__, list[float]()

    def refused_twice(self: TransactWrite, *left: Any) -> None:
        if len(waits) < 2:
            raise _cancelled(code)
        commit(self, *left)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(TransactWrite, "__exit__", refused_twice)
    monkeypatch.setattr("time.sleep", waits.append)
    assert len(claim()) == 1
    assert len(waits) == 2


def test_a_claim_that_never_finds_write_units_may_succeed_later(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: TransactWrite, *left: Any) -> None:
        raise _cancelled("ThrottlingError")

    with monkeypatch.context() as dry:
        dry.setattr(TransactWrite, "__exit__", refused)
        dry.setattr("time.sleep", lambda _: None)
        with pytest.raises(TransientError, match="It is tried again by itself"):
            claim()
    assert len(claim()) == 1


def test_a_claim_that_another_one_touched_is_the_others(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: TransactWrite, *left: Any) -> None:
        raise _cancelled("TransactionConflict")

    monkeypatch.setattr(TransactWrite, "__exit__", refused)
    assert claim() == []
