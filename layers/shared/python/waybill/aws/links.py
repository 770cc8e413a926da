"""Addresses from which anyone who has them fetches one object for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from waybill.aws.failures import translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def link(s3: S3Client, bucket: str, key: str, seconds: int, name: str, media_type: str) -> str:
    """Fetches that object for so long, as a file of that name. Acts with the rights of who made it, and ends with them."""
    with translated(f"linking {key}"):
        return s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": bucket,
                "Key": key,
                "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name)}",
                "ResponseContentType": media_type,
            },
            ExpiresIn=seconds,
        )
