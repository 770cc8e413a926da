"""What the core and the functions ask of the world. Adapters in `aws/` keep these promises; tests bring their own.

All methods raise TransientError where AWS does not answer in time and PermanentError where it refuses for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from waybill.core.access import AccessKey
from waybill.core.catalog import Dataset
from waybill.core.deliver import ProbeStep, Receipt, ResumePoint
from waybill.core.destination import Approval
from waybill.core.drift import Columns
from waybill.core.hole import Hole, KeptHole
from waybill.core.lake_keys import Listed
from waybill.core.lake_object import LakeObject
from waybill.core.rule import Rule, RuleRef
from waybill.core.run import Failure, Outcome, Run, RunKey, SequenceRange
from waybill.core.window import Window

if TYPE_CHECKING:
    from waybill.core.backfill import Backfill
    from waybill.core.folder_access import Folder, FolderKey, NewKey

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Page(Generic[T_co]):
    """A page of a list and where the next one starts: an opaque cursor, empty on the last page."""

    items: Sequence[T_co]
    cursor: str = ""


class Rules(Protocol):
    def add(self, rule: Rule) -> None:
        """Raises Conflict where the id is taken."""

    def get(self, tenant: str, rule_id: str) -> Rule:
        """Reads the latest state. Raises NotFound."""

    def find(self, rule_id: str) -> Rule:
        """The rule of that id, whosever it is: for the platform's own triggers alone. Raises NotFound."""

    def page(self, tenant: str, cursor: str, limit: int, keep: Callable[[Rule], bool] | None = None) -> Page[Rule]:
        """A tenant's rules by id, those that are to be kept. Raises InvalidInput for a cursor that is not ours."""

    def every(self, cursor: str, limit: int) -> Page[Rule]:
        """All tenants' rules in their latest state, one tenant's after another's: for the platform's own use alone."""

    def replace(self, rule: Rule, version: int) -> None:
        """Raises Conflict unless the kept rule has that version still; NotFound where it is gone."""

    def remove(self, tenant: str, rule_id: str) -> None:
        """Idempotent. Its runs and their log stay."""

    @property
    def shards(self) -> int:
        """Over how many shards the rules are spread that have a `next_run`."""

    def due(self, upto: datetime, shard: int, limit: int | None = None) -> Sequence[RuleRef]:
        """A shard's rules whose `next_run` is not after `upto`, over all tenants, longest due first, at most `limit`. May lag
        behind by seconds, and a rule may have moved since: only a claim decides.
        """

    def all(self, refs: Sequence[RuleRef]) -> Iterator[Rule]:
        """The rules that are there still, as they are now, in any order. At most 100."""

    def listening(self, tenant: str, dataset: str) -> Iterator[Rule]:
        """A tenant's active rules that wait for events of that dataset."""

    def arriving(self, tenant: str, dataset: str) -> Iterator[Rule]:
        """A tenant's active rules that run as objects of that dataset arrive. Costs one small read where there are none. May
        lag behind by seconds.
        """

    def look_at(self, rule: Rule, at: datetime) -> None:
        """Let the rule be due at that time, where it is still active, whatever else changed. It is no change of the rule."""

    def delivered(
        self, tenant: str, rule_id: str, manifest_sha256: str, size: int, columns: Mapping[str, Columns] | None
    ) -> None:
        """Note the newest delivered manifest, for the next one to name, how many bytes its run had, and its columns, where
        they are the window's and not an amendment's. Does nothing where the rule is gone.
        """

    def failed(self, tenant: str, rule_id: str) -> int:
        """Count a run that failed for the tenant's own reasons; returns how many did in a row, 0 where the rule is gone."""

    def recovered(self, tenant: str, rule_id: str) -> None:
        """A run did not fail: the count starts anew. Does nothing where the rule is gone."""

    def late_checked(self, rule: Rule, checked: Mapping[str, int]) -> None:
        """Note up to which registered object of each dataset late rows were looked for. `rule` was read before anybody looked:
        does nothing where rows became owed again since (they are looked for once more), or where the rule is gone.
        """

    def late_owed(self, tenant: str, rule_id: str, after: Mapping[str, int]) -> None:
        """Late rows of objects above these numbers of each dataset must be looked for again, whoever looks at this moment.
        Does nothing where the rule is gone.
        """


