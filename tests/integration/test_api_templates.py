"""Templates: saved, shared, and loaded into rules."""

from __future__ import annotations

from typing import Any

from tests.integration.in_process import ADMINISTRATOR, InProcess
from tests.integration.test_api_access import ANNA

SETTINGS: dict[str, Any] = {
    "data": [{"dataset": "recordings", "scope": "both"}],
    "schedule": {"frequency": "daily", "zone": "Europe/Berlin", "at": "06:00"},
    "format": "csv",
}
BERTA = {**ANNA, "name": "user:berta", "user": "berta", "subject": "key:berta", "groups": '["Sales"]'}


def saved(api: InProcess, **changes: Any) -> dict[str, Any]:
    caller = changes.pop("caller", None)
    body = {"name": "Every morning", "settings": SETTINGS, **changes}
    return dict(api.expect(201, "POST", "/templates", body, caller=caller))


def test_a_rule_is_made_of_a_template_and_of_what_is_said_besides(api: InProcess) -> None:
    place = f"/templates/{saved(api)['template_id']}"
    destination = api.destination()
    rule = api.expect(201, "POST", f"{place}/rules", {"name": "One", "destinations": [destination]})
    assert rule["settings"]["format"] == "csv"
    assert rule["settings"]["data"][0]["scope"] == "both"
    assert rule["settings"]["schedule"]["at"] == "06:00:00"
    other = {"name": "Two", "destinations": [destination], "format": "json", "schedule": {"frequency": "manual"}}
    rule = api.expect(201, "POST", f"{place}/rules", other)
    assert (rule["settings"]["format"], rule["settings"]["schedule"]["frequency"]) == ("json", "manual")
    archive = {"method": "zip_aes256", "password": "a password for archives"}
    api.expect(201, "POST", f"{place}/rules", {"name": "Three", "destinations": [destination], "archive": archive})
    for wrong, field in (
        ({"destinations": [destination]}, "name"),
        ({"name": "x", "destinations": ["dst_unknown"]}, "destinations.0"),
        ({"name": "x", "destinations": [destination], "colour": 1}, "colour"),
        ({"name": "x", "destinations": [destination], "schedule": {"frequency": "monthly", "day": 32}}, "schedule.day"),
    ):
        answer = api.call("POST", f"{place}/rules", wrong)
        assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)
    assert len(api.get("/rules")["items"]) == 3


def test_settings_that_no_rule_could_have_are_refused_by_their_field(api: InProcess) -> None:
    for settings, field in (
        ({"colour": 1}, "settings.colour"),
        ({"format": "docx"}, "settings.format"),
        ({"data": [{"dataset": "leads", "colour": 1}]}, "settings.data.0.colour"),
        ({"archive": {"method": "zip_aes256", "password": "a password"}}, "settings.archive.password"),
        ({"schedule": {"frequency": "daily", "zone": "Mars/Phobos"}}, "settings.schedule"),
    ):
        answer = api.call("POST", "/templates", {"name": "x", "settings": settings})
        assert answer.status == 422
        assert answer.body["errors"][0]["field"].startswith(field), answer.text
    assert saved(api, settings={})["settings"] == {}
    assert len(api.get("/templates")["items"]) == 1


def test_a_template_is_seen_by_whom_it_is_shared_with(api: InProcess) -> None:
    for shared, seen in (
        ({}, {"anna": False, "berta": False}),
        ({"users": ["anna"]}, {"anna": True, "berta": False}),
        ({"groups": ["Sales", "Support"]}, {"anna": False, "berta": True}),
        ({"everybody": True}, {"anna": True, "berta": True}),
    ):
        template = saved(api, shared=shared)["template_id"]
        for who in (ANNA, BERTA):
            expected = seen[str(who["user"])]
            assert api.call("GET", f"/templates/{template}", caller=who).status == (200 if expected else 404)
            listed = api.call("GET", "/templates", caller=who).body["items"]
            assert (template in [one["template_id"] for one in listed]) is expected
            body = {"name": "x", "destinations": ["dst_unknown"]}
            made = api.call("POST", f"/templates/{template}/rules", body, caller=who)
            assert made.status == (422 if expected else 404)
        zeta = {**ADMINISTRATOR, "tenant": "zeta"}
        assert api.call("GET", f"/templates/{template}", caller=zeta).status == 404


def test_only_its_maker_and_administrators_change_a_template(api: InProcess) -> None:
    mine = saved(api, shared={"everybody": True}, caller=ANNA)
    place, body = f"/templates/{mine['template_id']}", {"name": "Changed", "settings": {}}
    refused = api.call("PUT", place, body, {"If-Match": "*"}, caller=BERTA)
    assert refused.status == 403
    assert "user:anna" in refused.body["detail"]
    assert api.call("DELETE", place, caller=BERTA).status == 403
    tag = api.call("GET", place, caller=ANNA).headers["ETag"]
    assert api.call("PUT", place, body, caller=ANNA).status == 428
    changed = api.call("PUT", place, {**body, "shared": {"everybody": True}}, {"If-Match": tag}, caller=ANNA)
    assert (changed.status, changed.body["name"]) == (200, "Changed")
    assert changed.body["created_by"] == "user:anna"
    assert api.call("PUT", place, body, {"If-Match": tag}, caller=ANNA).status == 412
    api.expect(200, "PUT", place, {**body, "shared": {"everybody": True}}, headers={"If-Match": "*"})
    api.expect(204, "DELETE", place)
    assert api.call("GET", place, caller=ANNA).status == 404


def test_a_users_rule_of_anothers_template_takes_their_own_rows(api: InProcess) -> None:
    template = saved(api, shared={"users": ["anna"]})["template_id"]
    body = {"name": "Mine", "destinations": [api.destination()]}
    rule = api.expect(201, "POST", f"/templates/{template}/rules", body, caller=ANNA)
    assert rule["settings"]["data"][0]["assigned"]["users"] == ["anna"]
    assert rule["created_by"] == "user:anna"
