from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.cron import CLOSEST_MINUTES, parse_cron


def fires(expression: str, year: int = 2026) -> list[date]:
    cron = parse_cron(expression)
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return [day for day in days if day.year == year and cron.on(day)]


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("30 6 * * *", ["06:30"]),
        ("0,30 6-8/2 * * *", ["06:00", "06:30", "08:00", "08:30"]),
        ("*/20 23 * * *", ["23:00", "23:20", "23:40"]),
        ("5-59/25 0 * * *", ["00:05", "00:30", "00:55"]),
        ("00 06,06 * * *", ["06:00"]),
    ],
)
def test_lists_ranges_and_steps_name_times(expression: str, times: list[str]) -> None:
    assert parse_cron(expression).times == tuple(time.fromisoformat(t) for t in times)


@pytest.mark.parametrize(
    ("expression", "same"),
    [
        ("0 0 * * MON-FRI", "0 0 * * 1-5"),
        ("0 0 * * sun", "0 0 * * 7"),
        ("0 0 * * 0", "0 0 * * 7"),
        ("0 0 * * fri-sun", "0 0 * * 5,6,0"),
        ("0 0 * * sun-tue", "0 0 * * 0,1,2"),
        ("0 0 * jan,MAR *", "0 0 * 1,3 *"),
        ("0 0 * * */2", "0 0 * * sun,tue,thu,sat"),
        ("  0\t0  1 * * ", "0 0 1 * *"),
    ],
)
def test_names_numbers_and_blanks_are_read_alike(expression: str, same: str) -> None:
    assert parse_cron(expression) == parse_cron(same)


def test_either_day_field_counts_where_both_restrict() -> None:
    either = fires("0 0 13 * fri")
    assert set(either) == set(fires("0 0 13 * *")) | set(fires("0 0 * * fri"))
    assert len(either) > len(fires("0 0 * * fri"))


def test_one_day_field_alone_decides_where_the_other_names_every_day() -> None:
    assert fires("0 0 13 * 0-6") == fires("0 0 13 * *")
    assert fires("0 0 1-31 * fri") == fires("0 0 * * fri")


def test_leap_days_and_month_ends_are_fired_on_where_there_are_such_days() -> None:
    assert fires("0 0 29 2 *") == []
    assert fires("0 0 29 2 *", 2028) == [date(2028, 2, 29)]
    assert [d.month for d in fires("0 0 31 * *")] == [1, 3, 5, 7, 8, 10, 12]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "five fields.*this has 0"),
        ("0 6 * *", "five fields.*this has 4"),
        ("0 0 6 * * *", "five fields.*this has 6"),
        ("@daily", "five fields"),
        ("60 * * * *", "'60' cannot stand in the field minute: use 0 to 59"),
        ("0 24 * * *", "field hour: use 0 to 23"),
        ("0 0 0 * *", "field day of the month: use 1 to 31"),
        ("0 0 * 13 *", "field month: use 1 to 12 or jan to dec"),
        ("0 0 * mon *", "field month"),
        ("0 0 * * 8", "field day of the week: use 0 to 7 or sun to sat"),
        ("0 0 * * monday", "field day of the week"),
        ("0 0 L * *", "'l' cannot stand in the field day of the month"),
        ("0 0 ? * *", "day of the month"),
        ("0 0 * * 5#2", "day of the week"),
        ("-5 * * * *", "'-5' cannot stand in the field minute"),
        ("1--3 * * * *", "minute"),
        ("1,,3 * * * *", "minute"),
        ("٣ * * * *", "minute"),
        ("*/0 * * * *", "a step is a number from 1 to 59"),
        ("*/ * * * *", "a step is a number"),
        ("*/5/5 * * * *", "a step is a number"),
        ("5/15 * * * *", "a step needs \\* or a range, as in 5-59/15"),
        ("0 22-4 * * *", "from the smaller to the larger"),
        ("0 0 30 2 *", "never fires: no month that it names has a day 30"),
        ("0 0 31 4,6,9,11 *", "never fires"),
        ("* * * * *", "00:00 and again at 00:01"),
        ("*/4 * * * *", "leave at least 5 minutes"),
        ("*/7 * * * *", "00:56 and again at 01:00"),
        ("58,2 0,23 * * *", "23:58 and again at 00:02"),
    ],
)
def test_what_is_no_expression_is_refused_with_what_would_do(expression: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_cron(expression)


def test_midnight_may_be_near_where_the_next_day_is_not_fired_on() -> None:
    assert parse_cron("58,2 0,23 1 * *").days == {1}
    with pytest.raises(ValueError, match="23:58"):
        parse_cron("58,2 0,23 1,2 * *")


def field(low: int, high: int) -> st.SearchStrategy[str]:
    value = st.integers(low, high)
    span = st.tuples(value, value).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = st.tuples(st.one_of(st.just("*"), span), st.integers(1, high)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    items = st.one_of(value.map(str), span, stepped)
    return st.one_of(st.just("*"), st.lists(items, min_size=1, max_size=3).map(",".join))


@given(st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)).map(" ".join))
def test_any_expression_is_refused_or_fires_with_room_between(expression: str) -> None:
    try:
        cron = parse_cron(expression)
    except ValueError as refused:
        assert "never fires" in str(refused) or "again at" in str(refused)  # noqa: PT017
        return
    days = (date(2024, 1, 1) + timedelta(days=n) for n in range(8 * 366))
    assert any(cron.on(day) for day in days)
    minutes = [t.hour * 60 + t.minute for t in cron.times]
    assert all(b - a >= CLOSEST_MINUTES for a, b in pairwise(minutes))
