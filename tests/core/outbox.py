"""What telling somebody touches, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from waybill.core.errors import Conflict, NotFound, WaybillError
from waybill.core.notice import Attempt, Notice, Result
from waybill.core.ports import Page
from waybill.core.subscription import Subscription


class MemorySubscriptions:
    def __init__(self, *kept: Subscription) -> None:
        self.kept = {(one.tenant, one.subscription_id): one for one in kept}

    def add(self, subscription: Subscription) -> None:
        self.kept[subscription.tenant, subscription.subscription_id] = subscription

    def get(self, tenant: str, subscription_id: str) -> Subscription:
        try:
            return self.kept[tenant, subscription_id]
        except KeyError:
            raise NotFound("There is no such subscription.") from None

    def all(self, tenant: str) -> Iterator[Subscription]:
        return iter([one for (owner, _), one in sorted(self.kept.items()) if owner == tenant])

    def page(self, tenant: str, cursor: str, limit: int) -> Page[Subscription]:
        return Page(list(self.all(tenant)))

    def replace(self, before: Subscription, subscription: Subscription) -> None:
        if self.get(before.tenant, before.subscription_id).model_dump() != before.model_dump():
            raise Conflict("It changed.")
        self.add(subscription)

    def remove(self, tenant: str, subscription_id: str) -> None:
        self.kept.pop((tenant, subscription_id), None)

    def recovered(self, subscription: Subscription) -> None:
        self._note(subscription, failing_since=None, because="")

    def fails(self, subscription: Subscription, now: datetime, because: str) -> None:
        self._note(subscription, failing_since=subscription.failing_since or now, because=because)

    def disable(self, subscription: Subscription, now: datetime, because: str) -> None:
        self._note(subscription, disabled_at=now, because=because)

    def _note(self, subscription: Subscription, **fares: object) -> None:
        kept = self.get(subscription.tenant, subscription.subscription_id)
        if kept.disabled_at is None:
            self.add(kept.model_copy(update=fares))


class MemoryAttempts:
    def __init__(self) -> None:
        self.noted: list[Attempt] = []

    def note(self, tenant: str, receiver: str, attempt: Attempt) -> None:
        self.noted.append(attempt)

    def delivered(self, tenant: str, receiver: str, notice_id: str) -> bool:
        return any(one.notice_id == notice_id and one.result is Result.DELIVERED for one in self.noted)

    def page(self, tenant: str, receiver: str, cursor: str, limit: int) -> Page[Attempt]:
        return Page(self.noted[::-1])


class MemoryOutbox:
    def __init__(self) -> None:
        self.put_in: list[Notice] = []

    def put(self, notices: Sequence[Notice]) -> None:
        self.put_in += notices


@dataclass
class MemoryMails:
    """`fails` is raised by the next mails, one each."""

    sent: list[tuple[str, str, str, str]] = field(default_factory=list)
    fails: list[WaybillError] = field(default_factory=list)

    def send(self, to: str, subject: str, text: str, notice_id: str) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((to, subject, text, notice_id))


@dataclass
class MemoryWebhooks:
    """Answers are taken from `answers`, in order, then 200; an error is raised."""

    posted: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[int | WaybillError] = field(default_factory=list)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.posted.append((url, headers, body))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, WaybillError):
            raise answer
        return answer
