"""Parquet files, read back by DuckDB and by Apache Arrow."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.oracle import DATASET, WINDOW
from tests.engines.test_rows_refined import TIME, ndjson, row
from waybill.core.catalog import DataField, FieldType
from waybill.core.format import Compression, RowFormat, Writing
from waybill.core.rows import Refinement, RowSource, RowStream, Selection
from waybill.engines import rows_parquet
from waybill.engines.rows_duckdb import DuckDbRows
from waybill.engines.rows_parquet import ParquetStream
from waybill.engines.rows_refined import NO_REFINEMENT, Refined


def written(
    folder: Path,
    sources: Sequence[RowSource],
    fields: Sequence[DataField] = DATASET.fields,
    refinement: Refinement = NO_REFINEMENT,
    codec: Compression = Compression.ZSTD,
) -> tuple[bytes, RowStream]:
    stream = Refined(DuckDbRows(folder), folder).select(
        sources,
        Selection(DATASET, WINDOW, None, tuple(fields)),
        Writing(RowFormat.PARQUET, zone="Asia/Tokyo", parquet=codec),
        refinement,
    )
    return b"".join(stream), stream


def table(data: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(data))


def test_types_and_values_are_the_catalogues(tmp_path: Path) -> None:
    meta = {"a": [1, 'é"\n', None]}
    source = ndjson(
        tmp_path,
        "a",
        row(
            'é,"\n', count=2**63 - 1, score=-1.5e-7, open=True, closed_at="2026-03-29T03:30:00.9999999+02:00", meta=meta
        ),
        row("", at="2026-03-29T01:00:00.5Z", count=-(2**63), open=False),
        row(count="no number"),
        row(),
    )
    data, stream = written(tmp_path, [source])
    found = table(data)

    assert (stream.rows, stream.rejected, len(stream.rejects)) == (3, 1, 1)
    assert [(f.name, str(f.type)) for f in found.schema] == [
        ("id", "string"),
        ("created_at", "timestamp[us, tz=UTC]"),
        ("count", "int64"),
        ("score", "double"),
        ("open", "bool"),
        ("closed_at", "timestamp[us, tz=UTC]"),
        ("meta", "string"),
        ("files", "string"),
    ]
    rows = found.to_pylist()
    assert [r["id"] for r in rows] == ['é,"\n', "", None]
    assert [r["count"] for r in rows] == [2**63 - 1, -(2**63), None]
    assert [r["score"] for r in rows] == [-1.5e-7, None, None]
    assert [r["open"] for r in rows] == [True, False, None]
    assert rows[0]["closed_at"] == datetime(2026, 3, 29, 1, 30, 0, 999_999, tzinfo=UTC)
    assert rows[1]["created_at"] == datetime(2026, 3, 29, 1, 0, 0, 500_000, tzinfo=UTC)
    assert json.loads(rows[0]["meta"]) == meta

    path = tmp_path / "out.parquet"
    path.write_bytes(data)
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT count FROM '{path}'").fetchall() == [(2**63 - 1,), (-(2**63),), (None,)]


@pytest.mark.parametrize(
    ("numbers", "kind", "read"),
    [
        ([1, None, 2**63], "decimal128(38, 0)", [Decimal(1), None, Decimal(2**63)]),
        ([10**38 - 1], "decimal128(38, 0)", [Decimal(10**38 - 1)]),
        ([1, -(10**38)], "string", ["1", f"-1{'0' * 38}"]),
        ([None, None], "int64", [None, None]),
    ],
)
def test_no_integer_is_lost_or_rounded(tmp_path: Path, numbers: list[int | None], kind: str, read: list[Any]) -> None:
    source = ndjson(tmp_path, "a", *(row(count=n) for n in numbers))
    found = table(written(tmp_path, [source], [DATASET.field("count")])[0])

    assert str(found.schema.field("count").type) == kind
    assert found.column("count").to_pylist() == read


@pytest.mark.parametrize(("codec", "name"), list(zip(Compression, ["UNCOMPRESSED", "GZIP", "ZSTD"], strict=True)))
def test_pages_are_compressed_as_asked_and_the_bytes_are_the_same_each_time(
    tmp_path: Path, codec: Compression, name: str
) -> None:
    source = ndjson(tmp_path, "a", *(row(f"{n % 50}é", count=n, score=n / 7) for n in range(5_000)))
    data, _ = written(tmp_path, [source], codec=codec)

    meta = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(0)
    assert {meta.column(n).compression for n in range(3)} == {name}
    assert written(tmp_path, [source], codec=codec)[0] == data
    assert [p.name for p in tmp_path.iterdir() if p.is_dir() and p.name != "spill"] == []


def test_a_file_without_rows_has_its_columns(tmp_path: Path) -> None:
    for sources in ([], [ndjson(tmp_path, "a")]):
        data, stream = written(tmp_path, sources)
        assert table(data).num_rows == stream.rows == 0
        assert table(data).column_names == [f.name for f in DATASET.fields]


def test_rows_are_refined_first(tmp_path: Path) -> None:
    source = ndjson(tmp_path, "a", row("b"), row("a"), row("b"))
    data, stream = written(tmp_path, [source], [DATASET.field("count"), DATASET.field("id")], Refinement(True, True))

    assert table(data).column("id").to_pylist() == ["a", "b"]
    assert stream.rows == 2


def test_wide_rows_come_in_small_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_parquet, "GROUP_BYTES", 1 << 20)
    source = ndjson(tmp_path, "a", *(row("x" * 500, count=n) for n in range(6_000)))
    data, _ = written(tmp_path, [source])

    assert pq.ParquetFile(io.BytesIO(data)).metadata.num_row_groups == 3
    assert table(data).column("count").to_pylist() == list(range(6_000))


def test_a_value_of_sixteen_mib_survives(tmp_path: Path) -> None:
    values = ['"' * (9 << 20), "x\n" * (4 << 20)]
    data, _ = written(tmp_path, [ndjson(tmp_path, "a", *(row(v) for v in values))], [DATASET.field("id")])

    assert table(data).column("id").to_pylist() == values


class Lines:
    """Rows as the engine writes them."""

    rejected, rejects, duplicates, already_known = 0, (), 0, 0

    def __init__(self, *lines: str) -> None:
        self.lines, self.rows = lines, len(lines)

    def __iter__(self) -> Any:
        yield "".join(f"{line}\n" for line in self.lines).encode()


def test_an_open_column_keeps_its_name_and_text(tmp_path: Path) -> None:
    name = "more.Größe; DROP 'x'"
    fields = (
        DataField(name=name, type=FieldType.ANY, description="for tests"),
        DataField(name="open", type=FieldType.ANY, description="for tests"),
    )
    found = table(b"".join(ParquetStream(Lines("1.10,", '"a\n""b""",""'), fields, Compression.NONE, tmp_path)))

    assert found.to_pylist() == [{name: "1.10", "open": None}, {name: 'a\n"b"', "open": ""}]


def test_instants_of_the_first_and_the_last_year(tmp_path: Path) -> None:
    field = DATASET.field("created_at")
    stream = ParquetStream(
        Lines("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z"), (field,), Compression.NONE, tmp_path
    )

    assert table(b"".join(stream)).column("created_at").to_pylist() == [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ]


def test_the_time_is_not_moved(tmp_path: Path) -> None:
    data, _ = written(tmp_path, [ndjson(tmp_path, "a", row("a", at=TIME))], [DATASET.field("created_at")])

    assert table(data).column("created_at").to_pylist() == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]
