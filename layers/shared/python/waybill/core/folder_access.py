"""Who may read a hosted folder: keys of its own, made anew whenever its owner asks, valid until then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from waybill.core.ports import Alarm, FolderKeys

HOSTED = "hosted"
"""The kind of destination that has such a folder."""
LATER = timedelta(minutes=1)
"""A schedule keeps whole minutes, and clocks differ: one that rings too early would end nothing, ever."""


def folder_of(tenant: str, destination_id: str) -> str:
    """The folder's path in the platform's bucket, without a slash at its end."""
    return f"{tenant}/{destination_id}"


@dataclass(frozen=True)
class Folder:
    tenant: str
    destination_id: str

    @property
    def path(self) -> str:
        return folder_of(self.tenant, self.destination_id)


@dataclass(frozen=True)
class FolderKey:
    """What may be told of a key. `made_by` is empty where that is not known; `ends_at` is set for one that was replaced."""

    access_key_id: str
    made_at: datetime
    made_by: str = ""
    last_used: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class NewKey:
    """Shown once, and kept nowhere."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    made_at: datetime


def policy(bucket_arn: str, folder: Folder) -> dict[str, Any]:
    """Reads the folder's objects, lists the folder, and nothing else."""
    below = f"{folder.path}/"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket_arn}/{below}*"},
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": bucket_arn,
                "Condition": {"StringLike": {"s3:prefix": [below, f"{below}*"]}},
            },
        ],
    }


def renew(folder: Folder, made_by: str, overlap: timedelta, keys: FolderKeys, alarm: Alarm, now: datetime) -> NewKey:
    """A new key. The one before ends now, or after `overlap`; any older one ends now.

    The old key's end is set before the new key is made: an error in between leaves no key that never ends.
    """
    kept = keys.of(folder)
    for older in kept[:-1]:
        keys.end(folder, older.access_key_id)
    latest = kept[-1] if kept else None
    if latest and overlap:
        ends_at = now + overlap
        keys.let_end(folder, latest, ends_at)
        event = {"ask": "end", "tenant": folder.tenant, "destination_id": folder.destination_id}
        alarm.at(ends_at + LATER, f"{latest.access_key_id}-{ends_at:%Y%m%dT%H%M%S}", event)
    made = keys.make(folder, made_by)
    if latest and not overlap:
        keys.end(folder, latest.access_key_id)
    return made


def end_overdue(folder: Folder, keys: FolderKeys, now: datetime) -> Sequence[str]:
    """End the keys whose time is over, and tell which. A key whose end was put off meanwhile stays."""
    over = [key.access_key_id for key in keys.of(folder) if key.ends_at and key.ends_at <= now]
    for access_key_id in over:
        keys.end(folder, access_key_id)
    return over
