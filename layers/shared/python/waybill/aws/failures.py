"""AWS's errors into ours, for every adapter here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import (
    ConnectionError as Unreachable,
)

from waybill.core.errors import PermanentError, TransientError

_PASSING = {
    "ConditionalRequestConflict",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "KMSInternalException",
    "LimitExceededException",
    "OperationAborted",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}


def code_of(error: ClientError) -> str:
    """AWS's name of the error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def translate(doing: str, error: BotoCoreError | ClientError) -> PermanentError | TransientError:
    """`doing` completes "AWS failed while ...". AWS's own message is kept for the operator; it holds no secret."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code_of(error) in _PASSING or status >= 500:
            return TransientError(f"AWS was too busy while {doing} ({code_of(error)}).", "It is tried again by itself.")
        return PermanentError(f"AWS refused while {doing}: {error}", "An operator must look at the deployment.")
    if isinstance(error, Unreachable | HTTPClientError | IncompleteReadError | ResponseStreamingError):
        return TransientError(f"AWS did not answer while {doing}.", "It is tried again by itself.")
    return PermanentError(f"The call failed while {doing}: {error}", "An operator must look at the deployment.")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Let only our errors out of the block."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise translate(doing, error) from error
