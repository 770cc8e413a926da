"""The lake bucket: where upstream data lies. What its keys say is in `core/lake_keys.py`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated
from waybill.core.lake_keys import Listed

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class MediaObject:
    """One media file as it is now: `version` names its bytes for good, `metadata` are its uploader's own."""

    key: str
    version: str
    etag: str
    size: int
    metadata: Mapping[str, str] = field(default_factory=dict)


class Lake:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def put(self, key: str, data: bytes) -> bool:
        """Write a new object in one step; False where the key is taken, which leaves it as it was."""
        return self._put(key, data)

    def put_file(self, key: str, path: Path) -> bool:
        """As `put`, of a local file of up to 5 GiB."""
        with path.open("rb") as file:
            return self._put(key, file)

    def _put(self, key: str, data: bytes | IO[bytes]) -> bool:
        with translated(f"writing {key} to the lake"):
            try:
                self._s3.put_object(Bucket=self.bucket, Key=key, Body=data, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) in {"PreconditionFailed", "412"}:
                    return False
                raise
        return True

    def folders(self, prefix: str) -> Iterator[str]:
        """What the keys below `prefix` have next, each up to and with its `/`, in the order of their bytes."""
        pages = self._s3.get_paginator("list_objects_v2")
        with translated(f"listing {prefix} in the lake"):
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/"):
                yield from (found["Prefix"] for found in page.get("CommonPrefixes", []))

    def listing(self, prefix: str, after: str) -> Iterator[Listed]:
        """The present objects below `prefix` whose keys come after `after`, in the order of their keys' bytes."""
        pages = self._s3.get_paginator("list_objects_v2")
        with translated(f"listing {prefix} in the lake"):
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix, StartAfter=after):
                for found in page.get("Contents", []):
                    yield Listed(found["Key"], found["ETag"].strip('"'), found["Size"])

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
        """A file-like of that version, to be read once from its start. Raises our errors alone, also while it is read:
        a cut connection must not look like a file that ends too early.
        """
        with translated(f"reading {key} from the lake"):
            # The body itself reads a line byte by byte.
            return cast("BinaryIO", io.BufferedReader(_Body(self._open(key, version), key), 1024 * 1024))

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
        etag, size = answer["ETag"].strip('"'), answer["ContentLength"]
        return MediaObject(key, answer.get("VersionId", ""), etag, size, answer.get("Metadata", {}))


class _Body(io.RawIOBase):
    """An object's bytes as they come; errors in ours."""

    def __init__(self, body: StreamingBody, key: str) -> None:
        super().__init__()
        self._body, self._key = body, key

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with translated(f"reading {self._key} from the lake"):
            return self._body.readinto(buffer)

    def close(self) -> None:
        self._body.close()
        super().close()
