from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.catalog import FilePeriod
from waybill.core.periods import periods_of
from waybill.core.window import Window, stamp

HARD_ZONES = [
    "UTC",
    "Europe/Berlin",
    "Africa/Cairo",
    "America/Santiago",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
]
instants = st.integers(1_262_304_000, 1_893_456_000).map(lambda s: datetime.fromtimestamp(s, UTC))


@given(instants, st.integers(1, 60 * 24 * 3600), st.sampled_from(FilePeriod), st.sampled_from(HARD_ZONES))
def test_periods_tile_the_window_and_end_at_local_midnights(
    start: datetime, seconds: int, period: FilePeriod, zone: str
) -> None:
    window = Window(start, start + timedelta(seconds=seconds))
    found = list(periods_of(window, period, zone))
    assert (found[0].start, found[-1].end) == (window.start, window.end)
    for one, other in pairwise(found):
        assert one.end == other.start
        before, after = ((one.end + timedelta(seconds=s)).astimezone(ZoneInfo(zone)) for s in (-1, 0))
        assert before.date() < after.date()
        if period is FilePeriod.MONTH:
            assert before.month != after.month


@given(instants, st.sampled_from(HARD_ZONES))
def test_two_weeks_are_cut_at_the_same_days_whatever_the_window(start: datetime, zone: str) -> None:
    long = {w.end for w in periods_of(Window(start, start + timedelta(days=90)), FilePeriod.TWO_WEEKS, zone)}
    short = {
        w.end
        for w in periods_of(Window(start + timedelta(days=20), start + timedelta(days=90)), FilePeriod.TWO_WEEKS, zone)
    }
    assert short <= long


@pytest.mark.parametrize(("period", "count"), [("day", 31), ("month", 1), ("two_weeks", 4), ("window", 1)])
def test_a_month_over_a_clock_change(period: str, count: int) -> None:
    march = Window(datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))
    found = list(periods_of(march, FilePeriod(period), "Europe/Berlin"))
    assert len(found) == count
    if period == "two_weeks":
        assert [stamp(w.start) for w in found[1:]] == [
            "2026-03-01T23:00:00Z",
            "2026-03-15T23:00:00Z",
            "2026-03-29T22:00:00Z",
        ]
