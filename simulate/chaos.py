"""Two days of a few rules while everything that can fail does, a thousand times over: no invariant may break.

`python -m simulate.chaos --seeds 1000 --seed 1`. Processes die before and after any call to a store; heartbeats are lost,
doubled and late, and so are the events that tell of an object; the due index lags by up to five minutes; clocks are off by
30 seconds; for six hours nothing answers. Rows arrive late. Then the weather calms, and a person does what a person would:
retries what failed, runs what was given up.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, pairwise
from multiprocessing import Pool
from random import Random

from simulate.clockwork import Clockwork
from simulate.cloud import Cloud
from simulate.faults import LaggingRules, Weather
from simulate.row import Row, counted, none_of, table
from simulate.tables import tables
from tests.core.made import CATALOG, lake_object, settings
from tests.core.stores import MemoryRuns
from waybill.core.again import retry, run_window
from waybill.core.arrival import marked, runs_by_arrival, waiting_since
from waybill.core.audit import holes_of
from waybill.core.dispatch import Tick, due_at
from waybill.core.errors import Conflict
from waybill.core.freeze import Registry, amend_now
from waybill.core.manifest import NAME
from waybill.core.ports import Rules, Runs
from waybill.core.rule import Rule, new_rule, settle_time
from waybill.core.run import Run, RunState, Trigger
from waybill.destinations import memory

START = datetime(2026, 3, 28, 12, tzinfo=UTC)
"""Berlin's clocks go forward in the night that follows."""
BACKLOG = timedelta(minutes=15)
WRONG = (
    "gaps or overlaps between windows",
    "runs without an end",
    "rows lost",
    "rows delivered twice",
    "files not as their manifest says",
    "successes without a manifest",
    "holes that the audit finds",
)
"""What no life may end with one of."""
_MINUTE = timedelta(minutes=1)
_ZONES = ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")


@dataclass(frozen=True)
class Span:
    """How long it goes on, and for how long of that nothing answers."""

    whole: timedelta = timedelta(hours=34)
    outage: timedelta = timedelta(hours=6)


SHORT = Span(timedelta(hours=5), timedelta(hours=1))
SHORTEST = Span(timedelta(hours=2), timedelta(minutes=20))


