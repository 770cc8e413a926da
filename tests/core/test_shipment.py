from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.core.clock import Clock
from tests.core.made import NOW
from tests.core.run_log import MemoryRunLog
from tests.core.stage import MemoryLake, MemoryStage
from tests.core.test_plan import planned
from waybill.core.deliver import Destination, ProbeStep
from waybill.core.errors import ConfigurationError, TransientError
from waybill.core.manifest import PackagedFile
from waybill.core.pace import TokenBucket
from waybill.core.plan import Plan, run_key
from waybill.core.run import Failure
from waybill.core.seal import MANIFEST_SHARD, PROBE_SHARD, SHARD_FILES, WHOLE_SHARD, WORKERS_AT_ONCE, Sealed
from waybill.core.shipment import Dock, destination_outcomes, ship
from waybill.destinations import memory
from waybill.destinations.registry import Surroundings


@dataclass
class Scene:
    plan: Plan
    sealed: Sealed
    stage: MemoryStage
    log: MemoryRunLog
    box: str

    def dock(
        self,
        out_of_time: Callable[[], bool] = lambda: False,
        held: Callable[[], bool] = lambda: True,
        hold_manifest: Callable[[], bool] = lambda: True,
        place: str = "here",
    ) -> Dock:
        return Dock(
            log=self.log,
            stage=self.stage,
            lake=MemoryLake(),
            dial=self.dial,
            out_of_time=out_of_time,
            now=lambda: NOW,
            held=held,
            hold_manifest=hold_manifest,
            place=place,
        )

    @property
    def receipts(self) -> Mapping[tuple[str, int], Mapping[str, Any]]:
        return self.log.receipts(run_key(self.plan))

    def dial(self) -> Destination:
        config = memory.Config.model_validate({"box": self.box, "password": "any"})
        return memory.connect(config, Surroundings())

    def ship(self, shard: int, **given: Any) -> str:
        return ship(self.plan, self.sealed, "dst_one", shard, self.dock(**given))


def scene(box: str, sizes: list[int]) -> Scene:
    plan, stage = planned([]), MemoryStage()
    files = []
    for number, size in enumerate([*sizes, 10, 11]):
        data = bytes([number % 251]) * size
        stage.put(str(number), data)
        kind = "data" if number < len(sizes) else "manifest" if number == len(sizes) else "signature"
        files.append(
            PackagedFile.model_validate(
                {
                    "name": f"file-{number}",
                    "kind": kind,
                    "media_type": "text/plain",
                    "size": size,
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "where": "stage",
                    "key": str(number),
                }
            )
        )
    total = sum(f.size for f in files)
    sealed = Sealed(files=tuple(files), rows=1, size=total, rejects=0, exceptions=0, manifest_sha256="00")
    memory.BOXES[box] = memory.Box("any")
    return Scene(plan, sealed, stage, MemoryRunLog(), box)


def test_the_manifest_is_withheld_until_every_file_has_its_receipt() -> None:
    here = scene("withheld", [5, 6])
    assert here.ship(MANIFEST_SHARD) == "withheld"
    assert here.ship(0) == "done"
    assert here.ship(MANIFEST_SHARD) == "done"
    (outcome,) = destination_outcomes(here.plan, here.sealed, here.receipts, {})
    assert outcome.complete
    assert here.dial().stat(f"{here.plan.folder}/file-0") is not None


def test_out_of_time_pauses_and_the_next_call_goes_on() -> None:
    here = scene("paused", [3_000_000, 5])
    answers = iter([False, True])
    assert here.ship(0, out_of_time=lambda: next(answers, True)) == "paused"
    assert here.log.resume_point(run_key(here.plan), "dst_one", 0)
    sent = here.log.sizes[-1]
    assert 0 < sent < 3_000_000
    assert here.ship(0) == "done"
    assert len(here.receipts) == 2


def test_a_run_in_other_hands_sends_nothing_further_and_is_not_dialled() -> None:
    here = scene("cancelled", [5, 6, 7])
    answers = iter([True, True, True, False])
    assert here.ship(0, held=lambda: next(answers)) == "withheld"
    assert sorted(here.receipts) == [("dst_one", 0)]
    here.box = "nowhere"
    assert here.ship(0, held=lambda: False) == "withheld"


