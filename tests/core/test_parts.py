from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.made import CATALOG, lake_object, settings
from waybill.core.errors import ConfigurationError
from waybill.core.lake_object import LakeObject
from waybill.core.naming import FileName, Names
from waybill.core.parts import (
    MOST_PARTS,
    PART_BYTES,
    PART_OBJECTS,
    PART_ROWS,
    SLICE_INPUT,
    Part,
    Share,
    batches,
    numbered,
    parts_of,
    slices,
)
from waybill.core.run import SequenceRange
from waybill.core.window import Window

DAY = datetime(2026, 3, 9, tzinfo=UTC)
WHOLE = Window(DAY, DAY + timedelta(days=1))


def spread(sequence: int, start: int, length: int, weight: int, rows: int = 10) -> LakeObject:
    """An object whose rows lie in these seconds of the day."""
    first = DAY + timedelta(seconds=start)
    return lake_object(sequence, first, first + timedelta(seconds=length), size=weight, rows=rows)


# --- batches

WEIGHTS = st.integers(0, 2 * PART_BYTES) | st.integers(0, 1_000)
OBJECTS = st.lists(st.tuples(WEIGHTS, st.integers(0, 2 * PART_ROWS) | st.integers(0, 10)), max_size=30).map(
    lambda found: [spread(n, 0, 1, weight, rows) for n, (weight, rows) in enumerate(found, start=1)]
)


@given(OBJECTS)
def test_batches_keep_the_order_and_the_bounds_and_are_as_full_as_they_can_be(objects: list[LakeObject]) -> None:
    found = list(batches(objects))
    assert [o for batch in found for o in batch] == objects
    assert all(_fits(batch) or len(batch) == 1 for batch in found)
    assert not any(_fits([*batch, after[0]]) for batch, after in pairwise(found))


def _fits(batch: Sequence[LakeObject]) -> bool:
    return sum(o.weight for o in batch) <= PART_BYTES and sum(o.rows for o in batch) <= PART_ROWS


def test_a_batch_has_no_more_objects_than_a_part_opens() -> None:
    one = spread(1, 0, 1, 1)
    assert [len(batch) for batch in batches([one] * (2 * PART_OBJECTS + 1))] == [PART_OBJECTS, PART_OBJECTS, 1]


# --- slices

