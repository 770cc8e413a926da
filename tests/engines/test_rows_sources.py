"""CSV, Parquet, filters, media and failures of the row engine."""

from __future__ import annotations

import gzip
import json
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.engines import oracle
from tests.engines.oracle import DATASET, WINDOW
from waybill.core.catalog import DataField
from waybill.core.errors import PermanentError
from waybill.core.format import RowFormat, Writing
from waybill.core.rows import RowSource, Selection, SourceFormat
from waybill.core.select import Predicate, compile_filter
from waybill.engines.rows_duckdb import DuckDbRows, DuckDbStream

TIME = "2026-03-29T01:30:00Z"


def select(
    sources: Sequence[RowSource],
    predicate: Predicate | None = None,
    fields: Sequence[DataField] = DATASET.fields,
    row_format: RowFormat = RowFormat.NDJSON,
) -> DuckDbStream:
    folder = sources[0].path.parent
    return DuckDbRows(folder).select(sources, Selection(DATASET, WINDOW, predicate, tuple(fields)), Writing(row_format))


def rows_of(stream: DuckDbStream) -> list[oracle.Row]:
    return oracle.read_ndjson(b"".join(stream))


def rejects_of(stream: DuckDbStream) -> list[tuple[int, str]]:
    found = [json.loads(r) for r in stream.rejects]
    return [(r["line"], r["reason"]) for r in found]


def csv_file(folder: Path, text: str | bytes) -> RowSource:
    path = folder / "rows [1].csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return RowSource(path, SourceFormat.CSV)


def parquet_file(folder: Path, query: str) -> RowSource:
    path = folder / "dt=2026" / "rows.parquet"
    path.parent.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return RowSource(path, SourceFormat.PARQUET)


# --- CSV


def test_csv_goes_through_unchanged(tmp_path: Path) -> None:
    rows: list[oracle.Row] = [
        {"id": "", "created_at": TIME, "count": 12345678901234567890123, "open": True, "meta": {"a": [1, "ü"]}},
        {"id": None, "created_at": TIME, "score": 0.1, "closed_at": "2026-03-29T01:30:00.123456789Z"},
        {"id": 'q"u,o\nt\r\né😀', "created_at": TIME, "meta": None, "files": []},
    ]
    names = [f.name for f in reversed(DATASET.fields)]
    source = csv_file(tmp_path, oracle.as_csv(rows, [*names, "unknown"]))
    wanted = [{f.name: r.get(f.name) for f in DATASET.fields} for r in rows]

    assert json.loads(json.dumps(rows_of(select([source])), default=float)) == wanted
    written = b"".join(select([source], row_format=RowFormat.CSV))
    again = csv_file(tmp_path, ",".join(f.name for f in DATASET.fields).encode() + b"\n" + written)
    assert b"".join(select([again], row_format=RowFormat.CSV)) == written
    assert json.loads(json.dumps(oracle.read_csv(written, DATASET.fields), default=float)) == wanted


def test_numbers_of_csv_keep_their_text(tmp_path: Path) -> None:
    source = csv_file(tmp_path, f"created_at,score\n{TIME},0.1000000000000000055511151231257827\n{TIME},1.10\n")

    assert b"".join(select([source], fields=[DATASET.field("score")])) == (
        b'{"score":0.1000000000000000055511151231257827}\n{"score":1.10}\n'
    )


def test_what_is_no_record_or_no_row_is_a_reject(tmp_path: Path) -> None:
    text = (
        f"id,created_at,count\n1,{TIME},1\n2,{TIME}\n3,{TIME},3,3\n4,{TIME},four\n5,,5\n6,{TIME},6\n7,{TIME},007\n"
        f'8,{TIME},""\n9,{TIME},9\n'
    )
    stream = select([csv_file(tmp_path, text)], fields=DATASET.fields[:3])

    assert [r["id"] for r in rows_of(stream)] == ["1", "6", "9"]
    assert stream.rejected == 6
    assert [line for line, _ in rejects_of(stream)] == [3, 4, 5, 6, 8, 9]
    assert rejects_of(stream)[2:4] == [
        (5, "the value of 'count' is not of type integer"),
        (6, "no readable time in 'created_at'"),
    ]


