"""How delivered objects rest in a bucket: storage class, encryption, Object Lock, whose they are; as S3's own arguments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field, model_validator

from waybill.core.plural import many
from waybill.destinations.config import DestinationConfig


class AtRest(DestinationConfig):
    storage_class: Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"] | None = Field(
        None, description="The storage class of delivered files; empty for the bucket's standard."
    )
    encryption: Literal["sse_s3", "sse_kms"] | None = Field(
        None,
        description="sse_s3 or sse_kms; empty for the bucket's own encryption, or sse_kms where kms_key_id is given.",
    )
    kms_key_id: str | None = Field(
        None, max_length=2048, description="The KMS key of sse_kms; empty for the account's own key for S3."
    )
    bucket_key: bool | None = Field(
        None, description="Whether sse_kms uses a bucket key; empty for what the bucket says."
    )
    lock_mode: Literal["GOVERNANCE", "COMPLIANCE"] | None = Field(
        None, description="Object Lock's mode; with lock_days. Nobody deletes a file before its time in COMPLIANCE."
    )
    lock_days: int | None = Field(None, ge=1, le=36_500, description="For how many days a delivered file is locked.")
    legal_hold: bool = Field(False, description="Whether delivered files are on legal hold until somebody lifts it.")
    acl: Literal["bucket-owner-full-control"] | None = Field(
        None, description="bucket-owner-full-control for a bucket of another account that still uses ACLs."
    )

    @model_validator(mode="after")
    def _belong_together(self) -> AtRest:
        if self.encryption == "sse_s3" and (self.kms_key_id or self.bucket_key is not None):
            raise ValueError("kms_key_id and bucket_key belong to encryption sse_kms")
        if self.bucket_key is not None and not (self.encryption or self.kms_key_id):
            raise ValueError("bucket_key needs encryption sse_kms")
        if (self.lock_mode is None) != (self.lock_days is None):
            raise ValueError("lock_mode and lock_days go together")
        return self

    def kept(self) -> dict[str, Any]:
        """Of a put or a new upload: what any object may have."""
        said: dict[str, Any] = {}
        if self.storage_class:
            said["StorageClass"] = self.storage_class
        if self.encryption == "sse_s3":
            said["ServerSideEncryption"] = "AES256"
        elif self.encryption or self.kms_key_id:
            said["ServerSideEncryption"] = "aws:kms"
            said |= {"SSEKMSKeyId": self.kms_key_id} if self.kms_key_id else {}
            said |= {"BucketKeyEnabled": self.bucket_key} if self.bucket_key is not None else {}
        if self.acl:
            said["ACL"] = self.acl
        return said

    def locked(self, now: datetime) -> dict[str, Any]:
        """Of a put or a new upload: what an object may have that shall stay; a retry locks it anew, and so no shorter."""
        said: dict[str, Any] = {}
        if self.lock_mode and self.lock_days:
            said |= {
                "ObjectLockMode": self.lock_mode,
                "ObjectLockRetainUntilDate": now + timedelta(days=self.lock_days),
            }
        if self.legal_hold:
            said["ObjectLockLegalHoldStatus"] = "ON"
        return said

    def told(self) -> dict[str, str]:
        """For the probe's reader."""
        shown = {
            "storage_class": self.storage_class,
            "encryption": self.kept().get("ServerSideEncryption"),
            "acl": self.acl,
        }
        lock = f"{self.lock_mode} for {many(self.lock_days, 'day')}" if self.lock_mode and self.lock_days else None
        shown |= {"kms_key_id": self.kms_key_id, "lock": lock, "legal_hold": "on" if self.legal_hold else None}
        return {name: value for name, value in shown.items() if value}