SPREAD = st.lists(
    st.tuples(st.integers(-40_000, 100_000), st.integers(0, 90_000) | st.integers(0, 3), st.integers(0, SLICE_INPUT // 12)),
    max_size=12,
).map(lambda found: [spread(n, *one) for n, one in enumerate(found, start=1)])  # fmt: skip


@given(SPREAD, st.randoms(use_true_random=False))
def test_every_row_of_the_window_is_in_exactly_one_slice(objects: list[LakeObject], random: Any) -> None:
    found = list(slices(WHOLE, objects))
    assert all(one.end <= other.start for (one, _), (other, _) in pairwise(found))
    for one in objects:
        assert one.first_event is not None
        assert one.last_event is not None
        span = (one.last_event - one.first_event) / timedelta(microseconds=1)
        between = [one.first_event + timedelta(microseconds=random.randint(0, int(span))) for _ in range(5)]
        for moment in (one.first_event, one.last_event, *between):
            holding = [window for window, inside in found if window.start <= moment < window.end and one in inside]
            assert len(holding) == (WHOLE.start <= moment < WHOLE.end)


@given(SPREAD)
def test_slices_hold_their_objects_in_order_and_no_more_than_a_part_of_rows(objects: list[LakeObject]) -> None:
    for window, inside in slices(WHOLE, objects):
        assert inside == [o for o in objects if o.in_window(window)]
        assert inside
        seconds = (window.end - window.start).total_seconds()
        shares = sum(o.weight * o.share_in(window) for o in inside)
        assert shares <= PART_BYTES or seconds == 1
        assert 0 <= shares <= sum(o.weight for o in inside) + 1


def test_a_window_that_one_part_can_read_stays_whole() -> None:
    objects = [spread(1, 0, 80_000, PART_BYTES // 2), spread(2, 5, 9, PART_BYTES // 2)]
    assert list(slices(WHOLE, objects)) == [(WHOLE, objects)]
    assert list(slices(WHOLE, [])) == []
    assert list(slices(WHOLE, [spread(1, 90_000, 10, 1)])) == []


def test_slices_follow_where_the_rows_are() -> None:
    busy = [spread(n, 36_000, 3_599, PART_BYTES) for n in range(1, 5)]
    found = [window for window, _ in slices(WHOLE, [*busy, spread(5, 80_000, 10, 1)])]
    assert len(found) >= 5
    assert sum((w.end - w.start < timedelta(hours=1)) for w in found) >= 4
    assert found[-1].end == WHOLE.end


def test_more_than_a_worker_can_hold_at_once_is_refused_with_what_to_do() -> None:
    second = [spread(n, 36_000, 0, PART_BYTES) for n in range(1, SLICE_INPUT // PART_BYTES + 2)]
    assert len(list(slices(WHOLE, second[:-1]))) == 1
    with pytest.raises(ConfigurationError, match="17 lake objects have rows around 2026-03-09 10:00:00 UTC") as raised:
        list(slices(WHOLE, second))
    assert raised.value.advice.startswith("Set order to arrival")
    assert (
        len(list(slices(WHOLE, [spread(1, 36_000, 0, 2 * SLICE_INPUT)]))) == 1
    )  # an object alone is read all the same


# --- parts


def share(window: Window, *objects: LakeObject, known: Sequence[LakeObject] = ()) -> Share:
    ranges = {"chat_tickets": SequenceRange(after=0, upto=len(objects))}
    return Share(window, {"chat_tickets": objects}, ranges, {"chat_tickets": known} if known else {})


def parted(*shares: Share, whole: Window = WHOLE, zone: str = "Europe/Berlin", **changes: Any) -> list[Part]:
    made = settings(**{"schedule": {"frequency": "manual", "zone": zone}, **changes})
    tokens = dict.fromkeys(("tenant", "rule_id", "from", "to", "again", "rule", "run"), "x") | {"extension": "json"}
    names = Names(made.layout, tokens, zone, "-")
    return list(numbered(list(parts_of(made, CATALOG["chat_tickets"], made.data[0], whole, shares, names))))


def test_late_rows_of_other_windows_come_in_the_file_of_the_run_or_in_those_of_their_periods() -> None:
    march = Window(datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))
    late = Window(march.start - timedelta(days=28), march.start)
    shares = [
        share(late, lake_object(2, late.start, late.start)),
        share(march, lake_object(1, march.start, march.start)),
    ]
    alone = parted(*shares, whole=march)
    assert [(p.window, p.name.whole, p.number, p.of) for p in alone] == [
        (late, "chat_tickets.json", 1, 2), (march, "chat_tickets.json", 2, 2),
    ]  # fmt: skip
    by_period = parted(*shares, whole=march, layout={"preset": "data_ops"})
    assert [p.name.whole.rpartition("/")[2] for p in by_period] == [
        "2026-02-01T00-00+01-00--2026-03-01T00-00+01-00.json",
        "2026-03-01T00-00+01-00--2026-04-01T00-00+02-00.json",
    ]
    assert [(p.number, p.of) for p in by_period] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(("source", "found"), [("both", [1, 2]), ("online", [1]), ("archived", [2])])
def test_a_rule_reads_the_tier_that_it_names(source: str, found: list[int]) -> None:
    old = lake_object(2, DAY, DAY).model_copy(update={"archived": True})
    made = parted(share(WHOLE, lake_object(1, DAY, DAY), old), data=[{"dataset": "chat_tickets", "source": source}])
    assert [o.sequence for p in made for o in p.objects] == found


def test_known_objects_stand_beside_the_slices_that_they_reach_over() -> None:
    objects = [spread(n, 0, 86_399, PART_BYTES) for n in (1, 2)]
    known = [spread(8, 10, 10, 1), spread(9, 86_000, 10, 1)]
    made = parted(share(WHOLE, *objects, known=known), duplicates="drop")
    assert len(made) >= 2
    assert [o.sequence for o in made[0].known] == [8]
    assert [o.sequence for o in made[-1].known] == [9]
    assert all(p.objects == tuple(objects) for p in made)


def test_an_empty_window_has_a_part_only_where_an_empty_file_is_wanted() -> None:
    assert parted(share(WHOLE)) == []
    (empty,) = parted(share(WHOLE), empty_window="empty_file")
    assert (empty.objects, empty.window, empty.name.whole) == ((), WHOLE, "chat_tickets.json")


def part(name: str) -> Part:
    return Part(
        index=0, dataset="leads", name=FileName(before=name, after=""), start=WHOLE.start, end=WHOLE.end, objects=()
    )


@given(st.lists(st.sampled_from("abc"), max_size=20))
def test_parts_are_numbered_over_the_run_and_within_their_file(names: list[str]) -> None:
    found = numbered([part(name) for name in names])
    assert [p.index for p in found] == list(range(len(names)))
    for name in set(names):
        own = [p for p in found if p.name.before == name]
        assert [(p.number, p.of) for p in own] == [(n, len(own)) for n in range(1, len(own) + 1)]


def test_more_parts_than_a_run_takes_are_refused_with_what_to_do() -> None:
    assert len(numbered([part("a")] * MOST_PARTS)) == MOST_PARTS
    with pytest.raises(ConfigurationError, match="holds 2001 parts of work, and a run takes at most 2000") as raised:
        numbered([part("a")] * (MOST_PARTS + 1))
    assert "shorter window" in raised.value.advice
