"""A notice: one message to one receiver about one occasion; the attempts at it, and by what it goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.occasion import Occasion
from waybill.core.ports import Page

KEPT = timedelta(days=30)
"""How long attempts can be looked at."""


class Mail(BaseModel):
    """One mail, its templates not yet filled."""

    model_config = ConfigDict(frozen=True)

    address: str
    subject: str
    message: str


class Notice(BaseModel):
    """`receiver` is the subscription's id, or the rule's; `zone` the rule's. `mail` is None for a webhook: where that goes is
    read when it is sent. `logged`: what becomes of a rule's own mail is noted in its run's log.
    """

    model_config = ConfigDict(frozen=True)

    occasion: Occasion
    receiver: str
    zone: str = "UTC"
    logged: bool = False
    mail: Mail | None = None

    @property
    def id(self) -> str:
        """The same however often the occasion was told."""
        parts = (self.occasion.tenant, self.occasion.kind, self.occasion.id, self.receiver, self.to)
        return f"msg_{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"

    @property
    def to(self) -> str:
        """The mail's address; empty for a webhook."""
        return self.mail.address if self.mail else ""


class Result(StrEnum):
    DELIVERED = "delivered"
    RETRIED = "retried"
    GIVEN_UP = "given_up"


class Attempt(BaseModel):
    """One attempt at a notice. `status` is the HTTP status of a webhook's answer; `next_at` when the next attempt follows."""

    model_config = ConfigDict(frozen=True)

    notice_id: str
    event: str
    run_id: str
    to: str
    number: int
    at: datetime
    result: Result
    status: int | None
    message: str
    next_at: datetime | None


class Attempts(Protocol):
    """What became of notices, for `KEPT`."""

    def note(self, tenant: str, receiver: str, attempt: Attempt) -> None: ...

    def delivered(self, tenant: str, receiver: str, notice_id: str) -> bool:
        """Whether an attempt at it was noted as delivered."""

    def page(self, tenant: str, receiver: str, cursor: str, limit: int) -> Page[Attempt]:
        """The newest first."""


class Outbox(Protocol):
    def put(self, notices: Sequence[Notice]) -> None:
        """Let each be sent, soon and by itself. Raises TransientError where one was not taken; others may have been."""


class Mails(Protocol):
    def send(self, to: str, subject: str, text: str, notice_id: str) -> None:
        """A mail in plain text; `subject` is one line. Raises TransientError, and PermanentError where another attempt would
        be in vain.
        """


class Webhooks(Protocol):
    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The answer's HTTP status, within half a minute. Follows no redirect. Raises TransientError where there was no answer,
        ConfigurationError where the address may not be dialled or is not who it says.
        """
