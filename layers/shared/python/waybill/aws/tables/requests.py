"""The requests table: what the API remembers of callers for a while. Each item ends by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from waybill.aws.tables.item import Item, bind, changed, saved
from waybill.aws.tables.refusals import busy, tables
from waybill.core.once import KEPT, UNDER_WAY, EarlierRequest, GivenAnswer
from waybill.core.rate import Rate

_TRIES = 4
_BUCKET_KEPT_MS = 3_600_000


class RequestItem(Item):
    """Either a bucket of requests (`full_at`), or a request that is done once; `expires_at` is in seconds since 1970."""

    request = UnicodeAttribute(hash_key=True)
    expires_at = NumberAttribute()
    full_at = NumberAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)
    status = NumberAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)


_NEW = RequestItem.request.does_not_exist()


class RatesTable:
    """One item a subject: when its bucket is full again, in milliseconds."""

    def __init__(self, table: str, region: str) -> None:
        bind(RequestItem, table, region)

    def take(self, subject: str, rate: Rate, now: int) -> int:
        key = f"rate#{subject}"
        full_at = RequestItem.full_at
        ends = RequestItem.expires_at.set((now + rate.room + _BUCKET_KEPT_MS) // 1000)
        from_full: tuple[list[Action], Condition] = ([full_at.set(now + rate.cost), ends], _NEW | (full_at <= now))
        from_less: tuple[list[Action], Condition] = (
            [full_at.set(full_at + rate.cost), ends],
            (full_at > now) & (full_at <= now + rate.room - rate.cost),
        )
        for _ in range(_TRIES):
            if any(changed(RequestItem(key), *taken, "counting requests") for taken in (from_full, from_less)):
                return 0
            with tables("counting requests"):
                try:
                    kept = int(RequestItem.get(key, consistent_read=True).full_at)
                except DoesNotExist:
                    continue
            if seconds := rate.wait(kept, now):
                return seconds
        return 1


class AnswersTable:
    def __init__(self, table: str, region: str) -> None:
        bind(RequestItem, table, region)

    def begin(self, key: str, fingerprint: str, now: datetime) -> EarlierRequest | None:
        moment = int(now.timestamp())
        ended = RequestItem.expires_at <= moment
        for _ in range(_TRIES):
            if saved(_item(key, fingerprint, now, UNDER_WAY), _NEW | ended, "noting a request"):
                return None
            with tables("noting a request"):
                try:
                    item = RequestItem.get(_once(key), consistent_read=True)
                except DoesNotExist:
                    continue
            if int(item.expires_at) > moment:
                return EarlierRequest(item.fingerprint or "", _answer(item))
        raise busy("noting a request")

    def keep(self, key: str, fingerprint: str, answer: GivenAnswer, now: datetime) -> None:
        item = _item(key, fingerprint, now, KEPT)
        item.status, item.kind, item.body = answer.status, answer.kind, answer.body
        with tables("keeping an answer"):
            item.save()

    def forget(self, key: str) -> None:
        with tables("forgetting a request"):
            RequestItem(_once(key)).delete()


def _once(key: str) -> str:
    return f"once#{key}"


def _item(key: str, fingerprint: str, now: datetime, lasts: timedelta) -> RequestItem:
    return RequestItem(_once(key), fingerprint=fingerprint, expires_at=int((now + lasts).timestamp()))


def _answer(item: RequestItem) -> GivenAnswer | None:
    return None if item.status is None else GivenAnswer(int(item.status), item.kind or "", item.body)
