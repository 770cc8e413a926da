from __future__ import annotations

import io
import struct
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from waybill.core import boundaries
from waybill.core.schedule import first_boundary, occurrence_from, occurrences, windows_between
from waybill.core.schedule_settings import AnySchedule, Cron, Schedule, Weekday
from waybill.core.window import to_local, to_utc

SETTLE = timedelta(minutes=5)
ADAPTER: TypeAdapter[AnySchedule] = TypeAdapter(Schedule)
HARD_ZONES = [
    "Africa/Cairo",
    "America/Asuncion",
    "America/Havana",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "UTC",
]
RECURRING = [
    {"frequency": "hourly"},
    {"frequency": "daily", "at": "02:30"},
    {"frequency": "weekly", "weekdays": ["thursday"], "at": "00:00"},
    {"frequency": "weekly", "weekdays": ["tuesday", "friday", "sunday"], "at": "05:00"},
    {"frequency": "monthly", "day": 31, "at": "23:59"},
    {"frequency": "quarterly", "day": 31, "month": 2},
    {"frequency": "yearly", "day": 29, "month": 2},
    {"frequency": "cron", "expression": "30 0,2,23 * * *"},
    {"frequency": "cron", "expression": "0 0 29 2 *"},
]


def schedule(**given: object) -> AnySchedule:
    return ADAPTER.validate_python(given)


@pytest.mark.parametrize("kind", RECURRING, ids=lambda k: "-".join(map(str, k.values())))
@given(
    zone=st.sampled_from(HARD_ZONES),
    created=st.datetimes(datetime(1975, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_windows_tile_time_and_the_first_holds_the_creation(
    kind: dict[str, object], zone: str, created: datetime
) -> None:
    made = schedule(**kind, zone=zone)
    start = first_boundary(made, created)
    found = list(islice(occurrences(made, start, SETTLE), 40))
    assert found[0].window.start == start
    assert found[0].window.start <= created < found[0].window.end
    for one, following in pairwise(found):
        assert following.window.start == one.window.end
        assert following.due >= one.due
    assert all(o.due >= o.window.end + SETTLE for o in found)


@given(
    zone=st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})),
    day=st.dates(date(1975, 1, 1), date(2036, 1, 1)),
)
def test_a_day_is_found_again_from_its_own_start(zone: str, day: date) -> None:
    """The boundary that a window ends with is the one that the next starts with, in every zone."""
    made = schedule(frequency="daily", zone=zone)
    noon = to_utc(datetime.combine(day, time(12)), ZoneInfo(zone))
    start = first_boundary(made, noon)
    assert first_boundary(made, start) == start


def test_days_change_their_length_with_the_clock() -> None:
    made = schedule(frequency="daily", zone="Europe/Berlin", at="06:00")
    spring = first_boundary(made, datetime(2026, 3, 29, 10, tzinfo=UTC))
    autumn = first_boundary(made, datetime(2026, 10, 25, 10, tzinfo=UTC))
    short, long = occurrence_from(made, spring, SETTLE), occurrence_from(made, autumn, SETTLE)
    assert short is not None
    assert long is not None
    assert short.window.end - short.window.start == timedelta(hours=23)
    assert long.window.end - long.window.start == timedelta(hours=25)
    assert short.due == datetime(2026, 3, 30, 4, tzinfo=UTC)