def test_a_csv_file_without_rows_or_without_the_time_is_read_too(tmp_path: Path) -> None:
    assert rows_of(select([csv_file(tmp_path, "")])) == []
    assert rows_of(select([csv_file(tmp_path, "id,created_at\n")])) == []
    stream = select([csv_file(tmp_path, "id\n1\n2\n")])
    assert rows_of(stream) == []
    assert stream.rejected == 2


def test_a_huge_value_of_csv_survives(tmp_path: Path) -> None:
    stream = select([csv_file(tmp_path, f'id,created_at\n"{"x" * (16 << 20)}",{TIME}\n')], fields=DATASET.fields[:1])

    assert len(b"".join(stream)) == (16 << 20) + len('{"id":""}\n')


# --- Parquet


def test_types_of_parquet_become_the_catalogues(tmp_path: Path) -> None:
    source = parquet_file(
        tmp_path,
        "SELECT 'é\"' AS id, TIMESTAMPTZ '2026-03-29 03:30:00.25+02' AS created_at, 5::DOUBLE AS count, "
        "1.10::DECIMAL(9,2) AS score, true AS open, TIMESTAMP_NS '2026-03-29 01:00:00.123456789' AS closed_at, "
        "{'a': [1, NULL], 'b': 'x'} AS meta, [{'name': 'n', 'key': 'k'}] AS files, 1 AS unknown",
    )

    assert b"".join(select([source])).decode() == (
        '{"id":"é\\"","created_at":"2026-03-29T01:30:00.25Z","count":5,"score":1.10,"open":true,'
        '"closed_at":"2026-03-29T01:00:00.123456789Z","meta":{"a":[1,null],"b":"x"},"files":[{"name":"n","key":"k"}]}\n'
    )


def test_values_that_do_not_fit_are_rejects_and_missing_columns_null(tmp_path: Path) -> None:
    source = parquet_file(
        tmp_path,
        f"SELECT * FROM (VALUES (1.5, 1.0, '{TIME}'), (2, 'inf'::DOUBLE, '{TIME}'), (3, 'nan'::DOUBLE, '{TIME}'), "
        f"(4, 4.0, '{TIME}'), (5, NULL, 'soon'), (NULL, NULL, '{TIME}')) v(count, score, created_at)",
    )
    stream = select([source])

    found = rows_of(stream)
    assert [(r["count"], r["score"], r["id"]) for r in found] == [(4, 4, None), (None, None, None)]
    assert rejects_of(stream) == [
        (1, "the value of 'count' is not of type integer"),
        (2, "the value of 'score' is not of type number"),
        (3, "the value of 'score' is not of type number"),
        (5, "no readable time in 'created_at'"),
    ]


def test_a_column_of_another_kind_rejects_only_rows_with_a_value(tmp_path: Path) -> None:
    source = parquet_file(tmp_path, f"SELECT unnest([1, NULL]) AS id, TIMESTAMP '{TIME[:-1]}' AS created_at")
    stream = select([source])

    assert len(rows_of(stream)) == 1
    assert rejects_of(stream) == [(1, "the value of 'id' is not of type string")]


def test_sources_of_all_kinds_come_in_their_order(tmp_path: Path) -> None:
    def ndjson(name: str, number: int, zipped: bool = False) -> RowSource:
        data = json.dumps({"created_at": TIME, "count": number}).encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if zipped else data)
        return RowSource(path, SourceFormat.NDJSON_GZ if zipped else SourceFormat.NDJSON)

    sources = [
        ndjson("a", 1),
        parquet_file(tmp_path, f"SELECT '{TIME}' AS created_at, 2 AS count"),
        ndjson("b", 3, zipped=True),
        ndjson("c", 4),
        csv_file(tmp_path, f"created_at,count\n{TIME},5\n{TIME},six\n"),
    ]
    for row_format in (RowFormat.NDJSON, RowFormat.JSON):
        stream = select(sources, fields=[DATASET.field("count")], row_format=row_format)
        body = b"".join(stream)
        assert [int(n) for n in re.findall(rb"\d", body)] == [1, 2, 3, 4, 5]
        assert (stream.rows, stream.rejected) == (5, 1)
    json.loads(b"[" + body + b"]")


