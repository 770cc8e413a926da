"""What a `COPY` writes, as an iterator: bytes pass through a pipe, no temporary file, and every error comes out."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb

_READ = 1 << 20


def copied(
    connection: duckdb.DuckDBPyConnection, statement: Callable[[str], str], values: Sequence[Any]
) -> Generator[bytes, None, int]:
    """The bytes that `statement(output path)` writes; returns how many rows it wrote.

    The iterator may be closed at any moment; then, as at the end, no thread and no pipe is left. Raises duckdb.Error.
    """
    read, write = _pipe()
    with ThreadPoolExecutor(1, thread_name_prefix="rows") as pool, os.fdopen(read, "rb", buffering=0) as output:
        copying = pool.submit(_copy, connection, statement(f"/dev/fd/{write}"), values, write)
        try:
            while chunk := output.read(_READ):
                yield chunk
            return copying.result()
        finally:
            connection.interrupt()


def _pipe() -> tuple[int, int]:
    """A pipe as large as the system allows up to 1 MiB, so that its two sides seldom wait for each other."""
    read, write = os.pipe()
    if resize := getattr(fcntl, "F_SETPIPE_SZ", None):
        with contextlib.suppress(OSError):
            fcntl.fcntl(write, resize, _READ)
    return read, write


def _copy(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any], end: int) -> int:
    """Runs the statement and closes this side's `end`, so that the consumer does not wait for more."""
    try:
        return int(connection.execute(sql, values).fetchall()[0][0])
    finally:
        os.close(end)
