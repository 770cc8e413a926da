"""The clock, and the time zones that it is read by."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib import metadata


def now() -> datetime:
    """The clock. Only handlers read it, to note when something happened."""
    return datetime.now(UTC)


@cache
def tzdata_version() -> str:
    return metadata.version("tzdata")
