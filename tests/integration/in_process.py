"""The API's handler in this process, on moto: events in, answers out, as API Gateway would carry them.

Other functions that the API asks (the probe, the row engine, the keys of folders, a run's execution) are stood in for here;
what they answer is of the form that their own tests hold them to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest

from tests.gates.test_template import ROOT
from tests.integration.functions import context, function, started_afresh
from tests.integration.tables import REGION, named_in_settings
from waybill.core.access import Permission
from waybill.core.deliver import ProbeStep
from waybill.core.folder_access import Folder
from waybill.core.notice import Attempt, Result
from waybill.core.run import Run
from waybill.wiring import clock, remote, starting

ALL = " ".join(sorted(Permission))
ADMINISTRATOR: Mapping[str, str] = {"tenant": "acme", "name": "a test", "permissions": ALL}
LINES = {"Content-Type": "application/x-ndjson"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        """Of JSON; None where there is none."""
        return json.loads(self.text) if self.text else None

    @property
    def fields(self) -> dict[str, str]:
        """Each wrong field with what is wrong."""
        return {e["field"]: e["message"] for e in self.body.get("errors", [])}

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type", "").split(";")[0]


@dataclass
class InProcess:
    """Calls of one caller: an administrator of the tenant `acme` who may do everything, unless another one is given."""

    app: Any
    caller: Mapping[str, Any] = field(default_factory=lambda: dict(ADMINISTRATOR))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        caller: Mapping[str, Any] | None = None,
    ) -> Answer:
        """`path` may have a query. A `body` that is no text is sent as JSON."""
        parts = urlsplit(path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        kind = {"Content-Type": "application/json"} if text is not None else {}
        return self.send(method, parts.path, query, {**kind, **(headers or {})}, text, caller)

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        headers: Mapping[str, str],
        body: str | None,
        caller: Mapping[str, Any] | None = None,
        *,
        encoded: bool = False,
    ) -> Answer:
        """`encoded`: the body is in base64."""
        event = json.loads((ROOT / "events/api.json").read_text())
        several = {k: v if isinstance(v, list) else [v] for k, v in query.items()}
        event |= {"httpMethod": method, "path": path, "headers": dict(headers), "body": body}
        event["isBase64Encoded"] = encoded
        event |= {"queryStringParameters": {k: v[-1] for k, v in several.items() if v}}
        event |= {"multiValueQueryStringParameters": several}
        event["multiValueHeaders"] = {k: [v] for k, v in headers.items()}
        event["requestContext"] |= {"authorizer": dict(self.caller if caller is None else caller), "httpMethod": method}
        answer = self.app.handle(event, context())
        assert isinstance(answer["body"], str | None), "API Gateway takes no other body and answers 502"
        found = {k: v[0] for k, v in answer["multiValueHeaders"].items()} | answer.get("headers", {})
        return Answer(answer["statusCode"], found, answer["body"] or "")

    def get(self, path: str) -> Any:
        return self.expect(200, "GET", path)

    def expect(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer's JSON, None where there is none."""
        answer = self.call(method, path, body, **more)
        assert answer.status == status, f"{method} {path}: {answer.status} {answer.text}"
        return answer.body

    def destination(self) -> str:
        body = {"name": "Folder", "kind": "hosted", "settings": {}}
        return str(self.expect(201, "POST", "/destinations", body)["destination_id"])

    def rule(self, destination: str = "", **changes: Any) -> dict[str, Any]:
        settings = {
            "name": "Tickets",
            "data": [{"dataset": "chat_tickets"}],
            "schedule": {"frequency": "daily"},
            "destinations": [destination or self.destination()],
        }
        return dict(self.expect(201, "POST", "/rules", {**settings, **changes}))


class Starts:
    def __init__(self) -> None:
        self.runs: list[Run] = []

    def fan_out(self, batch: str) -> None:
        raise AssertionError("the API starts its runs one by one")

    def start(self, run: Run, large: bool) -> None:
        self.runs.append(run)

    def stop(self, run: Run) -> None:
        return


class Probes:
    def run(self, tenant: str, destination_id: str) -> Sequence[ProbeStep]:
        return [ProbeStep("write", True, "Wrote a small object.")]


class Questions:
    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        match question["kind"]:
            case "search":
                return {"rows": [{"ticket_id": "t1"}], "cursor": "", "rejected": 0}
            case "list":
                return {"name": "list.csv", "size": 1, "url": "https://example.com/list.csv", "expires_in": 300}
            case "count":
                return {"counts": [None for _ in question["windows"]]}
            case _:
                window = question["span"] or {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}
                return {"window": window, "data": [], "names": [], "more_names": 0, "sample": None}


class Trials:
    def run(self, tenant: str, subscription_id: str) -> Sequence[Attempt]:
        said = {"message": "The receiver answered 204.", "status": 204, "next_at": None}
        return [
            Attempt(
                notice_id="msg_1",
                event="test",
                run_id="",
                to="",
                number=1,
                at=clock.now(),
                result=Result.DELIVERED,
                **said,
            )
        ]


class Keys:
    def keys(self, folder: Folder) -> Sequence[Mapping[str, Any]]:
        made = {"made_at": "2026-01-01T00:00:00Z", "made_by": "a test", "last_used": None, "ends_at": None}
        return [{"access_key_id": "AKIA0", **made}]

    def renew(self, folder: Folder, made_by: str, overlap_minutes: int) -> Mapping[str, Any]:
        return {"access_key_id": "AKIA1", "secret_access_key": "shown-once"}

    def remove(self, folder: Folder) -> None:
        return


def running(tables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    """Inside of moto, with the tables that are made already."""
    for variable, table in named_in_settings(tables).items():
        monkeypatch.setenv(variable, table)
    s3: Any = boto3.client("s3", region_name=REGION)
    for name in ("lake", "stage", "hosted"):
        s3.create_bucket(Bucket=name)
        monkeypatch.setenv(f"WAYBILL_{name.upper()}_BUCKET", name)
    key = boto3.client("kms", region_name=REGION).create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    monkeypatch.setenv("WAYBILL_SIGNING_KEY", key["KeyMetadata"]["KeyId"])
    monkeypatch.setenv("WAYBILL_REQUESTS_AT_ONCE", "100000")
    monkeypatch.setenv("WAYBILL_SECRET_PREFIX", "waybill-test/tenants")
    monkeypatch.setenv("WAYBILL_PEPPER_SECRET", "pepper")
    vault: Any = boto3.client("secretsmanager", region_name=REGION)
    vault.create_secret(Name="pepper", SecretString=json.dumps({"pepper": "a pepper for tests"}))
    starts = Starts()
    for home, name, stand_in in (
        (starting, "workflow", starts),
        (remote, "prober", Probes()),
        (remote, "querying", Questions()),
        (remote, "trial", Trials()),
        (remote, "folder_access", Keys()),
    ):
        monkeypatch.setattr(home, name, lambda stand_in=stand_in: stand_in)
    with started_afresh():
        yield InProcess(function("api"))