class Runs(Protocol):
    def claim(self, rule: Rule, run: Run, moved: Rule) -> bool:
        """In one transaction: add the run, and move the rule on to the cursor, due time and newest run of `moved`, if the rule
        still has its version and cursor.

        False where another claim was first; nothing changed then.
        """

    def add(self, run: Run) -> None:
        """A run that moves no rule on (run-now of a window that had its turn). Raises Conflict where the key is taken."""

    def get(self, key: RunKey) -> Run:
        """Raises NotFound."""

    def of_rule(
        self,
        tenant: str,
        rule_id: str,
        cursor: str,
        limit: int,
        keep: Callable[[Run], bool] | None = None,
        *,
        oldest_first: bool = False,
    ) -> Page[Run]:
        """Newest window first, or the oldest one; those that are to be kept."""

    def before(self, tenant: str, rule_id: str, moment: datetime | None) -> Iterator[Run]:
        """The latest state of the rule's runs whose window starts before `moment`, or of all for None; newest window and
        generation first. Reads no further than it is asked.
        """

    def of_tenant(
        self,
        tenant: str,
        cursor: str,
        limit: int,
        keep: Callable[[Run], bool] | None = None,
        *,
        oldest_first: bool = False,
    ) -> Page[Run]:
        """Latest created first, or the earliest; those that are to be kept. May lag behind by a second."""

    def waiting(self, before: datetime) -> Iterator[Run]:
        """Runs that were claimed before that instant and have not started, and those that have not ended although their attempt
        should have by then. May lag behind by a second.
        """

    def of_window(self, tenant: str, rule_id: str, window_start: datetime) -> Sequence[Run]:
        """Every run whose window starts there, newest generation first."""

    def newest_generation(self, tenant: str, rule_id: str, window_start: datetime) -> int:
        """0 where the window has no run."""

    def begin(
        self,
        key: RunKey,
        epoch: int,
        now: datetime,
        parts: int,
        estimated_bytes: int,
        sequences: Mapping[str, SequenceRange],
        lasts: timedelta,
    ) -> None:
        """Scheduled (or ongoing, on a retry of the step) to ongoing, with what it has considered of each dataset, and how long
        the attempt is waited for. Raises
        Conflict for another epoch or an ended run.
        """

    def end(self, key: RunKey, epoch: int, now: datetime, outcome: Outcome, totals: Mapping[str, int]) -> bool:
        """To its outcome; `totals`: rows, bytes, files, rejects. False where it had ended, or for another epoch."""

    def hold_manifest(self, key: RunKey, epoch: int, until: datetime) -> bool:
        """From now to `until` the run cannot be cancelled: its manifest is on its way. False where it had ended, or for
        another epoch.
        """

    def cancel(self, key: RunKey, epoch: int, now: datetime, message: str) -> bool:
        """Scheduled or ongoing to cancelled. False where it had ended, for another epoch, and while its manifest is held."""

    def retry(self, key: RunKey, epoch: int, at: datetime) -> Run:
        """From an end other than success to scheduled, as the next epoch, with nothing of the last attempt's outcome. Raises
        Conflict for another epoch or state.
        """


class Backfills(Protocol):
    def add(self, backfill: Backfill) -> None:
        """Raises Conflict where the rule has one of that id: somebody made one at the same moment."""

    def get(self, tenant: str, rule_id: str, backfill_id: str) -> Backfill:
        """Raises NotFound."""

    def page(self, tenant: str, rule_id: str, cursor: str, limit: int) -> Page[Backfill]:
        """Of one rule, newest first."""

    def active(self) -> Iterator[Backfill]:
        """Of all tenants; may lag behind by seconds, and one may have moved since: only `move` decides."""

    def move(self, backfill: Backfill, moved: Backfill, run: Run | None = None) -> bool:
        """In one transaction: add the run, where there is one, and leave `moved` in place of `backfill`, if the kept one still
        has its version. False where somebody else was first; nothing changed then.
        """


@dataclass(frozen=True)
class Progress:
    """How far a run is: sums over the log's entries, so that a retried step counts once."""

    parts_done: int
    rows: int
    packaged_bytes: int
    files_delivered: int
    delivered_bytes: int


class RunLog(Protocol):
    """What happened in a run. Every write replaces the entry of the same name, so that a retry leaves no second one."""

    def note(self, key: RunKey, now: datetime, step: str, message: str) -> None: ...

    def notes(self, key: RunKey) -> Sequence[Mapping[str, str]]:
        """`{"time", "step", "message"}`, oldest first."""

    def part_done(self, key: RunKey, part: int, rows: int, size: int) -> None: ...

    def sent(self, key: RunKey, destination_id: str, file: int, sent: int) -> None: ...

    def received(
        self, key: RunKey, destination_id: str, file: int, receipt: Receipt, now: datetime, place: str = ""
    ) -> None:
        """`place` is the destination's (`SavedDestination`) at that time."""

    def receipts(self, key: RunKey) -> Mapping[tuple[str, int], Mapping[str, Any]]:
        """By destination and file number; each `{"name", "size", "checksum", "version", "compared", "time", "place"}`."""

    def failed(self, key: RunKey, destination_id: str, failure: Failure) -> None:
        """Why a destination did not take its files; the last one counts, and only while receipts are missing."""

    def mended(self, key: RunKey, destination_id: str) -> None:
        """What the destination said before counts no more."""

    def failures(self, key: RunKey) -> Mapping[str, Failure]:
        """By destination."""

    def progress(self, key: RunKey) -> Progress: ...

    def resume_point(self, key: RunKey, destination_id: str, file: int) -> ResumePoint | None: ...

    def save_resume_point(self, key: RunKey, destination_id: str, file: int, point: ResumePoint) -> None: ...


