"""Every error that Waybill raises on purpose, named by how one recovers from it.

A run's state machine retries and catches by a class's exact name, so `boundary` lets only the three names of
`RECOVERIES` out of a run's functions. The other classes end at the API's edge as problem+json.

    WaybillError
    |-- TransientError       try again later: the same call may succeed
    |-- PermanentError       trying again cannot help; the platform's operator must look
    |-- ConfigurationError   the tenant's own settings must change first
    |     `-- HostKeyChanged, NameTaken, AccessDenied
    |-- InvalidInput         the caller's request is wrong, field by field
    |-- NotFound             no such thing for this tenant
    |-- Conflict             it changed, or exists, or is in use
    |-- Stale                it is not as the caller has read it
    |-- Unconditional        the caller must say which version they have read
    |-- TooMany              the caller asks too often; try again after some seconds
    `-- NotPermitted         the caller is known but may not
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class WaybillError(Exception):
    """`message` says what is wrong, `advice` what to do; both are sentences for the person who reads the run's log.

    Neither ever holds a secret.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(f"{message} {advice}".strip())
        self.message = message
        self.advice = advice


class TransientError(WaybillError):
    """The same call may succeed later: a time-out, throttling, a cut connection, a 5xx answer."""


class PermanentError(WaybillError):
    """Trying again cannot help and no setting of the tenant's can: a broken invariant, lost input."""


class ConfigurationError(WaybillError):
    """The tenant's settings must change first: a wrong password, a missing bucket, a full disk at the receiver."""


class AccessDenied(ConfigurationError):
    """The destination knows us not, or lets us not do what the rule asks."""


class HostKeyChanged(ConfigurationError):
    """The server shows another host key than the one that was confirmed; nothing was sent."""


class NameTaken(ConfigurationError):
    """A file of the same name with other bytes is there; it was left as it is."""


class NotFound(WaybillError):
    """No such thing for this tenant; another tenant's things give the same answer."""


class Conflict(WaybillError):
    """The thing changed since it was read, exists already, or is in use."""


class Stale(WaybillError):
    """The thing is not as the caller has read it; nothing was changed."""


class Unconditional(WaybillError):
    """The change would overwrite what the caller may not have seen; nothing was changed."""


class TooMany(WaybillError):
    """The caller asks too often: the same request may succeed after `seconds`."""

    def __init__(self, message: str, advice: str, seconds: int) -> None:
        super().__init__(message, advice)
        self.seconds = seconds


class NotPermitted(WaybillError):
    """The caller is known, but has no permission for this action."""


@dataclass(frozen=True)
class FieldError:
    """One wrong field of a request: `field` is its dotted path, `message` says what is wrong and what would do."""

    field: str
    message: str


class InvalidInput(WaybillError):
    """The request cannot be taken as it is; nothing was made or changed."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(
            "The request has fields that cannot be taken.", "; ".join(f"{e.field}: {e.message}" for e in errors)
        )
        self.errors = tuple(errors)


RECOVERIES: tuple[type[WaybillError], ...] = (TransientError, PermanentError, ConfigurationError)
"""The only names that a run's functions let out; `fan_out` and `export_run` match them exactly."""
