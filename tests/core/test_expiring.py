"""Credentials that end: a sentence in time, and one event a day, whoever asks how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.core.stores import MemoryBookmarks, MemoryEvents
from waybill.core.errors import TransientError
from waybill.core.expiring import NOTICE, Watch, tell_expiring, warning
from waybill.core.ports import Page, SavedDestination

NOW = datetime(2026, 3, 10, 0, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def saved(name: str, ends: datetime | None, tenant: str = "acme") -> SavedDestination:
    return SavedDestination(
        tenant=tenant,
        destination_id=f"dst_{name}",
        name=name,
        kind="azure_blob",
        settings={},
        secret_ref="ref",
        usable=True,
        probe=(),
        probed_at=NOW,
        created_at=NOW,
        created_by="a test",
        expires_at=ends,
    )


class MemoryDestinations:
    """Those of all tenants, two a page."""

    def __init__(self, *kept: SavedDestination) -> None:
        self.kept = {(one.tenant, one.destination_id): one for one in kept}
        self.noticed: dict[tuple[str, str], str] = {}

    def every(self, cursor: str, limit: int) -> Page[SavedDestination]:
        keys = [key for key in sorted(self.kept) if "/".join(key) > cursor]
        return Page([self.kept[key] for key in keys[:2]], "/".join(keys[1]) if len(keys) > 2 else "")

    def claim_notice(self, destination: SavedDestination, day: str) -> bool:
        key = (destination.tenant, destination.destination_id)
        if key not in self.kept or self.noticed.get(key, "") >= day:
            return False
        self.noticed[key] = day
        return True

    def return_notice(self, destination: SavedDestination, day: str) -> None:
        self.noticed.pop((destination.tenant, destination.destination_id))


class House:
    def __init__(self, *kept: SavedDestination) -> None:
        self.destinations, self.events, self.bookmarks = MemoryDestinations(*kept), MemoryEvents(), MemoryBookmarks()

    def tell(self, now: datetime = NOW, stop: Callable[[], bool] = lambda: False) -> int:
        watch = Watch(self.destinations, self.events, self.bookmarks)  # type: ignore[arg-type]
        return tell_expiring(watch, now, stop)

    @property
    def told(self) -> list[str]:
        return [detail["destination_name"] for _, _, detail in self.events.sent]


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (NOTICE + timedelta(seconds=1), ""),
        (NOTICE, "expire on 2026-03-24T00:10:00Z, in 14 days."),
        (DAY, "expire on 2026-03-11T00:10:00Z, in 1 day."),
        (DAY - timedelta(seconds=1), "expire on 2026-03-11T00:09:59Z."),
        (timedelta(0), "expired on 2026-03-10T00:10:00Z: nothing can be delivered."),
        (-100 * DAY, "expired on 2025-11-30T00:10:00Z: nothing can be delivered."),
    ],
)
def test_the_sentence(left: timedelta, said: str) -> None:
    sentence = warning(saved("a", NOW + left), NOW)
    assert sentence == (f"Its credentials {said} Save new ones: PUT /destinations/dst_a." if said else "")
    assert warning(saved("a", None), NOW) == ""


def test_one_event_a_day_for_each_that_ends_soon() -> None:
    ends = {"soon": 13 * DAY, "later": 15 * DAY, "over": -DAY, "long over": -15 * DAY, "today": HOUR}
    house = House(
        *(saved(name, NOW + left) for name, left in ends.items()), saved("never", None), saved("b", NOW, "zeta")
    )
    assert house.tell() == 4
    assert sorted(house.told) == ["b", "over", "soon", "today"]
    source, kind, detail = next(event for event in house.events.sent if event[2]["destination_name"] == "soon")
    assert (source, kind) == ("waybill.audit", "Destination expires")
    assert detail == {
        "id": "dst_soon.2026-03-10",
        "at": "2026-03-10T00:10:00Z",
        "tenant": "acme",
        "destination_id": "dst_soon",
        "destination_name": "soon",
        "kind": "azure_blob",
        "expires_at": "2026-03-23T00:10:00Z",
        "message": "Its credentials expire on 2026-03-23T00:10:00Z, in 13 days. Save new ones: PUT /destinations/dst_soon.",
    }
    assert [house.tell(NOW + n * HOUR) for n in range(1, 23)] == [0] * 22
    assert house.tell(NOW + DAY) == 5  # `later` has 14 days now


def test_from_fourteen_days_before_to_fourteen_after() -> None:
    house = House(saved("a", NOW))
    days = [n for n in range(-20, 20) if house.tell(NOW + n * DAY)]
    assert days == list(range(-14, 15))


def test_two_audits_at_once_tell_it_once() -> None:
    """The schedule may come twice, and each reads the bookmark before the other writes it."""
    house = House(saved("a", NOW), saved("b", NOW), saved("c", NOW))
    house.bookmarks.save = lambda name, place: None  # type: ignore[method-assign]
    assert (house.tell(), house.tell()) == (3, 0)


def test_what_there_was_no_time_for_is_told_by_the_next_call() -> None:
    house = House(*(saved(name, NOW) for name in "abcde"))
    turns = iter([False, True])
    assert house.tell(stop=lambda: next(turns)) == 2
    assert house.tell(NOW + HOUR) == 3
    assert house.told == list("abcde")
    assert house.tell(NOW + 2 * HOUR) == 0


def test_an_event_that_was_not_taken_is_sent_by_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(saved("a", NOW), saved("b", NOW))
    send, fails = house.events.send, [True]

    def failing(source: str, kind: str, details: Sequence[Mapping[str, Any]]) -> None:
        if details[0]["destination_name"] == "b" and fails.pop() if fails else False:
            raise TransientError("The bus is down.")
        send(source, kind, details)

    monkeypatch.setattr(house.events, "send", failing)
    with pytest.raises(TransientError):
        house.tell()
    assert house.tell(NOW + HOUR) == 1
    assert house.told == ["a", "b"]


def test_new_credentials_end_the_warnings() -> None:
    house = House(saved("a", NOW + DAY))
    assert house.tell() == 1
    house.destinations.kept = {("acme", "dst_a"): replace(saved("a", NOW + 100 * DAY), version=2)}
    assert house.tell(NOW + DAY) == 0
