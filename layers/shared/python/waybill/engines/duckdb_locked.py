"""A DuckDB in memory that opens only the files it is given, loads nothing from elsewhere, and whose settings are locked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import duckdb

from waybill.engines.rows_sql import quote

DESCRIPTORS = Path("/dev/fd")


def locked(
    *, threads: int, memory_mib: int, spill: Path, files: Iterable[Path] = (), folders: Iterable[Path] = ()
) -> duckdb.DuckDBPyConnection:
    """What does not fit into the memory is kept in `spill`; times are UTC, and rows stay in their order."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    for setting in (
        f"threads = {threads}",
        f"memory_limit = '{memory_mib}MiB'",
        f"temp_directory = {quote(str(spill))}",
        "TimeZone = 'UTC'",
        "preserve_insertion_order = true",
        f"allowed_paths = [{_list(files)}]",
        f"allowed_directories = [{_list(folders)}]",
        "enable_external_file_cache = false",  # a descriptor's path names another file later
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _list(paths: Iterable[Path]) -> str:
    return ", ".join(quote(os.path.realpath(path) if path != DESCRIPTORS else f"{path}/") for path in paths)
