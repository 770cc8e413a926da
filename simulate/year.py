"""A year of many rules through the real `claim_due`: every window once, in time, whatever becomes of the heartbeats.

`python -m simulate.year --rules 10000 --year 2026 --seed 1`. One heartbeat in fifty is lost, one in fifty comes to two
dispatchers that read the same rules, and for nine hours there is none. Runs end as soon as they are claimed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heapify, heapreplace
from multiprocessing import Pool
from random import Random

from simulate.row import Row, counted, none_of, table
from simulate.rules import Made, made
from tests.core.made import CATALOG
from tests.core.stores import MemoryRules, MemoryRuns
from waybill.core.dispatch import Tick, claim_due
from waybill.core.rule import Rule
from waybill.core.run import Outcome, Run, RunState, Trigger

_DONE = Outcome(RunState.SUCCESS, "Delivered.")
_TOTALS = {"rows": 0, "bytes": 0, "files": 0, "rejects": 0}
_OUTAGE = timedelta(hours=9)
_AT_ONCE = 250
"""How many rules' windows a process keeps in memory."""
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class Judge:
    """Compares what one rule claims with what it must, window by window."""

    wanted: Made
    found: Counter[str] = field(default_factory=Counter)
    place: int = 0

    def claimed(self, run: Run, time: datetime, heard: datetime) -> None:
        """`heard`: the heartbeat before the one of `time`, at which the run was not due or not yet to be seen."""
        start, end = (int(bound.timestamp()) for bound in (run.window.start, run.window.end))
        windows = self.wanted.wanted
        self.found["windows"] += 1
        if self.place and start < windows[self.place - 1].end:
            known = any((w.start, w.end) == (start, end) for w in windows[: self.place])
            self.found["twice" if known else "overlapping"] += 1
            return
        while self.place < len(windows) and windows[self.place].start < start:
            self.place += 1
            self.found["missed"] += 1
        expected = windows[self.place]
        self.place += 1
        if (expected.start, expected.end) != (start, end):
            self.found["wrong"] += 1
        if time.timestamp() < expected.due:
            self.found["early"] += 1
        if heard.timestamp() >= max(expected.due, self.wanted.rule.created_at.timestamp()):
            self.found["late"] += 1

    def over(self, heard: datetime) -> Counter[str]:
        """With the windows that were due at the last heartbeat and did not come."""
        self.found["missed"] += sum(w.due <= heard.timestamp() for w in self.wanted.wanted[self.place :])
        return self.found


class World:
    """One rule with tables of its own."""

    def __init__(self, wanted: Made) -> None:
        self._rules = MemoryRules()
        self._runs = MemoryRuns(self._rules)
        self._rules.add(wanted.rule)
        self._id = wanted.rule.rule_id
        self.judge = Judge(wanted)

    @property
    def rule(self) -> Rule:
        return self._rules.get("acme", self._id)

    @property
    def next_run(self) -> datetime:
        return self.rule.next_run or _NEVER

    def beat(self, tick: Tick, heard: datetime, dispatchers: int) -> None:
        """Every dispatcher claims what is due, by the rule as it was before; then the rule goes on as runs end."""
        read = self.rule
        for _ in range(dispatchers):
            self._claim(read, tick, heard)
        while self._claim(self.rule, tick, heard):
            pass

    def _claim(self, rule: Rule, tick: Tick, heard: datetime) -> int:
        count = 0
        for run in claim_due(rule, self._runs, CATALOG, tick):
            count += 1
            self.judge.claimed(run, tick.time, heard)
            self._runs.end(run.key, run.epoch, tick.now, _DONE, _TOTALS)
            # Of the runs only the newest one says something to the next claim; a year of them would not fit in memory.
            self._runs.kept = {run.key: self._runs.kept[run.key]}
        return count


def simulated(seed: int, year: int, numbers: range) -> Counter[str]:
    """The year of those rules, and what was found."""
    worlds = [World(made(seed, number, year)) for number in numbers]
    waiting = [(world.next_run, number) for number, world in enumerate(worlds)]
    heapify(waiting)
    heard = datetime(year, 1, 1, tzinfo=UTC)
    for time, dispatchers in heartbeats(seed, year):
        tick = Tick(time=time, now=time, trigger=Trigger.SCHEDULE, tzdata="simulated")
        while waiting[0][0] <= time:
            number = waiting[0][1]
            worlds[number].beat(tick, heard, dispatchers)
            heapreplace(waiting, (worlds[number].next_run, number))
        heard = time
    found: Counter[str] = Counter()
    for world in worlds:
        found += world.judge.over(heard)
        found[f"{world.judge.wanted.frequency} rules"] += 1
    return found


def heartbeats(seed: int, year: int) -> Iterator[tuple[datetime, int]]:
    """The minutes of the year whose heartbeat comes, and to how many dispatchers."""
    chance = Random(seed)
    start, end = datetime(year, 1, 11, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    outage = start + timedelta(minutes=chance.randrange(300 * 24 * 60))
    for minute in range((end - start) // timedelta(minutes=1)):
        time = start + timedelta(minutes=minute)
        luck = chance.random()
        if luck >= 0.02 and not outage <= time < outage + _OUTAGE:
            yield time, 2 if luck < 0.04 else 1


def rows(rules: int, year: int, seed: int) -> list[Row]:
    shares = max(os.cpu_count() or 1, rules // _AT_ONCE)
    with Pool() as pool:
        parts = pool.starmap(simulated, [(seed, year, range(n, rules, shares)) for n in range(shares)])
    found = sum(parts, Counter[str]())
    frequencies = sorted(name for name in found if name.endswith(" rules"))
    return [
        *(counted(name, found[name]) for name in frequencies),
        counted(f"windows claimed in {year}", found["windows"]),
        none_of("windows missed", found["missed"]),
        none_of("windows run twice", found["twice"]),
        none_of("windows that overlap another", found["overlapping"]),
        none_of("windows with wrong bounds", found["wrong"]),
        none_of("windows run before they were due", found["early"]),
        none_of("windows not run at the first heartbeat after", found["late"]),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--year", type=int, default=2026)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    found = rows(asked.rules, asked.year, asked.seed)
    print(table(found))
    return 0 if all(row.ok for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
