"""The repair: objects that lie in the lake and are not registered, because an event was lost, are found by listing it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from waybill.core.catalog import Catalogs
from waybill.core.errors import PermanentError, WaybillError
from waybill.core.lake_keys import Listed, dataset_prefix, is_tenant, parse_key
from waybill.core.ports import Bookmarks, LakeObjects
from waybill.core.register import Registrar

RECENT = timedelta(days=3)
_PAGE = 100
_MOST_REASONS = 20


class LakeToList(Protocol):
    """Narrow port of `aws.lake.Lake`."""

    def folders(self, prefix: str) -> Iterator[str]: ...

    def listing(self, prefix: str, after: str) -> Iterator[Listed]: ...


@dataclass(frozen=True)
class Scope:
    """Where to look: one tenant or all (empty), one dataset or all, partitions from `since` on. Calls of the same
    `bookmark` go on where the last one stopped.
    """

    tenant: str
    dataset: str
    since: date
    bookmark: str


@dataclass
class Repaired:
    """`found`: objects that were not registered; `failed`: how many still are not, with the `reasons` of some, by key."""

    looked_at: int = 0
    found: int = 0
    failed: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    done: bool = False

    def fail(self, key: str, reason: str) -> None:
        self.failed += 1
        if len(self.reasons) < _MOST_REASONS:
            self.reasons[key] = reason


def scope_of(tenant: str, dataset: str, since: str, now: datetime) -> Scope:
    """Raises PermanentError where the asker's words make no scope."""
    try:
        first = date.fromisoformat(since) if since else now.date() - RECENT
    except ValueError:
        raise PermanentError(f"since is no date: {since[:40]!r}.", "Write it as 2026-03-29.") from None
    if tenant and not is_tenant(tenant):
        raise PermanentError(f"There can be no tenant {tenant[:70]!r}.", "Name the tenant as its lake keys do.")
    return Scope(tenant, dataset, first, f"repair#{tenant}#{dataset}#{since}")


def datasets_of(lake: LakeToList, catalogs: Catalogs, tenant: str = "", dataset: str = "") -> Iterator[tuple[str, str]]:
    """Tenant and dataset of all data in the lake, or those asked for, in the order of their keys."""
    for owner in [f"tenant={tenant}/"] if tenant else lake.folders("tenant="):
        name = owner.removeprefix("tenant=").removesuffix("/")
        for folder in lake.folders(f"{owner}dataset=") if is_tenant(name) else ():
            found = folder.removeprefix(f"{owner}dataset=").removesuffix("/")
            if found in catalogs(name) and dataset in {"", found}:
                yield name, found


def repair(
    lake: LakeToList, registrar: Registrar, bookmarks: Bookmarks, scope: Scope, now: Callable[[], datetime],
    stop: Callable[[], bool],
) -> Repaired:  # fmt: skip
    """Register what lies in the scope and is not registered. Goes on where the last call of the same scope stopped.

    `stop` is asked before each page and each object. An object that cannot be registered holds back no other one.
    """
    done = Repaired()
    for page in _pages(lake, registrar.catalogs, scope, bookmarks.read(scope.bookmark)):
        for listed in _unknown(registrar.objects, page):
            if stop():
                return done
            done.found += 1
            try:
                registrar.register(listed.key, "", now())
            except WaybillError as error:
                done.fail(listed.key, str(error))
        done.looked_at += len(page)
        bookmarks.save(scope.bookmark, page[-1].key)
        if stop():
            return done
    bookmarks.save(scope.bookmark, "")
    done.done = True
    return done


def _pages(lake: LakeToList, catalogs: Catalogs, scope: Scope, place: str) -> Iterator[Sequence[Listed]]:
    """Objects of one dataset, up to a hundred at once; keys rise from page to page, after `place`."""
    for tenant, dataset in datasets_of(lake, catalogs, scope.tenant, scope.dataset):
        for below in ("archived/", ""):
            prefix = f"{dataset_prefix(tenant, dataset)}{below}dt="
            if prefix < place and not place.startswith(prefix):
                continue
            listing = lake.listing(prefix, max(place, f"{prefix}{scope.since.isoformat()}"))
            while page := list(itertools.islice(listing, _PAGE)):
                yield page


def _unknown(objects: LakeObjects, page: Sequence[Listed]) -> Iterator[Listed]:
    place = parse_key(page[0].key)
    ours = [listed for listed in page if (found := parse_key(listed.key)) and found.format]
    if place is None or not ours:
        return
    known = objects.known(place.tenant, place.dataset, ours)
    yield from (listed for listed in ours if listed not in known)
