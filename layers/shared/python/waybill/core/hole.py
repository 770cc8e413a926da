"""Holes: what the audit finds of a rule that should not be so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from waybill.core.window import Window


class HoleKind(StrEnum):
    """`missing`: a passed part of the rule's time has no run. `overlap`: two runs cover the same instant. `strange`: a run's
    bounds are not the schedule's. `unclaimed`: a window is due and nothing runs it. `stalled`: a run does not start, or does
    not end. `failed`: a window was not delivered to all destinations, and nothing followed.
    """

    MISSING = "missing"
    OVERLAP = "overlap"
    STRANGE = "strange"
    UNCLAIMED = "unclaimed"
    STALLED = "stalled"
    FAILED = "failed"


@dataclass(frozen=True)
class Hole:
    """One finding. It is the same one as another with its tenant, rule, kind and window's start."""

    tenant: str
    rule_id: str
    kind: HoleKind
    window: Window
    run_ids: tuple[str, ...]
    message: str

    @property
    def identity(self) -> tuple[str, str, datetime, HoleKind]:
        return self.tenant, self.rule_id, self.window.start, self.kind


@dataclass(frozen=True)
class KeptHole:
    """A hole as it is kept; `cured_at` is when an audit found it no more."""

    hole: Hole
    first_seen: datetime
    last_seen: datetime
    cured_at: datetime | None = None
