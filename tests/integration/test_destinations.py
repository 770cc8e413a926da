"""Destinations through the API: changed only where the new ones work, by one person at a time, with host keys that somebody
approved; links that an operator can switch off.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract import servers
from tests.contract.rigs import LOOPBACK, deliver
from tests.core.histories import a_run
from tests.core.made import rule
from tests.integration.functions import context, function
from tests.integration.house import Platform, platform
from tests.integration.in_process import ADMINISTRATOR
from waybill.aws.tables.destinations import DestinationItem
from waybill.core.deliver import Receipt
from waybill.core.errors import Conflict, HostKeyChanged, TransientError
from waybill.core.run import RunKey
from waybill.core.window import Window
from waybill.wiring import clock, connections, environment, stores

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)


@pytest.fixture
def house(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    with platform(monkeypatch) as made:
        monkeypatch.setattr(clock, "now", lambda: NOW)
        yield made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[servers.SshServer]:
    with servers.embedded_ssh(tmp_path, "first password") as running:
        yield running


def settings_of(server: servers.SshServer, **changes: Any) -> dict[str, Any]:
    return {"host": LOOPBACK, "port": server.port, "host_key": server.host_key, **server.login, **changes}


def kept(house: Platform, destination_id: str) -> Any:
    return stores.destinations().get(house.tenant, destination_id)


def results(body: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["result"] for step in body["probe"]}


def test_the_probes_steps_are_answered_as_they_are(house: Platform, server: servers.SshServer) -> None:
    made = house.made("sftp", settings_of(server, host_key=None))
    assert not made["usable"]
    assert results(made) == {
        "resolve": "ok",
        "connect": "ok",
        "host_key": "failed",
        "authenticate": "not_reached",
        "write": "not_reached",
        "read_back": "not_reached",
        "rename": "not_reached",
        "delete": "not_reached",
    }
    place = f"/destinations/{made['destination_id']}"
    probed = house.call("POST", f"{place}/probe", {"confirm_host_key": server.host_key}).body
    assert set(results(probed).values()) == {"ok"}
    assert all(isinstance(step["milliseconds"], int) for step in probed["probe"])
    assert house.call("GET", place).body == probed


# -- changes


def test_a_new_password_takes_the_place_of_the_old_one(house: Platform, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with servers.embedded_ssh(tmp_path / "a", "first password") as first:
        made = house.made("sftp", settings_of(first))
    shutil.rmtree(tmp_path / "a")
    (tmp_path / "a").mkdir()
    with servers.embedded_ssh(tmp_path / "a", "second password", port=first.port) as second:
        place = f"/destinations/{made['destination_id']}"
        wrong = {"name": "Two", "settings": settings_of(second, password="third password")}
        before = kept(house, made["destination_id"])
        refused = house.change(place, wrong)
        assert (refused.status, list(refused.fields)) == (422, ["settings.password"])
        assert results(refused.body) == {
            **dict.fromkeys(("resolve", "connect", "host_key"), "ok"),
            "authenticate": "failed",
            **dict.fromkeys(("write", "read_back", "rename", "delete"), "not_reached"),
        }
        assert "third password" not in json.dumps(refused.body)
        assert kept(house, made["destination_id"]) == before
        assert house.secrets() == {before.secret_ref: {"password": "first password"}}

        changed = house.change(place, {**wrong, "settings": settings_of(second)})
        assert (changed.status, changed.body["version"], changed.body["name"]) == (200, 2, "Two")
        assert changed.body["usable"]
        after = kept(house, made["destination_id"])
        assert house.secrets() == {after.secret_ref: {"password": "second password"}}
        assert after.place == before.place
        deliver(connections.dial(after, "run"), "a.csv", b"1")
    assert "password" not in json.dumps(house.prober.events)


def test_a_change_that_is_forced_is_kept_although_it_fails(house: Platform, server: servers.SshServer) -> None:
    made = house.made("sftp", settings_of(server))
    body = {"name": "x", "settings": settings_of(server, password="not this"), "force": True}
    changed = house.change(f"/destinations/{made['destination_id']}", body).body
    assert (changed["usable"], results(changed)["authenticate"]) == (True, "failed")


def test_two_people_do_not_overwrite_each_other(house: Platform, server: servers.SshServer) -> None:
    made = house.made("sftp", settings_of(server))
    place = f"/destinations/{made['destination_id']}"
    assert house.change(place, {"name": "Hers"}).body["version"] == 2
    for late in ({"name": "His"}, {"name": "His", "settings": settings_of(server)}):
        assert house.change(place, late).status == 412
    assert house.call("GET", place).body["name"] == "Hers"
    assert house.call("PUT", place, {"name": "His"}).status == 428
    assert len(house.secrets()) == 1


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_change_during_the_probe_of_another_is_not_lost(
    house: Platform, server: servers.SshServer, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    made = house.made("sftp", settings_of(server))
    place, run = f"/destinations/{made['destination_id']}", house.prober.run

    def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(house.prober, "run", run)
        assert house.change(place, {"name": "Hers"}).status == 200
        return run(*args)

    monkeypatch.setattr(house.prober, "run", meanwhile)
    if method == "PUT":
        late = house.change(place, {"name": "His", "settings": settings_of(server)})
    else:
        late = house.call("POST", f"{place}/probe", {})
    assert late.status == 409
    assert house.call("GET", place).body["name"] == "Hers"
    assert list(house.secrets()) == [kept(house, made["destination_id"]).secret_ref]


def test_a_destination_of_an_earlier_release_can_be_changed(house: Platform, server: servers.SshServer) -> None:
    made = house.made("sftp", settings_of(server))
    item = DestinationItem.get("acme", made["destination_id"])
    body = json.loads(item.body)
    for name in ("version", "place", "expires_at", "host_keys"):
        del body[name]
    body["probe"] = [{k: v for k, v in s.items() if k not in {"milliseconds", "reached"}} for s in body["probe"]]
    item.update([DestinationItem.body.set(json.dumps(body)), DestinationItem.version.remove()])
    place = f"/destinations/{made['destination_id']}"
    assert house.call("GET", place).body["version"] == 1
    assert house.change(place, {"name": "New"}).body["version"] == 2
    with pytest.raises(Conflict):
        stores.destinations().replace(kept(house, made["destination_id"]), 1)


def test_nothing_is_brought_back_by_a_late_change(house: Platform, server: servers.SshServer) -> None:
    made = house.made("sftp", settings_of(server))
    saved = kept(house, made["destination_id"])
    assert house.call("DELETE", f"/destinations/{made['destination_id']}").status == 204
    with pytest.raises(Conflict):
        stores.destinations().replace(saved, 1)
    assert house.call("GET", "/destinations").body["items"] == []


def test_credentials_are_not_sent_to_a_server_that_they_were_not_given_for(
    house: Platform, server: servers.SshServer
) -> None:
    """Who may change a destination, but does not know its password, cannot have it sent to a server of theirs."""
    made = house.made("sftp", settings_of(server))
    settings = {k: v for k, v in settings_of(server, host="evil.example", host_key=None).items() if k != "password"}
    answer = house.change(f"/destinations/{made['destination_id']}", {"name": "x", "settings": settings})
    assert answer.status == 422
    assert len(house.prober.events) == 1


def test_the_probe_takes_no_other_destinations_secret(house: Platform, server: servers.SshServer) -> None:
    one, two = house.made("sftp", settings_of(server)), house.made("sftp", settings_of(server))
    theirs = kept(house, two["destination_id"]).secret_ref
    event = {"tenant": "acme", "destination_id": one["destination_id"]}
    candidate = {"settings": kept(house, one["destination_id"]).settings, "secret_ref": theirs, "external_id": ""}
    with pytest.raises(Exception, match="another destination's secret"):
        function("probe").handle({**event, "candidate": candidate}, context())


def test_a_role_is_changed_to_with_an_external_id_that_stays(house: Platform) -> None:
    settings = {"bucket": "their-bucket", "region": "us-east-1", "access_key_id": "AKIA", "secret_access_key": "s"}
    made = house.made("s3", {**settings, "endpoint_url": f"http://{LOOPBACK}:{servers.free_port()}"}, force=True)
    role = {"bucket": "their-bucket", "region": "us-east-1", "role_arn": "arn:aws:iam::210987654321:role/x"}
    place = f"/destinations/{made['destination_id']}"
    for _ in range(2):
        house.change(place, {"name": "x", "settings": role})
    shown = house.call("GET", place).body
    assert shown["external_id"].startswith("waybill-")
    ids = {event["candidate"]["external_id"] for event in house.prober.events if "candidate" in event}
    assert ids == {shown["external_id"]}
    assert shown["settings"]["role_arn"] is None


# -- host keys


def test_a_changed_host_key_is_shown_beside_the_old_one_and_approved_by_name(house: Platform, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with servers.embedded_ssh(tmp_path / "one", "p") as first:
        made = house.made("sftp", settings_of(first))
    assert [k["approved_by"] for k in made["host_keys"]] == ["a test"]
    place = f"/destinations/{made['destination_id']}"
    with servers.embedded_ssh(tmp_path / "two", "p", port=first.port) as second:
        with pytest.raises(HostKeyChanged) as stopped:
            deliver(connections.dial(kept(house, made["destination_id"]), "run"), "a.csv", b"1")
        assert first.host_key in stopped.value.message
        assert second.host_key in stopped.value.message

        house.caller = {**ADMINISTRATOR, "name": "somebody else"}
        unseen = house.call("POST", f"{place}/probe", {"confirm_host_key": second.host_key})
        assert list(unseen.fields) == ["confirm_host_key"]
        probed = house.call("POST", f"{place}/probe", {}).body
        (step,) = [s for s in probed["probe"] if s["step"] == "host_key"]
        assert (step["facts"]["fingerprint"], step["facts"]["confirmed"]) == (second.host_key, first.host_key)
        assert (probed["usable"], probed["version"]) == (False, 1)

        confirmed = house.call("POST", f"{place}/probe", {"confirm_host_key": second.host_key}).body
        assert (confirmed["usable"], confirmed["version"], confirmed["settings"]["host_key"]) == (
            True,
            2,
            second.host_key,
        )
        assert [(k["host_key"], k["approved_by"], k["approved_at"]) for k in confirmed["host_keys"]] == [
            (first.host_key, "a test", "2026-03-10T08:00:00Z"),
            (second.host_key, "somebody else", "2026-03-10T08:00:00Z"),
        ]
        deliver(connections.dial(kept(house, made["destination_id"]), "run"), "a.csv", b"1")
        again = house.call("POST", f"{place}/probe", {"confirm_host_key": second.host_key}).body
        assert again["host_keys"] == confirmed["host_keys"]


def test_a_pinned_key_stays_with_its_server_and_goes_with_it(house: Platform, server: servers.SshServer) -> None:
    made = house.made("sftp", settings_of(server))
    place = f"/destinations/{made['destination_id']}"
    unpinned = settings_of(server, host_key=None)
    changed = house.change(place, {"name": "x", "settings": unpinned}).body
    assert changed["settings"]["host_key"] == server.host_key
    elsewhere = house.change(place, {"name": "x", "settings": {**unpinned, "host": "localhost"}}, 2)
    assert list(elsewhere.fields) == ["settings.host_key"]
    assert server.host_key in elsewhere.fields["settings.host_key"]
    moved = settings_of(server, host="localhost")
    assert house.change(place, {"name": "x", "settings": moved}, 2).body["usable"]


# -- runs that go on


def test_a_new_secret_in_the_middle_of_a_step_is_tried_again(house: Platform, server: servers.SshServer) -> None:
    made = house.made("sftp", settings_of(server))
    old = kept(house, made["destination_id"])
    body = {"name": "x", "settings": settings_of(server)}
    assert house.change(f"/destinations/{made['destination_id']}", body).status == 200
    with pytest.raises(TransientError, match="new credentials"):
        connections.dial(old, "run")


def test_where_files_go_is_known_without_being_told(house: Platform, server: servers.SshServer) -> None:
    made = house.made("sftp", settings_of(server))
    place, first = f"/destinations/{made['destination_id']}", kept(house, made["destination_id"]).place
    house.change(place, {"name": "x", "settings": settings_of(server, channels=2, verify="size")})
    assert kept(house, made["destination_id"]).place == first
    (server.root / "other").mkdir()
    house.change(place, {"name": "x", "settings": settings_of(server, path="/other")}, 2)
    second = kept(house, made["destination_id"]).place
    assert len({first, second, ""}) == 3


# -- deletion


def test_a_destination_that_a_rule_names_stays(house: Platform, server: servers.SshServer) -> None:
    made = house.made("sftp", settings_of(server))
    place = f"/destinations/{made['destination_id']}"
    stores.rules().add(rule(destinations=[made["destination_id"]]))
    refused = house.call("DELETE", place)
    assert (refused.status, "deliver to it" in refused.body["detail"]) == (409, True)
    assert house.call("GET", place).body["usable"]
    for found in stores.rules().page("acme", "", 10).items:
        stores.rules().remove("acme", found.rule_id)
    assert house.call("DELETE", place).status == 204
    assert house.secrets() == {}


# -- hosted folders


def test_new_files_are_kept_for_the_new_time_and_old_ones_for_theirs(house: Platform) -> None:
    made = house.made("hosted", {"retention_months": 7})
    place = f"/destinations/{made['destination_id']}"

    def delivered(name: str) -> str:
        deliver(connections.dial(kept(house, made["destination_id"]), "run"), name, b"1")
        client: Any = environment.client("s3")
        tags = client.get_object_tagging(Bucket="hosted", Key=f"acme/{made['destination_id']}/{name}")["TagSet"]
        return str(tags[0]["Value"])

    assert delivered("old.csv") == "7"
    before = kept(house, made["destination_id"]).place
    changed = house.change(place, {"name": "Folder", "settings": {"retention_months": 3}}).body
    assert changed["settings"]["retention_months"] == 3
    assert delivered("new.csv") == "3"
    client: Any = environment.client("s3")
    old = client.get_object_tagging(Bucket="hosted", Key=f"acme/{made['destination_id']}/old.csv")["TagSet"]
    assert old == [{"Key": "retention-months", "Value": "7"}]
    assert kept(house, made["destination_id"]).place == before


@pytest.fixture
def hosted_run(house: Platform) -> str:
    """A run of which one file lies in a hosted folder; its link's path."""
    made = house.made("hosted", {})
    stores.rules().add(rule())
    window = Window(NOW - timedelta(days=1), NOW)
    run = a_run(rule(), window, NOW)
    stores.runs().add(run)
    deliver(connections.dial(kept(house, made["destination_id"]), "run"), "a.csv", b"1")
    key: RunKey = run.key
    stores.run_log().received(key, made["destination_id"], 0, Receipt("a.csv", 1, "", "", "checksum"), NOW)
    return f"/runs/{key.run_id}/files/0/link"


def test_a_link_unless_the_operator_switched_links_off(
    house: Platform, hosted_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the platform, or for this tenant; spaces in the list do not matter, and other tenants keep theirs."""
    assert house.call("POST", hosted_run, {}).status == 201
    for name, value, allowed in (
        ("DIRECT_DOWNLOAD", "false", False),
        ("DIRECT_DOWNLOAD", "true", True),
        ("NO_DOWNLOAD_TENANTS", "zeta, acme", False),
        ("NO_DOWNLOAD_TENANTS", "zeta,acmee", True),
    ):
        with monkeypatch.context() as deployed:
            deployed.setenv(f"WAYBILL_{name}", value)
            environment.settings.cache_clear()
            answer = house.call("POST", hosted_run, {})
        environment.settings.cache_clear()
        assert answer.status == (201 if allowed else 403), (name, value)
        if not allowed:
            assert answer.body["detail"] == (
                "The operator has switched direct downloads off. Read the folder with its keys: see docs/api.md."
            )
            assert "url" not in answer.body
    house.caller = {**ADMINISTRATOR, "permissions": "read"}
    assert house.call("POST", hosted_run, {}).status == 403
