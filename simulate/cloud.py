"""AWS as far as a run needs it, around the real core: a heartbeat, `fan_out`, the state machine's retries, one function a step.

Only packaging is not the real one: a part's rows are written here as the row engine would write them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from simulate.clockwork import Clockwork
from simulate.faults import Killed, Weather, exposed
from tests.core.made import CATALOG
from tests.core.run_log import MemoryRunLog
from tests.core.stage import MemoryLake, MemoryStage
from tests.core.stores import MemoryBackfills, MemoryEvents, MemoryLakeObjects, MemoryRules, MemoryRuns
from waybill.core.arrival import REGISTERED, runs_by_arrival
from waybill.core.attempt import held_run
from waybill.core.dispatch import Tick, claim_line, is_large, longest
from waybill.core.doors import House, batches, runs_asked_for
from waybill.core.ending import Books, end_run, waited_for
from waybill.core.errors import ConfigurationError, PermanentError, TransientError, WaybillError
from waybill.core.freeze import Registry, staged_plan
from waybill.core.lake_object import LakeObject
from waybill.core.package import Body, PartResult, part_key
from waybill.core.plan import PlannedDestination, read_plan, stage_folder
from waybill.core.ports import Rules, Runs
from waybill.core.rule import Rule
from waybill.core.run import Failure, Run, RunKey, Trigger, known_key
from waybill.core.seal import read_sealed, seal
from waybill.core.seal_bench import SealBench
from waybill.core.shipment import Dock, ship
from waybill.destinations import memory
from waybill.destinations.dial import Surroundings

PLACE = "dst_one"
_WHERE = [PlannedDestination(destination_id=PLACE, name="The box", kind="memory")]
_MINUTE = timedelta(minutes=1)
_KILLED = "Lambda.Unknown"
Caught = dict[str, str] | None
Step = Callable[[], object]


class NoSecrets:
    def read(self, reference: str) -> Mapping[str, str]:
        raise AssertionError


class Signer:
    key_id = "simulated"

    def sign(self, message: bytes) -> bytes:
        return b"\0" * 64


class NoQueue:
    """So few rules are never shared out."""

    def share(self, time: datetime, shards: object) -> None:
        raise AssertionError("much is due")


@dataclass
class Cloud:
    """`rows`: by lake object's key, its rows as (id, time). `box` is the receiver's. `backfills` has none."""

    weather: Weather
    clock: Clockwork
    box: str
    rules: Rules
    runs: Runs
    rows: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lake = MemoryLakeObjects()
        self.stage, self.log = MemoryStage(), MemoryRunLog()
        self.backfills = MemoryBackfills(MemoryRuns(MemoryRules()))
        memory.BOXES[self.box] = memory.Box("any")

    def _sky(self, store: Any) -> Any:
        return exposed(store, self.weather)

    # --- what sets runs off

    def heartbeats(self, start: datetime, end: datetime) -> None:
        """One a minute; some do not come, some come twice."""
        for minute in range((end - start) // _MINUTE):
            time = start + minute * _MINUTE
            count = 0 if self.weather.strikes(0.03) else 2 if self.weather.strikes(0.05) else 1
            for _ in range(count):
                late = timedelta(seconds=self.weather.chance.uniform(0, 20))
                self.clock.after(time - self.clock.now + late, partial(self._beat, time))

    def _beat(self, time: datetime) -> None:
        self._dispatch({}, Tick(time, self.weather.skewed(), Trigger.SCHEDULE, "simulated"))

    def _told(self, rule: Rule) -> None:
        """What ingest says on the bus: mostly once, in time."""
        event = {"detail-type": REGISTERED, "detail": {"tenant": rule.tenant, "dataset": "chat_tickets"}}
        now = self.weather.skewed()
        self._dispatch(event, Tick(now, now, Trigger.EVENT, "simulated"))

    def _dispatch(self, event: Mapping[str, Any], tick: Tick) -> None:
        house = House(
            rules=self._sky(self.rules),
            runs=self._sky(self.runs),
            backfills=self._sky(self.backfills),
            lake=self._sky(self.lake),
            catalogs=lambda _: CATALOG,
            stage=self._sky(self.stage),
            queue=NoQueue(),
            events=self._sky(MemoryEvents()),
            claims=map,
            broken=lambda _: None,
        )
        try:
            for runs in batches(runs_asked_for(event, tick, house), 500):
                self._fan_out([json.loads(claim_line(run, is_large(run))) for run in runs])
        except (Killed, WaybillError):
            return  # the next one heals it

    def _fan_out(self, lines: Iterable[dict[str, Any]]) -> None:
        for line in lines:
            if not self.weather.strikes(0.02):
                pause = timedelta(seconds=self.weather.chance.uniform(1, 20))
                given, large = json.loads(line["input"]), line["type"] == "standard"
                self.clock.after(pause, partial(self._start, line["name"], given, large))

    def start(self, run: Run) -> None:
        self._fan_out([json.loads(claim_line(run, is_large(run)))])

    def _start(self, name: str, given: dict[str, Any], large: bool) -> None:
        """STANDARD takes a name once; EXPRESS starts at least once."""
        if large and name in self.names:
            return
        self.names.add(name)
        for _ in range(1 if large or not self.weather.strikes(0.03) else 2):
            Execution(self, known_key(given["tenant"], given["run_id"]), given["epoch"], large).go()

    # --- the steps, as the functions take them

    def plan(self, key: RunKey, epoch: int, large: bool) -> None:
        runs = self._sky(self.runs)
        run = held_run(runs, key, epoch)
        registry = Registry(runs, self._sky(self.lake), CATALOG)
        plan, _ = staged_plan(
            run, registry, self._sky(self.rules), self._sky(self.stage), lambda _: _WHERE, self.weather.skewed()
        )
        size = plan.estimated_bytes()
        runs.begin(key, epoch, self.weather.skewed(), len(plan.parts), size, plan.sequences, longest(large))

    def package(self, key: RunKey, epoch: int) -> None:
        held_run(self._sky(self.runs), key, epoch)
        stage = self._sky(self.stage)
        plan = read_plan(stage, key)
        for part in plan.parts:
            rows = [
                json.dumps({"id": row, "at": time.isoformat()})
                for one in part.objects
                for row, time in self.rows[one.key]
                if part.window.start <= time < part.window.end
            ]
            body = "".join(f"{line}\n" for line in rows).encode()
            where = f"{stage_folder(plan.tenant, plan.run_id)}/bodies/{part.index}"
            stage.put(where, body)
            bodies = (Body(key=where, size=len(body), rows=len(rows)),)
            result = PartResult(
                index=part.index,
                dataset=part.dataset,
                rows=len(rows),
                rejected=0,
                rejects=(),
                size=len(body),
                bodies=bodies,
            )
            stage.put(part_key(plan, part.index), result.model_dump_json().encode())

    def seal(self, key: RunKey, epoch: int) -> dict[str, Any]:
        held_run(self._sky(self.runs), key, epoch)
        stage = self._sky(self.stage)
        plan = read_plan(stage, key)
        sealed = seal(plan, _bench(stage))
        assert sealed is not None, "nothing here takes long"
        return sealed.work(plan)

    def deliver(self, key: RunKey, epoch: int, shard: int) -> None:
        stage, runs, log = self._sky(self.stage), self._sky(self.runs), self._sky(self.log)
        plan = read_plan(stage, key)
        config = memory.Config.model_validate({"box": self.box, "password": "any"})
        gone = self.weather.skewed() + timedelta(minutes=16)
        dock = Dock(
            log=log,
            stage=stage,
            lake=MemoryLake(),
            dial=lambda: memory.connect(config, Surroundings()),
            out_of_time=lambda: False,
            now=self.weather.skewed,
            held=lambda: runs.get(key).held_by(epoch),
            hold_manifest=lambda: runs.hold_manifest(key, epoch, gone),
        )
        try:
            ship(plan, read_sealed(plan, stage), PLACE, shard, dock)
        except WaybillError as error:
            failure = Failure(str(error), isinstance(error, ConfigurationError), isinstance(error, TransientError))
            log.failed(key, PLACE, failure)
            raise

    def finish(self, key: RunKey, epoch: int, error: dict[str, str] | None) -> None:
        books = Books(
            runs=self._sky(self.runs),
            rules=self._sky(self.rules),
            backfills=self._sky(self.backfills),
            lake=self._sky(self.lake),
            log=self._sky(self.log),
            stage=self._sky(self.stage),
            events=self._sky(MemoryEvents()),
            catalogs=lambda _: CATALOG,
            now=self.weather.skewed,
        )
        end_run(key, epoch, error, books)
        for run in waited_for(key, books, "simulated"):
            self.start(run)

    def put(self, rule: Rule, rows: list[tuple[str, datetime]], found: LakeObject) -> None:
        """An object lands and is registered; one event in five that tells of it is lost, some come twice."""
        self.rows[found.key] = rows
        self.lake.register(rule.tenant, "chat_tickets", found)
        if runs_by_arrival(rule):
            for _ in range(0 if self.weather.strikes(0.2) else 2 if self.weather.strikes(0.05) else 1):
                late = timedelta(seconds=self.weather.chance.uniform(0, 20))
                self.clock.after(late, partial(self._told, rule))


@dataclass
class Execution:
    """One execution of `export_run`: each step tried again as the definition says, errors caught by name, `finish` always."""

    cloud: Cloud
    key: RunKey
    epoch: int
    large: bool

    def go(self) -> None:
        self._ends = self.cloud.clock.now + (timedelta(days=365) if self.large else timedelta(minutes=5))
        self._work: dict[str, Any] = {}
        self._steps = self._all()
        self._next(None)

    def _all(self) -> Iterator[Step]:
        cloud, key, epoch = self.cloud, self.key, self.epoch
        yield lambda: cloud.plan(key, epoch, self.large)
        yield lambda: cloud.package(key, epoch)
        yield lambda: self._work.update(cloud.seal(key, epoch))
        for one in [*self._work["cargo"], *self._work["manifests"]]:
            yield partial(cloud.deliver, key, epoch, one["shard"])

    def _next(self, error: Caught) -> None:
        """What a destination says is caught where it is said; anything else goes straight to `finish`."""
        step = None if error else next(self._steps, None)
        if step is None:
            self._begin(lambda: self.cloud.finish(self.key, self.epoch, error), 501, lambda _: None)
        else:
            delivering = bool(self._work)
            self._begin(step, 7, lambda caught: self._next(None if delivering else caught))

    def _begin(self, function: Step, tries: int, then: Callable[[Caught], None]) -> None:
        pause = timedelta(seconds=self.cloud.weather.chance.uniform(0.2, 4))
        self.cloud.clock.after(pause, lambda: self._tried(function, tries, 1, then))

    def _tried(self, function: Step, tries: int, tried: int, then: Callable[[Caught], None]) -> None:
        if self.cloud.clock.now >= self._ends:
            return
        try:
            function()
        except (Killed, TransientError) as failed:
            if tried < tries:
                most = min(2**tried, 60 if tries == 7 else 120)
                pause = timedelta(seconds=self.cloud.weather.chance.uniform(0, most))
                self.cloud.clock.after(pause, lambda: self._tried(function, tries, tried + 1, then))
                return
            name = _KILLED if isinstance(failed, Killed) else "TransientError"
            then(_caught(name, failed))
        except ConfigurationError as failed:
            then(_caught("ConfigurationError", failed))
        except WaybillError as failed:
            then(_caught(PermanentError.__name__, failed))
        else:
            then(None)


def _bench(stage: Any) -> SealBench:
    """Nothing here is an archive or a PDF."""

    def never(*given: Any) -> Any:
        raise AssertionError

    return SealBench(stage, Signer(), NoSecrets(), never, never, "attempt", lambda: False)


def _caught(name: str, error: BaseException) -> dict[str, str]:
    return {"Error": name, "Cause": json.dumps({"errorMessage": str(error)})}
