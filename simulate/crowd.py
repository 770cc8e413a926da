"""A million rules of tenants of very different size, a tenth of which is due on the hour."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from tests.core.made import CATALOG, settings
from waybill.core.rule import Rule, RuleRef, new_rule
from waybill.core.run import RunKey

HOUR = datetime(2026, 6, 2, 6, tzinfo=UTC)
LARGEST_SHARE = 0.05
_FALLS = 0.87
"""The exponent of Zipf's law with which the largest tenant's 5 % leave thousands of tenants a single due rule."""
_OTHERS = 9
"""Rules of a tenant that are due later in the day, for each one that is due on the hour."""
_LARGE_BYTES, _SMALL_BYTES, _LARGE = 200 * 1024 * 1024, 1024 * 1024, 20
"""One rule in twenty has large runs."""


@dataclass(frozen=True)
class Crowd:
    """`rules` holds one rule for all that are alike; `due` is what must be claimed on the hour."""

    rules: dict[tuple[str, str], Rule]
    due: frozenset[RuleRef]

    def rule(self, ref: RuleRef) -> Rule:
        """The rule itself, with the run that it claimed the day before."""
        like = self.rules[ref]
        if like.rule_id == ref.rule_id:
            return like
        newest = RunKey(ref.tenant, ref.rule_id, like.cursor - timedelta(days=1), 1).run_id
        size = _LARGE_BYTES if int(ref.rule_id[4:], 16) % _LARGE == 0 else _SMALL_BYTES
        self.rules[ref] = replace(like, tenant=ref.tenant, rule_id=ref.rule_id, newest_run=newest, last_bytes=size)
        return self.rules[ref]


def sizes(due: int) -> Iterator[int]:
    """How many due rules each tenant has, the largest first."""
    left = due
    for rank in count(1):
        size = min(left, max(1, round(due * LARGEST_SHARE / rank**_FALLS)))
        if size == 0:
            return
        left -= size
        yield size


def crowd(due: int, seed: int) -> Crowd:
    """Ten times as many rules as are `due`."""
    chance = Random(seed)
    later = [_daily(5 * n) for n in range(1, 200)]
    now, rules, wanted = _daily(0), dict[tuple[str, str], Rule](), list[RuleRef]()
    for size in sizes(due):
        tenant = f"ten_{chance.getrandbits(48):012x}"
        for n in range(size * (1 + _OTHERS)):
            ref = RuleRef(tenant, f"rul_{chance.getrandbits(64):016x}")
            rules[ref] = now if n < size else later[n % len(later)]
            if n < size:
                wanted.append(ref)
    return Crowd(rules, frozenset(wanted))


def _daily(minutes: int) -> Rule:
    """A rule that is due so many minutes after the hour."""
    at = f"{HOUR + timedelta(minutes=minutes):%H:%M}"
    schedule = {"frequency": "daily", "zone": "UTC", "at": at}
    return new_rule("", "", settings(schedule=schedule), CATALOG, HOUR - timedelta(hours=12), "the simulation")


class DueIndex:
    """The sparse index of what is due: in each shard by time, a moment behind its table."""

    def __init__(self, lag: timedelta) -> None:
        self._lag = lag
        self._shards: dict[str, list[tuple[datetime, RuleRef]]] = {}
        self._gone: dict[tuple[datetime, RuleRef], datetime] = {}

    def fill(self, entries: Iterator[tuple[str, datetime, RuleRef]]) -> None:
        for shard, due, ref in entries:
            self._shards.setdefault(shard, []).append((due, ref))
        for filled in self._shards.values():
            filled.sort()

    def move(self, shard: str, ref: RuleRef, before: datetime, after: datetime | None, now: datetime) -> None:
        self._gone[before, ref] = now + self._lag
        if after:
            insort(self._shards[shard], (after, ref))

    def due(self, shard: str, upto: datetime, now: datetime, limit: int | None) -> Sequence[RuleRef]:
        entries = self._shards.get(shard, [])
        found = entries[: bisect_right(entries, upto, key=lambda entry: entry[0])]
        return [ref for due, ref in found if self._gone.get((due, ref), now) >= now][:limit]
