"""The subscriptions table. How a subscription fares lies beside its body, so that noting it is no change of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from waybill.aws.tables.item import Item, bind, changed, found, read_instant, saved, written
from waybill.aws.tables.paging import page_of, page_size, unpack_cursor
from waybill.aws.tables.refusals import tables
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page
from waybill.core.subscription import Subscription


class SubscriptionItem(Item):
    """What lies beside `body` says how it fares, and is there only while it does."""

    tenant = UnicodeAttribute(hash_key=True)
    subscription_id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    failing_since = UnicodeAttribute(null=True)
    disabled_at = UnicodeAttribute(null=True)
    because = UnicodeAttribute(null=True)


class SubscriptionsTable:
    def __init__(self, table: str, region: str) -> None:
        bind(SubscriptionItem, table, region)

    def add(self, subscription: Subscription) -> None:
        if not saved(_item(subscription), SubscriptionItem.subscription_id.does_not_exist(), "saving a subscription"):
            raise Conflict(f"The subscription {subscription.subscription_id} exists.", "Use another id.")

    def get(self, tenant: str, subscription_id: str) -> Subscription:
        item = found(SubscriptionItem, tenant, subscription_id, "reading a subscription")
        if item is None:
            raise NotFound(f"There is no subscription {subscription_id}.", "See GET /subscriptions.")
        return _subscription(item)

    def all(self, tenant: str) -> Iterator[Subscription]:
        with tables("listing subscriptions"):
            for item in SubscriptionItem.query(tenant, consistent_read=True):
                yield _subscription(item)

    def page(self, tenant: str, cursor: str, limit: int) -> Page[Subscription]:
        start = unpack_cursor(cursor, tenant=tenant)
        with tables("listing subscriptions"):
            those = SubscriptionItem.query(
                tenant, page_size=page_size(limit, None), last_evaluated_key=start, consistent_read=True
            )
            there = ((item, _subscription(item)) for item in those)
            return page_of(there, None, limit, lambda i: {"tenant": i.tenant, "subscription_id": i.subscription_id})

    def replace(self, before: Subscription, subscription: Subscription) -> None:
        if not saved(_item(subscription), SubscriptionItem.body == before.model_dump_json(), "saving a subscription"):
            said = "The subscription changed or was deleted since it was read."
            raise Conflict(said, "Read it again and repeat the change.")

    def remove(self, tenant: str, subscription_id: str) -> None:
        with tables("deleting a subscription"):
            SubscriptionItem(tenant, subscription_id).delete()

    def recovered(self, subscription: Subscription) -> None:
        _noted(subscription, [SubscriptionItem.failing_since.remove(), SubscriptionItem.because.remove()], _ENABLED)

    def fails(self, subscription: Subscription, now: datetime, because: str) -> None:
        since = SubscriptionItem.failing_since
        _noted(subscription, [since.set(since | written(now)), SubscriptionItem.because.set(because)], _ENABLED)

    def disable(self, subscription: Subscription, now: datetime, because: str) -> None:
        as_read = SubscriptionItem.body == subscription.model_dump_json()
        disabled: list[Action] = [
            SubscriptionItem.disabled_at.set(written(now)),
            SubscriptionItem.because.set(because),
        ]
        _noted(subscription, disabled, as_read & _ENABLED)


_ENABLED: Condition = SubscriptionItem.body.exists() & SubscriptionItem.disabled_at.does_not_exist()


def _noted(subscription: Subscription, actions: list[Action], condition: Condition) -> None:
    item = SubscriptionItem(subscription.tenant, subscription.subscription_id)
    changed(item, actions, condition, "noting how a subscription fares")


def _item(subscription: Subscription) -> SubscriptionItem:
    return SubscriptionItem(subscription.tenant, subscription.subscription_id, body=subscription.model_dump_json())


def _subscription(item: SubscriptionItem) -> Subscription:
    kept = Subscription.model_validate_json(item.body)
    fares = {
        "failing_since": read_instant(item.failing_since) if item.failing_since else None,
        "disabled_at": read_instant(item.disabled_at) if item.disabled_at else None,
        "because": item.because or "",
    }
    return kept.model_copy(update=fares)
