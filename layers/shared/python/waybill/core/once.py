"""A request that is sent twice is done once: its first answer is kept under the key that the caller gave it.

The key is the caller's own (draft-ietf-httpapi-idempotency-key-header). Kept are answers of requests that succeeded; a
request that was refused changed nothing and may be sent again, corrected or not. An answer with a secret is not kept, only
that it was given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from waybill.core.errors import Conflict, FieldError, InvalidInput

KEPT = timedelta(hours=24)
UNDER_WAY = timedelta(seconds=60)
"""Longer than any request can take: after it, one that has not ended was cut off, and may be done anew."""
LONGEST = 300_000
"""Bytes of an answer that is kept: a table's item holds 400 KB."""


@dataclass(frozen=True)
class GivenAnswer:
    """An answer as it was given. `body` None: it is not kept."""

    status: int
    kind: str
    body: str | None


@dataclass(frozen=True)
class EarlierRequest:
    """`answer` None: it is still under way."""

    fingerprint: str
    answer: GivenAnswer | None


class Answers(Protocol):
    def begin(self, key: str, fingerprint: str, now: datetime) -> EarlierRequest | None:
        """None: this request is the first one of that key within a day, or the one before was cut off, and goes on; others
        of the key are told of it from now on.
        """

    def keep(self, key: str, fingerprint: str, answer: GivenAnswer, now: datetime) -> None:
        """For a day from now."""

    def forget(self, key: str) -> None:
        """The request changed nothing: the next one of that key is the first again."""


def fingerprint(method: str, path: str, query: Sequence[tuple[str, str]], body: str) -> str:
    """The same for the same request, in whatever order its query was written."""
    parts = [method, path, repr(sorted(query)), body]
    return hashlib.sha256("\n".join(parts).encode(errors="surrogatepass")).hexdigest()


def answered_before(earlier: EarlierRequest, now: str) -> GivenAnswer:
    """The answer to give again. `now` is the fingerprint of the request at hand. Raises InvalidInput for another request
    under the same key, Conflict while the first one is under way and where its answer is not kept.
    """
    if earlier.fingerprint != now:
        said = "was used for another request within a day; use a new one for a new request"
        raise InvalidInput([FieldError("Idempotency-Key", said)])
    if earlier.answer is None:
        raise Conflict("The same request is under way.", "Send it again in a moment: you get its answer.")
    if earlier.answer.body is None:
        said = "The same request was done already; its answer was shown once and is not kept."
        raise Conflict(said, "See what it made with GET. If the answer is lost, delete that and make another one.")
    return earlier.answer
