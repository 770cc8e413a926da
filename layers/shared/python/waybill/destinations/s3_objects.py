"""Objects in a bucket: what lies there, how its content is proven, and what S3's errors mean.

Content is proven by SHA-256. S3 checks each part's sum on arrival and keeps the sum of these sums, which is read back
and compared with ours; a single put is checked against the file's own sum. A file that is there already is ours if the
kept sum is the same. Some services that speak S3 keep no sums: there the size must do, and for a file that is there
already its size together with the `waybill-sha256` in its metadata.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from waybill.core.deliver import OutgoingFile, Receipt, Stat
from waybill.core.errors import AccessDenied, ConfigurationError, NameTaken, TransientError, WaybillError
from waybill.destinations.failures import BUSY, CUT, OUR_FAULT, SILENT, UNTRUSTED, Meaning, explained, lineage
from waybill.destinations.parts import THREADS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

SUM = "waybill-sha256"
IF_ABSENT = "*"


class Missing(ConfigurationError):
    """Nothing lies under the key."""


class UploadGone(TransientError):
    """S3 knows the upload no more: it was completed, aborted, or thrown away."""


class BeginAnew(TransientError):
    """S3 cannot complete the upload, and never will: a conflict (409), a part that it lost."""


class NameExists(NameTaken):
    """S3 refused a write because something lies under the key."""


@dataclass(frozen=True)
class Sent:
    """One part as S3 holds it; `sha256` (base64) is empty where the service keeps no sums."""

    size: int
    etag: str
    sha256: str


@dataclass(frozen=True)
class Bucket:
    """A bucket, how objects rest in it, and over how many connections parts go there. Raises what `Destination` promises."""

    client: S3Client
    name: str
    region: str
    at_rest: Mapping[str, Any]
    connections: int = THREADS

    @contextmanager
    def translated(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        facts = {"bucket": self.name, "region": self.region}
        try:
            yield
        except ClientError as refused:
            status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            raise explained(ERRORS, [refused.response.get("Error", {}).get("Code", "")], status, facts) from None
        except BotoCoreError as failed:
            raise explained(ERRORS, lineage(failed), facts=facts) from None

    def create(self, key: str, file: OutgoingFile) -> str:
        with self.translated():
            made = self.client.create_multipart_upload(
                Bucket=self.name,
                Key=key,
                ChecksumAlgorithm="SHA256",
                ChecksumType="COMPOSITE",
                **described(file),
                **self.at_rest,
            )
        return made["UploadId"]

    def parts(self, key: str, upload: str) -> dict[int, Sent] | None:
        """The parts that S3 holds, by number; None where it knows the upload no more."""
        pages = self.client.get_paginator("list_parts").paginate(Bucket=self.name, Key=key, UploadId=upload)
        try:
            with self.translated():
                found = [part for page in pages for part in page.get("Parts", [])]
        except UploadGone:
            return None
        return {p["PartNumber"]: Sent(p["Size"], p["ETag"], p.get("ChecksumSHA256", "")) for p in found}

    def receipt(self, key: str, file: OutgoingFile, expected: str) -> Receipt | None:
        """The receipt of what lies under the key, if it is our file; None if it is another, or nothing.

        `expected`: the sum that S3 must have kept of it, empty where it cannot be known.
        """
        there, claimed = self._look(key)
        if there is None or there.size != file.size:
            return None
        if there.checksum and expected:
            # Some services keep the whole file's sum also for a file of several parts: as good a proof.
            ours = _bare(there.checksum) in (_bare(expected), file.sha256)
        else:
            ours = claimed == file.sha256
        compared = "checksum" if there.checksum else "size"
        return Receipt(file.name, there.size, there.checksum, there.version, compared) if ours else None  # type: ignore[arg-type]

    def stat(self, key: str) -> Stat | None:
        return self._look(key)[0]

    def _look(self, key: str) -> tuple[Stat | None, str]:
        """What lies under the key, and the sum that its metadata claims."""
        try:
            with self.translated():
                head = self.client.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
        except Missing:
            return None, ""
        version = head.get("VersionId") or head["ETag"].strip('"')
        return Stat(head["ContentLength"], _kept_sum(head), version), head["Metadata"].get(SUM, "")


def described(file: OutgoingFile) -> dict[str, Any]:
    return {"ContentType": file.media_type, "Metadata": {SUM: file.sha256}}


def _bare(checksum: str) -> str:
    return checksum.rpartition(":")[2]


def _kept_sum(head: HeadObjectOutputTypeDef) -> str:
    value, _, count = head.get("ChecksumSHA256", "").partition("-")
    if not value:
        return ""
    return f"sha256{f'-of-{count}-parts' if count else ''}:{base64.b64decode(value).hex()}"


def changed() -> WaybillError:
    return explained(ERRORS, ["BadDigest"])


def may_be_known(denied: AccessDenied) -> bool:
    """Whether S3 knows the key and only missed a right: reading what is not there may ask for the right to list."""
    return denied.message == ERRORS["AccessDenied"].message


# -- error map

_KEY = Meaning(AccessDenied, "S3 does not know access_key_id.", "Correct access_key_id and secret_access_key.")
_SECRET = Meaning(AccessDenied, "secret_access_key does not belong to access_key_id.", "Save the right pair of keys.")
_EXPIRED = Meaning(AccessDenied, "The access key has expired.", "Make a new key and save it.")
_RIGHTS = Meaning(
    AccessDenied,
    "The access key lacks a right on the bucket.",
    "Allow it s3:PutObject, s3:GetObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts there,"
    " with a lock s3:PutObjectRetention and s3:PutObjectLegalHold, and the use of the KMS key if there is one.",
)
_REGION = Meaning(
    ConfigurationError, "The bucket {bucket} is not in the region {region}.", "Correct region (or endpoint_url)."
)
_KMS = Meaning(ConfigurationError, "The bucket's KMS key cannot be used.", "Correct kms_key_id, or enable that key.")
_BEGIN_ANEW = Meaning(BeginAnew, "S3 gave up the upload.", "Waybill sends the file again by itself.")
_UPLOAD_GONE = Meaning(UploadGone, "S3 knows the upload no more.", "Waybill sends the file again by itself.")
_DAMAGED = Meaning(TransientError, "Bytes changed on their way.", "Waybill sends them again by itself.")
_TOO_LARGE = Meaning(ConfigurationError, "The file is too large for the bucket.", "Let the rule cut its files smaller.")
_FULL = Meaning(ConfigurationError, "The storage behind the bucket is full.", "Make room, or raise its quota.")
_NO_KEY = Meaning(Missing, "The object is not there.", "Check the bucket and the prefix.")
_TAKEN = Meaning(NameExists, "An object of this name is there.", "Change the rule's file names, or move it away.")
_NO_BUCKET = Meaning(ConfigurationError, "There is no bucket {bucket}.", "Correct bucket, or create it.")
_LACKING = Meaning(
    ConfigurationError,
    "The service does not offer a part of S3 that Waybill needs.",
    "Use a service with multipart uploads and conditional writes (If-None-Match).",
)
_CLOSED = Meaning(AccessDenied, "The account behind the bucket is closed to us.", "Settle it with the service.")

ERRORS: Mapping[str, Meaning] = {
    "InvalidAccessKeyId": _KEY,
    "SignatureDoesNotMatch": _SECRET,
    "ExpiredToken": _EXPIRED,
    "InvalidToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "AccessDenied": _RIGHTS,
    "403": _RIGHTS,
    "AccountProblem": _CLOSED,
    "AllAccessDisabled": _CLOSED,
    "NotSignedUp": _CLOSED,
    "InvalidPayer": _CLOSED,
    "InvalidSecurity": _KEY,
    "NoSuchBucket": _NO_BUCKET,
    "InvalidBucketName": _NO_BUCKET,
    "InvalidBucketState": _NO_BUCKET,
    "PermanentRedirect": _REGION,
    "Redirect": _REGION,
    "TemporaryRedirect": _REGION,
    "301": _REGION,
    "307": _REGION,
    "400": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "NoSuchKey": _NO_KEY,
    "404": _NO_KEY,
    "NoSuchUpload": _UPLOAD_GONE,
    "PreconditionFailed": _TAKEN,
    "412": _TAKEN,
    "ConditionalRequestConflict": _BEGIN_ANEW,
    "OperationAborted": _BEGIN_ANEW,
    "InvalidPart": _BEGIN_ANEW,
    "InvalidPartOrder": _BEGIN_ANEW,
    "BadDigest": _DAMAGED,
    "InvalidDigest": _DAMAGED,
    "XAmzContentSHA256Mismatch": _DAMAGED,
    "XAmzContentChecksumMismatch": _DAMAGED,
    "IncompleteBody": CUT,
    "RequestTimeout": SILENT,
    "RequestTimeTooSkewed": Meaning(TransientError, "The clocks differ too much.", "Set the server's clock."),
    "InternalError": BUSY,
    "ServiceUnavailable": BUSY,
    "SlowDown": BUSY,
    "Throttling": BUSY,
    "TooManyRequests": BUSY,
    "EntityTooLarge": _TOO_LARGE,
    "EntityTooSmall": OUR_FAULT,
    "InvalidRequest": _LACKING,
    "InvalidArgument": _LACKING,
    "NotImplemented": _LACKING,
    "MethodNotAllowed": _LACKING,
    "Replaced": Meaning(
        ConfigurationError,
        "The service behind endpoint_url replaces an object that is there, although it is asked not to.",
        "Use a service with conditional writes (If-None-Match): else a file of somebody else's could be lost.",
    ),
    "MissingContentLength": OUR_FAULT,
    "MalformedXML": OUR_FAULT,
    "KeyTooLongError": Meaning(ConfigurationError, "The file's path is too long for S3.", "Shorten prefix or folders."),
    "InvalidObjectState": Meaning(
        ConfigurationError, "The object lies in an archive.", "Choose another storage_class."
    ),
    "InvalidStorageClass": Meaning(
        ConfigurationError, "The service has no such storage class.", "Clear storage_class."
    ),
    "InvalidEncryptionAlgorithmError": _KMS,
    "KMS.DisabledException": _KMS,
    "KMS.NotFoundException": _KMS,
    "KMS.KMSInvalidStateException": _KMS,
    "KMS.InvalidKeyUsageException": _KMS,
    "QuotaExceeded": _FULL,
    "StorageFull": _FULL,
    "XMinioStorageFull": _FULL,
    # botocore's own, by class
    "SSLError": UNTRUSTED,
    "ConnectTimeoutError": SILENT,
    "EndpointConnectionError": SILENT,
    "ReadTimeoutError": SILENT,
    "HTTPClientError": CUT,
    "ChecksumError": _DAMAGED,
    "FlexibleChecksumError": _DAMAGED,
    "BotoCoreError": OUR_FAULT,
}
