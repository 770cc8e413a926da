"""The lake objects table: registrations, with numbers that are published one after another, found by number and by day.

A registration is one transaction: the dataset's counter moves from n to n+1, the object is put under n+1, a marker of its
key and content is put if absent, and for each UTC day that its events touch an entry is put that leads to it (one entry
`wide` where there are too many days). Two writers that read the same n cannot both succeed, so n+1 is visible before
anyone can take n+2. A replacement is one transaction too, over the count of replacements in place of the counter.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from waybill.aws.tables.item import Item, bind, found, read_instant, written
from waybill.aws.tables.refusals import busy, contended, failed_condition, tables
from waybill.core.errors import NotFound
from waybill.core.lake_keys import Listed
from waybill.core.lake_object import LakeObject
from waybill.core.window import Window

_ATTEMPTS = 12
_COUNTER, _MERGES = "counter", "merges"
_MOST_DAYS = 31
"""A transaction takes 100 items, and every day's entry costs a write."""
_BATCH = 100
_END = "~"
"""Sorts after every digit and `#`."""


class LakeObjectItem(Item):
    dataset = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    sequence = NumberAttribute()
    body = UnicodeAttribute(null=True)
    first_event = UnicodeAttribute(null=True)
    last_event = UnicodeAttribute(null=True)
    last_replaced = NumberAttribute(null=True)


class LakeObjectsTable:
    def __init__(self, table: str, region: str) -> None:
        bind(LakeObjectItem, table, region)
        self._connection = Connection(region=region)

    def register(self, tenant: str, dataset: str, found: LakeObject) -> LakeObject:
        owner, listed = f"{tenant}#{dataset}", Listed(found.key, found.etag, found.size)
        for attempt in range(_ATTEMPTS):
            known = self.known(tenant, dataset, [listed])
            if known:
                return known[listed]
            number = self.newest(tenant, dataset) + 1
            numbered = found.model_copy(update={"sequence": number})
            items = [
                LakeObjectItem(owner, _object(number), sequence=number, body=numbered.model_dump_json()),
                LakeObjectItem(owner, _marker(listed), sequence=number),
                *_day_entries(owner, numbered),
            ]
            if self._published(owner, _COUNTER, number, items):
                return numbered
            time.sleep(random.uniform(0, 0.02 * 2 ** min(attempt, 6)))  # noqa: S311 - spreads writers, keeps no secret
        raise busy("registering a lake object")

    def known(self, tenant: str, dataset: str, listed: Sequence[Listed]) -> Mapping[Listed, LakeObject]:
        owner = f"{tenant}#{dataset}"
        numbers = {item.entry: int(item.sequence) for item in self._items(owner, [_marker(one) for one in listed])}
        objects = {one.sequence: one for one in self._objects(owner, [_object(n) for n in sorted(numbers.values())])}
        return {one: objects[numbers[_marker(one)]] for one in listed if _marker(one) in numbers}

    def newest(self, tenant: str, dataset: str) -> int:
        return self._count(f"{tenant}#{dataset}", _COUNTER)

    def get(self, tenant: str, dataset: str, sequence: int) -> LakeObject:
        for one in self._objects(f"{tenant}#{dataset}", [_object(sequence)]):
            return one
        raise NotFound(f"The dataset {dataset} has no lake object of number {sequence}.")

    def since(self, tenant: str, dataset: str, after: int, upto: int) -> Iterator[LakeObject]:
        for item in self._range(f"{tenant}#{dataset}", _object(after + 1), _object(upto)):
            yield LakeObject.model_validate_json(item.body)

    def between(
        self, tenant: str, dataset: str, window: Window, after: int, upto: int, *, replaced: bool = False
    ) -> Iterator[LakeObject]:
        owner = f"{tenant}#{dataset}"
        plain, merged = self._touching(owner, window, after, upto)
        if replaced:
            yield from self._objects(owner, [_object(number) for number in sorted(plain)])
            return
        gone: set[int] = set()
        for one in self._objects(owner, [_merged(last) for last in merged.values()]):
            gone.update(one.replaces)
        entries = {number: _object(number) for number in plain - gone}
        entries |= {number: _merged(last) for number, last in merged.items()}
        yield from self._objects(owner, [entries[number] for number in sorted(entries)])

    def merges(self, tenant: str, dataset: str) -> int:
        return self._count(f"{tenant}#{dataset}", _MERGES)

    def replacements(self, tenant: str, dataset: str, after: int) -> Iterator[LakeObject]:
        for item in self._range(f"{tenant}#{dataset}", _merged(after + 1), "merged#" + _END):
            yield LakeObject.model_validate_json(item.body)

    def replace(self, tenant: str, dataset: str, merged: LakeObject, merges: int) -> bool:
        owner = f"{tenant}#{dataset}"
        body = LakeObjectItem(
            owner, _merged(max(merged.replaces)), sequence=merged.sequence, body=merged.model_dump_json()
        )
        return self._published(owner, _MERGES, merges + 1, [body, *_day_entries(owner, merged)])

    def _touching(self, owner: str, window: Window, after: int, upto: int) -> tuple[set[int], dict[int, int]]:
        """Numbers of the objects that may hold events of the window, and of the replacements that stand wholly in
        `(after, upto]`: each with the highest number that it replaces, by which it is kept.
        """
        first, last = window.start.date(), (window.end - timedelta(microseconds=1)).date()
        spans = (
            (f"day#{first.isoformat()}", f"day#{last.isoformat()}#{_END}"),
            (f"wide#{after + 1:012d}", f"wide#{upto:012d}#{_END}"),
        )
        plain: set[int] = set()
        merged: dict[int, int] = {}
        for low, high in spans:
            for item in self._range(owner, low, high):
                number, highest = int(item.sequence), int(item.last_replaced or item.sequence)
                within = after < number and highest <= upto
                if within and window.overlaps(read_instant(item.first_event), read_instant(item.last_event)):
                    if item.last_replaced:
                        merged[number] = highest
                    else:
                        plain.add(number)
        return plain, merged

    def _count(self, owner: str, entry: str) -> int:
        item = found(LakeObjectItem, owner, entry, "reading a dataset's counter")
        return int(item.sequence) if item else 0

    def _range(self, owner: str, low: str, high: str) -> Iterator[LakeObjectItem]:
        if low > high:
            return
        with tables("listing lake objects"):
            yield from LakeObjectItem.query(owner, LakeObjectItem.entry.between(low, high), consistent_read=True)

    def _items(self, owner: str, entries: Sequence[str]) -> Iterator[LakeObjectItem]:
        """Those of the entries that there are, in their order."""
        for start in range(0, len(entries), _BATCH):
            batch = list(dict.fromkeys(entries[start : start + _BATCH]))
            with tables("reading lake objects"):
                keys = [(owner, entry) for entry in batch]
                found = {item.entry: item for item in LakeObjectItem.batch_get(keys, consistent_read=True)}
            yield from (found[entry] for entry in batch if entry in found)

    def _objects(self, owner: str, entries: Sequence[str]) -> Iterator[LakeObject]:
        for item in self._items(owner, entries):
            yield LakeObject.model_validate_json(item.body)

    def _published(self, owner: str, counter: str, number: int, items: Sequence[LakeObjectItem]) -> bool:
        """Put the items and move the counter on to `number`, all or nothing; False where another writer was first."""
        absent = LakeObjectItem.entry.does_not_exist()
        before = absent if number == 1 else LakeObjectItem.sequence == number - 1
        with tables("registering a lake object"):
            try:
                with TransactWrite(connection=self._connection) as transaction:
                    transaction.save(LakeObjectItem(owner, counter, sequence=number), condition=before)
                    for item in items:
                        transaction.save(item, condition=absent)
            except TransactWriteError as error:
                if failed_condition(error) or contended(error):
                    return False
                raise
        return True


