"""Subscriptions through the API: made, shown, changed, and a secret that is seen once."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import boto3
import pytest

from tests.integration.conftest import REGION
from tests.integration.in_process import ADMINISTRATOR, InProcess
from waybill.core.notice import Attempt, Result
from waybill.core.subscription import MOST
from waybill.wiring import clock, environment, stores, vault

HOOK = {"kind": "webhook", "url": "https://hooks.example.com/waybill"}
MAIL = {"kind": "mail", "addresses": ["ops@acme.example", "anna@acme.example"]}


def saved(api: InProcess, **changes: Any) -> dict[str, Any]:
    body = {"name": "On call", "events": ["run.failure"], "target": HOOK, **changes}
    return dict(api.expect(201, "POST", "/subscriptions", body))


def secrets_kept() -> dict[str, str]:
    manager = boto3.client("secretsmanager", region_name=REGION)
    names = [one["Name"] for one in manager.list_secrets()["SecretList"] if "/sub_" in one["Name"]]
    return {n: json.loads(manager.get_secret_value(SecretId=n)["SecretString"])["secret"] for n in names}


def test_a_webhooks_secret_is_shown_once_and_kept_as_a_secret_alone(api: InProcess) -> None:
    answer = api.call("POST", "/subscriptions", {"name": "x", "events": ["run.failure"], "target": HOOK})
    assert (answer.status, answer.headers["Cache-Control"]) == (201, "no-store")
    secret, place = answer.body["secret"], f"/subscriptions/{answer.body['subscription_id']}"
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert list(secrets_kept().values()) == [secret]
    shown = api.call("GET", place)
    assert shown.body == {k: v for k, v in answer.body.items() if k != "secret"}
    assert shown.headers["ETag"] == answer.headers["ETag"]
    (item,) = boto3.client("dynamodb", region_name=REGION).scan(TableName="SubscriptionsTable")["Items"]
    assert secret.removeprefix("whsec_") not in json.dumps(item)
    assert saved(api, target=MAIL)["secret"] is None
    api.expect(204, "DELETE", place)
    assert api.call("GET", place).status == 404
    assert secrets_kept() == {}


def test_a_new_secret_takes_the_place_of_the_old_one_after_the_overlap(api: InProcess) -> None:
    made = saved(api)
    place = f"/subscriptions/{made['subscription_id']}"
    second = api.expect(201, "POST", f"{place}/secret", {"overlap_hours": 24})
    assert second["secret"] != made["secret"]
    kept = stores.subscriptions().get("acme", made["subscription_id"])
    now = clock.now()
    read = {
        at: [vault.secrets().read(r)["secret"] for r in kept.signs_with(now + at)]
        for at in (timedelta(0), timedelta(1))
    }
    assert read == {timedelta(0): [second["secret"], made["secret"]], timedelta(1): [second["secret"]]}
    assert api.get(place)["previous_secret_until"] == second["previous_secret_until"]
    third = api.expect(201, "POST", f"{place}/secret", {"overlap_hours": 1})
    assert sorted(secrets_kept().values()) == sorted([second["secret"], third["secret"]])
    fourth = api.expect(201, "POST", f"{place}/secret", {"overlap_hours": 0})
    assert list(secrets_kept().values()) == [fourth["secret"]]
    assert api.get(place)["previous_secret_until"] is None
    assert api.call("POST", f"/subscriptions/{saved(api, target=MAIL)['subscription_id']}/secret", {}).status == 404


def test_a_change_names_what_it_read_and_wakes_one_that_was_disabled(api: InProcess) -> None:
    made = saved(api)
    place = f"/subscriptions/{made['subscription_id']}"
    tag = api.call("GET", place).headers["ETag"]
    kept = stores.subscriptions().get("acme", made["subscription_id"])
    stores.subscriptions().fails(kept, clock.now(), "It answered 500.")
    shown = api.call("GET", place)
    assert (shown.body["state"], shown.body["because"]) == ("failing", "It answered 500.")
    assert shown.body["failing_since"]
    assert shown.headers["ETag"] == tag, "how it fares is no change of it"
    stores.subscriptions().disable(kept, clock.now(), "It answered 410.")
    assert api.get(place)["state"] == "disabled"
    body = {"name": "Changed", "events": ["run.success"], "target": HOOK}
    assert api.call("PUT", place, body).status == 428
    changed = api.expect(200, "PUT", place, body, headers={"If-Match": tag})
    assert (changed["name"], changed["state"], changed["because"]) == ("Changed", "active", "")
    assert api.call("PUT", place, body, {"If-Match": tag}).status == 412
    other = api.call("PUT", place, {**body, "target": MAIL}, {"If-Match": "*"})
    assert (other.status, other.body["errors"][0]["field"]) == (422, "target.kind")
    stores.subscriptions().disable(kept, clock.now(), "An answer to what it was before.")
    assert api.get(place)["state"] == "active"
    assert list(secrets_kept().values()) == [made["secret"]]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"events": []}, "events"),
    ({"events": ["run.sucess"]}, "events.0"),
    ({"rules": ["rul_unknown"]}, "rules.0"),
    ({"target": {"kind": "pigeon"}}, "target"),
    ({"target": {**HOOK, "url": "https://10.0.0.1/"}}, "target.url"),
    ({"target": {**HOOK, "url": "http://hooks.example.com/"}}, "target.url"),
    ({"target": {**HOOK, "url": "https://localhost/"}}, "target.url"),
    ({"target": {**HOOK, "url": "https://a@hooks.example.com/"}}, "target.url"),
    ({"target": {**HOOK, "colour": 1}}, "target.colour"),
    ({"target": {**MAIL, "addresses": ["a@b.example\r\nBcc: c@d.example"]}}, "target.addresses.0"),
    ({"target": {**MAIL, "subject": "{colour}"}}, "target.subject"),
    ({"target": {**MAIL, "subject": "a\r\nX: y"}}, "target.subject"),
    ({"name": "a\nb"}, "name"),
    ({"secret": "x"}, "secret"),
]


def test_what_is_wrong_is_named_and_nothing_is_made(api: InProcess) -> None:
    for changes, field in WRONG:
        body = {"name": "x", "events": ["run.failure"], "target": HOOK, **changes}
        answer = api.call("POST", "/subscriptions", body)
        assert (answer.status, answer.body["errors"][0]["field"]) == (422, field), answer.text
    assert api.get("/subscriptions")["items"] == []
    assert secrets_kept() == {}


def test_rules_and_subscriptions_say_that_no_mail_is_sent(api: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    notify = {"addresses": ["ops@acme.example"], "subject": "{rule}: {outcome}", "on": ["failure"]}
    assert "operator" in api.rule(notify=notify)["warnings"][0]
    assert "operator" in saved(api, target=MAIL)["warnings"][0]
    assert saved(api)["warnings"] == []
    assert api.rule()["warnings"] == []
    monkeypatch.setenv("WAYBILL_NOTIFICATION_SENDER", "notices@waybill.example")
    environment.settings.cache_clear()
    assert api.rule(notify=notify)["warnings"] == []
    assert saved(api, target=MAIL)["warnings"] == []
    refused = api.call("POST", "/rules", {"name": "x", "data": [{"dataset": "leads"}], "notify": {"addresses": ["x"]}})
    assert "notify.addresses.0" in [e["field"] for e in refused.body["errors"]]


def test_attempts_are_listed_page_by_page_the_newest_first(api: InProcess) -> None:
    made = saved(api)["subscription_id"]
    now = clock.now()
    for number in range(1, 6):
        attempt = Attempt(
            notice_id=f"msg_{number % 2}",
            event="run.failure",
            run_id="rul_0123456789abcdef.20260309T000000Z.1",
            to="",
            number=number,
            at=now + timedelta(seconds=number),
            result=Result.RETRIED if number < 5 else Result.DELIVERED,
            status=500,
            message="It answered 500.",
            next_at=now,
        )
        stores.attempts().note("acme", made, attempt)
    assert stores.attempts().delivered("acme", made, "msg_1")
    assert not stores.attempts().delivered("acme", made, "msg_0")
    assert not stores.attempts().delivered("zeta", made, "msg_1")
    found, cursor = [], ""
    while True:
        page = api.get(f"/subscriptions/{made}/attempts?limit=2&cursor={cursor}")
        found += [one["number"] for one in page["items"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert found == [5, 4, 3, 2, 1]
    items = boto3.client("dynamodb", region_name=REGION).scan(TableName="AttemptsTable")["Items"]
    assert {int(i["expires_at"]["N"]) // 86_400 - int(now.timestamp()) // 86_400 for i in items} <= {30, 31}


def test_a_trial_answers_what_happened(api: InProcess) -> None:
    made = saved(api)["subscription_id"]
    tried = api.expect(200, "POST", f"/subscriptions/{made}/test")
    assert tried["delivered"] is True
    assert [(one["event"], one["status"]) for one in tried["attempts"]] == [("test", 204)]
    assert api.call("POST", "/subscriptions/sub_unknown/test").status == 404


def test_a_mail_subscription_that_is_sent_twice_is_made_once(api: InProcess) -> None:
    body = {"name": "x", "events": ["run.failure"], "target": MAIL}
    first, second = (api.call("POST", "/subscriptions", body, {"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status, second.status, first.body) == (201, 201, second.body)
    hook = {**body, "target": HOOK}
    assert api.call("POST", "/subscriptions", hook, {"Idempotency-Key": "h"}).status == 201
    assert (
        api.call("POST", "/subscriptions", hook, {"Idempotency-Key": "h"}).status == 409
    )  # its secret is kept nowhere
    assert len(api.get("/subscriptions")["items"]) == 2


def test_there_is_an_end_to_how_many_a_tenant_has(api: InProcess) -> None:
    for _ in range(MOST):
        saved(api, target=MAIL)
    full = api.call("POST", "/subscriptions", {"name": "x", "events": ["run.failure"], "target": HOOK})
    assert full.status == 409
    assert secrets_kept() == {}
    zeta = {**ADMINISTRATOR, "tenant": "zeta"}
    body = {"name": "x", "events": ["run.failure"], "target": MAIL}
    assert api.call("POST", "/subscriptions", body, caller=zeta).status == 201
    assert len(api.call("GET", "/subscriptions", caller=zeta).body["items"]) == 1