def test_a_cancelled_run_stops_in_the_middle_of_a_file_at_its_resume_point() -> None:
    here = scene("cancelled-mid-file", [3_000_000])
    answers = iter([True, True, False])  # before dialling, before the file, at its first resume point
    assert here.ship(0, held=lambda: next(answers, False)) == "paused"
    assert here.receipts == {}
    assert here.ship(0, held=lambda: False) == "withheld"


def test_a_destination_that_moved_gets_every_file_at_its_new_place() -> None:
    """Its manifest must not stand where half of the files do not."""
    here = scene("moved-from", [5, 6])
    assert here.ship(0, place="old") == "done"
    here.box = "moved-to"
    memory.BOXES["moved-to"] = memory.Box("any")
    with pytest.raises(TransientError, match="moved"):
        here.ship(MANIFEST_SHARD, place="new")
    assert memory.BOXES["moved-to"].files == {}
    assert here.ship(0, place="new") == "done"
    assert here.ship(MANIFEST_SHARD, place="new") == "done"
    names = {name.rsplit("/", 1)[-1] for name in memory.BOXES["moved-to"].files}
    assert names == {"file-0", "file-1", "file-2", "file-3"}
    assert {receipt["place"] for receipt in here.receipts.values()} == {"new"}


def test_a_file_that_never_arrived_anywhere_is_no_sign_of_a_move() -> None:
    here = scene("not-moved", [1] * (SHARD_FILES + 1))
    here.ship(0, place="old")
    assert here.ship(MANIFEST_SHARD, place="new") == "withheld"


def test_a_manifest_goes_only_where_the_run_can_be_held() -> None:
    here = scene("unheld", [5])
    here.ship(0)
    assert here.ship(MANIFEST_SHARD, hold_manifest=lambda: False) == "withheld"
    assert sorted(here.receipts) == [("dst_one", 0)]


def test_shipping_again_sends_nothing_again() -> None:
    here = scene("again", [5])
    here.ship(0)
    here.log.sizes.clear()
    assert here.ship(0) == "done"
    assert here.log.sizes == []


def test_a_cut_connection_is_the_state_machines_to_retry() -> None:
    here = scene("cut", [3_000_000])
    memory.BOXES["cut"].faults = memory.Faults(cut_after=1_000_000)
    with pytest.raises(TransientError):
        here.ship(0)
    memory.BOXES["cut"].faults = memory.Faults()
    assert here.ship(0) == "done"
    assert here.receipts["dst_one", 0]["size"] == 3_000_000


def test_many_files_are_split_over_shards_that_cover_each_once() -> None:
    here = scene("many", [1] * (2 * SHARD_FILES + 1))
    work = here.sealed.work(here.plan)
    numbers = [n for item in work["cargo"] for n in here.sealed.numbers(item["shard"], here.plan)]
    assert numbers == list(here.sealed.cargo)
    assert len(work["cargo"]) == 3
    assert work["manifests"] == [{"destination_id": "dst_one", "shard": MANIFEST_SHARD}]


def planned_to(scene: Scene, *destinations: str, limited: bool = False) -> Plan:
    one = scene.plan.destinations[0]
    several = [one.model_copy(update={"destination_id": d, "limited": limited}) for d in destinations]
    return scene.plan.model_copy(update={"destinations": tuple(several)})


GIB = 1024**3


@given(
    sizes=st.lists(st.one_of(st.integers(0, 10), st.integers(GIB, 600 * GIB)), min_size=1, max_size=2000),
    places=st.integers(1, 10),
)
@example(sizes=[0] * 2000, places=10)
@example(sizes=[600 * GIB] * 50, places=10)
@settings(max_examples=60, deadline=None)
def test_no_destination_waits_for_another_ones_workers(sizes: list[int], places: int) -> None:
    """Every shard has its turn at once, also where one destination's take for ever."""
    here = scene("turns", [1])
    file = here.sealed.files[0]
    cargo = [file.model_copy(update={"size": size}) for size in sizes]
    sealed = here.sealed.model_copy(update={"files": (*cargo, *here.sealed.files[1:])})
    plan = planned_to(here, *(f"dst_{n}" for n in range(places)))
    work = sealed.work(plan)["cargo"]
    assert len(work) <= WORKERS_AT_ONCE
    for place in plan.destinations:
        mine = [item["shard"] for item in work if item["destination_id"] == place.destination_id]
        assert [n for shard in mine for n in sealed.numbers(shard, plan)] == list(sealed.cargo)


