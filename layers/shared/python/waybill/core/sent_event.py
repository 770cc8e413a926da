"""Records that came over the bus: `{"tenant", "dataset", "client_key"?, "records": [{...}, ...]}` in an event's detail."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from waybill.core.catalog import Catalog, Catalogs
from waybill.core.errors import Conflict, FieldError, InvalidInput, PermanentError
from waybill.core.lake_keys import is_tenant, rejects_key
from waybill.core.receive import LakeToFill, Received, Request, client_key, receive
from waybill.core.records import LONGEST_RECORD, Refused
from waybill.core.window import event_time

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def receive_event(lake: LakeToFill, catalogs: Catalogs, text: str, now: datetime) -> Received:
    """Take an event's records. Idempotent by its `client_key`, else by the event's own id.

    An event that can never be taken (no such dataset, no records, a key that came with other records) goes to the
    tenant's rejects. Raises PermanentError where it names no tenant, so that its queue keeps it for the operator.
    """
    event = _object_of(text)
    detail = event.get("detail")
    tenant = detail.get("tenant") if isinstance(detail, dict) else None
    if not isinstance(detail, dict) or not isinstance(tenant, str) or not is_tenant(tenant):
        raise PermanentError("The event names no tenant.", 'Send a detail with "tenant", "dataset" and "records".')
    catalog = catalogs(tenant)
    event_id = str(event.get("id") or hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())
    day = (event_time(event.get("time")) or now).date()
    try:
        return receive(lake, _request(tenant, detail, catalog, event_id, text), now)
    except (Conflict, InvalidInput) as wrong:
        dataset = detail.get("dataset")
        known = dataset if isinstance(dataset, str) and dataset in catalog else ""
        return _refuse(lake, rejects_key(tenant, known, day, _name(event_id)), str(wrong), text)


def _object_of(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise PermanentError("The message is no event of the bus.", "Send records to the bus, not to its queue.")
    return event


def _request(tenant: str, detail: Mapping[str, Any], catalog: Catalog, event_id: str, text: str) -> Request:
    name, records, key = detail.get("dataset"), detail.get("records"), detail.get("client_key")
    if not isinstance(name, str) or name not in catalog:
        raise InvalidInput([FieldError("dataset", f"there is no dataset {str(name)[:60]!r}; see GET /datasets")])
    if not isinstance(records, list) or not records:
        raise InvalidInput([FieldError("records", "is no list, or an empty one; send a list of JSON objects")])
    named = client_key(str(key), "client_key") if key is not None else f"event {event_id}"
    return Request(tenant, catalog[name], named, b"".join(_lines(text)))


def _lines(text: str) -> Iterator[bytes]:
    """The event's records, each as the text that was sent: read and written again, a number could lose digits."""
    detail = _members(text, _skipped(text, 0))["detail"]
    at = _skipped(text, _members(text, detail[0])["records"][0] + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        # Between values a line's end is only space; within a string JSON writes it as an escape.
        yield text[at:end].replace("\n", " ").replace("\r", " ").encode("utf-8", "replace") + b"\n"
        at = _skipped(text, end)
        at = _skipped(text, at + 1) if text[at] == "," else at


def _members(text: str, at: int) -> dict[str, tuple[int, int]]:
    """Where each value of the JSON object at `at` starts and ends; the text is known to be JSON."""
    found = {}
    at = _skipped(text, at + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _skipped(text, _skipped(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        found[name] = (start, end)
        at = _skipped(text, end)
        at = _skipped(text, at + 1) if text[at] == "," else at
    return found


def _skipped(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _name(event_id: str) -> str:
    return "event-" + hashlib.sha256(event_id.encode("utf-8", "replace")).hexdigest()[:32]


def _refuse(lake: LakeToFill, key: str, reason: str, text: str) -> Received:
    refused = Refused(0, reason, text.encode("utf-8", "replace")[:LONGEST_RECORD].decode("utf-8", "replace"))
    lake.put(key, refused.as_line())
    return Received(0, (refused,), (), key)
