"""What every table's items are, how one is read, and how one is written under a condition.

Instants are kept as ISO 8601 text in UTC with microseconds, so that text order is time order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from waybill.aws.tables.refusals import failed_condition, tables

LONGEST_KEY = 1_024
"""In bytes, of a sort key."""


class Item(Model):
    """Each kind of item has a `Meta` of its own, since each may lie in another table; `bind` fills it."""

    class Meta:
        table_name = ""
        region = ""

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        cls.Meta = type("Meta", (cls.Meta,), {})  # type: ignore[misc, assignment]


ItemT = TypeVar("ItemT", bound=Item)


def bind(kind: type[Item], table: str, region: str) -> None:
    """Give a kind of item its table, which only the environment knows."""
    kind.Meta.table_name = table
    kind.Meta.region = region


def found(kind: type[ItemT], hash_key: str, range_key: str, doing: str) -> ItemT | None:
    """The item in its latest state; None also where no item can have that key: callers give us any text, and DynamoDB calls a
    sort key that is empty or longer than 1,024 bytes an error.
    """
    if not 0 < len(range_key.encode(errors="replace")) <= LONGEST_KEY:
        return None
    with tables(doing):
        try:
            return kind.get(hash_key, range_key, consistent_read=True)
        except DoesNotExist:
            return None


def saved(item: Item, condition: Condition, doing: str) -> bool:
    """Whether what lay at the item's key was as the condition says; the item lies there then, and nothing changed otherwise."""
    with tables(doing):
        try:
            item.save(condition)
        except PutError as error:
            if failed_condition(error):
                return False
            raise
    return True


def changed(item: Item, actions: list[Action], condition: Condition, doing: str) -> bool:
    """Whether the item was as the condition says; it is changed then, in the table and here, and nothing changed otherwise."""
    with tables(doing):
        try:
            item.update(actions, condition)
        except UpdateError as error:
            if failed_condition(error):
                return False
            raise
    return True


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read_instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
