"""Rules by seed and number: every zone in turn, every frequency that has a clock, each with what the oracle expects of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from simulate.oracle import Expected, Recurrence, cron, daily, expected, holding, hourly, monthly, once, weekly
from simulate.wall import wall
from tests.core.made import CATALOG, settings
from waybill.core.rule import Rule, new_rule, settle_time
from waybill.core.zones import zone_names

_ZONES = sorted(zone_names())
_MINUTE, _DAY = 60, 86_400
_SHARES = {"hourly": 2, "daily": 34, "weekly": 25, "monthly": 9, "quarterly": 5, "yearly": 4, "once": 4, "cron": 17}
"""Of a hundred rules. An hourly one has as many windows as 24 daily ones."""
_DENSE = {"hourly", "daily", "cron"}


@dataclass(frozen=True)
class Made:
    """A rule as it starts, and every window that it must run, in order, some beyond the year's end."""

    rule: Rule
    frequency: str
    wanted: Sequence[Expected]


def made(seed: int, number: int, year: int) -> Made:
    """The rule of that number. It is made in the first days of the year; those with long windows start in the year before."""
    chance = Random(f"{seed}/{number}")
    frequency = chance.choices(list(_SHARES), list(_SHARES.values()))[0]
    zone = _ZONES[number % len(_ZONES)]
    created = datetime(year, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10 * _DAY))
    starts = None if frequency in _DENSE else created - timedelta(seconds=chance.randrange(365 * _DAY))
    recurrence = _recurrence(frequency, chance, year)
    schedule = {**recurrence.settings, "zone": zone}
    if starts and frequency != "once":
        schedule["starts_at"] = starts.isoformat()
    chosen = settings(name=f"Rule {number}", schedule=schedule, data=[{"dataset": chance.choice(sorted(CATALOG))}])
    settle = settle_time(chosen, CATALOG) // timedelta(seconds=1)
    begin = starts or created
    reach = timedelta(days=3 if frequency in {"hourly", "daily"} else 800)
    windows = list(expected(recurrence, wall(zone), begin.date() - reach, date(year + 1, 1, 1) + reach, settle))
    first = 0 if frequency == "once" else holding(windows, int(begin.timestamp()))
    rule = new_rule("acme", f"rul_{number:016x}", chosen, CATALOG, created, "the simulation")
    return Made(rule, frequency, windows[first:])


def _recurrence(frequency: str, chance: Random, year: int) -> Recurrence:
    at = chance.randrange(24 * 60) * _MINUTE
    match frequency:
        case "hourly":
            return hourly()
        case "daily":
            return daily(at)
        case "weekly":
            return weekly(chance.sample(range(7), chance.choice([1, 1, 2, 3, 7])), at)
        case "monthly":
            return monthly(1, 1, chance.randint(1, 31), at)
        case "quarterly":
            return monthly(3, chance.randint(1, 3), chance.randint(1, 31), at)
        case "yearly":
            return monthly(12, chance.randint(1, 12), chance.randint(1, 31), at)
        case "once":
            first = date(year, 1, 1) + timedelta(days=chance.randint(-300, 200))
            return once(first, first + timedelta(days=chance.randint(0, 100)))
        case _:
            return _cron(chance)


def _cron(chance: Random) -> Recurrence:
    minutes = chance.choice([[0], [chance.randrange(60)], [0, 30], [5, 25, 45]])
    hours = chance.sample(range(24), chance.choice([1, 1, 2, 4]))
    days = chance.choice([[], [], [1, 15], [chance.randint(1, 31)]])
    weekdays = chance.choice([[], [], [1, 2, 3, 4, 5], [chance.randrange(7)]])
    months = chance.choice([[], [], [], [1, 4, 7, 10, 3]])
    return cron(minutes, hours, days, months, weekdays)
