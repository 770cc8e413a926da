"""KMS: keys with which upstream wraps the data keys of media. Which ones may be used, the role says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated
from waybill.core.prepared import Unprepared

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_REFUSED = {
    "InvalidCiphertextException": "its key was damaged, or wrapped in another encryption context",
    "AccessDeniedException": "the platform may not use the KMS key that wraps its key",
    "AccessDenied": "the platform may not use the KMS key that wraps its key",
    "NotFoundException": "the KMS key that wraps its key is gone",
    "DisabledException": "the KMS key that wraps its key is disabled",
    "KMSInvalidStateException": "the KMS key that wraps its key cannot be used now",
    "InvalidKeyUsageException": "the KMS key that wraps its key is for something else",
}


class KmsMediaKeys:
    def __init__(self, client: KMSClient) -> None:
        self._client = client

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """The data key. Raises Unprepared, which an exception of the manifest says, where KMS refuses for good."""
        with translated("unwrapping a medium's key"):
            try:
                return self._client.decrypt(CiphertextBlob=wrapped, EncryptionContext=dict(context))["Plaintext"]
            except ClientError as error:
                if code_of(error) not in _REFUSED:
                    raise
                raise Unprepared(_REFUSED[code_of(error)]) from error
