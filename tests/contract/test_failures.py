"""Every error that a vendor's library is known to raise has a sentence of its own."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator, Mapping

import azure.core.exceptions
import botocore.exceptions
import paramiko.ssh_exception
import pytest
from azure.storage.blob import StorageErrorCode

from waybill.core.errors import PermanentError, WaybillError
from waybill.destinations import azure_blocks, memory, s3_objects, sftp_failures, smtp_session
from waybill.destinations.failures import OUR_FAULT, UNKNOWN, Meaning, explained

FACTS = {
    "bucket": "b",
    "region": "r",
    "container": "c",
    "until": "",
    "ends": "2030-01-01T00:00:00Z",
    "credential": "password",
    "username": "u",
    "path": "p",
    "host": "h",
    "sender": "s",
    "place": "0",
}
TABLES = (memory.ERRORS, s3_objects.ERRORS, azure_blocks.ERRORS, sftp_failures.ERRORS, smtp_session.ERRORS)

# What S3's reference lists for the operations that we call.
S3_CODES = (
    "AccessDenied",
    "AccountProblem",
    "AllAccessDisabled",
    "AuthorizationHeaderMalformed",
    "BadDigest",
    "ConditionalRequestConflict",
    "EntityTooLarge",
    "EntityTooSmall",
    "ExpiredToken",
    "IllegalLocationConstraintException",
    "IncompleteBody",
    "InternalError",
    "InvalidAccessKeyId",
    "InvalidArgument",
    "InvalidBucketName",
    "InvalidBucketState",
    "InvalidDigest",
    "InvalidEncryptionAlgorithmError",
    "InvalidObjectState",
    "InvalidPart",
    "InvalidPartOrder",
    "InvalidPayer",
    "InvalidRequest",
    "InvalidSecurity",
    "InvalidStorageClass",
    "InvalidToken",
    "KeyTooLongError",
    "MalformedXML",
    "MethodNotAllowed",
    "MissingContentLength",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchUpload",
    "NotImplemented",
    "NotSignedUp",
    "OperationAborted",
    "PermanentRedirect",
    "PreconditionFailed",
    "Redirect",
    "RequestTimeout",
    "RequestTimeTooSkewed",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "SlowDown",
    "TemporaryRedirect",
    "TokenRefreshRequired",
    "KMS.DisabledException",
    "KMS.NotFoundException",
    "KMS.KMSInvalidStateException",
    "KMS.InvalidKeyUsageException",
)


# Of Azure's files, queues, shares and folders, of copies, leases, snapshots, tiers and pages.
NEVER_MET = re.compile(
    "File|Share|Queue|Message|PopReceipt|Snapshot|Copy|Lease|Tier|Page|Append|Flush|Rename|Path|Directory|Filesystem|"
    "Source|Sequence|Marker|PropertyName|AlreadyExists|BlobOverwritten|BlobNotArchived|Quota|ContentLengthMustBeZero|"
    "MaxBlobSize|ReadOnlyAttribute|SharingViolation|ResourceTypeMismatch|ParentNotFound"
)


def classes(module: object, base: type[BaseException]) -> Iterator[type[BaseException]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, base):
            yield value


def meaning(table: Mapping[str, Meaning], error: type[BaseException]) -> WaybillError:
    return explained(table, [kind.__name__ for kind in error.__mro__], facts=FACTS)


@pytest.mark.parametrize("table", TABLES)
def test_every_meaning_is_two_sentences(table: Mapping[str, Meaning]) -> None:
    for code in table:
        error = explained(table, [code], facts=FACTS)
        assert error.message.endswith("."), code
        assert error.advice.endswith("."), code
        assert "{" not in str(error), code


@pytest.mark.parametrize("code", S3_CODES)
def test_s3_codes(code: str) -> None:
    assert UNKNOWN not in str(explained(s3_objects.ERRORS, [code], 400, FACTS))


@pytest.mark.parametrize("error", list(classes(botocore.exceptions, botocore.exceptions.BotoCoreError)))
def test_botocores_errors(error: type[BaseException]) -> None:
    assert UNKNOWN not in str(meaning(s3_objects.ERRORS, error))


@pytest.mark.parametrize("error", list(classes(paramiko.ssh_exception, Exception)))
def test_paramikos_errors(error: type[BaseException]) -> None:
    assert UNKNOWN not in str(meaning(sftp_failures.ERRORS, error))


@pytest.mark.parametrize("error", list(classes(smtplib, smtplib.SMTPException)))
def test_smtplibs_errors(error: type[BaseException]) -> None:
    assert UNKNOWN not in str(meaning(smtp_session.ERRORS, error))


@pytest.mark.parametrize("error", [FileNotFoundError, PermissionError, TimeoutError, ConnectionResetError, OSError])
def test_errors_of_a_servers_files(error: type[BaseException]) -> None:
    assert UNKNOWN not in str(meaning(sftp_failures.ERRORS, error))


@pytest.mark.parametrize("error", list(classes(azure.core.exceptions, azure.core.exceptions.AzureError)))
def test_azure_cores_errors(error: type[BaseException]) -> None:
    if issubclass(error, azure.core.exceptions.HttpResponseError):
        assert UNKNOWN not in str(explained(azure_blocks.ERRORS, [error.__name__], 503, FACTS))
    else:
        assert UNKNOWN not in str(meaning(azure_blocks.ERRORS, error))


@pytest.mark.parametrize("code", [code.value for code in StorageErrorCode])
def test_azures_codes(code: str) -> None:
    """A code that is new in Azure's library fails here until somebody says what it means, or that we never meet it."""
    assert code in azure_blocks.ERRORS or NEVER_MET.search(code)


def test_an_unknown_code_is_named_but_no_text_of_the_servers() -> None:
    error = explained({}, ["NewCode"], 418)
    assert isinstance(error, PermanentError)
    assert "NewCode" in str(error)
    assert "<b>" not in str(explained({}, ["<b>text</b>"], 418))
    assert OUR_FAULT.error is PermanentError