@dataclass(frozen=True)
class SavedDestination:
    """A destination as it is kept. `settings` hold no secret; `secret_ref` names the one that does. `external_id` is the
    platform's own making, for a tenant's role to ask for; empty where there is no role. `limited_to` says which users and
    groups may deliver to it (`Sharing`); None is everybody.

    `version` grows with each change of name, settings or credentials. `place` names where its files go: what was delivered to
    another place is not there. `expires_at` is when its credentials end, as far as they say it themselves. `host_keys` are
    those that were ever confirmed, the newest last.
    """

    tenant: str
    destination_id: str
    name: str
    kind: str
    settings: Mapping[str, Any]
    secret_ref: str
    usable: bool
    probe: Sequence[ProbeStep]
    probed_at: datetime
    created_at: datetime
    created_by: str
    external_id: str = ""
    version: int = 1
    place: str = ""
    expires_at: datetime | None = None
    host_keys: Sequence[Approval] = ()
    limited_to: Mapping[str, Any] | None = None


class Destinations(Protocol):
    def add(self, destination: SavedDestination) -> None:
        """A new one."""

    def replace(self, destination: SavedDestination, version: int) -> None:
        """Raises Conflict unless the kept one is there and has that version still."""

    def get(self, tenant: str, destination_id: str) -> SavedDestination:
        """Raises NotFound."""

    def find(self, tenant: str, destination_id: str) -> SavedDestination | None: ...

    def page(
        self, tenant: str, cursor: str, limit: int, keep: Callable[[SavedDestination], bool] | None = None
    ) -> Page[SavedDestination]:
        """By id, those that are to be kept."""

    def every(self, cursor: str, limit: int) -> Page[SavedDestination]:
        """All tenants' destinations: for the platform's own use alone."""

    def remove(self, tenant: str, destination_id: str) -> None: ...

    def claim_notice(self, destination: SavedDestination, day: str) -> bool:
        """Take it upon oneself to tell of it on that day (`YYYY-MM-DD`). False where somebody did so, or where it is gone."""

    def return_notice(self, destination: SavedDestination, day: str) -> None:
        """Nobody was told on that day after all."""


class AccessKeys(Protocol):
    def get(self, key_id: str) -> AccessKey | None: ...

    def add(self, key: AccessKey, now: datetime) -> None: ...

    def page(self, tenant: str, cursor: str, limit: int) -> Page[AccessKey]:
        """A tenant's keys, the oldest first. May lag behind by a second."""

    def remove(self, tenant: str, key_id: str) -> None:
        """Raises NotFound where the tenant has none of that id."""


class LakeObjects(Protocol):
    """Registered lake objects. Nothing that is registered ever changes or goes away."""

    def register(self, tenant: str, dataset: str, found: LakeObject) -> LakeObject:
        """Give the object its sequence number. Idempotent by key, etag and size: a second call returns the first's.

        Numbers of a tenant's dataset become visible one after another, never a higher one before a lower.
        """

    def known(self, tenant: str, dataset: str, listed: Sequence[Listed]) -> Mapping[Listed, LakeObject]:
        """Those of `listed` that are registered."""

    def newest(self, tenant: str, dataset: str) -> int:
        """The highest sequence number, 0 for none."""

    def get(self, tenant: str, dataset: str, sequence: int) -> LakeObject:
        """The object of that number. Raises NotFound."""

    def since(self, tenant: str, dataset: str, after: int, upto: int) -> Iterator[LakeObject]:
        """All that were registered with a number in `(after, upto]`, in order; never a replacement."""

    def between(
        self, tenant: str, dataset: str, window: Window, after: int, upto: int, *, replaced: bool = False
    ) -> Iterator[LakeObject]:
        """Objects with a number in `(after, upto]` that may hold events of the window, in order of `sequence`.

        A replacement comes in place of the objects that it replaces where all of their numbers lie in `(after, upto]`, else
        they come themselves: each row comes once. With `replaced` they always do. Objects without any instant are in no
        window. Reads the registrations of the window's days alone, and those of objects that span more than a month.
        """

    def merges(self, tenant: str, dataset: str) -> int:
        """How many replacements the dataset has. Read it before what a merge is chosen from."""

    def replacements(self, tenant: str, dataset: str, after: int) -> Iterator[LakeObject]:
        """Replacements of which some replaced number lies above `after`."""

    def replace(self, tenant: str, dataset: str, merged: LakeObject, merges: int) -> bool:
        """Let `merged` stand for the objects that it `replaces`; its sequence is the lowest of their numbers.

        In one step, and only where the dataset still has `merges` replacements: False, and nothing changed, otherwise.
        """


