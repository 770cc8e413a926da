"""Parquet to NDJSON."""

from bench.rows import comparison
from waybill.core.rows import SourceFormat

BENCH = comparison("rows_parquet_ndjson", SourceFormat.PARQUET, "read_parquet('{path}')")
