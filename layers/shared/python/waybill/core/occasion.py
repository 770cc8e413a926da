"""What happened that somebody may want to be told: as it goes over the bus, and as the receivers of webhooks get it.

Ids and sentences, never settings or secrets. Each has an `id` of its own, the same however often it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from waybill.core.errors import PermanentError


class EventKind(StrEnum):
    RUN_SUCCESS = "run.success"
    RUN_PARTIAL = "run.partial"
    RUN_FAILURE = "run.failure"
    RUN_CANCELLED = "run.cancelled"
    RULE_PAUSED = "rule.paused"
    DESTINATION_EXPIRES = "destination.expires"
    HOLE_FOUND = "hole.found"


TEST = "test"
"""The kind of what is sent to try a subscription."""


class Detail(BaseModel):
    """What every event of ours has. `at` is when it happened."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: str
    tenant: str


class RunEnded(Detail):
    """An attempt of a run is over. `next_attempt_at`: the next one follows by itself. Times are in UTC."""

    rule_id: str
    rule_name: str
    run_id: str
    attempt: int
    state: str
    trigger: str
    window_start: str
    window_end: str
    rows: int
    bytes: int
    files: int
    rejects: int
    destinations: tuple[str, ...]
    message: str
    next_attempt_at: str | None = None


class RulePaused(Detail):
    """`run_id` is the last of the runs that failed."""

    rule_id: str
    rule_name: str
    run_id: str
    because: str


class DestinationExpires(Detail):
    """Its credentials end soon, or ended lately."""

    destination_id: str
    destination_name: str
    kind: str
    expires_at: str
    message: str


class HoleFound(Detail):
    """`kind` is the hole's (docs/api.md)."""

    rule_id: str
    rule_name: str
    kind: str
    window_start: str
    window_end: str
    run_ids: tuple[str, ...]
    message: str


RUN_ENDED = ("waybill.runs", "Run ended")
RULE_PAUSED = ("waybill.rules", "Rule paused")
DESTINATION_EXPIRES = ("waybill.audit", "Destination expires")
HOLE_FOUND = ("waybill.audit", "Hole found")
"""Source and detail type of our events on the account's default bus."""

_DETAILS: Mapping[str, type[Detail]] = {
    RUN_ENDED[1]: RunEnded,
    RULE_PAUSED[1]: RulePaused,
    DESTINATION_EXPIRES[1]: DestinationExpires,
    HOLE_FOUND[1]: HoleFound,
}


class Occasion(BaseModel):
    """One event, as those who want to know are told of it. `data` is its detail, as JSON has it."""

    model_config = ConfigDict(frozen=True)

    kind: str
    id: str
    at: str
    tenant: str
    data: dict[str, Any]

    @property
    def rule_id(self) -> str:
        """Empty for what is about no rule."""
        return str(self.data.get("rule_id", ""))

    @property
    def run_id(self) -> str:
        return str(self.data.get("run_id", ""))


def occasion_of(event: Mapping[str, Any]) -> Occasion | None:
    """What an event of the bus says; None where nobody is to be told: the run goes on by itself.

    Raises PermanentError for an event that is none of ours.
    """
    form = _DETAILS.get(str(event.get("detail-type")))
    try:
        detail = form.model_validate(event.get("detail")) if form else None
    except ValidationError:
        detail = None
    if detail is None:
        raise PermanentError("The event is none that anybody is told of.", "Look at what sends it.")
    if isinstance(detail, RunEnded):
        if detail.next_attempt_at is not None:
            return None
        kind = EventKind(f"run.{detail.state}")
    else:
        kind = _KINDS[type(detail)]
    data = detail.model_dump(mode="json", exclude={"id", "at", "next_attempt_at"})
    return Occasion(kind=kind.value, id=detail.id, at=detail.at, tenant=detail.tenant, data=data)


_KINDS: Mapping[type[Detail], EventKind] = {
    RulePaused: EventKind.RULE_PAUSED,
    DestinationExpires: EventKind.DESTINATION_EXPIRES,
    HoleFound: EventKind.HOLE_FOUND,
}
