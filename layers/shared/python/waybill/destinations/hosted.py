"""Hosted: a folder of the tenant's in the platform's own bucket, which the tenant reads with keys that the platform makes.

Large files are copied inside S3. Each object is tagged with the months that it is kept for; the bucket's life cycle goes by
that tag (`template.yaml`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import Field

from waybill.core.deliver import Capabilities, OutgoingFile, ProbeStep, ResumePoint, Stat, StepName
from waybill.core.errors import AccessDenied, ConfigurationError, PermanentError
from waybill.destinations.config import DestinationConfig, joined
from waybill.destinations.dial import HostedFolder, Surroundings
from waybill.destinations.parts import LARGEST_PART, PART_SIZE, THREADS, Arrived
from waybill.destinations.probing import CONTENT, probe_name, told
from waybill.destinations.s3_objects import Bucket, Sent
from waybill.destinations.s3_uploads import MOST_PARTS, Copying, Multipart, OnePut, opened

RETENTION_TAG = "retention-months"
STEPS: tuple[StepName, ...] = ("write", "read_back", "delete")


class Config(DestinationConfig):
    retention_months: int = Field(
        12, ge=1, le=120, description="How many months each delivered file is kept, 1 to 120."
    )


CAPABILITIES = Capabilities(part_size=PART_SIZE, largest_file=LARGEST_PART * MOST_PARTS, longest_name=900)
"""A key holds 1,024 bytes; the tenant's id and the destination's go before the name."""


def connect(config: Config, surroundings: Surroundings) -> Hosted:
    if surroundings.hosted is None:
        raise PermanentError("This platform hosts no folders.", "Deploy the function from template.yaml.")
    return Hosted(config, surroundings.hosted)


class _OwnBucket(Bucket):
    """Whatever is wrong with the platform's own bucket, no tenant can mend it."""

    @contextmanager
    def translated(self) -> Iterator[None]:
        try:
            with super().translated():
                yield
        except ConfigurationError as wrong:
            if type(wrong) not in (ConfigurationError, AccessDenied):
                raise
            raise PermanentError(
                f"The platform's own bucket does not take files: {wrong.message}", "An operator must look at it."
            ) from None


class Hosted:
    """Atomic and resumable as `s3.S3`. Overwrites nothing, and deletes nothing."""

    capabilities = CAPABILITIES
    probe_order = STEPS

    def __init__(self, config: Config, folder: HostedFolder) -> None:
        self._folder = folder
        at_rest = {"Tagging": f"{RETENTION_TAG}={config.retention_months}"}
        self._bucket = _OwnBucket(folder.client, folder.bucket, folder.region, at_rest, config.connections(THREADS))

    def probe(self) -> Iterator[ProbeStep]:
        """With an upload that is thrown away: the platform may not delete what it delivered."""
        key = self._key(probe_name())
        begun: list[str] = []
        return told(STEPS, self._steps(key, begun), lambda: self._forget(key, begun))

    def _steps(self, key: str, begun: list[str]) -> Iterator[ProbeStep]:
        file = OutgoingFile(key, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "")
        begun.append(self._bucket.create(key, file))
        with self._bucket.translated():
            self._bucket.client.upload_part(
                Bucket=self._bucket.name,
                Key=key,
                UploadId=begun[0],
                PartNumber=1,
                Body=CONTENT,
                ChecksumAlgorithm="SHA256",
            )
        yield ProbeStep("write", True, "A small upload was begun.")
        held = self._bucket.parts(key, begun[0]) or {}
        if [part.size for part in held.values()] != [len(CONTENT)]:
            raise PermanentError("The platform's bucket lost a part.", "Probe again; then tell the operator.")
        yield ProbeStep("read_back", True, "It is there.")
        self._forget(key, begun)
        yield ProbeStep("delete", True, "It was thrown away.")

    def _forget(self, key: str, begun: list[str]) -> None:
        while begun:
            with self._bucket.translated():
                self._bucket.client.abort_multipart_upload(Bucket=self._bucket.name, Key=key, UploadId=begun[0])
            begun.pop()

    def open(self, file: OutgoingFile, resume: ResumePoint | None) -> OnePut | Multipart | Arrived:
        copied = file.origin is not None
        return opened(self._bucket, self._key(file.name), file, resume, self._multipart, copied=copied)

    def _multipart(
        self, bucket: Bucket, key: str, file: OutgoingFile, upload: str, part_size: int, held: Mapping[int, Sent]
    ) -> Multipart:
        if file.origin is None:
            return Multipart(bucket, key, file, upload, part_size, held)
        source = {"Bucket": self._folder.origins[file.origin.where], "Key": file.origin.key}
        version = {"VersionId": file.origin.version} if file.origin.version else {}
        return Copying({**source, **version}, file.origin.start, bucket, key, file, upload, part_size, held)  # type: ignore[typeddict-item]

    def stat(self, name: str) -> Stat | None:
        return self._bucket.stat(self._key(name))

    def close(self) -> None:
        """The client is the platform's."""

    def _key(self, name: str) -> str:
        return joined(self._folder.prefix, name)