class Holes(Protocol):
    """What the audit found, once each by rule, window and kind."""

    def note(self, hole: Hole, now: datetime) -> None:
        """Keep the hole, or mark it as seen again; one that was cured is open again. Idempotent."""

    def open_of_rule(self, tenant: str, rule_id: str) -> Sequence[KeptHole]: ...

    def page(self, tenant: str, cursor: str, limit: int) -> Page[KeptHole]:
        """A tenant's open holes, by rule and window. Raises InvalidInput for a cursor that is not ours."""

    def unseen(self, since: datetime) -> Iterator[KeptHole]:
        """All tenants' open holes that were last seen before `since`."""

    def cure(self, hole: KeptHole, now: datetime) -> None:
        """Close it; nothing changes where it was seen again meanwhile."""


class Events(Protocol):
    """What others may listen to, on one event bus. An event may come twice."""

    def send(self, source: str, kind: str, details: Sequence[Mapping[str, Any]]) -> None:
        """One event each. Raises TransientError where one was not taken; others may have been."""


class Bookmarks(Protocol):
    """Where something that goes through the whole lake stopped. Losing one costs time alone."""

    def read(self, name: str) -> str:
        """Empty for none."""

    def save(self, name: str, place: str) -> None: ...


class Datasets(Protocol):
    """Datasets that a tenant's operator added beside the catalogue's own."""

    def add(self, tenant: str, dataset: Dataset, now: datetime) -> None:
        """Raises Conflict where the tenant has one of that name."""

    def replace(self, tenant: str, dataset: Dataset, now: datetime) -> None:
        """Raises NotFound where the tenant has none of that name."""

    def find(self, tenant: str, name: str) -> Dataset | None: ...

    def all(self, tenant: str) -> Sequence[Dataset]: ...

    def remove(self, tenant: str, name: str) -> None:
        """Idempotent. What lies in the lake stays."""


class Secrets(Protocol):
    def create(self, tenant: str, name: str, value: Mapping[str, str]) -> str:
        """Keep a secret; returns its reference."""

    def read(self, reference: str) -> Mapping[str, str]:
        """Raises ConfigurationError where it was deleted."""

    def remove(self, reference: str) -> None:
        """Idempotent."""


class FolderKeys(Protocol):
    """The access keys of hosted folders. At most two a folder exist; a folder's holder is made with its first key."""

    def of(self, folder: Folder) -> Sequence[FolderKey]:
        """Oldest first."""

    def make(self, folder: Folder, made_by: str) -> NewKey:
        """A new key to read the folder and nothing else."""

    def let_end(self, folder: Folder, key: FolderKey, ends_at: datetime) -> None:
        """Note when the key shall end; `end` ends it."""

    def end(self, folder: Folder, access_key_id: str) -> None:
        """The key opens nothing any more, within seconds. Idempotent."""

    def remove(self, folder: Folder) -> None:
        """All keys and their holder. Idempotent."""


class Alarm(Protocol):
    def at(self, moment: datetime, name: str, event: Mapping[str, Any]) -> None:
        """Send the event at that moment, or up to some minutes later; once by name."""


class Signer(Protocol):
    def sign(self, message: bytes) -> bytes:
        """ECDSA over P-256 with SHA-256, as the 64 bytes r || s of JWS's ES256 (RFC 7518, 3.4)."""

    @property
    def key_id(self) -> str: ...


class DispatchQueue(Protocol):
    def share(self, time: datetime, shards: Sequence[int]) -> None:
        """Let what is due by that time be dispatched, each shard in an invocation of its own, soon. It may happen twice, or not
        at all: then the next heartbeat does it.
        """


class Workflow(Protocol):
    def fan_out(self, batch: str) -> None:
        """Start the runs that are listed in the staged object of that key. Idempotent by the key."""

    def start(self, run: Run, large: bool) -> None:
        """Start one run. Idempotent by run and epoch."""

    def stop(self, run: Run) -> None:
        """Ask the run's execution to stop, where it is one that can be. What a step has in hand goes on to the step's end."""
