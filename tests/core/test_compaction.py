"""Many small objects as one: each row comes once, whatever was registered, merged and frozen in which order."""

from __future__ import annotations

import gzip
import itertools
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.lake import TICKETS, lines, ticket
from tests.core.made import NOW
from tests.core.test_register import Room
from waybill.core import compaction
from waybill.core.compaction import Compactor, batches
from waybill.core.errors import PermanentError
from waybill.core.lake_object import LakeObject
from waybill.core.window import Window

DAY = datetime(2026, 3, 9, tzinfo=UTC)
ALL = Window(DAY - timedelta(days=9), DAY + timedelta(days=9))
OLD = NOW - timedelta(days=5)


class Site(Room):
    """Ticket `n` is made at hour `hour` of `day`; each object holds one of them."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.compactor = Compactor(self.lake, self.objects, folder)
        self.numbers = itertools.count(1)

    def add(self, day: int = 0, hour: int = 0, kind: str = "ndjson", at: datetime = OLD) -> None:
        number = next(self.numbers)
        moment = DAY + timedelta(days=day, hours=hour)
        body = lines(ticket(number, at=moment.isoformat()))
        data = gzip.compress(body) if kind == "ndjson.gz" else body.rstrip() if number % 2 else body
        key = f"tenant=acme/dataset=chat_tickets/dt={moment:%Y-%m-%d}/hr={moment:%H}/{number}.{kind}"
        self.lake.upstream(key, data)
        assert self.registrar.register(key, "", at) is not None

    def compact(self, now: datetime = NOW) -> int:
        return self.compactor.compact("acme", TICKETS, now, lambda: False)

    def tickets(self, objects: list[LakeObject], window: Window = ALL) -> list[str]:
        """The tickets of the window that the objects hold, as a run would read them."""
        found = []
        for one in objects:
            data = self.lake.data(one.key, one.version)
            plain = gzip.decompress(data) if one.format.value == "ndjson_gz" else data
            rows = [json.loads(line) for line in plain.splitlines()]
            assert len(rows) == one.rows
            found += [
                r["ticket_id"] for r in rows if window.start <= datetime.fromisoformat(r["created_at"]) < window.end
            ]
        return found

    def between(self, after: int, upto: int, window: Window = ALL) -> list[LakeObject]:
        return list(self.objects.between("acme", "chat_tickets", window, after, upto))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_small_objects_of_a_day_become_one_that_stands_for_them(site: Site) -> None:
    for n in range(30):
        site.add(hour=n % 24, kind="ndjson.gz" if n % 3 else "ndjson")
    names = [f"t{n}" for n in range(1, 31)]
    frozen = site.between(0, 30)
    assert site.compact() == 1
    (merged,) = site.between(0, 30)
    assert site.tickets([merged]) == names
    assert (merged.rows, merged.sequence, merged.replaces) == (30, 1, tuple(range(1, 31)))
    assert merged.columns == ("created_at:string", "ticket_id:string")
    assert site.tickets(frozen) == names, "a plan that was frozen before finds what it names"
    assert [o.sequence for o in site.between(3, 30)] == list(range(4, 31))
    assert [o.sequence for o in site.objects.since("acme", "chat_tickets", 0, 99)] == list(range(1, 31))
    assert site.objects.newest("acme", "chat_tickets") == 30


def test_a_merged_object_is_never_taken_for_new_data(site: Site) -> None:
    for _ in range(20):
        site.add()
    site.compact()
    (merged,) = site.between(0, 20)
    assert site.registrar.register(merged.key, "", NOW) is None


def test_few_new_large_broken_and_other_objects_stay_as_they_are(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(20):
        key = f"tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=00/broken{n}.ndjson"
        site.lake.upstream(key, lines(ticket(n), b"{"))
        site.registrar.register(key, "", OLD)
        site.add(day=1, kind="csv")
    for day in (0, 1):
        for _ in range(19):
            site.add(day)
    for _ in range(19):
        site.add(at=NOW - timedelta(days=1))
    assert site.compact() == 0
    monkeypatch.setattr(compaction, "SMALL", 10)
    assert site.compact(NOW + timedelta(days=2)) == 0
    monkeypatch.setattr(compaction, "SMALL", 10_000)
    assert site.compact(NOW + timedelta(days=2)) == 1


def test_it_can_be_repeated_and_goes_on_with_what_came_since(site: Site) -> None:
    for _ in range(25):
        site.add()
    assert [site.compact(), site.compact()] == [1, 0]
    for _ in range(25):
        site.add()
    assert site.compact() == 1
    assert [o.sequence for o in site.between(0, 50)] == [1, 26]


def test_what_is_too_few_today_may_be_enough_tomorrow_and_old_news_is_not_read_again(site: Site) -> None:
    for _ in range(15):
        site.add(at=NOW - timedelta(days=4))
    assert site.compact() == 0
    for _ in range(15):
        site.add(at=NOW - timedelta(days=1))
    assert site.compact(NOW + timedelta(days=12)) == 0
    assert site.compact(NOW + timedelta(days=2)) == 1


def test_a_merged_object_is_as_large_as_one_part_of_a_run_reads(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.numbers = itertools.count(101)
    for _ in range(100):
        site.add()
    first = list(site.objects.since("acme", "chat_tickets", 0, 40))
    monkeypatch.setattr(compaction, "LARGEST", sum(o.plain_size for o in first))
    found = list(batches(site.objects.since("acme", "chat_tickets", 0, 100), set()))
    assert [len(batch) for batch in found] == [40, 40, 20]
    assert all(sum(o.plain_size for o in batch) <= compaction.LARGEST for batch in found)
    monkeypatch.setattr(compaction, "MOST", 25)
    assert [len(batch) for batch in batches(site.objects.since("acme", "chat_tickets", 0, 99), set())] == [25] * 3 + [
        24
    ]


def test_a_process_that_dies_leaves_everything_as_it_was(site: Site) -> None:
    for _ in range(20):
        site.add()
    before = site.between(0, 20)
    site.lake.crash_after = 0
    with pytest.raises(ConnectionResetError):
        site.compact()
    site.lake.crash_after = None
    assert site.between(0, 20) == before
    replace = site.objects.replace
    site.objects.replace = lambda *_: (_ for _ in ()).throw(ConnectionResetError("died"))  # type: ignore[method-assign]
    with pytest.raises(ConnectionResetError):
        site.compact()
    site.objects.replace = replace  # type: ignore[method-assign]
    assert site.between(0, 20) == before
    assert site.compact() == 1
    assert sum("/merged/" in key for key in site.lake.kept) == 1


def test_of_two_at_once_one_has_no_effect(site: Site) -> None:
    for _ in range(20):
        site.add()
    put = site.lake.put_file

    def meanwhile(key: str, path: Path) -> bool:
        site.lake.put_file = put  # type: ignore[method-assign]
        for _ in range(3):
            site.add()
        assert site.compact() == 1
        return put(key, path)

    site.lake.put_file = meanwhile  # type: ignore[method-assign]
    assert site.compact() == 0
    assert sorted(site.tickets(site.between(0, 23))) == sorted(f"t{n}" for n in range(1, 24))


def test_objects_that_do_not_hold_their_rows_are_not_merged(site: Site) -> None:
    for _ in range(20):
        site.add()
    kept = site.objects.kept["acme", "chat_tickets"]
    kept[3] = kept[3].model_copy(update={"rows": 2})
    with pytest.raises(PermanentError, match="do not hold the rows"):
        site.compact()
    assert len(site.between(0, 20)) == 20


STEPS = st.lists(
    st.tuples(st.just("add"), st.integers(0, 2), st.integers(0, 23))
    | st.tuples(st.just("compact"), st.just(0), st.just(0))
    | st.tuples(st.just("freeze"), st.integers(0, 2), st.integers(0, 23)),
    max_size=40,
)


@given(STEPS)
@settings(max_examples=60)
def test_each_row_comes_once(steps: list[tuple[str, int, int]]) -> None:
    """A run reads all that its predecessor did not; a window is read whole, whatever was merged in between."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        site = Site(Path(folder))
        patch.setattr(compaction, "FEWEST", 2)
        patch.setattr(compaction, "MOST", 5)
        frozen: list[list[LakeObject]] = []
        done = 0
        for step, day, hour in [*steps, ("freeze", 0, 0)]:
            newest = site.objects.newest("acme", "chat_tickets")
            if step == "add":
                site.add(day, hour)
            elif step == "compact":
                site.compact()
            else:
                frozen.append(site.between(done, newest))
                done = newest
                window = Window(DAY + timedelta(days=day, hours=hour), DAY + timedelta(days=day, hours=hour + 7))
                expected = [o for o in site.objects.since("acme", "chat_tickets", 0, newest) if o.in_window(window)]
                found = site.tickets(site.between(0, newest, window), window)
                assert sorted(found) == sorted(site.tickets(expected))
        site.compact()
        everything = [name for one in frozen for name in site.tickets(one)]
        assert sorted(everything) == sorted(f"t{n}" for n in range(1, done + 1))
