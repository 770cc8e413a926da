"""Delivering a sealed package: some of its files to one destination, the manifest last, each proven by a receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from waybill.core.deliver import Destination, Origin, OutgoingFile, Paused, ResumePoint, Source, send
from waybill.core.errors import ConfigurationError, TransientError
from waybill.core.layout import below
from waybill.core.manifest import PackagedFile
from waybill.core.pace import UNHURRIED, Pace
from waybill.core.plan import Plan, run_key
from waybill.core.ports import RunLog
from waybill.core.run import DestinationOutcome, Failure, RunKey
from waybill.core.seal import MANIFEST_SHARD, PROBE_SHARD, Sealed

Status = Literal["done", "paused", "withheld"]


class StageBytes(Protocol):
    def read_range(self, key: str, offset: int, length: int) -> bytes: ...


class LakeBytes(Protocol):
    def read_range(self, key: str, version: str, offset: int, length: int) -> bytes: ...


@dataclass(frozen=True)
class Dock:
    """What a shipment needs. `dial` connects to the destination, once, when there is something to send. `place` is where that
    is: a receipt from another place proves nothing here.

    `pace` is how fast it may be sent to. `held` asks whether the run is still in this attempt's hands; `hold_manifest` does
    too, and from then on until this worker is gone nobody can cancel the run.
    """

    log: RunLog
    stage: StageBytes
    lake: LakeBytes
    dial: Callable[[], Destination]
    out_of_time: Callable[[], bool]
    now: Callable[[], datetime]
    held: Callable[[], bool]
    hold_manifest: Callable[[], bool]
    place: str = ""
    pace: Callable[[], Pace] = lambda: UNHURRIED


def ship(plan: Plan, sealed: Sealed, destination_id: str, shard: int, dock: Dock) -> Status:
    """Send the shard's files that have no receipt yet, in their order; of the probe's shard, test the destination.

    `paused`: stopped at a resume point, call again. `withheld`: it is the manifest's turn, but another file has no receipt (a
    manifest never arrives before what it lists); or the run is in this attempt's hands no more, and nothing further is sent.
    A destination that was moved to another place during the run gets every file again, so that nobody finds half a package.
    Idempotent. Raises what the destination raises.
    """
    key = run_key(plan)
    places = {
        number: receipt.get("place", "")
        for (owner, number), receipt in dock.log.receipts(key).items()
        if owner == destination_id
    }
    arrived = {number for number, place in places.items() if place == dock.place}
    if shard == PROBE_SHARD:
        _prove(dock)
        dock.log.mended(key, destination_id)
        return "done"
    if shard == MANIFEST_SHARD and not arrived.issuperset(sealed.cargo):
        if set(places).issuperset(sealed.cargo):
            raise TransientError(
                "The destination was moved while its files were on their way.",
                "Waybill sends all of them to the new place by itself.",
            )
        return "withheld"
    waiting = [n for n in sealed.numbers(shard, plan) if n not in arrived]
    if not waiting:
        return "done"
    held = dock.hold_manifest if shard == MANIFEST_SHARD else dock.held
    if not held():
        return "withheld"
    destination, pace = dock.dial(), dock.pace()
    try:
        for number in waiting:
            if not held():
                return "withheld"
            entry = _Entry(key, destination_id, number, dock)
            if _ship_one(plan, sealed.files[number], entry, destination, pace):
                return "paused"
    finally:
        destination.close()
    return "done"


def _prove(dock: Dock) -> None:
    """Raises what the probe's last step says, unless it went well."""
    destination = dock.dial()
    try:
        last = list(destination.probe())[-1]
    finally:
        destination.close()
    if not last.ok:
        passing = last.step in ("resolve", "connect")
        raise (TransientError if passing else ConfigurationError)(last.message, last.advice)


def _ship_one(plan: Plan, file: PackagedFile, entry: _Entry, destination: Destination, pace: Pace) -> bool:
    """Whether it stopped at a resume point."""
    outgoing = OutgoingFile(
        name=below(plan.folder, file.name),
        size=file.size,
        sha256=file.sha256,
        token=token(plan, entry.number),
        media_type=file.media_type,
        run=plan.run_id,
        origin=Origin(file.where, file.key, file.version, file.start),
    )
    answer = send(
        destination,
        outgoing,
        _source(file, entry.dock),
        entry,
        entry.must_stop,
        progress=entry.sent,
        pace=pace,
    )
    if isinstance(answer, Paused):
        entry.sent(answer.sent)
        return True
    dock = entry.dock
    dock.log.received(entry.key, entry.destination_id, entry.number, answer, dock.now(), dock.place)
    return False


def token(plan: Plan, number: int) -> str:
    """A name for temporary objects: the same for every attempt, no two runs' or files' alike."""
    return hashlib.sha256(f"{plan.tenant}/{plan.run_id}/{number}".encode()).hexdigest()[:24]


@dataclass
class _Entry:
    """The log's entries of one file at one destination; a `Ledger`. At each resume point it asks whether to go on."""

    key: RunKey
    destination_id: str
    number: int
    dock: Dock
    held: bool = True

    def must_stop(self) -> bool:
        return not self.held or self.dock.out_of_time()

    def load(self) -> ResumePoint | None:
        return self.dock.log.resume_point(self.key, self.destination_id, self.number)

    def save(self, point: ResumePoint) -> None:
        self.dock.log.save_resume_point(self.key, self.destination_id, self.number, point)
        self.held = self.dock.held()

    def sent(self, sent: int) -> None:
        self.dock.log.sent(self.key, self.destination_id, self.number, sent)


@dataclass(frozen=True)
class _Staged:
    stage: StageBytes
    key: str
    start: int

    def read(self, offset: int, length: int) -> bytes:
        return self.stage.read_range(self.key, self.start + offset, length)


@dataclass(frozen=True)
class _InLake:
    lake: LakeBytes
    key: str
    version: str

    def read(self, offset: int, length: int) -> bytes:
        return self.lake.read_range(self.key, self.version, offset, length)


def _source(file: PackagedFile, dock: Dock) -> Source:
    if file.where == "lake":
        return _InLake(dock.lake, file.key, file.version)
    return _Staged(dock.stage, file.key, file.start)


def destination_outcomes(
    plan: Plan, sealed: Sealed, receipts: Mapping[tuple[str, int], Mapping[str, Any]], failures: Mapping[str, Failure]
) -> Sequence[DestinationOutcome]:
    """What each destination has proof of."""
    return [
        DestinationOutcome(
            name=planned.name,
            files=len(sealed.files),
            receipts=sum(1 for owner, _ in receipts if owner == planned.destination_id),
            failure=failures.get(planned.destination_id),
        )
        for planned in plan.destinations
    ]
