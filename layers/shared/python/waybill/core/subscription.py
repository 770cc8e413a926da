"""Subscriptions: who of a tenant is told of what, by mail or by a signed webhook, whatever the rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from waybill.core.notify_settings import MailWords
from waybill.core.occasion import EventKind, Occasion
from waybill.core.ports import Page
from waybill.core.webhook_url import WebhookUrl

MOST = 50
"""Subscriptions of one tenant: each event is held against all of them."""
DISABLED_AFTER = timedelta(days=5)
"""So long nothing but failures."""


class SubscriptionState(StrEnum):
    """`failing`: the last notice was given up after a day of attempts; others are sent all the same. `disabled`: nothing is
    sent until somebody changes it.
    """

    ACTIVE = "active"
    FAILING = "failing"
    DISABLED = "disabled"


class WebhookTarget(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["webhook"]
    url: WebhookUrl


class MailTarget(MailWords):
    kind: Literal["mail"]


Target = Annotated[WebhookTarget | MailTarget, Field(discriminator="kind")]
EventKinds = Annotated[tuple[EventKind, ...], Field(min_length=1, max_length=len(EventKind))]
RuleIds = Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]


class Subscription(BaseModel):
    """`rules` narrows the events that are about a rule; None is all. `secret_ref` names the webhook's secret, `previous_ref`
    the one that signs beside it until `previous_until`. `failing_since`, `disabled_at` and `because` say how it fares.
    """

    model_config = ConfigDict(frozen=True)

    tenant: str
    subscription_id: str
    name: str
    events: EventKinds
    rules: RuleIds | None
    target: Target
    secret_ref: str = ""
    previous_ref: str = ""
    previous_until: datetime | None = None
    created_at: datetime
    updated_at: datetime
    created_by: str
    failing_since: datetime | None = Field(default=None, exclude=True)
    disabled_at: datetime | None = Field(default=None, exclude=True)
    because: str = Field(default="", exclude=True)

    @property
    def state(self) -> SubscriptionState:
        if self.disabled_at is not None:
            return SubscriptionState.DISABLED
        return SubscriptionState.FAILING if self.failing_since is not None else SubscriptionState.ACTIVE

    def wants(self, occasion: Occasion) -> bool:
        """Whether it is told of that."""
        about_its_rules = self.rules is None or not occasion.rule_id or occasion.rule_id in self.rules
        return self.disabled_at is None and occasion.kind in self.events and about_its_rules

    def signs_with(self, now: datetime) -> list[str]:
        """References to the secrets that sign now, the newest first."""
        overlaps = self.previous_until is not None and now < self.previous_until
        return [self.secret_ref, *([self.previous_ref] if overlaps else [])]


class Subscriptions(Protocol):
    def add(self, subscription: Subscription) -> None:
        """Raises Conflict where the id is taken."""

    def get(self, tenant: str, subscription_id: str) -> Subscription:
        """In its latest state. Raises NotFound."""

    def all(self, tenant: str) -> Iterator[Subscription]:
        """In their latest state."""

    def page(self, tenant: str, cursor: str, limit: int) -> Page[Subscription]:
        """By id."""

    def replace(self, before: Subscription, subscription: Subscription) -> None:
        """In the place of `before`, active again. Raises Conflict where its settings or secrets are not as before."""

    def remove(self, tenant: str, subscription_id: str) -> None:
        """Idempotent."""

    def recovered(self, subscription: Subscription) -> None:
        """It does not fail any more. Does nothing where it is gone or disabled."""

    def fails(self, subscription: Subscription, now: datetime, because: str) -> None:
        """It fails, for that reason; since when is noted the first time. Does nothing where it is gone or disabled."""

    def disable(self, subscription: Subscription, now: datetime, because: str) -> None:
        """Does nothing where it is gone, and where it was changed since it was read."""
