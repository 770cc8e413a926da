"""The lake bucket: where upstream data lies, and how its keys are read.

`tenant=<t>/dataset=<d>/dt=YYYY-MM-DD/hr=HH/<object>` for records, `tenant=<t>/dataset=<d>/media/<name>` for media.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class MediaObject:
    """One media file as it is now: `version` names its bytes for good."""

    key: str
    version: str
    etag: str
    size: int


class Lake:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def put(self, key: str, data: bytes) -> bool:
        """Write a new object in one step; False where the key is taken, which leaves it as it was."""
        with translated(f"writing {key} to the lake"):
            try:
                self._s3.put_object(Bucket=self.bucket, Key=key, Body=data, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) in {"PreconditionFailed", "412"}:
                    return False
                raise
        return True

    def download(self, key: str, version: str, path: Path) -> None:
        """That version's bytes to a local file."""
        with translated(f"reading {key} from the lake"), path.open("wb") as file:
            for chunk in self._open(key, version).iter_chunks(1024 * 1024):
                file.write(chunk)

    def _named(self, key: str, version: str) -> dict[str, Any]:
        """The object, or that version of it where one is named."""
        named = {"Bucket": self.bucket, "Key": key}
        return {**named, "VersionId": version} if version else named

    def _open(self, key: str, version: str) -> StreamingBody:
        return self._s3.get_object(**self._named(key, version))["Body"]

    def stream(self, key: str, version: str) -> Iterator[bytes]:
        with translated(f"reading {key} from the lake"):
            yield from self._open(key, version).iter_chunks(1024 * 1024)

    def open(self, key: str, version: str) -> BinaryIO:
        """A file-like of that version, to be read once from its start."""
        with translated(f"reading {key} from the lake"):
            # The body itself reads a line byte by byte.
            return cast("BinaryIO", io.BufferedReader(self._open(key, version), 1024 * 1024))

    def read_range(self, key: str, version: str, offset: int, length: int) -> bytes:
        if length == 0:
            return b""
        span = f"bytes={offset}-{offset + length - 1}"
        with translated(f"reading {key} from the lake"):
            return self._s3.get_object(**self._named(key, version), Range=span)["Body"].read()

    def head(self, key: str, version: str = "") -> MediaObject | None:
        """The object's present version, or the one named; None where there is none."""
        with translated(f"looking at {key} in the lake"):
            try:
                answer = self._s3.head_object(**self._named(key, version))
            except ClientError as error:
                if code_of(error) in {"404", "NoSuchKey", "NotFound", "NoSuchVersion"}:
                    return None
                raise
        return MediaObject(key, answer.get("VersionId", ""), answer["ETag"].strip('"'), answer["ContentLength"])
