"""The tables' items, as pynamodb models, and what all tables need alike.

Instants are kept as ISO 8601 text in UTC with microseconds, so that text order is time order.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PynamoDBException
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection
from pynamodb.models import Model

from waybill.aws.failures import translate
from waybill.core.errors import FieldError, InvalidInput, PermanentError, TransientError
from waybill.core.ports import Page

DUE_SHARDS = 48
"""Over how many keys the sparse indexes spread: one key of an index takes 1,000 writes a second."""
ItemT = TypeVar("ItemT", bound=Model)
T = TypeVar("T")
LOOKED_AT = 2_000
"""Items that one page of a filtered list looks at."""
LONGEST_KEY = 1_024
"""In bytes, of a sort key."""
_NO_UNITS = {"ThrottlingError", "ProvisionedThroughputExceeded"}


class _RulesDue(GlobalSecondaryIndex["RuleItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    next_run = UnicodeAttribute(range_key=True)


class _RulesById(GlobalSecondaryIndex["RuleItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_id"
        projection = KeysOnlyProjection()

    rule_id = UnicodeAttribute(hash_key=True)


class _RulesByArrival(GlobalSecondaryIndex["RuleItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_arrival"
        projection = KeysOnlyProjection()

    arrives_for = UnicodeAttribute(hash_key=True)


class RuleItem(Model):
    """`arrives_for` is the tenant of an active rule that runs as objects arrive, and is there for no other."""

    class Meta:
        table_name = ""
        region = ""

    tenant = UnicodeAttribute(hash_key=True)
    rule_id = UnicodeAttribute(range_key=True)
    settings = UnicodeAttribute()
    state = UnicodeAttribute()
    begins = UnicodeAttribute()
    schedule_since = UnicodeAttribute()
    cursor = UnicodeAttribute()
    version = NumberAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    created_by = UnicodeAttribute()
    password_ref = UnicodeAttribute(default="")
    last_manifest = UnicodeAttribute(null=True)
    last_bytes = NumberAttribute(null=True)
    last_columns = UnicodeAttribute(null=True)
    late_checked = UnicodeAttribute(null=True)
    newest_run = UnicodeAttribute(default="")
    failures = NumberAttribute(default=0)
    paused_because = UnicodeAttribute(default="")
    late_owed = NumberAttribute(null=True)
    arrived = UnicodeAttribute(null=True)
    arrives_for = UnicodeAttribute(null=True)
    next_run = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due = _RulesDue()
    by_arrival = _RulesByArrival()
    by_id = _RulesById()


class _RunsOfTenant(GlobalSecondaryIndex["RunItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_tenant"
        projection = KeysOnlyProjection()

    tenant = UnicodeAttribute(hash_key=True)
    created_at = UnicodeAttribute(range_key=True)


class _RunsWaiting(GlobalSecondaryIndex["RunItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "waiting"
        projection = KeysOnlyProjection()

    waiting_shard = UnicodeAttribute(hash_key=True)
    watched_from = UnicodeAttribute(range_key=True)


class _RunsByEnd(GlobalSecondaryIndex["RunItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_ended_day"
        projection = IncludeProjection(["state", "rows", "bytes", "files"])

    ended_day = UnicodeAttribute(hash_key=True)
    finished_at = UnicodeAttribute(range_key=True)


class RunItem(Model):
    class Meta:
        table_name = ""
        region = ""

    rule = UnicodeAttribute(hash_key=True)
    window = UnicodeAttribute(range_key=True)
    tenant = UnicodeAttribute()
    rule_id = UnicodeAttribute()
    rule_name = UnicodeAttribute(default="")
    window_start = UnicodeAttribute()
    window_end = UnicodeAttribute()
    generation = NumberAttribute()
    state = UnicodeAttribute()
    trigger = UnicodeAttribute()
    epoch = NumberAttribute()
    scheduled_for = UnicodeAttribute()
    created_at = UnicodeAttribute()
    started_at = UnicodeAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)
    rows = NumberAttribute(null=True)
    bytes = NumberAttribute(null=True)
    files = NumberAttribute(null=True)
    rejects = NumberAttribute(null=True)
    parts = NumberAttribute(null=True)
    estimated_bytes = NumberAttribute(null=True)
    message = UnicodeAttribute(default="")
    tzdata = UnicodeAttribute(default="")
    waiting_shard = UnicodeAttribute(null=True)
    watched_from = UnicodeAttribute(null=True)
    sequences = UnicodeAttribute(null=True)
    amends = BooleanAttribute(default=False)
    carried_by = UnicodeAttribute(default="")
    backfill = UnicodeAttribute(default="")
    minimal_log = BooleanAttribute(default=False)
    manifest_until = UnicodeAttribute(null=True)
    ended_day = UnicodeAttribute(null=True)
    by_ended_day = _RunsByEnd()
    by_tenant = _RunsOfTenant()
    waiting = _RunsWaiting()


class _BackfillsActive(GlobalSecondaryIndex["BackfillItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "active"
        projection = KeysOnlyProjection()

    active = UnicodeAttribute(hash_key=True)
    rule = UnicodeAttribute(range_key=True)


class BackfillItem(Model):
    """`body` is what never changes; `active` is there while the backfill is."""

    class Meta:
        table_name = ""
        region = ""

    rule = UnicodeAttribute(hash_key=True)
    backfill_id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    state = UnicodeAttribute()
    message = UnicodeAttribute(default="")
    taken = NumberAttribute()
    left_out = NumberAttribute()
    running = UnicodeAttribute()
    version = NumberAttribute()
    ended_at = UnicodeAttribute(null=True)
    active = UnicodeAttribute(null=True)
    by_active = _BackfillsActive()


class RunLogItem(Model):
    class Meta:
        table_name = ""
        region = ""

    run = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class HoleItem(Model):
    class Meta:
        table_name = ""
        region = ""

    tenant = UnicodeAttribute(hash_key=True)
    hole = UnicodeAttribute(range_key=True)
    rule_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    window_start = UnicodeAttribute()
    window_end = UnicodeAttribute()
    run_ids = UnicodeAttribute(default="")
    message = UnicodeAttribute()
    first_seen = UnicodeAttribute()
    last_seen = UnicodeAttribute()
    cured_at = UnicodeAttribute(null=True)


class DestinationItem(Model):
    class Meta:
        table_name = ""
        region = ""

    tenant = UnicodeAttribute(hash_key=True)
    destination_id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    version = NumberAttribute(null=True)
    noticed_on = UnicodeAttribute(null=True)


class CertificateItem(Model):
    class Meta:
        table_name = ""
        region = ""

    tenant = UnicodeAttribute(hash_key=True)
    sha256 = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class DatasetItem(Model):
    class Meta:
        table_name = ""
        region = ""

    tenant = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class LakeObjectItem(Model):
    class Meta:
        table_name = ""
        region = ""

    dataset = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    sequence = NumberAttribute()
    body = UnicodeAttribute(null=True)
    first_event = UnicodeAttribute(null=True)
    last_event = UnicodeAttribute(null=True)
    last_replaced = NumberAttribute(null=True)


class BookmarkItem(Model):
    """Lies in the table of lake objects; no tenant's dataset is called as its key is."""

    class Meta:
        table_name = ""
        region = ""

    dataset = UnicodeAttribute(hash_key=True, default="bookmarks")
    entry = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute(default="")


