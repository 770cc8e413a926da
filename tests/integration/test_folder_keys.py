"""IAM users of hosted folders, against moto."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.integration.conftest import REGION
from waybill.aws.alarm import OneTimeSchedules
from waybill.aws.folder_keys import IamFolderKeys
from waybill.core.folder_access import Folder, end_overdue, renew

FOLDER = Folder("acme", "dst_0123456789abcdef")
USER = "waybill-dev-dst_0123456789abcdef"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:credentials"
ROLE = "arn:aws:iam::123456789012:role/ending"


@pytest.fixture
def iam(aws: None) -> Any:
    return boto3.client("iam", region_name=REGION)


@pytest.fixture
def scheduler(aws: None) -> Any:
    return boto3.client("scheduler", region_name=REGION)


@pytest.fixture
def keys(iam: Any) -> IamFolderKeys:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    made = iam.create_policy(PolicyName="readers", PolicyDocument=json.dumps(document))
    return IamFolderKeys(iam, "/waybill-dev/hosted/", made["Policy"]["Arn"], "hosted")


def alarms(scheduler: Any) -> OneTimeSchedules:
    return OneTimeSchedules(scheduler, "waybill-dev", ROLE, FUNCTION)


def test_a_folder_without_keys(keys: IamFolderKeys) -> None:
    assert keys.of(FOLDER) == []
    keys.end(FOLDER, "AKIA0000000000000000")
    keys.remove(FOLDER)


def test_a_user_is_made_below_the_path_with_boundary_and_policy(keys: IamFolderKeys, iam: Any) -> None:
    made = keys.make(FOLDER, "Ann (Berlin), <ann@example.com>")
    user = iam.get_user(UserName=USER)["User"]
    assert user["Path"] == "/waybill-dev/hosted/"
    document = iam.get_user_policy(UserName=USER, PolicyName="folder")["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == "arn:aws:s3:::hosted/acme/dst_0123456789abcdef/*"
    (kept,) = keys.of(FOLDER)
    assert (kept.access_key_id, kept.ends_at) == (made.access_key_id, None)
    assert kept.made_by == "Ann _Berlin__ _ann@example.com_"


def test_keys_are_renewed_and_overlap(keys: IamFolderKeys, scheduler: Any) -> None:
    first = renew(FOLDER, "Ann", timedelta(), keys, alarms(scheduler), NOW)
    second = renew(FOLDER, "Bob", timedelta(hours=1), keys, alarms(scheduler), NOW)
    old, new = keys.of(FOLDER)
    assert (old.access_key_id, old.made_by, old.ends_at) == (first.access_key_id, "Ann", NOW + timedelta(hours=1))
    assert (new.access_key_id, new.made_by, new.ends_at) == (second.access_key_id, "Bob", None)
    name = f"waybill-dev-{first.access_key_id}-20260301T010000"
    schedule = scheduler.get_schedule(Name=name)
    assert schedule["ScheduleExpression"] == "at(2026-03-01T01:01:00)"
    assert json.loads(schedule["Target"]["Input"])["ask"] == "end"
    assert end_overdue(FOLDER, keys, NOW + timedelta(hours=1)) == [first.access_key_id]
    assert [key.access_key_id for key in keys.of(FOLDER)] == [second.access_key_id]
    third = renew(FOLDER, "Ann", timedelta(), keys, alarms(scheduler), NOW)
    assert [key.access_key_id for key in keys.of(FOLDER)] == [third.access_key_id]


def test_an_alarm_is_set_once_by_name(scheduler: Any) -> None:
    for _ in range(2):
        alarms(scheduler).at(NOW, "AK-1", {"ask": "end"})
    assert len(scheduler.list_schedules()["Schedules"]) == 1


def test_a_removed_folder_leaves_no_user(keys: IamFolderKeys, iam: Any) -> None:
    keys.make(FOLDER, "Ann")
    keys.remove(FOLDER)
    assert iam.list_users()["Users"] == []
