from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.core.lake import VersionedLake, lines, ticket
from tests.core.made import CATALOG, NOW
from tests.core.stores import MemoryBookmarks
from tests.core.test_register import Room
from waybill.core import repair as repairs
from waybill.core.errors import PermanentError, TransientError
from waybill.core.lake_keys import Listed
from waybill.core.lake_object import LakeObject
from waybill.core.repair import Repaired, datasets_of, repair, scope_of

OWNERS = ("tenant=ab-c/dataset=recordings", "tenant=ab/dataset=chat_tickets", "tenant=acme/dataset=chat_tickets")


class Lake(Room):
    def __init__(self) -> None:
        super().__init__()
        self.bookmarks = MemoryBookmarks()

    def filled(self, *days: date) -> Lake:
        for owner in OWNERS:
            for folder in (f"{owner}/dt=", f"{owner}/archived/dt="):
                for day in days:
                    for n in range(3):
                        row = {"conversation_id": "c", "start_time": "2026-03-09T10:00:00Z"}
                        body = lines(row if "recordings" in owner else ticket(n))
                        self.lake.upstream(f"{folder}{day.isoformat()}/hr=10/{n}.ndjson", body)
        return self

    def repaired(self, tenant: str = "", dataset: str = "", since: str = "", steps: int = 10**6) -> Repaired:
        """`steps`: how often it is asked whether to stop before it shall."""
        left = iter(range(steps))
        scope = scope_of(tenant, dataset, since, NOW)
        return repair(self.lake, self.registrar, self.bookmarks, scope, lambda: NOW, lambda: next(left, None) is None)

    def registered(self) -> set[str]:
        return {o.key for kept in self.objects.kept.values() for o in kept}


def test_what_an_event_missed_is_found_and_what_is_known_is_not_looked_at_again() -> None:
    lake = Lake().filled(NOW.date())
    known = f"{OWNERS[2]}/dt={NOW.date()}/hr=10/1.ndjson"
    lake.registrar.register(known, "", NOW)
    done = lake.repaired()
    assert (done.looked_at, done.found, done.failed, done.done) == (18, 17, 0, True)
    assert lake.registered() == set(lake.lake.kept)
    assert lake.repaired().found == 0


def test_only_recent_partitions_are_looked_at_unless_asked() -> None:
    old = NOW.date() - timedelta(days=30)
    lake = Lake().filled(old, NOW.date() - timedelta(days=3), NOW.date() + timedelta(days=1))
    assert lake.repaired().found == 36
    assert lake.repaired(tenant="acme", since=old.isoformat()).found == 6
    assert lake.repaired(dataset="recordings", since=old.isoformat()).found == 6
    assert lake.repaired(since="2020-01-01").found == 6


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_it_goes_on_where_it_stopped(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repairs, "_PAGE", 2)
    lake = Lake().filled(NOW.date())
    listed: list[str] = []
    listing = VersionedLake.listing

    def counted(self: VersionedLake, prefix: str, after: str) -> Iterator[Listed]:
        listed.append(prefix)
        return listing(self, prefix, after)

    monkeypatch.setattr(VersionedLake, "listing", counted)
    calls = 0
    while not lake.repaired(steps=steps).done:
        calls += 1
        assert calls < 200
        if steps == 1:  # one object a call at best, and never the same one for ever
            steps = 2
    assert calls > 2
    assert lake.registered() == set(lake.lake.kept)
    assert lake.bookmarks.read(scope_of("", "", "", NOW).bookmark) == ""
    assert len(listed) < calls * 7


def test_an_object_that_fails_holds_back_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake().filled(NOW.date())
    register = type(lake.objects).register

    def busy(self: object, tenant: str, dataset: str, found: LakeObject) -> LakeObject:
        if found.key.endswith("/1.ndjson"):
            raise TransientError("Busy.")
        return register(lake.objects, tenant, dataset, found)

    monkeypatch.setattr(type(lake.objects), "register", busy)
    done = lake.repaired()
    assert (done.found, done.failed, done.done) == (18, 6, True)
    assert set(done.reasons.values()) == {"Busy."}
    assert len(lake.registered()) == 12


def test_other_things_in_the_bucket_are_nobodys_data() -> None:
    lake = Lake()
    for key in (
        "x/y",
        "tenant=Ab/dataset=chat_tickets/dt=2026-03-09/hr=00/x.csv",
        "tenant=acme/rejects/dt=2026-03-09/x.ndjson",
        "tenant=acme/dataset=nothing/dt=2026-03-09/hr=00/x.csv",
    ):
        lake.lake.upstream(key, b"x")
    assert list(datasets_of(lake.lake, lambda tenant: CATALOG)) == []
    lake.lake.upstream(f"{OWNERS[1]}/dt={NOW.date()}/hr=10/x.exe", b"x")
    assert list(datasets_of(lake.lake, lambda tenant: CATALOG)) == [("ab", "chat_tickets")]
    assert (lake.repaired().found, lake.repaired().looked_at) == (0, 1)


def test_a_scope_that_makes_no_sense_is_refused() -> None:
    for tenant, since in (("Acme/..", ""), ("", "yesterday")):
        with pytest.raises(PermanentError):
            scope_of(tenant, "", since, NOW)


def test_a_listing_shows_what_a_registration_is_known_by() -> None:
    lake = Lake().filled(NOW.date())
    lake.repaired()
    (first, *_) = lake.lake.listing(OWNERS[1], "")
    assert isinstance(first, Listed)
    assert first in lake.objects.known("ab", "chat_tickets", [first])
