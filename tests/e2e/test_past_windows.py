"""What a person does about past windows: backfill them, retry the run that failed, cancel the one that should not be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.api import Refused, wait_until
from sandbox.receivers import PREFIX
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
MANUAL = {"frequency": "manual", "starts_at": "2026-01-01T00:00:00Z"}


def folder_of(tenant: Tenant, run_id: str) -> Path:
    """Where a run of a rule called Tickets arrives by SFTP."""
    return Path(tenant.surroundings.sftp.folder / PREFIX / tenant.name / "Tickets" / run_id)


def refused(tenant: Tenant, path: str, body: dict[str, Any]) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        tenant.api.post(path, body)
    return caught.value.status, str(caught.value.problem["detail"])


def test_a_failed_run_goes_on_under_the_same_names_once_its_destination_is_mended(tenant: Tenant) -> None:
    tenant.tickets(1, 2)
    rule = tenant.rule(tenant.sftp(), schedule=MANUAL, format="ndjson")
    folder = folder_of(tenant, f"{rule}.20260101T000000Z.1")
    folder.mkdir(parents=True)
    (folder / "chat_tickets.ndjson").write_text("somebody else's")
    tenant.api.post(f"/rules/{rule}/run", {})
    (failed,) = tenant.ended(rule)
    assert failed["state"] == "failure"
    (folder / "chat_tickets.ndjson").unlink()
    tenant.tickets(3)
    again = tenant.api.post(f"/runs/{failed['run_id']}/retry", {})
    assert (again["run_id"], again["attempt"], again["state"]) == (failed["run_id"], 2, "scheduled")
    (run,) = tenant.ended(rule)
    assert (run["state"], run["rows"], run["attempt"]) == ("success", 2, 2)
    files = tenant.files(run["run_id"])
    assert sorted(files) == sorted(f.name for f in folder.iterdir())
    assert "waybill.json" in files
    assert refused(tenant, f"/runs/{run['run_id']}/retry", {})[0] == 409
    anew = tenant.api.post(f"/rules/{rule}/run", {"window_start": run["window_start"]})
    assert (anew["window_end"], anew["generation"]) == (run["window_end"], 2)
    assert [r["rows"] for r in tenant.ended(rule, count=2)] == [3, 2]


def test_a_cancelled_run_delivers_no_manifest_until_it_is_retried(tenant: Tenant) -> None:
    tenant.tickets(1)
    rule = tenant.rule(tenant.sftp(), schedule=MANUAL, format="ndjson")
    run_id = tenant.api.post(f"/rules/{rule}/run", {})["run_id"]
    cancelled = tenant.api.post(f"/runs/{run_id}/cancel", {})
    assert cancelled["state"] == "cancelled"
    assert "Cancelled by" in cancelled["message"]
    assert tenant.api.post(f"/runs/{run_id}/cancel", {}) == cancelled
    status, said = refused(tenant, f"/rules/{rule}/run", {"window_start": "2026-01-02T00:00:00Z"})
    assert (status, "backfills" in said) == (404, True)
    assert not (folder_of(tenant, run_id) / "waybill.json").exists()
    tenant.api.post(f"/runs/{run_id}/retry", {})
    (run,) = tenant.ended(rule)
    assert (run["state"], run["attempt"], run["rows"]) == ("success", 2, 1)
    assert (folder_of(tenant, run_id) / "waybill.json").exists()


def test_three_days_before_a_rule_began_are_backfilled(tenant: Tenant) -> None:
    tenant.tickets(0, 1, 2, 3)
    daily = {"frequency": "daily", "starts_at": "2026-01-06T00:00:00Z", "ends_at": "2026-01-06T12:00:00Z"}
    rule = tenant.rule(tenant.sftp(), schedule=daily, format="ndjson")
    wanted = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-04T00:00:00Z", "at_once": 2, "order": "newest_first"}
    made = tenant.api.post(f"/rules/{rule}/backfills", wanted)
    assert (made["state"], made["total"], made["claimed"]) == ("active", 3, 2)
    assert refused(tenant, f"/rules/{rule}/backfills", wanted)[0] == 409
    place = f"/rules/{rule}/backfills/{made['backfill_id']}"
    wait_until("the backfill to be done", lambda: tenant.api.get(place)["state"] == "done", 240)
    found = tenant.api.get(place)
    assert (found["done"], found["states"], found["rows"], found["current"]) == (3, {"success": 3}, 3, [])
    runs = tenant.ended(rule, count=3)
    assert [r["window_start"][:10] for r in runs] == ["2026-01-03", "2026-01-02", "2026-01-01"]
    assert {(r["trigger"], r["backfill"], r["rows"]) for r in runs} == {("backfill", made["backfill_id"], 1)}
    rows = json.loads(tenant.files(runs[-1]["run_id"])["chat_tickets.ndjson"])
    assert rows["ticket_id"] == "t0"
    assert refused(tenant, f"{place}/cancel", {})[0] == 409
    assert [b["backfill_id"] for b in tenant.api.get(f"/rules/{rule}/backfills")["items"]] == [made["backfill_id"]]
