"""What the API remembers of callers: a request that is sent twice, the state that a change is of, how often somebody asks."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from tests.integration.conftest import REGION
from tests.integration.in_process import ADMINISTRATOR, InProcess
from waybill.aws.tables.requests import AnswersTable, RatesTable
from waybill.core.errors import TransientError
from waybill.core.once import UNDER_WAY, GivenAnswer
from waybill.core.rate import Rate
from waybill.wiring import callers, clock, environment, remote

KEY = {"Idempotency-Key": "order-17"}


def folder(name: str) -> dict[str, Any]:
    return {"name": name, "kind": "hosted", "settings": {}}


def test_the_same_request_again_is_answered_the_same_and_done_once(api: InProcess) -> None:
    first = api.call("POST", "/destinations", folder("one"), KEY)
    again = api.call("POST", "/destinations", folder("one"), KEY)
    assert (
        (again.status, again.text, again.kind)
        == (first.status, first.text, first.kind)
        == (201, first.text, first.kind)
    )
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(api.get("/destinations")["items"]) == 1


def test_another_request_under_the_same_key_is_refused(api: InProcess) -> None:
    api.call("POST", "/destinations", folder("one"), KEY)
    other = api.call("POST", "/destinations", folder("two"), KEY)
    assert (other.status, other.body["errors"][0]["field"]) == (422, "Idempotency-Key")
    elsewhere = api.call("POST", "/rules/calendar", {"schedule": {"frequency": "daily"}, "datasets": ["leads"]}, KEY)
    assert elsewhere.status == 200, "an operation that changes nothing needs no key and heeds none"
    assert len(api.get("/destinations")["items"]) == 1


def test_a_key_is_its_callers_own(api: InProcess) -> None:
    mine = api.call("POST", "/destinations", folder("one"), KEY)
    for who in ({"tenant": "zeta"}, {"subject": "key:another"}):
        theirs = api.call("POST", "/destinations", folder("one"), KEY, caller={**ADMINISTRATOR, **who})
        assert theirs.status == 201
        assert theirs.body["destination_id"] != mine.body["destination_id"]


def test_what_was_refused_may_be_sent_again_corrected(api: InProcess) -> None:
    assert api.call("POST", "/destinations", {**folder("one"), "kind": "ftp"}, KEY).status == 422
    assert api.call("POST", "/destinations", {"colour": 1}, KEY).status == 422
    assert api.call("POST", "/destinations", folder("one"), KEY).status == 201
    assert api.call("POST", "/destinations", folder("three"), {"Idempotency-Key": "not one"}).status == 422


def test_a_failure_of_ours_may_be_sent_again(api: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    prober = remote.prober

    def busy() -> Any:
        raise TransientError("The probe did not answer.", "Send it again.")

    monkeypatch.setattr(remote, "prober", busy)
    assert api.call("POST", "/destinations", folder("one"), KEY).status == 503
    monkeypatch.setattr(remote, "prober", prober)
    assert api.call("POST", "/destinations", folder("one"), KEY).status == 201


def test_an_answer_with_a_secret_is_kept_nowhere(api: InProcess, tables: dict[str, str]) -> None:
    place = f"/destinations/{api.destination()}/credentials"
    first = api.call("POST", place, {"confirm": True}, KEY)
    assert (first.status, first.body["secret_access_key"]) == (201, "shown-once")
    again = api.call("POST", place, {"confirm": True}, KEY)
    assert again.status == 409
    assert "not kept" in again.body["detail"]
    span = {"start": "2026-01-05T00:00:00Z", "end": "2026-01-06T00:00:00Z"}
    link = api.call("POST", "/datasets/chat_tickets/list", {"span": span, "format": "csv"}, {"Idempotency-Key": "link"})
    assert link.status == 200
    rows: Any = environment.client("dynamodb").scan(TableName=tables["RequestsTable"])["Items"]
    assert rows
    assert "shown-once" not in str(rows)
    assert link.body["url"] not in str(rows)


def test_a_request_that_is_under_way_is_not_begun_again_until_it_must_have_ended(tables: dict[str, str]) -> None:
    answers, now = AnswersTable(tables["RequestsTable"], REGION), clock.now()
    assert answers.begin("k", "f", now) is None
    under_way = answers.begin("k", "f", now + UNDER_WAY - timedelta(seconds=2))
    assert under_way is not None
    assert under_way.answer is None
    assert answers.begin("k", "f", now + UNDER_WAY + timedelta(seconds=1)) is None
    given = GivenAnswer(201, "application/json", "{}")
    answers.keep("k", "f", given, now)
    kept = answers.begin("k", "other", now + timedelta(hours=23))
    assert kept is not None
    assert (kept.fingerprint, kept.answer) == ("f", given)
    assert answers.begin("k", "other", now + timedelta(hours=25)) is None


def test_a_change_must_be_of_the_state_that_there_is(api: InProcess) -> None:
    rule = api.rule(schedule={"frequency": "daily", "starts_at": "2026-01-01T00:00:00Z"})
    place = f"/rules/{rule['rule_id']}"
    read = api.call("GET", place)
    settings = read.body["settings"]
    tag = read.headers["ETag"]
    assert api.call("PUT", place, settings).status == 428
    api.expect(202, "POST", f"{place}/run")
    assert api.call("GET", place).headers["ETag"] == tag, "that a window was claimed is no change of its owner's"
    changed = api.call("PUT", place, {**settings, "name": "Mine"}, {"If-Match": tag})
    assert (changed.status, changed.body["settings"]["name"]) == (200, "Mine")
    lost = api.call("PUT", place, {**settings, "name": "Theirs"}, {"If-Match": tag})
    assert lost.status == 412
    assert "Read it again" in lost.body["detail"]
    assert api.get(place)["settings"]["name"] == "Mine"
    assert api.call("GET", place).headers["ETag"] == changed.headers["ETag"] != tag
    both = {"If-Match": f'"another", {changed.headers["ETag"]}'}
    assert api.call("PUT", place, settings, both).status == 200
    assert api.call("PUT", place, {**settings, "name": "Any"}, {"If-Match": "*"}).status == 200


def test_a_dataset_is_changed_as_it_was_read(api: InProcess) -> None:
    key = {"name": "event_id", "type": "string", "description": "The event."}
    field = {"name": "opened_at", "type": "timestamp", "description": "When."}
    more = {"name": "door", "type": "string", "description": "Which door."}
    body: dict[str, Any] = {"name": "doors", "title": "Doors", "description": "Doors.", "time_field": "opened_at"}
    body |= {"key_field": "event_id", "fields": [key, field]}
    made = api.call("POST", "/datasets", body)
    assert made.status == 201, made.text
    tag = api.call("GET", "/datasets/doors").headers["ETag"]
    assert tag == made.headers["ETag"]
    wider = {**body, "fields": [key, field, more]}
    assert api.call("PUT", "/datasets/doors", wider, {"If-Match": tag}).status == 200
    assert api.call("PUT", "/datasets/doors", wider, {"If-Match": tag}).status == 412


def test_a_bucket_gives_its_burst_and_then_its_rate_to_each_subject(tables: dict[str, str]) -> None:
    rates, rate = RatesTable(tables["RequestsTable"], REGION), Rate(per_minute=60, burst=5)
    now = 1_800_000_000_000
    assert [rates.take("a", rate, now) for _ in range(7)] == [0, 0, 0, 0, 0, 1, 1]
    assert rates.take("b", rate, now) == 0
    assert [rates.take("a", rate, now + 999), rates.take("a", rate, now + 1000), rates.take("a", rate, now + 1000)] == [
        1,
        0,
        1,
    ]
    later = now + 3_600_000
    assert [rates.take("a", rate, later) for _ in range(6)] == [0, 0, 0, 0, 0, 1]


def test_many_at_once_get_no_more_than_the_bucket_holds(tables: dict[str, str], one_at_a_time: None) -> None:
    rates, rate = RatesTable(tables["RequestsTable"], REGION), Rate(per_minute=1, burst=10)
    taken: list[int] = []

    def ask() -> None:
        for _ in range(8):
            taken.append(rates.take("a", rate, 1_800_000_000_000))

    askers = [Thread(target=ask) for _ in range(4)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert (taken.count(0), len(taken)) == (10, 32)


def test_who_asks_too_often_is_told_when_to_come_again(api: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "rate", lambda: Rate(per_minute=2, burst=1))
    assert api.call("GET", "/holes").status == 200
    answer = api.call("GET", "/holes")
    assert (answer.status, answer.kind) == (429, "application/problem+json")
    assert 28 <= int(answer.headers["Retry-After"]) <= 30
    other = {**ADMINISTRATOR, "subject": "key:another"}
    assert api.call("GET", "/holes", caller=other).status == 200
    assert api.call("GET", "/openapi.json", caller={}).status == 200


def test_pages_of_other_origins_may_call_only_where_the_deployment_says_so(
    api: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, allowed = {"Origin": "https://evil.example"}, {"Origin": "https://console.example"}
    assert "Access-Control-Allow-Origin" not in api.call("GET", "/holes", headers=allowed).headers
    monkeypatch.setenv("WAYBILL_CORS_ORIGINS", "https://other.example, https://console.example")
    environment.settings.cache_clear()
    api.app.api.cache_clear()
    assert api.call("GET", "/holes", headers=allowed).headers["Access-Control-Allow-Origin"] == allowed["Origin"]
    assert api.call("GET", "/nowhere", headers=allowed).headers["Access-Control-Allow-Origin"] == allowed["Origin"]
    assert "Access-Control-Allow-Origin" not in api.call("GET", "/holes", headers=theirs).headers
    preflight = api.call("OPTIONS", "/rules/rul_1", headers=allowed, caller={})
    assert preflight.status == 204
    assert {"If-Match", "Idempotency-Key", "Authorization"} <= set(
        preflight.headers["Access-Control-Allow-Headers"].split(",")
    )
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers
