"""Blobs made of blocks: how they appear in one step, how their content is proven, and what Azure's errors mean.

A block's id holds its number and its SHA-256, and Azure checks its MD5 on arrival: so the block list, read back, proves
the content, and a blob that is there already is ours if it has the same list. Blocks that were never committed are no
blob; Azure removes them after a week.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from waybill.core.deliver import OutgoingFile, Receipt, ResumePoint, Stat
from waybill.core.errors import AccessDenied, ConfigurationError, NameTaken, TransientError, WaybillError
from waybill.destinations.failures import BUSY, CUT, OUR_FAULT, SILENT, UNTRUSTED, Meaning, explained, lineage, taken
from waybill.destinations.parts import PartPool

if TYPE_CHECKING:
    from azure.storage.blob import BlobBlock, ContainerClient

SUM = "waybill_sha256"


class Missing(ConfigurationError):
    """Nothing lies under the name."""


class BlocksGone(TransientError):
    """Azure has not all of the blocks any more."""


class NameExists(NameTaken):
    """Azure refused a write because something lies under the name."""


@dataclass(frozen=True)
class Container:
    """A container; `expires_at` is when the signature ends, for messages; blocks go over so many `connections`. Raises
    what `Destination` promises.
    """

    client: ContainerClient
    name: str
    expires_at: datetime | None
    now: Callable[[], datetime]
    connections: int

    @contextmanager
    def translated(self) -> Iterator[None]:
        # `from None`: the library's own message holds the address, and with it the signature.
        from azure.core.exceptions import AzureError, HttpResponseError

        ends = f"{self.expires_at:%Y-%m-%dT%H:%M:%SZ}" if self.expires_at else ""
        until = f" (it says that it holds until {ends})" if ends else ""
        facts = {"container": self.name, "until": until, "ends": ends}
        try:
            yield
        except HttpResponseError as refused:
            code = getattr(refused, "error_code", None) or type(refused).__name__
            error = explained(ERRORS, [str(getattr(code, "value", code))], refused.status_code, facts)
            # Azure says of an expired signature only that it is not accepted.
            over = isinstance(error, AccessDenied) and self.expires_at is not None and self.expires_at <= self.now()
            raise (explained(ERRORS, ["Expired"], facts=facts) if over else error) from None
        except AzureError as failed:
            untrusted = "CERTIFICATE_VERIFY_FAILED" in str(failed)
            raise explained(ERRORS, ["Certificate"] if untrusted else lineage(failed), facts=facts) from None

    def receipt(self, name: str, file: OutgoingFile, blocks: Sequence[str] | None) -> Receipt | None:
        """The receipt of what lies there, if it is our file; None if it is another, or nothing.

        `blocks`: the ids that it must be made of, None where they are not known any more.
        """
        there, claimed = self._look(name)
        if there is None or there.size != file.size:
            return None
        ours = claimed == file.sha256 if blocks is None else there.checksum == _sum_of_blocks(blocks)
        return Receipt(file.name, there.size, there.checksum, there.version, "checksum") if ours else None

    def stat(self, name: str) -> Stat | None:
        return self._look(name)[0]

    def staged(self, name: str) -> dict[str, int]:
        """Blocks that wait for a list: their ids and sizes."""
        try:
            with self.translated():
                _, waiting = self.client.get_blob_client(name).get_block_list("uncommitted")
        except Missing:
            return {}
        return {block.id: block.size for block in waiting}

    def _look(self, name: str) -> tuple[Stat | None, str]:
        """What lies there, and the sum that its metadata claims."""
        blob = self.client.get_blob_client(name)
        try:
            with self.translated():
                found = blob.get_blob_properties()
                committed, _ = blob.get_block_list("committed")
        except Missing:
            return None, ""
        checksum = _sum_of_blocks([block.id for block in committed])
        return Stat(found.size, checksum, found.etag.strip('"')), (found.metadata or {}).get(SUM, "")


class Blocks:
    """One file on its way, block by block."""

    def __init__(
        self, container: Container, name: str, file: OutgoingFile, part_size: int, staged: Mapping[str, int]
    ) -> None:
        self._container, self._name, self._file = container, name, file
        self._blob = container.client.get_blob_client(name)
        self.part_size = part_size
        self._owner = hashlib.sha256(file.token.encode()).hexdigest()[:8]
        ours = {int(name[:5]): name for name in staged if name[5:15] == f"-{self._owner}-"}
        self._ids: dict[int, str] = {}
        for number in range(-(-file.size // part_size)):
            # Threads finish in any order: a block after the first gap is sent again.
            if number not in ours or staged[ours[number]] != min(part_size, file.size - number * part_size):
                break
            self._ids[number] = ours[number]
        self.offset = min(len(self._ids) * part_size, file.size)
        self._pool = PartPool(self._send, part_size, container.connections)

    def put(self, part: bytes) -> None:
        self._pool.put(self.offset // self.part_size, part)
        self.offset += len(part)

    def _send(self, number: int, part: bytes) -> str:
        # All ids of a blob must have one length. The owner keeps two files of one name from taking each other's blocks.
        block = f"{number:05d}-{self._owner}-{hashlib.sha256(part).hexdigest()[:32]}"
        with self._container.translated():
            self._blob.stage_block(block, part, length=len(part), validate_content=True)
        return block

    def settle(self) -> None:
        self._ids.update(self._pool.settle())

    def resume_point(self) -> ResumePoint:
        return {"sent": self.offset, "part_size": self.part_size}

    def commit(self) -> Receipt:
        from azure.storage.blob import ContentSettings

        self._ids.update(self._pool.settle())
        blocks = [self._ids[number] for number in range(len(self._ids))]
        try:
            with self._container.translated():
                self._blob.commit_block_list(
                    listed(blocks),
                    content_settings=ContentSettings(content_type=self._file.media_type),
                    metadata={SUM: self._file.sha256},
                    **if_absent(),
                )
        except (NameExists, BlocksGone) as refused:
            # Ours, if an earlier answer was lost.
            receipt = self._container.receipt(self._name, self._file, blocks)
            if receipt is None and isinstance(refused, BlocksGone):
                raise
        else:
            receipt = self._container.receipt(self._name, self._file, blocks)
        if receipt is None:
            raise taken(self._file.name)
        return receipt

    def abort(self) -> None:
        # Blocks without a list cannot be removed one by one: they are no file, and Azure drops them after a week.
        self._pool.close()

    def close(self) -> None:
        self._pool.close()


def _sum_of_blocks(blocks: Sequence[str]) -> str:
    joined_sums = "".join(block[-32:] for block in blocks)
    return f"sha256-of-{len(blocks)}-blocks:{hashlib.sha256(joined_sums.encode()).hexdigest()}"


def listed(blocks: Sequence[str]) -> list[BlobBlock]:
    from azure.storage.blob import BlobBlock

    return [BlobBlock(block) for block in blocks]


def if_absent() -> dict[str, Any]:
    from azure.core import MatchConditions

    return {"match_condition": MatchConditions.IfMissing}


def changed() -> WaybillError:
    return explained(ERRORS, ["Md5Mismatch"])


# -- error map

_CREDENTIALS = Meaning(
    AccessDenied,
    "The storage account does not accept connection_string{until}.",
    "Save a new connection_string; the key may have been rotated, or the signature may have expired.",
)
_RIGHTS = Meaning(
    AccessDenied,
    "connection_string lacks a right on the container {container}{until}.",
    "Give the signature the rights read, create and write on blobs; delete lets the connection test clean up.",
)
_NO_CONTAINER = Meaning(ConfigurationError, "There is no container {container}.", "Correct container, or create it.")
_CLOSED = Meaning(ConfigurationError, "The storage account is closed or read-only.", "Open it in the Azure portal.")
_GONE = Meaning(BlocksGone, "Azure gave up the blocks that were sent.", "Waybill sends the file again by itself.")
_TAKEN = Meaning(NameExists, "A blob of this name is there.", "Change the rule's file names, or move it away.")
_DAMAGED = Meaning(TransientError, "Bytes changed on their way.", "Waybill sends them again by itself.")
_LOCKED = Meaning(
    ConfigurationError, "The blob is locked by a lease or a retention policy.", "Release it, or change the file names."
)
_TOO_LARGE = Meaning(ConfigurationError, "The file is too large for a blob.", "Let the rule cut its files smaller.")
_KIND = Meaning(ConfigurationError, "The account does not offer block blobs.", "Use a general-purpose storage account.")

_REFUSED_REQUESTS = (
    "ConditionHeadersNotSupported",
    "EmptyMetadataKey",
    "InvalidHeaderValue",
    "InvalidHttpVerb",
    "InvalidInput",
    "InvalidMetadata",
    "InvalidOperation",
    "InvalidQueryParameterValue",
    "InvalidRange",
    "InvalidUri",
    "InvalidXmlDocument",
    "InvalidXmlNodeValue",
    "MetadataTooLarge",
    "MissingContentLengthHeader",
    "MissingRequiredHeader",
    "MissingRequiredQueryParameter",
    "MissingRequiredXmlNode",
    "MultipleConditionHeadersNotSupported",
    "OutOfRangeInput",
    "OutOfRangeQueryParameterValue",
    "RequestUrlFailedToParse",
    "UnsupportedQueryParameter",
    "UnsupportedRestVersion",
    "UnsupportedXmlNode",
)

ERRORS: Mapping[str, Meaning] = {
    **dict.fromkeys(_REFUSED_REQUESTS, OUR_FAULT),
    "AuthenticationFailed": _CREDENTIALS,
    "InvalidAuthenticationInfo": _CREDENTIALS,
    "NoAuthenticationInformation": _CREDENTIALS,
    "KeyBasedAuthenticationNotPermitted": _CREDENTIALS,
    "AuthorizationFailure": Meaning(
        AccessDenied,
        "The storage account refuses connection_string{until}, or its firewall refuses us.",
        "Give connection_string the rights read, create and write on blobs, and let the platform's addresses in.",
    ),
    "AuthorizationPermissionMismatch": _RIGHTS,
    "AuthorizationProtocolMismatch": _RIGHTS,
    "AuthorizationResourceTypeMismatch": _RIGHTS,
    "AuthorizationServiceMismatch": _RIGHTS,
    "AuthorizationSourceIPMismatch": Meaning(
        AccessDenied, "connection_string's signature is bound to other addresses.", "Make one without an address range."
    ),
    "InsufficientAccountPermissions": _RIGHTS,
    "CannotVerifyCopySource": _RIGHTS,
    "AccountIsDisabled": _CLOSED,
    "ContainerDisabled": _CLOSED,
    "ContainerNotFound": _NO_CONTAINER,
    "ContainerBeingDeleted": _NO_CONTAINER,
    "InvalidResourceName": _NO_CONTAINER,
    "BlobNotFound": Meaning(Missing, "The blob is not there.", "Check the container and the prefix."),
    "ResourceNotFound": Meaning(Missing, "The blob is not there.", "Check the container and the prefix."),
    "BlobAlreadyExists": _TAKEN,
    "ResourceAlreadyExists": _TAKEN,
    "ConditionNotMet": _TAKEN,
    "TargetConditionNotMet": _TAKEN,
    "UnauthorizedBlobOverwrite": _TAKEN,
    "InvalidBlockList": _GONE,
    "InvalidBlobOrBlock": _GONE,
    "InvalidBlockId": OUR_FAULT,
    "Md5Mismatch": _DAMAGED,
    "InvalidMd5": _DAMAGED,
    "Crc64Mismatch": _DAMAGED,
    "InvalidBlobType": _LOCKED,
    "LeaseIdMissing": _LOCKED,
    "LeaseAlreadyPresent": _LOCKED,
    "BlobImmutableDueToPolicy": _LOCKED,
    "BlobArchived": _LOCKED,
    "LeaseIdMismatchWithBlobOperation": _LOCKED,
    "LeaseLost": _LOCKED,
    "SnapshotsPresent": _LOCKED,
    "BlobBeingRehydrated": _LOCKED,
    "RequestBodyTooLarge": _TOO_LARGE,
    "BlockCountExceedsLimit": _TOO_LARGE,
    "BlockListTooLong": _TOO_LARGE,
    "FeatureVersionMismatch": _KIND,
    "UnsupportedHeader": _KIND,
    "UnsupportedHttpVerb": _KIND,
    "OperationTimedOut": SILENT,
    "ServerBusy": BUSY,
    "AccountBeingCreated": BUSY,
    "DeletePending": BUSY,
    "InternalError": BUSY,
    "SystemInUse": BUSY,
    "Expired": Meaning(
        AccessDenied,
        "The signature of connection_string expired on {ends}.",
        "Make a new one in the Azure portal and save it as connection_string.",
    ),
    # azure-core's own, by class
    "Certificate": UNTRUSTED,
    "IncompleteReadError": CUT,
    "DecodeError": CUT,
    "ServiceRequestTimeoutError": SILENT,
    "ServiceResponseTimeoutError": SILENT,
    "ServiceRequestError": SILENT,
    "ServiceResponseError": CUT,
    "AzureSigningError": _CREDENTIALS,
    "ClientAuthenticationError": _CREDENTIALS,
    "AzureError": OUR_FAULT,
}
