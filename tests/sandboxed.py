"""One sandbox for all end-to-end tests: the embedded AWS with the very same template, Azurite, an SFTP server."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ops.api_key import issue
from sandbox import receivers as receiving
from sandbox import up
from sandbox.api import Api, wait_until
from sandbox.places import ROOT, Places
from sandbox.receivers import Receivers, aws_client
from sandbox.surroundings import Surroundings
from waybill.core.access import Caller, Permission

ENDED = {"success", "partial", "failure", "cancelled"}
PATIENCE = 240.0
"""Seconds until a test gives up on what takes a few on a machine with nothing else to do."""
PLACES = Places(state=ROOT / ".sandbox" / "tests")


@pytest.fixture(scope="session")
def surroundings() -> Iterator[Surroundings]:
    with up.running(PLACES) as found:
        yield found


@pytest.fixture(scope="session")
def receivers(surroundings: Surroundings) -> Receivers:
    return receiving.prepare(surroundings)


@dataclass
class Tenant:
    """A tenant of its own for one test, and what it can do through the API."""

    name: str
    api: Api
    surroundings: Surroundings
    receivers: Receivers

    def sftp(self, **changes: Any) -> str:
        """A confirmed SFTP destination in the tenant's own folder."""
        settings = {**self.receivers.sftp(), "path": f"{receiving.PREFIX}/{self.name}", **changes}
        (self.surroundings.sftp.folder / receiving.PREFIX / self.name).mkdir(parents=True, exist_ok=True)
        made = self.api.post("/destinations", {"name": "SFTP", "kind": "sftp", "settings": settings})
        place = f"/destinations/{made['destination_id']}/probe"
        probed = self.api.post(place, {"confirm_host_key": self.surroundings.sftp.fingerprint})
        assert probed["usable"], probed["probe"]
        return str(made["destination_id"])

    def rule(self, destination: str, **changes: Any) -> str:
        """A rule over the chat tickets of 2026-01-01 to 2026-01-07, once."""
        settings = {
            "name": "Tickets",
            "data": [{"dataset": "chat_tickets"}],
            "schedule": {"frequency": "once", "first_day": "2026-01-01", "last_day": "2026-01-07"},
            "destinations": [destination],
            **changes,
        }
        return str(self.api.post("/rules", settings)["rule_id"])

    def tickets(self, *numbers: int) -> None:
        """Chat tickets in the lake, registered."""
        rows = [
            {"ticket_id": f"t{n}", "created_at": f"2026-01-0{1 + n % 7}T10:00:00Z", "status": "open"} for n in numbers
        ]
        before = self.api.get("/datasets/chat_tickets")["registered_objects"]
        objects = self.api.put_records("chat_tickets", rows)["objects"]
        self.registered("chat_tickets", before + len(objects))

    def registered(self, dataset: str, objects: int) -> None:
        wait_until(
            f"{objects} objects of {dataset} to be registered",
            lambda: self.api.get(f"/datasets/{dataset}")["registered_objects"] >= objects,
            PATIENCE,
        )

    def dispatch(self, event: dict[str, Any]) -> dict[str, Any]:
        name = self.surroundings.outputs["DispatchFunctionName"]
        answer = aws_client("lambda", self.surroundings).invoke(FunctionName=name, Payload=json.dumps(event).encode())
        return dict(json.loads(answer["Payload"].read()))

    def runs(self, rule_id: str) -> list[dict[str, Any]]:
        return list(self.api.get(f"/rules/{rule_id}/runs")["items"])

    def ended(self, rule_id: str, count: int = 1, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """The rule's runs once that many have ended, in full."""

        def there() -> list[dict[str, Any]]:
            found = self.runs(rule_id)
            return found if len(found) >= count and all(r["state"] in ENDED for r in found) else []

        found = wait_until(f"{count} runs of {rule_id} to end", there, seconds)
        return [self.api.get(f"/runs/{r['run_id']}") for r in found]

    def files(self, run_id: str) -> dict[str, bytes]:
        """What arrived by SFTP of a run, by the file's own name."""
        listed = self.api.get(f"/runs/{run_id}/files")["items"]
        return {f["name"].rsplit("/", 1)[-1]: self.receivers.fetch("sftp", f"{self.name}/{f['name']}") for f in listed}


@pytest.fixture(scope="session")
def new_tenant(surroundings: Surroundings, receivers: Receivers) -> Callable[..., Tenant]:
    def make(*permissions: str) -> Tenant:
        name = f"t{uuid.uuid4().hex[:10]}"
        caller = Caller(name, "a test", frozenset(Permission(p) for p in permissions or Permission))
        table, pepper = surroundings.outputs["AccessTableName"], surroundings.outputs["PepperSecretName"]
        with surroundings.operated():
            key = issue(table, pepper, surroundings.engine.region, caller)
        return Tenant(name, Api(surroundings.api, key), surroundings, receivers)

    return make


@pytest.fixture
def tenant(new_tenant: Callable[..., Tenant]) -> Tenant:
    return new_tenant()
