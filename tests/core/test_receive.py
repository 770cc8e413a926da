"""What was sent lies in the lake once, however often it was sent and wherever the process died."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.lake import TICKETS, VersionedLake, lines, ticket
from tests.core.made import NOW
from waybill.core.errors import Conflict, InvalidInput
from waybill.core.receive import Request, body_key, client_key, receive

BODY = lines(ticket(1), b"{broken", ticket(2, at="2026-03-10T10:00:00Z"))


def request(key: str = "k1", body: bytes = BODY, tenant: str = "acme") -> Request:
    return Request(tenant, TICKETS, key, body)


@given(st.integers(1, 4), st.integers(0, 4))
def test_a_repeat_completes_what_a_crash_left_and_answers_the_same(first: int, second: int) -> None:
    whole = VersionedLake()
    answer = receive(whole, request(), NOW)
    lake = VersionedLake()
    for puts in (first, second):
        lake.crash_after = puts
        with contextlib.suppress(ConnectionResetError):
            receive(lake, request(), NOW)
    lake.crash_after = None
    assert receive(lake, request(), NOW + timedelta(days=3)) == answer
    assert lake.kept == whole.kept
    assert len(lake.kept) == 4


def test_the_same_key_with_another_body_is_a_conflict_that_changes_nothing() -> None:
    lake = VersionedLake()
    receive(lake, request(), NOW)
    before = dict(lake.kept)
    with pytest.raises(Conflict, match="new key"):
        receive(lake, request(body=lines(ticket(3))), NOW)
    assert lake.kept == before
    receive(lake, request(body=lines(ticket(3)), tenant="zeta"), NOW)
    receive(lake, request("k2", lines(ticket(3))), NOW)


def test_without_a_key_the_body_is_the_key() -> None:
    lake = VersionedLake()
    for body in (BODY, BODY, lines(ticket(3))):
        answer = receive(lake, request(body_key(body), body), NOW)
    assert answer.rejects_object == ""
    assert sum("/sent-" in key for key in lake.kept) == 3
    with pytest.raises(InvalidInput):
        client_key(body_key(BODY), "Idempotency-Key")  # no client can say another one's


def test_refused_records_are_kept_with_reasons_where_the_answer_says() -> None:
    lake = VersionedLake()
    answer = receive(lake, request(), NOW)
    assert answer.rejects_object.startswith("tenant=acme/dataset=chat_tickets/rejects/dt=2026-03-10/")
    (kept,) = [json.loads(line) for line in lake.data(answer.rejects_object).splitlines()]
    assert (kept["line"], kept["record"]) == (2, "{broken")
    assert "not JSON" in kept["reason"]


@pytest.mark.parametrize("given_key", ["", "a b", "ä", "x" * 129, "a\n", "\x7f"])
def test_a_key_is_visible_ascii(given_key: str) -> None:
    with pytest.raises(InvalidInput, match="Idempotency-Key"):
        client_key(given_key, "Idempotency-Key")
