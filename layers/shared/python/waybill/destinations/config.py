"""What the settings of all kinds have in common."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_CONNECTIONS = 8
SINGLE_DOTS = {".", ".."}


class Limits(BaseModel):
    """How hard one run may use a destination. What is not given is not limited."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    bytes_per_second: int | None = Field(
        None, ge=64 * 1024, description="The mean rate in bytes a second, 65536 or more; a part goes in one burst."
    )
    connections: int | None = Field(
        None, ge=1, le=MOST_CONNECTIONS, description="How many connections or channels carry one file at once."
    )


class DestinationConfig(BaseModel):
    """Settings of a destination. Never printed with their values where these are wrong: one may be a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    limits: Limits | None = Field(
        None, description="How hard one run may use the destination; empty: as hard as helps."
    )

    def connections(self, most: int) -> int:
        """How many of so many connections may be open at once."""
        return min(most, (self.limits and self.limits.connections) or most)

    @property
    def place(self) -> str:
        """Names where files go, without telling it: two configs with the same place put a file at the same spot."""
        return hashlib.sha256("\n".join([type(self).__module__, *self._place()]).encode()).hexdigest()[:16]

    def _place(self) -> tuple[str, ...]:
        """What of the settings says where files go. No secret."""
        return ()

    @property
    def expires_at(self) -> datetime | None:
        """When the credentials end, as far as they say so themselves."""
        return None


def _prefix(value: str) -> str:
    steps = [step for step in value.split("/") if step]
    if any(step in SINGLE_DOTS or not step.isprintable() for step in steps):
        raise ValueError("must be a plain path such as exports/daily, without . or .. steps or control characters")
    return "/".join(steps)


Prefix = Annotated[str, AfterValidator(_prefix)]
"""A folder below the destination's root, stored without slashes at its ends; empty for the root itself."""


def joined(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name
