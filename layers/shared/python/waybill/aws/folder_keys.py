"""Keys of hosted folders: an IAM user a destination, with one inline policy, below a path and a boundary of our own.

Who made a key, and when one ends, are tags of the user: `<access key id>` = `<end or -> <who>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated
from waybill.core.errors import TransientError
from waybill.core.folder_access import Folder, FolderKey, NewKey, policy

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

POLICY = "folder"
GONE = "NoSuchEntity"
FULL = "LimitExceeded"
_NEVER = "-"
_NOT_IN_TAGS = re.compile(r"[^\w .:/=+@-]")  # IAM: letters, digits, spaces and these


class IamFolderKeys:
    """`path` as `/waybill-dev/hosted/`; `boundary` is the ARN of the policy that bounds every such user."""

    def __init__(self, client: IAMClient, path: str, boundary: str, bucket: str) -> None:
        self._iam, self._path, self._boundary = client, path, boundary
        self._bucket_arn = f"arn:{boundary.split(':')[1]}:s3:::{bucket}"

    def of(self, folder: Folder) -> Sequence[FolderKey]:
        return self._held(self._user(folder)) or []

    def _held(self, user: str) -> Sequence[FolderKey] | None:
        """None where there is no such user."""
        with translated("listing a folder's keys"):
            try:
                listed = self._iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
                noted = {t["Key"]: t["Value"] for t in self._iam.list_user_tags(UserName=user)["Tags"]}
            except ClientError as error:
                if code_of(error) != GONE:
                    raise
                return None
            found = [self._key(k["AccessKeyId"], k["CreateDate"], noted.get(k["AccessKeyId"], "")) for k in listed]
        return sorted(found, key=lambda key: (key.ends_at is None, key.made_at))

    def _key(self, access_key_id: str, made_at: datetime, note: str) -> FolderKey:
        ends, _, made_by = note.partition(" ")
        used = self._iam.get_access_key_last_used(AccessKeyId=access_key_id)["AccessKeyLastUsed"]
        ends_at = datetime.fromisoformat(ends) if ends not in {"", _NEVER} else None
        return FolderKey(access_key_id, made_at, made_by, used.get("LastUsedDate"), ends_at)

    def make(self, folder: Folder, made_by: str) -> NewKey:
        user = self._user(folder)
        with translated("making a folder's key"):
            try:
                self._iam.create_user(UserName=user, Path=self._path, PermissionsBoundary=self._boundary)
            except ClientError as error:
                if code_of(error) != "EntityAlreadyExists":
                    raise
            document = json.dumps(policy(self._bucket_arn, folder))
            self._iam.put_user_policy(UserName=user, PolicyName=POLICY, PolicyDocument=document)
            try:
                made = self._iam.create_access_key(UserName=user)["AccessKey"]
            except ClientError as error:
                if code_of(error) != FULL:
                    raise
                raise TransientError(
                    "Somebody else made a key at this moment.", "Look at the keys, then try again."
                ) from error
            self._note(user, made["AccessKeyId"], _NEVER, made_by)
        return NewKey(made["AccessKeyId"], made["SecretAccessKey"], made["CreateDate"])

    def let_end(self, folder: Folder, key: FolderKey, ends_at: datetime) -> None:
        with translated("noting a key's end"):
            self._note(self._user(folder), key.access_key_id, ends_at.isoformat(), key.made_by)

    def _note(self, user: str, access_key_id: str, ends: str, made_by: str) -> None:
        value = f"{ends} {_NOT_IN_TAGS.sub('_', made_by)}"[:256]
        self._iam.tag_user(UserName=user, Tags=[{"Key": access_key_id, "Value": value}])

    def end(self, folder: Folder, access_key_id: str) -> None:
        user = self._user(folder)
        with translated("ending a folder's key"):
            with _gone_before():
                self._iam.delete_access_key(UserName=user, AccessKeyId=access_key_id)
            with _gone_before():
                self._iam.untag_user(UserName=user, TagKeys=[access_key_id])

    def remove(self, folder: Folder) -> None:
        user = self._user(folder)
        held = self._held(user)
        if held is None:
            return
        for key in held:
            self.end(folder, key.access_key_id)
        with translated("removing a folder's user"):
            with _gone_before():
                self._iam.delete_user_policy(UserName=user, PolicyName=POLICY)
            with _gone_before():
                self._iam.delete_user(UserName=user)

    def _user(self, folder: Folder) -> str:
        return f"{self._path.split('/')[1]}-{folder.destination_id}"


@contextmanager
def _gone_before() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if code_of(error) != GONE:
            raise
