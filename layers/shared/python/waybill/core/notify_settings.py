"""Who is told by mail, and with which words: of a rule, and of a subscription."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from waybill.core.mail import is_address
from waybill.core.notify_text import (
    DEFAULT_MESSAGE,
    DEFAULT_SUBJECT,
    LONGEST_MESSAGE,
    LONGEST_SUBJECT,
    checked_message,
    checked_subject,
)
from waybill.core.occasion import EventKind

MOST_ADDRESSES = 20


def _address(given: str) -> str:
    if not is_address(given):
        raise ValueError("is no mail address; write it alone, as anna@example.com")
    return given


def _each_once(given: tuple[str, ...]) -> tuple[str, ...]:
    if len({one.casefold() for one in given}) != len(given):
        raise ValueError("an address is named twice; name each once")
    return given


Address = Annotated[str, AfterValidator(_address)]
Addresses = Annotated[tuple[Address, ...], Field(min_length=1, max_length=MOST_ADDRESSES), AfterValidator(_each_once)]
Subject = Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT), AfterValidator(checked_subject)]
Message = Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE), AfterValidator(checked_message)]


class MailWords(BaseModel):
    """Each address gets a mail of its own. `subject` and `message` may hold placeholders (`core/notify_text.py`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    addresses: Addresses
    subject: Subject = DEFAULT_SUBJECT
    message: Message = DEFAULT_MESSAGE


class NotifyOn(StrEnum):
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    PAUSED = "paused"

    @property
    def event(self) -> EventKind:
        return EventKind.RULE_PAUSED if self is NotifyOn.PAUSED else EventKind(f"run.{self.value}")


class Notify(MailWords):
    """Mails of a rule, after each of its runs. `on` leaves out those of other outcomes."""

    on: Annotated[tuple[NotifyOn, ...], Field(min_length=1, max_length=len(NotifyOn))] = tuple(NotifyOn)

    def wants(self, kind: str) -> bool:
        return any(one.event == kind for one in self.on)