def test_a_local_time_that_does_not_exist_moves_forward_by_the_gap() -> None:
    assert to_utc(datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Berlin")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # noqa: DTZ001
    assert to_local(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin")) == datetime(2026, 3, 29, 3, 30)  # noqa: DTZ001


def test_a_local_time_that_happens_twice_means_the_first() -> None:
    assert to_utc(datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Berlin")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # noqa: DTZ001


def test_a_local_time_is_an_instant_that_shows_it_even_where_zoneinfo_errs() -> None:
    """Greenland kept its summer time for good; zoneinfo takes the rule of later years and sees a fold that never was."""
    zone = ZoneInfo("America/Nuuk")
    late = datetime(2023, 10, 28, 23, 10)  # noqa: DTZ001
    assert to_utc(late, zone) == datetime(2023, 10, 29, 1, 10, tzinfo=UTC)
    assert to_local(to_utc(late, zone), zone) == late


def test_a_day_without_midnight_starts_when_it_starts() -> None:
    made = schedule(frequency="daily", zone="Africa/Cairo")
    start = first_boundary(made, datetime(2026, 4, 24, 12, tzinfo=UTC))
    assert to_local(start, ZoneInfo("Africa/Cairo")) == datetime(2026, 4, 24, 1, 0)  # noqa: DTZ001


def test_the_day_that_samoa_skipped_has_no_window_of_its_own() -> None:
    made = schedule(frequency="daily", zone="Pacific/Apia")
    start = first_boundary(made, datetime(2011, 12, 29, 20, tzinfo=UTC))
    days = [
        to_local(o.window.start, ZoneInfo("Pacific/Apia")).date() for o in islice(occurrences(made, start, SETTLE), 3)
    ]
    assert days == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


def test_a_month_that_lacks_the_day_delivers_on_its_last() -> None:
    made = schedule(frequency="monthly", day=31, at="00:00")
    start = first_boundary(made, datetime(2026, 1, 5, tzinfo=UTC))
    dues = [o.due.date() for o in islice(occurrences(made, start, SETTLE), 3)]
    assert dues == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_a_week_is_monday_to_sunday_whatever_the_delivery_day() -> None:
    made = schedule(frequency="weekly", weekdays=["thursday"], at="06:00")
    found = occurrence_from(made, first_boundary(made, datetime(2026, 3, 11, tzinfo=UTC)), SETTLE)
    assert found is not None
    assert (found.window.start, found.window.end) == (
        datetime(2026, 3, 9, tzinfo=UTC),
        datetime(2026, 3, 16, tzinfo=UTC),
    )
    assert found.due == datetime(2026, 3, 19, 6, tzinfo=UTC)


def test_several_weekdays_cut_the_week_and_the_first_delivers_the_rest_of_the_week_before() -> None:
    made = schedule(frequency="weekly", weekdays=["friday", "tuesday", "wednesday"], at="06:00")
    found = list(islice(occurrences(made, first_boundary(made, datetime(2026, 3, 11, tzinfo=UTC)), SETTLE), 4))
    assert [(o.window.start.strftime("%a %d"), o.window.end.strftime("%a %d")) for o in found] == [
        ("Wed 11", "Fri 13"),
        ("Fri 13", "Mon 16"),
        ("Mon 16", "Wed 18"),
        ("Wed 18", "Fri 20"),
    ]
    assert [o.due.strftime("%a %d %H:%M") for o in found] == [
        "Fri 13 06:00",
        "Tue 17 06:00",
        "Wed 18 06:00",
        "Fri 20 06:00",
    ]


def test_all_weekdays_deliver_each_day_on_the_next() -> None:
    made = schedule(frequency="weekly", weekdays=[w.value for w in Weekday], at="06:00")
    daily = schedule(frequency="daily", at="06:00")
    start = first_boundary(daily, datetime(2026, 3, 11, tzinfo=UTC))
    assert list(islice(occurrences(made, start, SETTLE), 15)) == list(islice(occurrences(daily, start, SETTLE), 15))


def test_a_cron_window_lies_between_two_fire_times_and_is_due_when_settled() -> None:
    made = schedule(frequency="cron", expression="30 6 * * mon-fri", zone="Europe/Berlin")
    start = first_boundary(made, datetime(2026, 3, 28, 12, tzinfo=UTC))
    found = list(islice(occurrences(made, start, SETTLE), 2))
    assert [(o.window.start, o.window.end) for o in found] == [
        (datetime(2026, 3, 27, 5, 30, tzinfo=UTC), datetime(2026, 3, 30, 4, 30, tzinfo=UTC)),
        (datetime(2026, 3, 30, 4, 30, tzinfo=UTC), datetime(2026, 3, 31, 4, 30, tzinfo=UTC)),
    ]
    assert all(o.due == o.window.end + SETTLE for o in found)


def test_fire_times_in_a_gap_keep_their_order_and_never_meet() -> None:
    """In Berlin on 2026-03-29, 02:30 moves to 03:30, past 03:00 and onto 03:30 itself."""
    made = schedule(frequency="cron", expression="0,30 2,3 * * *", zone="Europe/Berlin")
    found = windows_between(made, datetime(2026, 3, 29, 0, 45, tzinfo=UTC), datetime(2026, 3, 29, 3, tzinfo=UTC))
    assert [w.start.strftime("%d %H:%M") for w in found] == ["28 02:30", "29 01:00", "29 01:30"]


def test_a_doubled_fire_time_is_a_boundary_once() -> None:
    made = schedule(frequency="cron", expression="30 2 * * *", zone="Europe/Berlin")
    found = windows_between(made, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC))
    assert [w.start.strftime("%d %H:%M") for w in found] == ["24 00:30", "25 00:30", "26 01:30"]


def test_a_fire_time_of_a_day_that_the_clocks_skip_moves_to_the_next() -> None:
    made = Cron(frequency="cron", expression="0 10 30 12 *", zone="Pacific/Apia")
    moved = datetime(2011, 12, 30, 20, tzinfo=UTC)
    for hours in (1, 9, 30):
        found = windows_between(made, moved - timedelta(hours=hours), moved + timedelta(days=1))
        assert [w.start for w in found][1:] == [moved]
        assert next(boundaries.boundaries_after(made, moved - timedelta(hours=hours))) == moved
    assert first_boundary(made, moved + timedelta(days=40)) == moved


def test_a_gap_over_midnight_which_no_zone_has_had_yet_keeps_boundaries_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On 2000-01-01 the clocks go from 23:30 to 00:30: 23:45 becomes 00:45, past the next day's own 00:30."""
    change = int(datetime(2000, 1, 1, 23, 30, tzinfo=UTC).timestamp())
    types = struct.pack(">lBBlBB", 0, 0, 0, 3600, 0, 0)
    header = struct.pack(">4s16x6l", b"TZif", 0, 0, 0, 1, 2, 4)
    zone = ZoneInfo.from_file(io.BytesIO(header + struct.pack(">lB", change, 1) + types + b"ABC\0"))
    monkeypatch.setattr(boundaries, "zone_named", lambda _: zone)
    made = Cron(frequency="cron", expression="30,45 0,23 * * *")
    moment = datetime(2000, 1, 1, 0, 40, tzinfo=UTC)
    found = [b.strftime("%d %H:%M") for b in islice(boundaries.boundaries_after(made, moment), 5)]
    assert found == ["01 00:45", "01 23:30", "01 23:45", "02 22:30", "02 22:45"]
    late = datetime(2000, 1, 1, 23, 35, tzinfo=UTC)
    assert next(boundaries.boundaries_after(made, late)) == datetime(2000, 1, 1, 23, 45, tzinfo=UTC)


@pytest.mark.parametrize("kind", RECURRING, ids=lambda k: "-".join(map(str, k.values())))
@given(
    zone=st.sampled_from(HARD_ZONES),
    start=st.datetimes(datetime(1971, 1, 1), datetime(2098, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    hours=st.integers(1, 24 * 40),
)
def test_windows_between_two_instants_are_those_that_a_rule_would_run(
    kind: dict[str, object], zone: str, start: datetime, hours: int
) -> None:
    made, end = schedule(**kind, zone=zone), start + timedelta(hours=hours)
    found = list(windows_between(made, start, end))
    assert found[0].start <= start < found[0].end
    assert found[-1].start < end <= found[-1].end
    assert found == [o.window for o in islice(occurrences(made, found[0].start, SETTLE), len(found))]


def test_once_lies_between_two_instants_that_it_meets_and_on_demand_never() -> None:
    once = schedule(frequency="once", first_day="2026-01-01", last_day="2026-01-31")
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    assert len(list(windows_between(once, last - timedelta(seconds=1), last))) == 1
    assert list(windows_between(once, last, last + timedelta(days=9))) == []
    assert list(windows_between(once, first - timedelta(days=9), first)) == []
    assert list(windows_between(schedule(frequency="manual"), first, last)) == []
    assert list(windows_between(schedule(frequency="daily"), last, last)) == []


def test_windows_between_two_instants_stop_at_the_end_date() -> None:
    made = schedule(frequency="daily", ends_at="2026-03-11T12:00:00Z")
    found = windows_between(made, datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert [w.end.day for w in found] == [9, 10, 11]


def test_a_midnight_that_comes_twice_starts_the_day_at_the_first() -> None:
    """At St. John's the clocks went back at 00:01: an hour of the day before comes again after its midnight."""
    made = schedule(frequency="daily", zone="America/St_Johns")
    second_time = datetime(2010, 11, 7, 3, 0, tzinfo=UTC)
    assert to_local(second_time, ZoneInfo("America/St_Johns")) == datetime(2010, 11, 6, 23, 30)  # noqa: DTZ001
    assert first_boundary(made, second_time) == datetime(2010, 11, 7, 2, 30, tzinfo=UTC)


def test_midnight_delivery_waits_for_rows_to_settle() -> None:
    made = schedule(frequency="daily", at="00:00")
    found = occurrence_from(made, datetime(2026, 3, 9, tzinfo=UTC), SETTLE)
    assert found is not None
    assert found.due == datetime(2026, 3, 10, 0, 5, tzinfo=UTC)


def test_once_covers_both_days_and_then_no_more() -> None:
    made = schedule(frequency="once", zone="Asia/Kolkata", first_day="2026-01-01", last_day="2026-01-31")
    start = first_boundary(made, datetime(2026, 5, 1, tzinfo=UTC))
    found = list(occurrences(made, start, SETTLE))
    assert [(o.window.start, o.window.end) for o in found] == [
        (datetime(2025, 12, 31, 18, 30, tzinfo=UTC), datetime(2026, 1, 31, 18, 30, tzinfo=UTC))
    ]


def test_no_window_ends_after_the_end_date() -> None:
    made = schedule(frequency="daily", ends_at="2026-03-11T12:00:00Z")
    found = list(occurrences(made, datetime(2026, 3, 9, tzinfo=UTC), SETTLE))
    assert [o.window.end.day for o in found] == [10, 11]


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"frequency": "daily", "zone": "Europe/Berlinn"}, "IANA time zone"),
        ({"frequency": "daily", "zone": "../etc/passwd"}, "IANA time zone"),
        ({"frequency": "fortnightly"}, "frequency"),
        ({"frequency": "daily", "at": "25:00"}, "time"),
        ({"frequency": "daily", "at": "06:00:30"}, "HH:MM"),
        ({"frequency": "monthly", "day": 32}, "less than or equal to 31"),
        ({"frequency": "once", "first_day": "2026-02-30", "last_day": "2026-03-01"}, "date"),
        ({"frequency": "once", "first_day": "2026-03-02", "last_day": "2026-03-01"}, "before first_day"),
        ({"frequency": "once", "first_day": "2020-01-01", "last_day": "2026-03-01"}, "at most a year"),
        ({"frequency": "hourly", "at": "06:00"}, "Extra inputs"),
        ({"frequency": "weekly", "weekdays": []}, "at least 1 item"),
        ({"frequency": "weekly", "weekdays": ["monday", "monday"]}, "named twice"),
        ({"frequency": "weekly", "weekdays": ["mon"]}, "'monday', 'tuesday'"),
        ({"frequency": "weekly", "weekday": "monday"}, "Extra inputs"),
        ({"frequency": "cron", "expression": "0 25 * * *"}, "field hour"),
        ({"frequency": "cron", "expression": "0 0 30 2 *"}, "never fires"),
        ({"frequency": "daily", "starts_at": "2026-03-02T00:00:00"}, "offset from UTC is missing"),
        ({"frequency": "daily", "ends_at": "9999-12-31T00:00:00Z"}, "year 9999 is out of range"),
        ({"frequency": "manual", "starts_at": "1969-12-31T00:00:00Z"}, "year 1969 is out of range"),
        (
            {"frequency": "daily", "starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-02T00:00:00Z"},
            "ends_at is not after starts_at",
        ),
        ({"frequency": "once", "first_day": "0001-01-01", "last_day": "0001-01-02"}, "year 1 is out of range"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(given_: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        schedule(**given_)