def _day_entries(owner: str, one: LakeObject) -> list[LakeObjectItem]:
    """What leads from the days of the object's events to it; nothing where it has no instant."""
    if one.first_event is None or one.last_event is None:
        return []
    ending = f"{one.sequence:012d}" + ("#merged" if one.replaces else "")
    first, last = one.first_event.astimezone(UTC).date(), one.last_event.astimezone(UTC).date()
    days = (last - first).days + 1
    wide = days > _MOST_DAYS
    names = [f"wide#{ending}"] if wide else [f"day#{_after(first, n).isoformat()}#{ending}" for n in range(days)]
    return [
        LakeObjectItem(
            owner,
            name,
            sequence=one.sequence,
            first_event=written(one.first_event),
            last_event=written(one.last_event),
            last_replaced=max(one.replaces) if one.replaces else None,
        )
        for name in names
    ]


def _after(first: date, days: int) -> date:
    return first + timedelta(days=days)


def _object(sequence: int) -> str:
    return f"object#{sequence:012d}"


def _merged(highest: int) -> str:
    """A replacement is kept by the highest number that it replaces; no other one replaces it too."""
    return f"merged#{highest:012d}"


def _marker(one: Listed) -> str:
    return "key#" + hashlib.sha256(f"{one.key}\0{one.etag}\0{one.size}".encode()).hexdigest()
