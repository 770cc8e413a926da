"""What a tenant sets for journals: conversations as mails."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

LONGEST_STEP = 140
"""Characters that a mail's name adds to its file's."""


class Per(StrEnum):
    """`channel`: each conversation once, whoever takes part; `user`: once for each who takes part, addressed to them."""

    CHANNEL = "channel"
    USER = "user"


class JournalSettings(BaseModel):
    """The rows of each conversation are delivered as mails in place of a data file. `most_bytes`: a conversation that is larger
    as a mail comes as several, numbered ones; a row alone may have more. Attachments of more than half of it come beside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    per: Per = Per.CHANNEL
    most_bytes: int = Field(default=10_000_000, ge=100_000, le=25_000_000)