# --- filters and media


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("count > 2", [3, 4, 12345678901234567890]),
        ("count = 12345678901234567890", [12345678901234567890]),
        ("casei(id) like casei('É%')", [1, 2]),
        ("id like '100\\%%'", [3]),
        ("closed_at is null and count <> 1", [2, 3, 12345678901234567890]),
        ("closed_at > timestamp('2026-03-29T00:59:59.5Z')", [1, 4]),
        ("created_at >= date('2026-03-29') and not open", [2]),
        ("meta like '%\"deep\"%'", [4]),
        ("score between -0.5 and 0.1", [1, 2]),
        ("count in (1, 4) or id = 'x''; DROP TABLE rows; --'", [1, 4, 12345678901234567890]),
        ("open", [1]),
    ],
)
def test_filters_take_what_they_say(tmp_path: Path, text: str, taken: list[int]) -> None:
    rows: list[dict[str, Any]] = [
        {"count": 1, "id": "Éa", "open": True, "score": 0.1, "closed_at": "2026-03-29T03:00:00+02:00"},
        {"count": 2, "id": "éb", "open": False, "score": -0.5},
        {"count": 3, "id": "100% sure", "score": 0.1000001},
        {"count": 4, "meta": {"a": {"deep": None}}, "closed_at": "2026-03-29T00:59:59.500001Z"},
        {"count": 12345678901234567890, "id": "x'; DROP TABLE rows; --"},
    ]
    path = tmp_path / "rows"
    path.write_text("\n".join(json.dumps({"created_at": TIME} | r) for r in rows))
    stream = select([RowSource(path, SourceFormat.NDJSON)], compile_filter(text, DATASET), [DATASET.field("count")])

    assert [r["count"] for r in rows_of(stream)] == taken
    assert (stream.rows, stream.rejected) == (len(taken), 0)


def test_a_reject_is_counted_whatever_the_filter(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text(f'!\n{{"created_at": "{TIME}", "count": "x"}}\n{{"created_at": "{TIME}", "count": 1}}\n')
    stream = select([RowSource(path, SourceFormat.NDJSON)], compile_filter("count = 2", DATASET), DATASET.fields[:1])

    assert (rows_of(stream), stream.rejected) == ([], 2)


def test_media_are_those_of_the_selected_rows_each_once(tmp_path: Path) -> None:
    def row(count: Any, *files: tuple[str, str], at: str = TIME) -> str:
        return json.dumps({"created_at": at, "count": count, "files": [{"name": n, "key": k} for n, k in files]})

    path = tmp_path / "rows"
    path.write_text(
        "\n".join(
            [
                row(1, ("b", "2"), ("ü", "1")),
                row(2, ("no", "filter")),
                row(1, ("b", "2"), ("b", "3")),
                row(1, ("no", "window"), at="2026-03-29T02:00:00Z"),
                row("wrong", ("no", "row")),
                json.dumps({"created_at": TIME, "count": 1}),
            ]
        )
    )
    selection = Selection(DATASET, WINDOW, compile_filter("count = 1", DATASET), DATASET.fields)
    found = DuckDbRows(tmp_path).media([RowSource(path, SourceFormat.NDJSON)], selection)

    assert [(file.name, file.key) for file in found] == [("b", "2"), ("ü", "1"), ("b", "3")]


# --- failures


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    threads, files = threading.active_count(), len(os.listdir("/dev/fd"))
    yield
    assert threading.active_count() == threads
    assert len(os.listdir("/dev/fd")) == files


def many_rows() -> bytes:
    return b"".join(json.dumps({"created_at": TIME, "id": f"{n:05d}" * 40}).encode() + b"\n" for n in range(30_000))


@pytest.mark.parametrize("keep", [0.5, 0.999999])
def test_a_gzip_stream_cut_short_keeps_what_came_before_and_is_one_reject(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "cut.gz"
    whole = gzip.compress(many_rows(), 1)
    path.write_bytes(whole[: int(len(whole) * keep)])

    with nothing_left_behind():
        stream = select([RowSource(path, SourceFormat.NDJSON_GZ)])
        found = [row["id"] for row in rows_of(stream)]
    assert len(found) > 30_000 * keep - 2_000
    assert found == [f"{n:05d}" * 40 for n in range(len(found))]
    ((line, reason),) = rejects_of(stream)
    assert (line, stream.rejected) == (len(found) + 1, 1)
    assert reason.startswith("the gzip is cut off or damaged")


def test_a_wrong_check_sum_is_one_reject(tmp_path: Path) -> None:
    path = tmp_path / "bad.gz"
    path.write_bytes(gzip.compress(many_rows()[:-1])[:-8] + b"\x00" * 8)

    with nothing_left_behind():
        stream = select([RowSource(path, SourceFormat.NDJSON_GZ)])
        found = rows_of(stream)
    assert (len(found), stream.rejected) == (29_999, 1)  # a last line without its end is not known to be whole


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"id,created_at\n"])
def test_a_broken_parquet_file_is_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.parquet"
    path.write_bytes(data)

    with nothing_left_behind(), pytest.raises(PermanentError, match=r"bad\.parquet cannot be read"):
        rows_of(select([RowSource(path, SourceFormat.PARQUET)]))


