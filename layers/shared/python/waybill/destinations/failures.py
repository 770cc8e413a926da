"""Vendors' errors in our words: every adapter brings a table from its vendor's codes to what they mean for a tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from waybill.core.errors import (
    AccessDenied,
    ConfigurationError,
    NameTaken,
    PermanentError,
    TransientError,
    WaybillError,
)


@dataclass(frozen=True)
class Meaning:
    """`message` and `advice` may name the settings in braces: `{bucket}`."""

    error: type[WaybillError]
    message: str
    advice: str


BUSY = Meaning(TransientError, "The destination is busy or out of order.", "Waybill tries again by itself.")
CUT = Meaning(TransientError, "The connection was cut on the way.", "Waybill tries again by itself.")
SILENT = Meaning(
    TransientError,
    "The destination does not answer.",
    "Check that the service is running and that its firewall lets the platform's addresses in.",
)
UNTRUSTED = Meaning(
    ConfigurationError,
    "The server's TLS certificate is not trusted for its name.",
    "Give the server a certificate of a public authority for this very name.",
)
OUR_FAULT = Meaning(
    PermanentError, "The destination does not understand Waybill's request.", "Report it to the platform's operator."
)

STATUSES: Mapping[int, Meaning] = {
    401: Meaning(AccessDenied, "The destination does not accept the credentials.", "Save new credentials."),
    403: Meaning(AccessDenied, "The credentials may not do this here.", "Give them read and write access."),
    404: Meaning(ConfigurationError, "What should be there is missing.", "Check the destination's settings."),
    408: SILENT,
    429: BUSY,
}
UNKNOWN = "The destination answered with something that Waybill does not know"


def explained(
    table: Mapping[str, Meaning],
    codes: Iterable[str],
    status: int | None = None,
    facts: Mapping[str, str] | None = None,
) -> WaybillError:
    """The error for the first code that the table knows, else for the HTTP status, else a PermanentError with the code.

    No text of the server's goes in: it could repeat what was sent to it.
    """
    asked = list(codes)
    meaning = next((table[code] for code in asked if code in table), None)
    if meaning is None and status is not None:
        meaning = BUSY if status >= 500 else STATUSES.get(status)
    if meaning is None:
        code = asked[0] if asked and asked[0].isidentifier() else str(status)
        meaning = Meaning(PermanentError, f"{UNKNOWN} ({code}).", "Report this code to the platform's operator.")
    given = facts or {}
    return meaning.error(meaning.message.format_map(given), meaning.advice.format_map(given))


def taken(name: str) -> NameTaken:
    return NameTaken(
        f"Another file is there under the name {name}; it was left as it is.",
        "Move it away, or change the rule's file names or folder so that they differ.",
    )


def lineage(error: BaseException) -> Iterable[str]:
    """The names of an exception's classes, the nearest first: as codes for the table."""
    return (kind.__name__ for kind in type(error).__mro__)
