from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.lake import VersionedLake, lines, ticket
from tests.core.made import CATALOG, NOW
from waybill.core.errors import PermanentError
from waybill.core.receive import Received
from waybill.core.sent_event import receive_event


def event(event_id: str = "e1", **detail: Any) -> str:
    sent = {"tenant": "acme", "dataset": "chat_tickets", "records": [ticket(1)], **detail}
    return json.dumps(
        {"id": event_id, "time": "2026-03-08T23:59:59Z", "detail-type": "Waybill Records", "detail": sent}
    )


def sent(lake: VersionedLake, text: str) -> Received:
    return receive_event(lake, lambda tenant: CATALOG, text, NOW)


def records_of(lake: VersionedLake) -> list[bytes]:
    return [gzip.decompress(lake.data(key)) for key in sorted(lake.kept) if "/sent-" in key]


def test_an_event_is_taken_once_by_its_id_or_by_its_clients_key() -> None:
    lake = VersionedLake()
    assert sent(lake, event()) == sent(lake, event())
    assert records_of(lake) == [lines(ticket(1))]
    sent(lake, event("e2", client_key="k", records=[ticket(2)]))
    sent(lake, event("e3", client_key="k", records=[ticket(2)]))
    assert sorted(records_of(lake)) == [lines(ticket(1)), lines(ticket(2))]


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ({"dataset": "nothing"}, "no dataset 'nothing'"),
        ({"dataset": ["x"]}, "no dataset"),
        ({"records": []}, "list of JSON objects"),
        ({"records": {"ticket_id": "t1"}}, "list of JSON objects"),
        ({"client_key": "two words"}, "client_key"),
        ({"client_key": 5.5, "records": "x"}, "records"),
    ],
)
def test_an_event_that_can_never_be_taken_goes_to_the_tenants_rejects(detail: dict[str, Any], reason: str) -> None:
    lake = VersionedLake()
    for _ in range(2):
        answer = sent(lake, event(**detail))
    assert set(lake.kept) == {answer.rejects_object}
    owner = "tenant=acme" if "dataset" in detail else "tenant=acme/dataset=chat_tickets"
    assert answer.rejects_object.startswith(f"{owner}/rejects/dt=2026-03-08/event-")
    kept = json.loads(lake.data(answer.rejects_object))
    assert reason in kept["reason"]
    assert json.loads(kept["record"])["id"] == "e1"


def test_a_clients_key_that_came_with_other_records_is_refused_and_what_was_taken_stays() -> None:
    lake = VersionedLake()
    sent(lake, event(client_key="k"))
    answer = sent(lake, event("e2", client_key="k", records=[ticket(2)]))
    assert "idempotency key" in lake.data(answer.rejects_object).decode()
    assert records_of(lake) == [lines(ticket(1))]


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "{}", '{"detail": 1}', event(tenant="Acme"), event(tenant=None), event(tenant="a/../b")]
)
def test_what_names_no_tenant_is_left_to_the_dead_letters(text: str) -> None:
    lake = VersionedLake()
    with pytest.raises(PermanentError):
        sent(lake, text)
    assert lake.kept == {}


def test_one_bad_record_holds_back_no_other_and_numbers_stay_as_they_were_sent() -> None:
    lake = VersionedLake()
    text = """{"id": "e1", "detail": {"tenant": "acme", "records" : [ 5,
        {"ticket_id": "t1", "created_at": "2026-03-09T10:00:00Z",
         "first_response_seconds": 1.50e0} , "x"], "dataset": "chat_tickets"}}"""
    answer = sent(lake, text)
    assert (answer.accepted, [r.line for r in answer.rejects]) == (1, [1, 3])
    (kept,) = records_of(lake)
    assert b"1.50e0" in kept
    assert json.loads(kept) == {**ticket(1), "first_response_seconds": 1.5}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.lists(JSON, min_size=1, max_size=4), st.sampled_from([None, 1, "\t"]), st.booleans())
@settings(max_examples=40)
def test_whatever_the_records_are_each_is_one_line(records: list[Any], indent: Any, ascii_only: bool) -> None:
    sent_text = {"detail": {"records": records, "dataset": "chat_tickets", "tenant": "acme"}, "id": "e"}
    lake = VersionedLake()
    answer = sent(lake, json.dumps(sent_text, indent=indent, ensure_ascii=ascii_only))
    assert answer.accepted == 0
    assert [r.line for r in answer.rejects] == list(range(1, len(records) + 1))
    assert [json.loads(r.record) for r in answer.rejects] == records