class World:
    """One seed's two days, over the given stores or such in memory whose index lags."""

    def __init__(self, seed: int, span: Span, stores: tuple[Rules, Runs] | None = None) -> None:
        self.chance, self.clock, self.end = Random(seed), Clockwork(START), START + span.whole
        latest = (span.whole - span.outage) / timedelta(minutes=1) * 0.7
        begin = START + timedelta(minutes=self.chance.randrange(int(latest)))
        self.weather = Weather(self.chance, self.clock, 0.004, (begin, begin + span.outage))
        lagging = LaggingRules(self.weather)
        rules, runs = stores or (lagging, MemoryRuns(lagging))
        self.cloud = Cloud(self.weather, self.clock, f"box-{os.getpid()}-{seed}", rules, runs)
        self.found: Counter[str] = Counter()
        self._places = []
        for made in (*map(self._rule, range(2)), self._direct(2)):
            rules.add(made)
            self._places.append((made.tenant, made.rule_id))
        self._rows()

    @property
    def rules(self) -> list[Rule]:
        return [self.cloud.rules.get(*place) for place in self._places]

    def _runs(self, rule: Rule) -> list[Run]:
        return list(self.cloud.runs.before(rule.tenant, rule.rule_id, None))

    def _rule(self, number: int) -> Rule:
        frequency = self.chance.choice(["hourly", "hourly", "daily", "cron"])
        schedule = {"frequency": frequency, "zone": self.chance.choice(_ZONES)}
        if frequency == "cron":
            schedule["expression"] = self.chance.choice(["30 */2 * * *", "0 1,2,3,4 * * *"])
        chosen = settings(
            name=f"Rule {number}",
            schedule=schedule,
            format="ndjson",
            destinations=["dst_one"],
            catch_up=self.chance.choice(["all", "all", "merge", "latest"]),
            overlap=self.chance.choice(["queue", "queue", "skip"]),
            empty_window=self.chance.choice(["nothing", "manifest_only"]),
            start_jitter_minutes=self.chance.choice([0, 0, 5]),
            late={"policy": self.chance.choice(["amend", "next"])},
        )
        made = new_rule(f"tenant{number}", f"rul_{number:016x}", chosen, CATALOG, START, "the simulation")
        return replace(made, late_checked={"chat_tickets": 0})

    def _direct(self, number: int) -> Rule:
        """A rule that runs as objects arrive."""
        chosen = settings(
            name=f"Rule {number}",
            schedule={"frequency": "arrival", "zone": self.chance.choice(_ZONES)},
            format="ndjson",
            destinations=["dst_one"],
            empty_window="nothing",
            layout=self.chance.choice([{}, {"files": "object"}]),
        )
        made = new_rule(f"tenant{number}", f"rul_{number:016x}", chosen, CATALOG, START, "the simulation")
        return marked(made, self.cloud.lake)

    def _rows(self) -> None:
        """Objects land all the time; one in ten holds rows of hours ago."""
        for rule in self.rules:
            for number in range(60):
                lands = START + self.chance.random() * (self.end - START)
                old = timedelta(hours=self.chance.uniform(1, 8)) if self.chance.random() < 0.1 else timedelta()
                rows = [
                    (f"{rule.tenant}-{number}-{n}", lands - old - timedelta(seconds=self.chance.randrange(240)))
                    for n in range(3)
                ]
                times = sorted(time for _, time in rows)
                made = lake_object(number, times[0], times[-1]).model_copy(
                    update={"key": f"{rule.tenant}/{number}.ndjson", "registered_at": lands}
                )
                self.clock.after(lands - START, partial(self.cloud.put, rule, rows, made))

    # --- what happens

    def live(self) -> None:
        self.cloud.heartbeats(START, self.end + timedelta(hours=6))
        back = self.weather.outage[1]
        self.clock.run_until(back)
        owed = {rule.rule_id: self._owed(rule, back) for rule in self.rules}
        minute = timedelta()
        while minute < timedelta(hours=3) and not self._caught_up(owed):
            minute += _MINUTE
            self.clock.run_until(back + minute)
        self.found["slowest backlog, minutes"] = minute // _MINUTE
        self.clock.run_until(self.end)
        self.weather.calm = True
        self.clock.run_until(self.end + timedelta(hours=1))
        for _ in range(6):
            if not self._a_person_looks():
                break
            self.clock.run_until(self.clock.now + timedelta(minutes=30))

    def _owed(self, rule: Rule, moment: datetime) -> datetime | int:
        """Where the last window ends that is due at that moment; the number of the newest object, where they set runs off."""
        if runs_by_arrival(rule):
            return self.cloud.lake.newest(rule.tenant, "chat_tickets")
        return max((occurrence.window.end for occurrence in due_at(rule, CATALOG, moment)), default=rule.cursor)

    def _caught_up(self, owed: dict[str, datetime | int]) -> bool:
        """Everything that was due when the outage ended has been run, or left out as the rule says."""
        return all(self._has_run(rule, owed[rule.rule_id]) for rule in self.rules)

    def _has_run(self, rule: Rule, upto: datetime | int) -> bool:
        runs = [run for run in self._runs(rule) if not run.amends]
        if isinstance(upto, datetime):
            return rule.cursor >= upto and all(r.state.ended for r in runs if r.window.end <= upto)
        begun = [r for r in runs if r.sequences and r.sequences["chat_tickets"].after < upto]
        return rule.arrived["chat_tickets"] >= upto and all(r.state.ended for r in begun)

    def _a_person_looks(self) -> bool:
        """Whether there was anything to do."""
        done = False
        for rule in self.rules:
            for run in self._given_up(rule):
                done = True
                self._again(rule, run)
            registry = Registry(self.cloud.runs, self.cloud.lake, CATALOG)
            made, checked = amend_now(rule, registry, self.clock.now, "simulated")
            self.cloud.rules.late_checked(rule, checked)
            for amendment in made:
                done = True
                self.cloud.start(amendment)
        return done or any(not run.state.ended for rule in self.rules for run in self._runs(rule))

    def _given_up(self, rule: Rule) -> list[Run]:
        """The newest run of each window of which none was delivered or left out on purpose."""
        newest: dict[datetime, list[Run]] = {}
        for run in self._runs(rule):
            if not run.amends:
                newest.setdefault(run.window.start, []).append(run)
        wanting = [tried for tried in newest.values() if all(r.state is RunState.FAILURE for r in tried)]
        return [max(tried, key=lambda r: r.key.generation) for tried in wanting]

    def _again(self, rule: Rule, run: Run) -> None:
        self.found["runs that a person retried"] += 1
        now = self.clock.now
        try:
            self.cloud.start(retry(run, self.cloud.runs, self.cloud.stage, now))
        except Conflict:
            tick = Tick(now, now, Trigger.MANUAL, "simulated")
            self.cloud.start(run_window(rule, self.cloud.runs, tick, run.window.start))

    # --- what is judged

    def judge(self) -> Counter[str]:
        delivered = self._delivered()
        for rule in self.rules:
            runs = self._runs(rule)
            tiles = sorted((r for r in runs if r.tiles), key=lambda r: r.window.start)
            self.found["windows"] += len(tiles)
            bounds = [(rule.begins, rule.begins), *((r.window.start, r.window.end) for r in tiles)]
            self.found["gaps or overlaps between windows"] += sum(a[1] != b[0] for a, b in pairwise(bounds))
            self.found["gaps or overlaps between windows"] += bounds[-1][1] != rule.cursor
            self.found["runs without an end"] += sum(not r.state.ended for r in runs)
            left_out = [r.window for r in tiles if r.state is RunState.CANCELLED]
            for row, time in (
                pair for key, rows in self.cloud.rows.items() for pair in rows if key.startswith(rule.tenant)
            ):
                timely = rule.begins <= time < rule.cursor and not any(w.start <= time < w.end for w in left_out)
                if not timely and not runs_by_arrival(rule):
                    continue
                self.found["rows"] += 1
                self.found["rows lost"] += delivered[row] == 0
                self.found["rows delivered twice"] += delivered[row] > 1
            settle = settle_time(rule.settings, CATALOG)
            waiting = waiting_since(rule, self.cloud.lake)
            found = holes_of(rule, runs, self.clock.now, settle, waiting=waiting)
            holes = [h for h in found if h.kind.value != "failed"]
            self.found["holes that the audit finds"] += len(holes)
        self.found["deaths"] = self.weather.deaths
        return self.found

    def _delivered(self) -> Counter[str]:
        """How often each row is in a file that a delivered manifest names; each file's bytes are as the manifest says."""
        files = memory.BOXES.pop(self.cloud.box).files
        rows: Counter[str] = Counter()
        manifests = set()
        for name, data in files.items():
            if not name.endswith(f"/{NAME}"):
                continue
            manifest = json.loads(data)
            manifests.add(manifest["run"]["id"])
            for listed in manifest["files"]:
                there = files.get(f"{name.removesuffix(NAME)}{listed['name']}")
                if there is None or hashlib.sha256(there).hexdigest() != listed["sha256"]:
                    self.found["files not as their manifest says"] += 1
                elif listed["kind"] == "data":
                    rows.update(json.loads(line)["id"] for line in there.splitlines())
        for run in (run for rule in self.rules for run in self._runs(rule)):
            if run.state is RunState.SUCCESS and run.files and not run.carried_by:
                self.found["successes without a manifest"] += run.key.run_id not in manifests
        return rows


