"""The stage bucket: plans, staged bytes, manifests. Nothing in it is overwritten; life cycle deletes it.

Keys are functions of the run and of what is staged, and the same run stages the same bytes under them. So an object that is
there already is a lost earlier attempt's, and taken as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated
from waybill.aws.links import link
from waybill.core.compose import CopyRange, Literal, Upload
from waybill.core.compose import Part as ComposedPart

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART = 16 * 1024 * 1024
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict"}


@dataclass(frozen=True)
class Staged:
    """What was staged: its size in bytes and the SHA-256 of its bytes, hexadecimal."""

    key: str
    size: int
    sha256: str


class Stage:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def put(self, key: str, data: bytes) -> Staged:
        """Stage `data` in one step."""
        with translated(f"staging {key}"):
            try:
                self._s3.put_object(Bucket=self.bucket, Key=key, Body=data, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) not in _TAKEN:
                    raise
        return Staged(key, len(data), hashlib.sha256(data).hexdigest())

    def put_stream(self, key: str, chunks: Iterable[bytes]) -> Staged:
        """Stage the chunks as one object that appears in one step; holds at most 2 x 16 MiB of them in memory."""
        digest, size = hashlib.sha256(), 0
        buffer = bytearray()
        upload: _Multipart | None = None
        try:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                buffer += chunk
                while len(buffer) > PART:
                    upload = upload or _Multipart(self._s3, self.bucket, key)
                    upload.add(bytes(buffer[:PART]))
                    del buffer[:PART]
            if upload is None:
                return self.put(key, bytes(buffer))
            upload.add(bytes(buffer))
            upload.complete()
        except BaseException:
            if upload is not None:
                upload.abort()
            raise
        return Staged(key, size, digest.hexdigest())

    def link(self, key: str, seconds: int, name: str, media_type: str) -> str:
        """An address from which anyone who has it fetches that object for that long, as a file of that name."""
        return link(self._s3, self.bucket, key, seconds, name, media_type)

    def compose(self, key: str, parts: Sequence[ComposedPart]) -> None:
        """One object out of staged pieces; large ranges are copied inside S3, no bytes of theirs pass through here."""
        if not parts or (len(parts) == 1 and isinstance(parts[0], Upload)):
            self.put(key, self._gather(parts[0]) if parts and isinstance(parts[0], Upload) else b"")
            return
        upload = _Multipart(self._s3, self.bucket, key)
        try:
            for part in parts:
                if isinstance(part, CopyRange):
                    upload.copy(part)
                else:
                    upload.add(self._gather(part))
            upload.complete()
        except BaseException:
            upload.abort()
            raise

    def _gather(self, upload: Upload) -> bytes:
        return b"".join(
            one.data if isinstance(one, Literal) else self.read_range(one.key, one.start, one.end - one.start)
            for one in upload.items
        )

    def read(self, key: str) -> bytes:
        with translated(f"reading {key} from the stage"):
            return self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def read_if_there(self, key: str) -> bytes | None:
        with translated(f"reading {key} from the stage"):
            try:
                return self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except ClientError as error:
                if code_of(error) in {"NoSuchKey", "404"}:
                    return None
                raise

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes; none for a length of 0, which S3 has no range for."""
        if length == 0:
            return b""
        with translated(f"reading {key} from the stage"):
            answer = self._s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={offset}-{offset + length - 1}")
            return answer["Body"].read()

    def stream(self, key: str, chunk: int = 1024 * 1024) -> Iterator[bytes]:
        with translated(f"reading {key} from the stage"):
            yield from self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].iter_chunks(chunk)

    def sha256(self, key: str) -> tuple[int, str]:
        """Size and SHA-256 of a staged object, read once from end to end: a composed object has no other way to one."""
        digest, size = hashlib.sha256(), 0
        for chunk in self.stream(key):
            digest.update(chunk)
            size += len(chunk)
        return size, digest.hexdigest()


class _Multipart:
    """One multipart upload that completes only where the key is free."""

    def __init__(self, s3: S3Client, bucket: str, key: str) -> None:
        self._s3, self._bucket, self._key = s3, bucket, key
        self._parts: list[CompletedPartTypeDef] = []
        with translated(f"staging {key}"):
            self._id = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]

    def add(self, data: bytes) -> None:
        number = len(self._parts) + 1
        with translated(f"staging {self._key}"):
            answer = self._s3.upload_part(
                Bucket=self._bucket, Key=self._key, UploadId=self._id, PartNumber=number, Body=data
            )
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})

    def copy(self, part: CopyRange) -> None:
        number = len(self._parts) + 1
        with translated(f"staging {self._key}"):
            answer = self._s3.upload_part_copy(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._id,
                PartNumber=number,
                CopySource={"Bucket": self._bucket, "Key": part.key},
                CopySourceRange=f"bytes={part.start}-{part.end - 1}",
            )
        self._parts.append({"ETag": answer["CopyPartResult"]["ETag"], "PartNumber": number})

    def complete(self) -> None:
        with translated(f"staging {self._key}"):
            try:
                self._s3.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=self._id,
                    MultipartUpload={"Parts": self._parts},
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) not in _TAKEN:
                    raise
                self.abort()

    def abort(self) -> None:
        """What an abort cannot remove, the bucket's life cycle does."""
        try:
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._id)
        except ClientError as error:
            if code_of(error) != "NoSuchUpload":
                raise
