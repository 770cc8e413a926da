"""Usage: each run that ended counts once, on its last end's day, for its own tenant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.core.made import rule
from tests.integration.in_process import ADMINISTRATOR, InProcess
from waybill.core.dispatch import Tick, claim_due
from waybill.core.run import Outcome, Run, RunState, Trigger
from waybill.wiring import catalogs, stores

MARCH = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def claimed(tenant: str, number: int) -> Run:
    made = replace(rule(tenant=tenant), rule_id=f"rul_{number:016x}")
    stores.rules().add(made)
    tick = Tick(time=MARCH + DAY, now=MARCH + DAY, trigger=Trigger.SCHEDULE, tzdata="2026.6")
    return next(iter(claim_due(made, stores.runs(), catalogs.common_catalog(), tick)))


def ended(run: Run, at: datetime, state: RunState, rows: int, epoch: int = 1) -> None:
    totals = {"rows": rows, "bytes": rows * 10, "files": 3, "rejects": 0}
    assert stores.runs().end(run.key, epoch, at, Outcome(state, "It ended."), totals)


def usage(api: InProcess, query: str = "from=2026-03-10&to=2026-03-13", **caller: Any) -> dict[str, Any]:
    return dict(api.call("GET", f"/usage?{query}", caller={**ADMINISTRATOR, **caller}).body)


def test_days_have_the_runs_that_ended_on_them(api: InProcess) -> None:
    assert [d["runs"] for d in usage(api)["items"]] == [{}, {}, {}, {}]
    first, second, third = (claimed("acme", n) for n in range(3))
    theirs = claimed("zeta", 9)
    ended(first, MARCH + DAY, RunState.SUCCESS, 5)
    ended(second, (MARCH + 2 * DAY).replace(hour=0, minute=0), RunState.FAILURE, 0)
    ended(theirs, MARCH + DAY, RunState.SUCCESS, 70)
    assert stores.runs().cancel(third.key, 1, (MARCH + DAY).replace(hour=23, minute=59), "Not wanted.")
    found = usage(api)
    assert [d["day"] for d in found["items"]] == [f"2026-03-{n}" for n in range(10, 14)]
    assert [d["runs"] for d in found["items"]] == [{}, {"cancelled": 1, "success": 1}, {"failure": 1}, {}]
    assert found["totals"] == {
        "runs": {"cancelled": 1, "failure": 1, "success": 1},
        "rows": 5,
        "bytes": 50,
        "files": 3 * 2,
    }
    again = stores.runs().retry(second.key, 1, MARCH + 2 * DAY)
    assert usage(api)["totals"]["runs"] == {"cancelled": 1, "success": 1}, "a run that goes on has not ended"
    ended(again, MARCH + 3 * DAY, RunState.SUCCESS, 8, epoch=2)
    found = usage(api)
    assert [d["runs"] for d in found["items"]][2:] == [{}, {"success": 1}]
    assert found["totals"]["rows"] == 13
    assert usage(api, tenant="zeta")["totals"]["rows"] == 70


def test_a_span_that_is_none_or_too_long_is_refused(api: InProcess) -> None:
    assert len(usage(api, "")["items"]) == 31
    assert len(usage(api, "from=2026-01-01&to=2026-04-03")["items"]) == 93
    for query in ("from=2026-03-10&to=2026-03-09", "from=2026-01-01&to=2026-04-04", "from=yesterday", "to=0001-01-01"):
        answer = api.call("GET", f"/usage?{query}")
        assert answer.status in {200, 422}, answer.text
    assert api.call("GET", "/usage?from=2026-01-01&to=2026-04-04").status == 422
