"""What a `COPY` writes, as an iterator: bytes pass through pipes, no temporary file, and every error comes out."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import duckdb

_READ = 1 << 20


def copied(
    connection: duckdb.DuckDBPyConnection,
    statement: Callable[[str, str], str],
    values: Sequence[Any],
    lines: Iterable[bytes],
) -> Generator[bytes, None, int]:
    """The bytes that `statement(input path, output path)` writes; returns how many rows it wrote.

    `lines` can be read at the input path, once, from the start. The iterator may be closed at any moment; then, as at
    the end, no thread and no pipe is left. Raises what `lines` raises, else duckdb.Error.
    """
    input_read, input_write = _pipe()
    output_read, output_write = _pipe()
    stopped = threading.Event()
    pool = ThreadPoolExecutor(2, thread_name_prefix="rows")
    feeding: Future[None] = pool.submit(_feed, lines, input_write, stopped)
    sql = statement(f"/dev/fd/{input_read}", f"/dev/fd/{output_write}")
    copying: Future[int] = pool.submit(_copy, connection, sql, values, (output_write, input_read))
    try:
        with os.fdopen(output_read, "rb", buffering=0) as output:
            while chunk := output.read(_READ):
                yield chunk
        feeding.result()  # first: where the input broke, the statement's own error only follows from it
        return copying.result()
    finally:
        stopped.set()
        connection.interrupt()
        pool.shutdown(wait=True)


def _pipe() -> tuple[int, int]:
    """A pipe as large as the system allows up to 1 MiB, so that its two sides seldom wait for each other."""
    read, write = os.pipe()
    if resize := getattr(fcntl, "F_SETPIPE_SZ", None):
        with contextlib.suppress(OSError):
            fcntl.fcntl(write, resize, _READ)
    return read, write


def _feed(lines: Iterable[bytes], descriptor: int, stopped: threading.Event) -> None:
    # A statement that failed has closed the other end; its own error says why.
    with contextlib.suppress(BrokenPipeError), os.fdopen(descriptor, "wb", buffering=0) as pipe:
        for block in lines:
            rest = memoryview(block)
            while rest:
                if stopped.is_set():
                    return
                rest = rest[pipe.write(rest) :]


def _copy(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any], ends: Sequence[int]) -> int:
    """Runs the statement and closes this side's `ends`, so that neither the feeder nor the consumer waits for more."""
    try:
        return int(connection.execute(sql, values).fetchall()[0][0])
    finally:
        for end in ends:
            os.close(end)