def test_a_destination_with_limits_gets_everything_from_one_worker() -> None:
    here = scene("limited", [1] * (2 * SHARD_FILES))
    plan = planned_to(here, "dst_one", limited=True)
    (item,) = here.sealed.work(plan)["cargo"]
    assert ship(plan, here.sealed, "dst_one", item["shard"], here.dock()) == "done"
    assert len(here.receipts) == 2 * SHARD_FILES


def test_a_broken_destination_fails_alone() -> None:
    here = scene("whole", [5, 6])
    plan = planned_to(here, "dst_one", "dst_broken")
    broken = replace(here, box="nowhere")
    for item in here.sealed.work(plan)["cargo"]:
        if item["destination_id"] == "dst_broken":
            with pytest.raises(ConfigurationError, match="no such box"):
                ship(plan, here.sealed, "dst_broken", item["shard"], broken.dock())
        else:
            assert ship(plan, here.sealed, "dst_one", item["shard"], here.dock()) == "done"
    assert ship(plan, here.sealed, "dst_one", MANIFEST_SHARD, here.dock()) == "done"
    assert ship(plan, here.sealed, "dst_broken", MANIFEST_SHARD, broken.dock()) == "withheld"
    failed = Failure("There is no such box.", tenants=True)
    whole, lacking = destination_outcomes(plan, here.sealed, here.receipts, {"dst_broken": failed})
    assert (whole.complete, whole.receipts, whole.failure) == (True, 4, None)
    assert (lacking.complete, lacking.receipts, lacking.failure) == (False, 0, failed)


def test_a_limit_holds_for_all_that_a_worker_sends() -> None:
    here, clock = scene("paced", [65_536, 65_536, 65_536]), Clock()
    bucket = TokenBucket(65_536, clock.read, clock.sleep)
    plan = planned_to(here, "dst_one", limited=True)
    assert ship(plan, here.sealed, "dst_one", WHOLE_SHARD, replace(here.dock(), pace=lambda: bucket)) == "done"
    assert clock.now - 100 == pytest.approx(2.0)


class Probed:
    """A destination of which only the probe is asked for."""

    def __init__(self, last: ProbeStep) -> None:
        self.last, self.closed = last, False

    def probe(self) -> Iterator[ProbeStep]:
        yield ProbeStep("resolve", True, "found")
        yield self.last

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("step", "raised"),
    [
        (ProbeStep("delete", True, "gone"), None),
        (ProbeStep("connect", False, "No answer.", "Open the port."), TransientError),
        (ProbeStep("write", False, "Not allowed.", "Let the user write."), ConfigurationError),
    ],
)
def test_a_package_without_files_proves_its_destinations(step: ProbeStep, raised: type[Exception] | None) -> None:
    there, probed = scene("probed", []), Probed(step)
    dock = replace(there.dock(), dial=lambda: probed)  # type: ignore[arg-type, return-value]
    nothing = there.sealed.model_copy(update={"files": ()})
    assert nothing.work(there.plan)["cargo"] == [{"destination_id": "dst_one", "shard": PROBE_SHARD}]
    if raised is None:
        assert ship(there.plan, nothing, "dst_one", PROBE_SHARD, dock) == "done"
        assert there.log.mended_ones == ["dst_one"]
    else:
        with pytest.raises(raised, match=step.advice):
            ship(there.plan, nothing, "dst_one", PROBE_SHARD, dock)
    assert probed.closed


def test_files_that_lie_in_one_staged_object_are_sent_by_themselves() -> None:
    here = scene("ranges", [70_000, 5])
    here.stage.put("joined", b"before" + b"\x00" * 70_000 + b"\x01" * 5 + b"after")
    starts = (6, 70_006)
    moved = [f.model_copy(update={"key": "joined", "start": starts[n]}) for n, f in enumerate(here.sealed.files[:2])]
    here.sealed = here.sealed.model_copy(update={"files": (*moved, *here.sealed.files[2:])})
    assert here.ship(0) == "done"
    assert list(memory.BOXES["ranges"].files.values()) == [b"\x00" * 70_000, b"\x01" * 5]
