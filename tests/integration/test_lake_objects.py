"""The table of lake objects against a simple list: what is found by number and by window, with what was merged."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core.made import lake_object
from tests.core.stores import MemoryLakeObjects
from tests.integration.conftest import REGION
from waybill.aws.tables.bookmarks import BookmarksTable
from waybill.aws.tables.lake_objects import LakeObjectsTable
from waybill.core.errors import NotFound
from waybill.core.lake_keys import Listed
from waybill.core.lake_object import LakeObject
from waybill.core.window import Window

DAY = datetime(2026, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DATASETS = (f"set{n}" for n in itertools.count())


@pytest.fixture
def table(tables: dict[str, str]) -> LakeObjectsTable:
    return LakeObjectsTable(tables["LakeObjectsTable"], REGION)


def listed(one: LakeObject) -> Listed:
    return Listed(one.key, one.etag, one.size)


def test_lake_objects_are_numbered_once_and_without_holes(table: LakeObjectsTable) -> None:
    first = table.register("acme", "chat_tickets", lake_object(7, DAY, DAY))
    again = table.register("acme", "chat_tickets", lake_object(7, DAY, DAY).model_copy(update={"version": "v99"}))
    second = table.register("acme", "chat_tickets", lake_object(8, DAY, DAY))
    other = table.register("zeta", "chat_tickets", lake_object(9, DAY, DAY))
    assert (first.sequence, again, second.sequence, other.sequence) == (1, first, 2, 1)
    assert table.newest("acme", "chat_tickets") == 2
    assert [o.sequence for o in table.since("acme", "chat_tickets", 0, 1)] == [1]
    assert table.get("acme", "chat_tickets", 2) == second
    with pytest.raises(NotFound):
        table.get("acme", "chat_tickets", 3)


def test_the_same_key_with_other_bytes_is_another_object(table: LakeObjectsTable) -> None:
    one = lake_object(7, DAY, DAY)
    for changes in ({}, {"etag": "other"}, {"size": 5}, {"version": "v2"}):
        table.register("acme", "chat_tickets", one.model_copy(update=changes))
    assert table.newest("acme", "chat_tickets") == 3


def test_a_writer_that_read_an_old_number_tries_again(table: LakeObjectsTable, monkeypatch: pytest.MonkeyPatch) -> None:
    table.register("acme", "chat_tickets", lake_object(1, DAY, DAY))
    numbers = iter([0, 0, 1])
    monkeypatch.setattr(table, "newest", lambda tenant, dataset: next(numbers))
    assert table.register("acme", "chat_tickets", lake_object(2, DAY, DAY)).sequence == 2
    assert [o.sequence for o in table.since("acme", "chat_tickets", 0, 9)] == [1, 2]


def test_what_is_known_is_told_however_many_are_asked_for(
    table: LakeObjectsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waybill.aws.tables.lake_objects._BATCH", 5)
    objects = [lake_object(n, DAY, DAY) for n in range(13)]
    kept = [table.register("acme", "chat_tickets", one) for one in objects[:11]]
    assert table.known("acme", "chat_tickets", [listed(o) for o in objects]) == {listed(o): o for o in kept}
    assert table.known("zeta", "chat_tickets", [listed(o) for o in objects]) == {}


def test_a_window_reads_its_days_alone(table: LakeObjectsTable, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(12):
        table.register("acme", "chat_tickets", lake_object(n, DAY + n * 24 * HOUR, DAY + n * 24 * HOUR + HOUR))
    ranges: list[tuple[str, str]] = []
    read = table._range

    def counted(owner: str, low: str, high: str):  # type: ignore[no-untyped-def]
        found = list(read(owner, low, high))
        ranges.append((low, high))
        assert len(found) <= 2
        return iter(found)

    monkeypatch.setattr(table, "_range", counted)
    window = Window(DAY + 24 * HOUR, DAY + 72 * HOUR)
    assert [o.sequence for o in table.between("acme", "chat_tickets", window, 0, 12)] == [2, 3]
    assert len(ranges) == 2


def test_objects_that_span_years_are_found_and_cost_one_entry(table: LakeObjectsTable, tables: dict[str, str]) -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    table.register("acme", "chat_tickets", lake_object(1, first, last))
    table.register("acme", "chat_tickets", lake_object(2, last, last))
    window = Window(DAY, DAY + HOUR)
    assert [o.sequence for o in table.between("acme", "chat_tickets", window, 0, 2)] == [1]
    client = boto3.client("dynamodb", region_name=REGION)
    assert client.scan(TableName=tables["LakeObjectsTable"])["Count"] == 1 + 2 * 3


def test_a_replacement_comes_second_to_another_one(table: LakeObjectsTable) -> None:
    for n in range(4):
        table.register("acme", "chat_tickets", lake_object(n, DAY, DAY))
    merged = lake_object(1, DAY, DAY).model_copy(update={"replaces": (1, 3)})
    other = lake_object(2, DAY, DAY).model_copy(update={"replaces": (2, 4)})
    assert table.replace("acme", "chat_tickets", merged, 0)
    assert not table.replace("acme", "chat_tickets", other, 0)
    assert not table.replace("acme", "chat_tickets", merged, 0)
    assert table.merges("acme", "chat_tickets") == 1
    assert table.replace("acme", "chat_tickets", other, 1)
    assert list(table.replacements("acme", "chat_tickets", 0)) == [merged, other]
    assert list(table.replacements("acme", "chat_tickets", 3)) == [other]


def test_a_bookmark_is_what_was_saved_last(tables: dict[str, str]) -> None:
    bookmarks = BookmarksTable(tables["LakeObjectsTable"], REGION)
    assert bookmarks.read("repair") == ""
    for place in ("tenant=acme/x", ""):
        bookmarks.save("repair", place)
        assert bookmarks.read("repair") == place


SPANS = st.tuples(st.integers(0, 96), st.sampled_from([0, 1, 5, 24, 48, 24 * 40])) | st.none()
MERGES = st.lists(st.integers(1, 8), min_size=2, max_size=4, unique=True)
STARTS = st.integers(-24, 120)
ASKED = st.tuples(STARTS, st.sampled_from([1, 24, 24 * 31]), st.integers(0, 3), st.integers(4, 9))


@given(
    st.lists(SPANS, min_size=4, max_size=8),
    st.lists(MERGES, min_size=1, max_size=2),
    st.lists(ASKED, min_size=8, max_size=20),
)
@settings(
    max_examples=10,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a smaller failing example would take minutes to find
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_table_finds_what_a_list_finds(
    table: LakeObjectsTable,
    spans: list[tuple[int, int] | None],
    merges: list[list[int]],
    asked: list[tuple[int, int, int, int]],
) -> None:
    dataset, simple = next(DATASETS), MemoryLakeObjects()
    for n, span in enumerate(spans):
        one = lake_object(n, DAY, DAY).model_copy(update={"first_event": None, "last_event": None})
        if span is not None:
            first = DAY + span[0] * HOUR
            one = one.model_copy(update={"first_event": first, "last_event": first + span[1] * HOUR})
        assert table.register("acme", dataset, one) == simple.register("acme", dataset, one)
    replaced: set[int] = set()
    for numbers in merges:
        originals = [simple.get("acme", dataset, n) for n in sorted(numbers) if n <= len(spans)]
        moments = [o.first_event for o in originals if o.first_event] + [
            o.last_event for o in originals if o.last_event
        ]
        if originals and moments and not replaced & {o.sequence for o in originals}:
            merged = originals[0].model_copy(
                update={
                    "key": f"merged/{numbers}",
                    "replaces": tuple(o.sequence for o in originals),
                    "first_event": min(moments),
                    "last_event": max(moments),
                }
            )
            replaced |= {o.sequence for o in originals}
            count = simple.merges("acme", dataset)
            assert table.replace("acme", dataset, merged, count)
            assert simple.replace("acme", dataset, merged, count)
    assert table.newest("acme", dataset) == simple.newest("acme", dataset)
    for start, hours, after, upto in asked:
        window = Window(DAY + start * HOUR, DAY + (start + hours) * HOUR)
        found = list(table.between("acme", dataset, window, after, upto))
        assert found == list(simple.between("acme", dataset, window, after, upto))
        assert list(table.since("acme", dataset, after, upto)) == list(simple.since("acme", dataset, after, upto))
        assert list(table.replacements("acme", dataset, after)) == sorted(
            simple.replacements("acme", dataset, after), key=lambda o: max(o.replaces)
        )