class AuditItem(Model):
    class Meta:
        table_name = ""
        region = ""

    tenant = UnicodeAttribute(hash_key=True)
    number = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class TemplateItem(Model):
    class Meta:
        table_name = ""
        region = ""

    tenant = UnicodeAttribute(hash_key=True)
    template_id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class SubscriptionItem(Model):
    """What lies beside `body` says how it fares, and is there only while it does."""

    class Meta:
        table_name = ""
        region = ""

    tenant = UnicodeAttribute(hash_key=True)
    subscription_id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    failing_since = UnicodeAttribute(null=True)
    disabled_at = UnicodeAttribute(null=True)
    because = UnicodeAttribute(null=True)


class AttemptItem(Model):
    """`expires_at` is in seconds since 1970."""

    class Meta:
        table_name = ""
        region = ""

    receiver = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()


class RequestItem(Model):
    """Either a bucket of requests (`full_at`), or a request that is done once; `expires_at` is in seconds since 1970."""

    class Meta:
        table_name = ""
        region = ""

    request = UnicodeAttribute(hash_key=True)
    expires_at = NumberAttribute()
    full_at = NumberAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)
    status = NumberAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)


class _KeysOfTenant(GlobalSecondaryIndex["AccessItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_tenant"
        projection = KeysOnlyProjection()

    tenant = UnicodeAttribute(hash_key=True)
    created_at = UnicodeAttribute(range_key=True)


class AccessItem(Model):
    class Meta:
        table_name = ""
        region = ""

    key_id = UnicodeAttribute(hash_key=True)
    tenant = UnicodeAttribute()
    name = UnicodeAttribute()
    digest = UnicodeAttribute()
    permissions = UnicodeAttribute()
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute(default="")
    expires_at = UnicodeAttribute(null=True)
    level = UnicodeAttribute(null=True)
    user = UnicodeAttribute(default="")
    groups = UnicodeAttribute(default="[]")
    by_tenant = _KeysOfTenant()


def bind(model: type[Model], table: str, region: str) -> None:
    """Give a model its table, which only the environment knows."""
    model.Meta.table_name = table
    model.Meta.region = region


@contextmanager
def tables(doing: str) -> Iterator[None]:
    """Let only our errors out of the block; conditions are looked at inside it."""
    try:
        yield
    except PynamoDBException as error:
        if isinstance(error.cause, BotoCoreError | ClientError):
            raise translate(doing, error.cause) from error
        raise PermanentError(f"The table refused while {doing}: {error}", "An operator must look.") from error
    except (BotoCoreError, ClientError) as error:
        raise translate(doing, error) from error


def read(model: type[ItemT], hash_key: str, range_key: str) -> ItemT:
    """The item in its latest state. Raises DoesNotExist, also where no item can have that key: callers give us any text, and
    DynamoDB calls a sort key that is empty or longer than 1,024 bytes an error.
    """
    if not 0 < len(range_key.encode(errors="replace")) <= LONGEST_KEY:
        raise DoesNotExist
    return model.get(hash_key, range_key, consistent_read=True)


def failed_condition(error: PynamoDBException) -> bool:
    """Whether a write was refused because its condition did not hold."""
    if error.cause_response_code == "ConditionalCheckFailedException":
        return True
    reasons = getattr(error, "cancellation_reasons", None) or []
    return any(reason is not None and reason.code == "ConditionalCheckFailed" for reason in reasons)


def contended(error: PynamoDBException) -> bool:
    """Whether a transaction was refused because another one touched an item of it at the same moment."""
    reasons = getattr(error, "cancellation_reasons", None) or []
    return any(reason is not None and reason.code == "TransactionConflict" for reason in reasons)


def throttled(error: PynamoDBException) -> bool:
    """Whether a transaction was refused because a partition or an index had no write units left in this second."""
    reasons = getattr(error, "cancellation_reasons", None) or []
    return any(reason is not None and reason.code in _NO_UNITS for reason in reasons)


def busy(doing: str) -> TransientError:
    return TransientError(f"Others wrote at the same moment while {doing}.", "It is tried again by itself.")


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read_instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def page_of(
    found: Iterable[tuple[ItemT, T]],
    keep: Callable[[T], bool] | None,
    limit: int,
    key: Callable[[ItemT], dict[str, str]],
) -> Page[T]:
    """The first `limit` that are kept, and a cursor where there may be more. Looks at no more than `LOOKED_AT` items: a
    page may be short, or empty, before the last.
    """
    page: list[T] = []
    last: dict[str, str] = {}
    for looked, (item, made) in enumerate(found):
        wanted = keep is None or keep(made)
        if looked >= LOOKED_AT or (wanted and len(page) == limit):
            return Page(page, pack_cursor({name: {"S": value} for name, value in last.items()}))
        if wanted:
            page.append(made)
        last = key(item)
    return Page(page)


def page_size(limit: int, keep: object) -> int:
    """How many items to read at once for a page: one more than it has shows whether there is a next one."""
    return limit + 1 if keep is None else 200


def pack_cursor(key: dict[str, Any] | None) -> str:
    """A page's end as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode() if key else ""


def unpack_cursor(cursor: str, **owner: str) -> dict[str, Any] | None:
    """Where the next page starts. `owner`: key attributes that must be the caller's own. InvalidInput otherwise."""
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        fits = isinstance(key, dict) and all(key[name] == {"S": value} for name, value in owner.items())
    except (ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        raise InvalidInput([FieldError("cursor", "is not one that a list gave out; start without a cursor")])
    return dict(key)