def lived(seed: int) -> Counter[str]:
    world = World(seed, Span())
    world.live()
    return world.judge()


def lived_on_tables(seed: int, span: Span = SHORT) -> Counter[str]:
    """A shorter life, since moto is slower than memory."""
    with tables() as stores:
        world = World(seed, span, stores)
        world.live()
        return world.judge()


def rows(seeds: int, seed: int, on_tables: int) -> list[Row]:
    """`on_tables`: how many seeds live on DynamoDB's tables besides."""
    total: Counter[str] = Counter()
    slowest = 0
    with Pool(os.cpu_count() or 1) as pool:
        lives = [
            pool.imap_unordered(lived_on_tables, range(seed, seed + on_tables)),
            pool.imap_unordered(lived, range(seed, seed + seeds), chunksize=4),
        ]
        for found in chain.from_iterable(lives):
            slowest = max(slowest, found.pop("slowest backlog, minutes"))
            total += found
    most = BACKLOG // _MINUTE
    return [
        counted("seeds, and of them on tables", seeds + on_tables),
        *(counted(name, total[name]) for name in ("deaths", "windows", "rows")),
        Row("runs that a person retried", total["runs that a person retried"], "", ok=True),
        *(none_of(name, total[name]) for name in WRONG),
        Row("slowest backlog after six hours, minutes", slowest, f"<= {most}", slowest <= most),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    found = rows(asked.seeds, asked.seed, asked.seeds // 200)
    print(table(found))
    return 0 if all(row.ok for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
