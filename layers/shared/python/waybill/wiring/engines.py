"""The engines of rows and archives. Their libraries are loaded at the first use."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waybill.wiring.environment import settings

if TYPE_CHECKING:
    from waybill.core.workshop import Compressor, PartRows


def row_engine() -> PartRows:
    """Only `package` and `query` carry the engine's libraries."""
    temp_dir = Path(tempfile.gettempdir())
    plain = import_module("waybill.engines.rows_duckdb").DuckDbRows(
        memory_limit_mib=settings().row_memory_mib, threads=1, temp_dir=temp_dir
    )
    made: PartRows = import_module("waybill.engines.rows_refined").Refined(plain, temp_dir, settings().row_memory_mib)
    return made


def compressor() -> Compressor:
    """Only `package` carries the compressors' libraries."""
    found: Compressor = import_module("waybill.engines.compress").compressed
    return found


def zip_encoder() -> Any:
    """Only `package` and `seal` carry the archive's libraries."""
    return import_module("waybill.engines.zip_entry").entry