def test_parquet_broken_in_its_middle_is_an_error(tmp_path: Path) -> None:
    source = parquet_file(tmp_path, f"SELECT '{TIME}' AS created_at, md5(i::VARCHAR) AS id FROM range(50000) t(i)")
    data = bytearray(source.path.read_bytes())
    data[1000:-5000] = bytes(len(data) - 6000)
    source.path.write_bytes(data)

    with nothing_left_behind(), pytest.raises(PermanentError, match=r"rows\.parquet cannot be read"):
        rows_of(select([source]))


@pytest.mark.parametrize("kind", SourceFormat)
def test_a_missing_file_is_an_error(tmp_path: Path, kind: SourceFormat) -> None:
    with nothing_left_behind(), pytest.raises(PermanentError, match="gone cannot be read"):
        rows_of(select([RowSource(tmp_path / "gone", kind)]))


def test_a_consumer_that_stops_early_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_bytes(many_rows())
    with nothing_left_behind():
        body = iter(select([RowSource(path, SourceFormat.NDJSON)]))
        assert next(body)
        body.close()


def test_a_consumer_that_never_starts_or_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_bytes(many_rows())
    with nothing_left_behind():
        iter(select([RowSource(path, SourceFormat.NDJSON)]))
        with pytest.raises(RuntimeError, match="broke"):
            _break_at_the_first(select([RowSource(path, SourceFormat.NDJSON)]))


def _break_at_the_first(stream: DuckDbStream) -> None:
    for _ in stream:
        raise RuntimeError("the consumer broke")


def test_a_statement_reaches_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    (tmp_path / "rows").write_text("{}")
    with DuckDbRows(tmp_path).connect([RowSource(tmp_path / "rows", SourceFormat.NDJSON)]) as connection:
        for statement in (
            f"SELECT * FROM read_text('{tmp_path}/secret')",
            f"COPY (SELECT 1) TO '{tmp_path}/out'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement).fetchall()


def test_an_error_never_holds_a_value(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text(json.dumps({"created_at": TIME, "id": "secret"}))
    broken = Predicate('CAST("id" AS INTEGER) = ?', (1,))
    with nothing_left_behind(), pytest.raises(PermanentError) as raised:
        rows_of(select([RowSource(path, SourceFormat.NDJSON)], broken))

    assert "secret" not in str(raised.value)
