"""What DynamoDB refuses, as our errors, and why it refused a write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from waybill.aws.failures import translate
from waybill.core.errors import PermanentError, TransientError

_NO_UNITS = {"ThrottlingError", "ProvisionedThroughputExceeded"}


@contextmanager
def tables(doing: str) -> Iterator[None]:
    """Let only our errors out of the block; conditions are looked at inside it."""
    try:
        yield
    except PynamoDBException as error:
        if isinstance(error.cause, BotoCoreError | ClientError):
            raise translate(doing, error.cause) from error
        raise PermanentError(f"The table refused while {doing}: {error}", "An operator must look.") from error
    except (BotoCoreError, ClientError) as error:
        raise translate(doing, error) from error


def failed_condition(error: PynamoDBException) -> bool:
    """Whether a write was refused because its condition did not hold."""
    if error.cause_response_code == "ConditionalCheckFailedException":
        return True
    reasons = getattr(error, "cancellation_reasons", None) or []
    return any(reason is not None and reason.code == "ConditionalCheckFailed" for reason in reasons)


def contended(error: PynamoDBException) -> bool:
    """Whether a transaction was refused because another one touched an item of it at the same moment."""
    reasons = getattr(error, "cancellation_reasons", None) or []
    return any(reason is not None and reason.code == "TransactionConflict" for reason in reasons)


def throttled(error: PynamoDBException) -> bool:
    """Whether a transaction was refused because a partition or an index had no write units left in this second."""
    reasons = getattr(error, "cancellation_reasons", None) or []
    return any(reason is not None and reason.code in _NO_UNITS for reason in reasons)


def busy(doing: str) -> TransientError:
    return TransientError(f"Others wrote at the same moment while {doing}.", "It is tried again by itself.")
