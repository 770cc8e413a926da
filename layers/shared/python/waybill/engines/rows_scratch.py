"""A DuckDB of our own for files that we wrote: what does not fit into memory is sorted and joined on the disk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

from waybill.core.errors import PermanentError
from waybill.engines.duckdb_locked import locked


@contextlib.contextmanager
def scratch(folder: Path, memory_limit_mib: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that reads and writes below `folder` alone, spills there, and keeps rows in their order.

    Its errors come out as PermanentError: what it reads was written by us, so only memory or the disk can be short.
    """
    with contextlib.closing(
        locked(threads=1, memory_mib=memory_limit_mib, spill=folder / "spill", folders=[folder])
    ) as connection:
        try:
            yield connection
        except duckdb.Error as error:
            raise PermanentError(
                f"The rows cannot be put in order or written ({type(error).__name__}).",
                "Give the function more memory or more temporary disk.",
            ) from error
