"""NDJSON.gz to NDJSON."""

from bench.rows import comparison
from waybill.core.rows import SourceFormat

BENCH = comparison(
    "rows_ndjson_gz", SourceFormat.NDJSON_GZ, "read_ndjson('{path}', columns = {columns}, compression = 'gzip')"
)
