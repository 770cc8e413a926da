"""The API as its users meet it: wrong input of each kind, other tenants, missing permissions, and nothing half-made."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sandbox.api import Api, Refused
from sandbox.receivers import aws_client
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox


def refused(call: Callable[[], Any]) -> tuple[int, dict[str, str]]:
    with pytest.raises(Refused) as caught:
        call()
    problem = caught.value.problem
    assert problem["status"] == caught.value.status
    return caught.value.status, {e["field"]: e["message"] for e in problem.get("errors", [])} or {"": problem["detail"]}


@pytest.fixture(scope="module")
def ready(new_tenant: Callable[..., Tenant]) -> tuple[Tenant, str]:
    tenant = new_tenant()
    return tenant, tenant.sftp()


GOOD: dict[str, Any] = {"name": "x", "data": [{"dataset": "chat_tickets"}], "schedule": {"frequency": "daily"}}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"data": [{"dataset": "chat_ticket"}]}, "data.0.dataset", "chat_tickets"),
        ({"data": [{"dataset": "chat_tickets", "fields": ["ticket"]}]}, "data.0.fields.0", "no field"),
        ({"data": [{"dataset": "chat_tickets", "filter": "status ="}]}, "data.0.filter", ""),
        ({"data": [{"dataset": "chat_tickets", "filter": "colour = 'red'"}]}, "data.0.filter", "colour"),
        ({"data": [{"dataset": "chat_tickets", "filter": "reopened = 'yes'"}]}, "data.0.filter", "reopened"),
        ({"data": [{"dataset": "chat_tickets", "scope": "both"}]}, "data.0.scope", "no media"),
        ({"data": [{"dataset": "chat_tickets", "extensions": ["wav"]}]}, "data.0.extensions", "scope media"),
        ({"data": [{"dataset": "chat_tickets", "fields": ["tags.*"]}]}, "data.0.fields.0", "no field"),
        ({"layout": {"preset": "device_events"}, "format": "json"}, "format", "device_events"),
        (
            {"layout": {"media": "{run}/{row.colour}{suffix}"}, "data": [{"dataset": "recordings", "scope": "both"}]},
            "layout.media",
            "colour",
        ),
        ({"format": "parquet", "file_limit": {"rows": 5}}, "file_limit", "Parquet"),
        ({"duplicates": "drop"}, "order", "time"),
        ({"data": []}, "data", "one entry or more"),
        ({"schedule": {"frequency": "daily", "zone": "Mars/Phobos"}}, "schedule.zone", "IANA"),
        ({"schedule": {"frequency": "monthly", "day": 32}}, "schedule.day", "31"),
        ({"schedule": {"frequency": "sometimes"}}, "schedule", "daily"),
        ({"destinations": ["dst_unknown"]}, "destinations.0", "POST /destinations"),
        ({"colour": "red"}, "colour", "not a known field"),
        ({"format": "docx"}, "format", "json"),
        ({"layout": {"folder": "same for all"}}, "layout", "{run}"),
        ({"archive": {"method": "zip_aes256"}}, "archive.password", "needs one"),
        ({"archive": {"method": "zip_aes256", "password": "short"}}, "archive.password", "12"),
        ({"archive": {"method": "zip_crypto"}}, "archive.password", "needs one"),
        ({"archive": {"method": "zip", "password": "long enough to be one"}}, "archive.password", "no password"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_field(
    ready: tuple[Tenant, str], changes: dict[str, Any], field: str, said: str
) -> None:
    tenant, destination = ready
    body = {**GOOD, "destinations": [destination], **changes}
    status, errors = refused(lambda: tenant.api.post("/rules", body))
    assert status == 422
    assert field in errors
    assert said in errors[field]
    assert tenant.api.get("/rules")["items"] == []


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"kind": "ftp"}, "kind", "sftp"),
        ({"settings": {"host": "sftp.example.com"}}, "settings.username", "missing"),
        (
            {"settings": {"host": "sftp.example.com", "username": "u", "password": "p", "colour": 1}},
            "settings.colour",
            "",
        ),
        ({"settings": {"host": "h", "port": 70_000, "username": "u", "password": "p"}}, "settings.port", ""),
    ],
)
def test_a_wrong_destination_is_refused_by_its_field(
    ready: tuple[Tenant, str], changes: dict[str, Any], field: str, said: str
) -> None:
    tenant, _ = ready
    before = len(tenant.api.get("/destinations")["items"])
    body = {"name": "x", "kind": "sftp", "settings": {}, **changes}
    status, errors = refused(lambda: tenant.api.post("/destinations", body))
    assert status == 422
    assert field in errors
    assert said in errors[field]
    assert len(tenant.api.get("/destinations")["items"]) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"port": 9}, "settings.port"),
        ({"host": "no-such-host.invalid"}, "settings.host"),
        ({"host": "169.254.169.254"}, "settings.host"),
    ],
)
def test_a_host_that_cannot_be_reached_is_refused_and_leaves_nothing(
    tenant: Tenant, changes: dict[str, Any], field: str
) -> None:
    body = {"name": "nobody there", "kind": "sftp", "settings": {**tenant.receivers.sftp(), **changes}}
    status, errors = refused(lambda: tenant.api.post("/destinations", body))
    assert (status, list(errors)) == (422, [field])
    assert tenant.api.get("/destinations")["items"] == []
    vault = aws_client("secretsmanager", tenant.surroundings)
    assert not [s["Name"] for s in vault.list_secrets()["SecretList"] if tenant.name in s["Name"]]
    forced = tenant.api.post("/destinations", {**body, "force": True})
    assert forced["usable"]


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("s3", {"bucket": "nobodys-bucket"}, "settings.bucket"),
        ("s3", {"secret_access_key": "wrong" * 8}, "settings.secret_access_key"),
        ("azure_blob", {"container": "nobodys"}, "settings.container"),
    ],
)
def test_a_wrong_place_or_secret_is_refused_by_its_field(
    tenant: Tenant, kind: str, changes: dict[str, Any], field: str
) -> None:
    settings = {**(tenant.receivers.s3() if kind == "s3" else tenant.receivers.azure()), **changes}
    status, errors = refused(
        lambda: tenant.api.post("/destinations", {"name": "x", "kind": kind, "settings": settings})
    )
    assert (status, list(errors)) == (422, [field])
    assert tenant.api.get("/destinations")["items"] == []


def test_a_destination_that_fails_its_probe_is_for_no_rule_unless_forced(tenant: Tenant) -> None:
    settings = tenant.receivers.sftp("not the password")
    made = tenant.api.post("/destinations", {"name": "mistyped", "kind": "sftp", "settings": settings})
    place = f"/destinations/{made['destination_id']}/probe"
    probed = tenant.api.post(place, {"confirm_host_key": tenant.surroundings.sftp.fingerprint})
    failed = next(step for step in probed["probe"] if step["result"] == "failed")
    assert (probed["usable"], failed["step"], failed["ok"]) == (False, "authenticate", False)
    assert [s["step"] for s in probed["probe"] if s["result"] == "not_reached"] == [
        *("write", "read_back", "rename", "delete")
    ]
    assert "password" in failed["advice"]
    body = {**GOOD, "destinations": [made["destination_id"]]}
    status, errors = refused(lambda: tenant.api.post("/rules", body))
    assert (status, list(errors)) == (422, ["destinations.0"])
    tenant.api.post(place, {"force": True})
    assert tenant.api.post("/rules", body)["state"] == "active"


def test_a_host_key_is_confirmed_only_as_it_was_shown(tenant: Tenant) -> None:
    made = tenant.api.post("/destinations", {"name": "x", "kind": "sftp", "settings": tenant.receivers.sftp()})
    assert [s["step"] for s in made["probe"] if s["result"] == "failed"] == ["host_key"]
    place = f"/destinations/{made['destination_id']}/probe"
    status, errors = refused(lambda: tenant.api.post(place, {"confirm_host_key": "SHA256:" + "A" * 43}))
    assert (status, list(errors)) == (422, ["confirm_host_key"])


def test_secrets_go_in_and_never_come_out(ready: tuple[Tenant, str]) -> None:
    tenant, destination = ready
    shown = json.dumps(tenant.api.get(f"/destinations/{destination}"))
    assert tenant.surroundings.sftp.password not in shown
    assert "password" not in tenant.api.get(f"/destinations/{destination}")["settings"]


def test_another_tenants_things_are_not_there(ready: tuple[Tenant, str], new_tenant: Callable[..., Tenant]) -> None:
    tenant, destination = ready
    rule = tenant.rule(destination, schedule={"frequency": "manual"})
    other = new_tenant()
    for path in (f"/rules/{rule}", f"/rules/{rule}/runs", f"/destinations/{destination}"):
        assert refused(lambda path=path: other.api.get(path))[0] == 404  # type: ignore[misc]
    assert refused(lambda: other.api.post(f"/rules/{rule}/run", {}))[0] == 404
    assert refused(lambda: other.api.call("DELETE", f"/destinations/{destination}"))[0] == 404
    status, errors = refused(lambda: other.api.post("/rules", {**GOOD, "destinations": [destination]}))
    assert (status, list(errors)) == (422, ["destinations.0"])
    assert refused(lambda: tenant.api.call("DELETE", f"/destinations/{destination}"))[0] == 409
    tenant.api.call("DELETE", f"/rules/{rule}")
    assert refused(lambda: tenant.api.get(f"/rules/{rule}"))[0] == 404


def test_a_key_may_do_what_it_was_issued_for(ready: tuple[Tenant, str], new_tenant: Callable[..., Tenant]) -> None:
    reader = new_tenant("read")
    assert reader.api.get("/datasets")["items"]
    assert refused(lambda: reader.api.post("/rules", {**GOOD, "destinations": ["dst_x"]}))[0] == 403
    assert refused(lambda: reader.api.put_records("chat_tickets", [{}]))[0] == 403
    for key in ("", "wb_nonsense", ready[0].api.key[:-1] + ("A" if ready[0].api.key[-1] != "A" else "B")):
        request = urllib.request.Request(f"{reader.api.base}/rules", headers={"Authorization": f"Bearer {key}"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=30)
        assert caught.value.code == 401


def test_bad_records_are_named_and_the_rest_is_kept(tenant: Tenant) -> None:
    rows: list[dict[str, Any]] = [
        {"ticket_id": "t1", "created_at": "2026-01-02T10:00:00Z"},
        {"ticket_id": "t2", "created_at": "yesterday"},
        {"ticket_id": "t3", "created_at": "2026-01-02T10:00:00Z", "colour": "red"},
    ]
    taken = tenant.api.put_records("chat_tickets", rows)
    assert (taken["accepted"], taken["rejected"]) == (1, 2)
    assert [r["line"] for r in taken["rejects"]] == [2, 3]
    again = tenant.api.put_records("chat_tickets", rows)
    assert again["objects"] == taken["objects"]
    tenant.registered("chat_tickets", 1)
    assert refused(lambda: tenant.api.put_records("tickets", rows))[0] == 404


def test_a_rule_lives_its_life(ready: tuple[Tenant, str]) -> None:
    tenant, destination = ready
    rule = tenant.rule(destination, schedule={"frequency": "weekly", "zone": "Asia/Kolkata", "weekdays": ["tuesday"]})
    shown = tenant.api.get(f"/rules/{rule}")
    assert shown["next_window"]["start"].endswith("T18:30:00Z")
    assert tenant.api.post(f"/rules/{rule}/deactivate", {})["next_run"] is None
    assert refused(lambda: tenant.api.post(f"/rules/{rule}/run", {}))[0] == 409
    assert tenant.api.post(f"/rules/{rule}/activate", {})["next_run"] == shown["next_run"]
    changed = {**GOOD, "name": "Renamed", "destinations": [destination]}
    assert tenant.api.call("PUT", f"/rules/{rule}", changed, if_match="*")["settings"]["name"] == "Renamed"
    assert tenant.api.call("DELETE", f"/rules/{rule}") is None


def test_a_calendar_shows_the_runs_to_come_of_a_rule_saved_or_not(ready: tuple[Tenant, str]) -> None:
    tenant, destination = ready
    schedule = {"frequency": "cron", "expression": "30 2 * * mon-fri", "zone": "Europe/Berlin"}
    schedule["starts_at"] = "2026-03-27T12:00:00+01:00"
    unsaved = tenant.api.post("/rules/calendar?count=3", {"schedule": schedule, "datasets": ["chat_tickets"]})
    first = unsaved["items"][0]
    assert first["start"] == {"utc": "2026-03-27T01:30:00Z", "local": "2026-03-27T02:30:00+01:00"}
    assert first["due"] == {"utc": "2026-03-30T00:35:00Z", "local": "2026-03-30T02:35:00+02:00"}
    assert first["seconds"] == 71 * 3600
    assert [m["kind"] for m in first["marks"]] == ["shorter"]
    rule = tenant.rule(destination, schedule=schedule)
    assert tenant.api.get(f"/rules/{rule}/calendar?count=3") == unsaved
    tenant.api.post(f"/rules/{rule}/deactivate", {})
    assert tenant.api.get(f"/rules/{rule}/calendar")["items"] == []
    wrong = {"schedule": {**schedule, "expression": "0 25 * * *", "zone": "Berlin"}, "datasets": ["tickets"]}
    status, errors = refused(lambda: tenant.api.post("/rules/calendar", wrong))
    assert (status, set(errors)) == (422, {"schedule.expression", "schedule.zone"})
    assert "did you mean Europe/Berlin?" in errors["schedule.zone"]
    unknown = {"schedule": schedule, "datasets": ["ticket"]}
    assert "chat_tickets" in refused(lambda: tenant.api.post("/rules/calendar", unknown))[1]["datasets.0"]
    assert refused(lambda: tenant.api.get(f"/rules/{rule}/calendar?count=101"))[0] == 422


def test_the_manifests_signature_is_the_platforms(ready: tuple[Tenant, str]) -> None:
    tenant, destination = ready
    tenant.tickets(5)
    rule = tenant.rule(destination)
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    (run,) = tenant.ended(rule)
    files = tenant.files(run["run_id"])
    header, payload, signature = files["waybill.json.jws"].decode().split(".")
    assert payload == ""
    kms = aws_client("kms", tenant.surroundings)
    public = load_der_public_key(kms.get_public_key(KeyId=tenant.surroundings.outputs["SigningKeyId"])["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    (key,) = tenant.api.get("/signing-keys")["keys"]
    point = [int.from_bytes(base64.urlsafe_b64decode(key[n] + "="), "big") for n in ("x", "y")]
    assert point == [public.public_numbers().x, public.public_numbers().y]
    assert key["kid"] == json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
    raw = base64.urlsafe_b64decode(signature + "==")
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    body = base64.urlsafe_b64encode(files["waybill.json"]).rstrip(b"=").decode()
    public.verify(der, f"{header}.{body}".encode(), ec.ECDSA(SHA256()))
    manifest = json.loads(files["waybill.json"])
    assert manifest["files"][0]["sha256"] == hashlib.sha256(files["chat_tickets.json"]).hexdigest()


def test_the_console_answers_without_a_key(ready: tuple[Tenant, str]) -> None:
    with urllib.request.urlopen(ready[0].surroundings.console, timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/html")
        assert b"Waybill" in answer.read()


def test_an_unknown_path_is_a_problem_too(ready: tuple[Tenant, str]) -> None:
    assert refused(lambda: ready[0].api.get("/nonsense"))[0] == 404
    assert refused(lambda: Api(ready[0].api.base, ready[0].api.key).get("/runs/nonsense"))[0] == 404
