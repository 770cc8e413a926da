"""Delivered files in the platform's own bucket, as the API shows them to their owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated
from waybill.aws.links import link

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class HostedFiles:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self.bucket = s3, bucket

    @property
    def endpoint(self) -> str:
        """The address at which any S3 client asks for the bucket."""
        return self._s3.meta.endpoint_url

    def holds(self, key: str) -> bool:
        """False where it was never there, and where its time is over."""
        with translated(f"looking at {key}"):
            try:
                self._s3.head_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if code_of(error) in {"404", "NoSuchKey", "NotFound"}:
                    return False
                raise
        return True

    def link(self, key: str, seconds: int, media_type: str) -> str:
        return link(self._s3, self.bucket, key, seconds, key.rpartition("/")[2], media_type)
