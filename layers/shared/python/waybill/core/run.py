"""Runs: one rule over one window; their identity, their states, and what a finished one amounts to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from waybill.core.errors import PermanentError
from waybill.core.plural import many
from waybill.core.window import Window

_RUN_ID = re.compile(r"^(rul_[a-z0-9]{16})\.(\d{8}T\d{6}Z)\.([1-9]\d{0,5})$")


class RunState(StrEnum):
    SCHEDULED = "scheduled"
    ONGOING = "ongoing"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILURE = "failure"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self not in {RunState.SCHEDULED, RunState.ONGOING}

    @property
    def came_to_nothing(self) -> bool:
        """Ended, and nothing that it delivered counts."""
        return self in {RunState.FAILURE, RunState.CANCELLED}


class Trigger(StrEnum):
    """Which door the run came in by."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    EVENT = "event"
    ARRIVAL = "arrival"
    LATE = "late"
    BACKFILL = "backfill"


class SequenceRange(BaseModel):
    """`(after, upto]`: which registered objects a run has considered."""

    model_config = ConfigDict(frozen=True)

    after: int
    upto: int


@dataclass(frozen=True)
class RunKey:
    """One run: (rule, window's start, generation). `generation` is 1 for a window's first run."""

    tenant: str
    rule_id: str
    window_start: datetime
    generation: int

    @property
    def run_id(self) -> str:
        """`rul_....20261120T000000Z.1`: says all of the key but the tenant."""
        return f"{self.rule_id}.{self.window_start.astimezone(UTC):%Y%m%dT%H%M%SZ}.{self.generation}"


def parse_run_id(tenant: str, run_id: str) -> RunKey | None:
    """The key of the tenant's run of that id; None where it is no run id."""
    found = _RUN_ID.match(run_id)
    if not found:
        return None
    try:
        start = datetime.fromisoformat(found.group(2))
    except ValueError:
        return None
    return RunKey(tenant, found.group(1), start, int(found.group(3)))


def known_key(tenant: str, run_id: str) -> RunKey:
    """The key that a step of a run was given. Raises PermanentError where it is none: only the platform starts steps."""
    key = parse_run_id(tenant, run_id)
    if key is None:
        raise PermanentError(f"{run_id!r} is no run id.", "An operator must look at what started this run.")
    return key


@dataclass(frozen=True)
class Run:
    """A run as it is kept. `epoch` counts attempts: every write of a run's state names the epoch it belongs to.

    `sequences` says of each dataset which registered objects it considered; None until it is planned, but that a run of a rule
    that runs by arrival is claimed with them. One that `amends`
    delivers late rows of its window alone; `carried_by` is the run that delivers them with its own, and `epoch` then that
    run's attempt. `backfill` is the id of the backfill that it belongs to, empty for none. `minimal_log`: see `LogKept`.
    """

    key: RunKey
    window: Window
    state: RunState
    trigger: Trigger
    epoch: int
    scheduled_for: datetime
    created_at: datetime
    rule_name: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    rows: int | None = None
    bytes: int | None = None
    files: int | None = None
    rejects: int | None = None
    estimated_bytes: int | None = None
    parts: int | None = None
    message: str = ""
    tzdata: str = ""
    sequences: Mapping[str, SequenceRange] | None = None
    amends: bool = False
    carried_by: str = ""
    backfill: str = ""
    minimal_log: bool = False

    @property
    def tiles(self) -> bool:
        """Whether it moved its rule on, or records what the rule left out: the windows of these tile the rule's time."""
        return self.key.generation == 1 and not self.amends and self.trigger is not Trigger.BACKFILL

    def held_by(self, epoch: int) -> bool:
        """Whether that attempt may go on with the run: it has not ended, and no later attempt has it."""
        return self.epoch == epoch and not self.state.ended


def execution_name(key: RunKey, epoch: int) -> str:
    """The name of a run's execution: at most 80 of [A-Za-z0-9-_], the same for the same run and attempt."""
    digest = hashlib.sha256(f"{key.tenant}/{key.run_id}".encode()).hexdigest()[:32]
    return f"{key.window_start.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest}-g{key.generation}-e{epoch}"


NO_TOTALS: Mapping[str, int] = {"rows": 0, "bytes": 0, "files": 0, "rejects": 0}
"""Of a run that sealed nothing."""


@dataclass(frozen=True)
class Failure:
    """Why something failed, as a sentence; `tenants`: only the tenant can mend it; `passing`: it may be gone after a while."""

    message: str
    tenants: bool = False
    passing: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a run ended; `message` is for the person who reads its log. `tenants`: it failed, and only the tenant can mend it;
    `passing`: what is missing may succeed after a while.
    """

    state: RunState
    message: str
    tenants: bool = False
    passing: bool = False


@dataclass(frozen=True)
class DestinationOutcome:
    """One destination's part: `receipts` of `files`, and what it said where it failed."""

    name: str
    files: int
    receipts: int
    failure: Failure | None = None

    @property
    def complete(self) -> bool:
        return self.receipts == self.files


def outcome_of(destinations: Sequence[DestinationOutcome]) -> Outcome:
    """`success` only where every destination has a receipt for every file, the manifest's included."""
    missing = [d for d in destinations if not d.complete]
    if not missing:
        return Outcome(RunState.SUCCESS, f"Delivered to {_names(destinations)}.")
    failures = [
        d.failure
        or Failure(f"There is no receipt for {d.files - d.receipts} of {many(d.files, 'file')}; run the rule again.")
        for d in missing
    ]
    said = " ".join(f"{d.name}: {failure.message}" for d, failure in zip(missing, failures, strict=True))
    passing = all(f.passing for f in failures)
    if len(missing) == len(destinations):
        return Outcome(RunState.FAILURE, said, all(f.tenants for f in failures), passing)
    complete = [d for d in destinations if d.complete]
    return Outcome(RunState.PARTIAL, f"Delivered to {_names(complete)}, but not to all. {said}", passing=passing)


def _names(destinations: Iterable[DestinationOutcome]) -> str:
    return ", ".join(d.name for d in destinations)


def failure_of(error: Any) -> Failure | None:
    """What a state machine's caught error says, `{"Error": name, "Cause": JSON or text}`; None for no error."""
    if not isinstance(error, dict) or not error:
        return None
    cause = str(error.get("Cause", ""))
    try:
        parsed = json.loads(cause)
    except ValueError:
        parsed = {}
    said = str(parsed.get("errorMessage", "")) if isinstance(parsed, dict) else ""
    name = str(error.get("Error", ""))
    if name in {"TransientError", "PermanentError", "ConfigurationError"} and said:
        return Failure(said, tenants=name == "ConfigurationError", passing=name == "TransientError")
    return Failure(
        f"A step ended unexpectedly ({name or 'unknown error'}) and its retries did too. Run the rule again; if it fails again,"
        " give the operator this run's id.",
        passing=name.startswith(("Lambda.", "States.", "Sandbox.")) or name == "Runtime.ExitError",
    )
