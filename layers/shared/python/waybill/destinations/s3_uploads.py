"""Files on their way into a bucket: small ones in one put, others part by part; each appears in one step."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from waybill.core.deliver import OutgoingFile, Receipt, ResumePoint
from waybill.destinations.failures import taken
from waybill.destinations.parts import PART_SIZE, Arrived, PartPool, part_size_for
from waybill.destinations.s3_objects import IF_ABSENT, BeginAnew, Bucket, NameExists, Sent, UploadGone, described

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CopySourceTypeDef


MOST_PARTS = 10_000


class OnePut:
    """A file of one part: nothing is sent before the commit, so nothing is left to resume or to remove."""

    part_size = PART_SIZE

    def __init__(self, bucket: Bucket, key: str, file: OutgoingFile) -> None:
        self._bucket, self._key, self._file = bucket, key, file
        self._content = b""
        self.offset = 0

    def put(self, part: bytes) -> None:
        self._content, self.offset = part, len(part)

    def settle(self) -> None:
        """Nothing is sent before the commit."""

    def resume_point(self) -> ResumePoint:
        return {}

    def commit(self) -> Receipt:
        bucket, file = self._bucket, self._file
        try:
            with bucket.translated():
                bucket.client.put_object(
                    Bucket=bucket.name,
                    Key=self._key,
                    Body=self._content,
                    IfNoneMatch=IF_ABSENT,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(file.sha256)).decode(),
                    **described(file),
                    **bucket.at_rest,
                )
        except NameExists:
            pass
        return _proven(bucket.receipt(self._key, file, f"sha256:{file.sha256}"), file)

    def abort(self) -> None:
        """Nothing was sent."""

    def close(self) -> None:
        self._content = b""


class Multipart:
    """A file of several parts. Its upload's id is in the resume point before a byte is sent."""

    def __init__(
        self, bucket: Bucket, key: str, file: OutgoingFile, upload: str, part_size: int, held: Mapping[int, Sent]
    ) -> None:
        self._bucket, self._key, self._file, self._upload = bucket, key, file, upload
        self.part_size = part_size
        self._kept: dict[int, Sent] = {}
        for number in range(1, _count(file, part_size) + 1):
            # Threads finish in any order: a part after the first gap is sent again.
            if number not in held or held[number].size != min(part_size, file.size - (number - 1) * part_size):
                break
            self._kept[number] = held[number]
        self.offset = min(len(self._kept) * part_size, file.size)
        self._pool = PartPool(self._send, part_size, bucket.connections)

    def put(self, part: bytes) -> None:
        self._pool.put(self.offset // self.part_size + 1, part)
        self.offset += len(part)

    def _send(self, number: int, part: bytes) -> Sent:
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        with self._bucket.translated():
            answer = self._bucket.client.upload_part(
                **self._ids(), PartNumber=number, Body=part, ChecksumAlgorithm="SHA256", ChecksumSHA256=digest
            )
        return Sent(len(part), answer["ETag"], answer.get("ChecksumSHA256", ""))

    def settle(self) -> None:
        self._kept.update(self._pool.settle())

    def resume_point(self) -> ResumePoint:
        return {"upload": self._upload, "part_size": self.part_size, "sent": self.offset}

    def commit(self) -> Receipt:
        self._kept.update(self._pool.settle())
        parts = [self._kept[number] for number in range(1, _count(self._file, self.part_size) + 1)]
        try:
            self._complete(parts)
        except (NameExists, UploadGone):
            # Ours, if an earlier answer was lost; then this upload, if S3 still has it, only costs its room.
            self.abort()
        except BeginAnew:
            self.abort()
            raise
        return _proven(self._bucket.receipt(self._key, self._file, _sum_of_sums(parts)), self._file)

    def _complete(self, parts: Sequence[Sent]) -> None:
        listed = [
            {"PartNumber": number, "ETag": part.etag, **({"ChecksumSHA256": part.sha256} if part.sha256 else {})}
            for number, part in enumerate(parts, 1)
        ]
        with self._bucket.translated():
            self._bucket.client.complete_multipart_upload(
                **self._ids(),
                MultipartUpload={"Parts": listed},  # type: ignore[typeddict-item]
                MpuObjectSize=self._file.size,
                IfNoneMatch=IF_ABSENT,
            )

    def abort(self) -> None:
        self._pool.close()
        try:
            with self._bucket.translated():
                self._bucket.client.abort_multipart_upload(**self._ids())
        except UploadGone:
            pass

    def close(self) -> None:
        self._pool.close()

    def _ids(self) -> Any:
        return {"Bucket": self._bucket.name, "Key": self._key, "UploadId": self._upload}


class Copying(Multipart):
    """A file of several parts that S3 copies from another bucket of the same account, as far as bytes are not put.

    S3 keeps its own sum of what it copied, which nobody compares with ours: the receipt says `size`.
    """

    def __init__(self, source: CopySourceTypeDef, start: int, *upload: Any) -> None:
        super().__init__(*upload)
        self._source, self._start = source, start

    def fetch(self) -> None:
        self._pool.put(self.offset // self.part_size + 1, b"")
        self.offset = min(self.offset + self.part_size, self._file.size)

    def _send(self, number: int, part: bytes) -> Sent:
        if part:
            return super()._send(number, part)
        first = (number - 1) * self.part_size
        size = min(self.part_size, self._file.size - first)
        at = self._start + first
        with self._bucket.translated():
            answer = self._bucket.client.upload_part_copy(
                **self._ids(),
                PartNumber=number,
                CopySource=self._source,
                CopySourceRange=f"bytes={at}-{at + size - 1}",
            )["CopyPartResult"]
        return Sent(size, answer["ETag"], answer.get("ChecksumSHA256", ""))

    def commit(self) -> Receipt:
        return replace(super().commit(), compared="size")


def opened(
    bucket: Bucket,
    key: str,
    file: OutgoingFile,
    resume: ResumePoint | None,
    multipart: Callable[..., Multipart] = Multipart,
    *,
    copied: bool = False,
) -> OnePut | Multipart | Arrived:
    """The file's transfer: anew, or from the parts that S3 still holds. `multipart` makes one of several parts; `copied`: its
    parts are copied inside S3, and their sums compared with nothing.
    """
    if file.size <= PART_SIZE:
        return OnePut(bucket, key, file)
    part_size = part_size_for(file.size, MOST_PARTS)
    if resume and resume.get("part_size") == part_size:
        upload = str(resume["upload"])
        parts = bucket.parts(key, upload)
        if parts is not None:
            return multipart(bucket, key, file, upload, part_size, parts)
        there = bucket.receipt(key, file, expected="")
        if there is not None:
            return Arrived(replace(there, compared="size") if copied else there, part_size, resume)
    return multipart(bucket, key, file, bucket.create(key, file), part_size, {})


def _count(file: OutgoingFile, part_size: int) -> int:
    return -(-file.size // part_size)


def _proven(receipt: Receipt | None, file: OutgoingFile) -> Receipt:
    if receipt is None:
        raise taken(file.name)
    return receipt


def _sum_of_sums(parts: Sequence[Sent]) -> str:
    """What S3 keeps of an upload of these parts; empty where one has no sum."""
    if not all(part.sha256 for part in parts):
        return ""
    joined = b"".join(base64.b64decode(part.sha256) for part in parts)
    return f"sha256-of-{len(parts)}-parts:{hashlib.sha256(joined).hexdigest()}"
