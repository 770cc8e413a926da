"""The keys of hosted folders, and what wakes us when one ends."""

from __future__ import annotations

from functools import cache

from waybill.aws.alarm import OneTimeSchedules
from waybill.aws.folder_keys import IamFolderKeys
from waybill.core import ports
from waybill.wiring.environment import client, settings


@cache
def folder_keys() -> ports.FolderKeys:
    s = settings()
    return IamFolderKeys(
        client("iam"), path=s.need("hosted_path"), boundary=s.need("hosted_boundary"), bucket=s.need("hosted_bucket")
    )


def alarm(function_arn: str) -> ports.Alarm:
    """Wakes that function at a moment."""
    return OneTimeSchedules(
        client("scheduler"), f"waybill-{settings().stage}", settings().need("ending_role"), function_arn
    )
