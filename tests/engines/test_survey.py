"""The survey counts what the row engine delivers: planned and delivered rows agree. Parquet files in all their states."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.core.lake import OPEN, TICKETS
from tests.core.made import CATALOG
from waybill.core.catalog import Dataset
from waybill.core.format import RowFormat, Writing
from waybill.core.rows import RowSource, Selection, SourceFormat
from waybill.core.survey import Survey, survey
from waybill.core.window import Window
from waybill.engines import survey_parquet
from waybill.engines.rows_duckdb import DuckDbRows

EVER = Window(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


def delivered(path: Path, source: SourceFormat) -> tuple[int, int]:
    """Rows and rejects of a run that asks for the time alone."""
    selection = Selection(TICKETS, EVER, None, (TICKETS.field("created_at"),))
    stream = DuckDbRows(temp_dir=path.parent).select([RowSource(path, source)], selection, Writing(RowFormat.NDJSON))
    for _ in stream:
        pass
    return stream.rows, stream.rejected


TIMES = st.one_of(
    st.sampled_from(
        ["2026-03-09T10:00:00Z", "2026-03-09 10:00Z", "2026-03-09T10:00:00.1234567891Z", "2026-03-09T10:00:00+14",
         "2026-03-09T10:00:00-0530", "2026-03-09T10:00:00", "2026-02-29T10:00:00Z", "2024-02-29T10:00:00Z", "",
         "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00Z", "2026-W10-1T10:00:00Z",
         "2026-03-09T10:00:60Z", "2026-03-09T10:00:00 Z", "\\u0032026-03-09T10:00:00Z", "infinity", "now"]
    ),
    st.from_regex(r"20\d\d-[01]\d-[0-3]\d[T ][0-2]\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-][0-2]\d(:?\d\d)?)?", fullmatch=True),
)  # fmt: skip
LINES = st.one_of(
    TIMES.map(lambda text: f'{{"created_at": "{text}"}}'.encode()),
    st.sampled_from([
        b"", b"  \t", b"{", b"[]", b"1", b"null", b'{"created_at": 5}', b'{"created_at": null}', b"{}", b'{"a": NaN}',
        b'{"created_at": "2026-03-09T10:00:00Z", "agent": "\xff"}', b'{"created_at": "2026-03-09T10:00:00Z"} x',
        b'{"created_at": "2026-03-09T10:00:00Z", "n": 0.1234567890123456789}', b'{"n": 1,}',
        b'{"Created_At": "2026-03-09T10:00:00Z"}',
        b'{"created_at": 1, "created_at": "2026-03-09T10:00:00Z"}',
        b'{"created_at": "2026-03-09T10:00:00Z", "created_at": 1}', b'{"tags": {"created_at": "2026-03-09T10:00:00Z"}}',
        b'{"tags": {"created_at": 1}, "created_at": "2026-03-09T10:00:00Z"}',
        b'{"created_at": "2026-03-09T10:00:00Z", "n": 123456789012345678901234567890}', b"\xef\xbb\xbf{}",
        b'{"created_at": "2026-03-09T10:00:00Z", "agent": "\\ud83d\\ude00"}', b'{"created_at": "2026-03-09T10:00:00Z"}\r',
    ]),
)  # fmt: skip


@given(st.lists(LINES, max_size=12), st.booleans())
@settings(max_examples=30)
def test_a_run_delivers_the_rows_and_rejects_that_were_counted(lines: list[bytes], zipped: bool) -> None:
    body = b"\n".join(lines)
    source = SourceFormat.NDJSON_GZ if zipped else SourceFormat.NDJSON
    data = gzip.compress(body) if zipped else body
    found = survey(io.BytesIO(data), source, TICKETS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "object"
        path.write_bytes(data)
        assert (found.rows, found.rejects) == delivered(path, source)


WHOLE = gzip.compress(
    b"".join(b'{"created_at": "2026-03-09T10:00:00.%06dZ", "n": %d}\n' % (n * 7919 % 10**6, n) for n in range(3_000))
)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=12)
def test_of_a_gzip_with_a_wrong_byte_too(place: int, change: int) -> None:
    data = WHOLE[:place] + bytes([WHOLE[place] ^ change]) + WHOLE[place + 1 :]
    found = survey(io.BytesIO(data), SourceFormat.NDJSON_GZ, TICKETS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "object"
        path.write_bytes(data)
        assert (found.rows, found.rejects) == delivered(path, SourceFormat.NDJSON_GZ)


CELLS = st.sampled_from(
    ["t1", "", '"a,b"', '"a ""b"""', '"a\nb"', "ä", "2026-03-09T10:00:00Z", '"2026-03-09T10:00:00Z"']
)
ROWS = st.one_of(
    TIMES.filter(lambda text: "," not in text).map(lambda text: f"t1,{text}"),
    st.lists(CELLS, min_size=2, max_size=2).map(",".join),
    st.sampled_from(["", "t1", "t1,2026-03-09T10:00:00Z,x"]),
)


@given(st.lists(ROWS, max_size=8), st.sampled_from(["\n", "\r\n"]))
@example(["t1,2026-03-09T10:00:00Z", "t1"], "\n")
@settings(max_examples=30)
def test_of_a_csv_too(rows: list[str], end: str) -> None:
    data = end.join(["ticket_id,created_at", *rows, ""]).encode()
    found = survey(io.BytesIO(data), SourceFormat.CSV, TICKETS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "object"
        path.write_bytes(data)
        assert (found.rows, found.rejects) == delivered(path, SourceFormat.CSV)


def parquet(path: Path, rows: str) -> Path:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    return path


def surveyed(path: Path, dataset: Dataset = TICKETS) -> Survey:
    return survey_parquet.survey(path, dataset)


@pytest.mark.parametrize(
    "kind", ["TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S", "DATE", "VARCHAR"]
)
def test_a_parquet_file_is_surveyed_whatever_its_times_are_kept_as(kind: str, tmp_path: Path) -> None:
    as_text = "strftime(t, '%Y-%m-%dT%H:%M:%SZ')" if kind == "VARCHAR" else f"CAST(t AS {kind})"
    path = parquet(
        tmp_path / "odd [name]*.parquet",
        f"SELECT 'x' || i AS ticket_id, CASE WHEN i % 10 > 0 THEN {as_text} END AS created_at, i AS odd "
        "FROM (SELECT i, TIMESTAMP '2026-03-09 00:00:00' + INTERVAL (i) MINUTE AS t FROM range(5000) r(i))",
    )
    found = surveyed(path)
    assert (found.rows, found.rejects) == delivered(path, SourceFormat.PARQUET) == (4500, 500)
    day = kind == "DATE"
    assert found.first == datetime(2026, 3, 9, 0, 0 if day else 1, tzinfo=UTC)
    assert found.last == datetime(2026, 3, 12, 0 if day else 11, 0 if day else 19, tzinfo=UTC)
    assert found.plain_size > 20_000
    assert found.columns == ("created_at:string", "odd:integer", "ticket_id:string")
    assert found.fault == ""


@pytest.mark.parametrize(
    ("columns", "said"),
    [("1 AS ticket_id", "no column created_at"), ("1 AS ticket_id, 5 AS created_at", "of type INTEGER"),
     ("[1] AS created_at", "no instant"), ("'soon' AS created_at", "no instant")],
)  # fmt: skip
def test_a_parquet_without_times_is_all_rejects_and_says_why(columns: str, said: str, tmp_path: Path) -> None:
    found = surveyed(parquet(tmp_path / "x.parquet", f"SELECT {columns} FROM range(70)"))
    assert (found.rows, found.rejects, found.first) == (0, 70, None)
    assert said in found.fault


def test_what_is_no_parquet_or_only_a_part_of_one_is_refused_with_a_reason(tmp_path: Path) -> None:
    whole = parquet(
        tmp_path / "x.parquet", "SELECT TIMESTAMP '2026-03-09' + INTERVAL (i) DAY AS created_at FROM range(9) r(i)"
    )
    data = whole.read_bytes()
    for broken in (b"", b"PAR1", b"x" * 100, data[:-9], b"PAR1" + bytes(len(data) - 12) + data[-8:]):
        whole.write_bytes(broken)
        found = surveyed(whole)
        assert (found.rows, found.rejects) == (0, 1)
        assert found.fault.startswith("It cannot be read as Parquet")
        assert str(tmp_path) not in found.fault
    whole.write_bytes(data[:4] + bytes(b ^ 255 for b in data[4:60]) + data[60:])
    found = surveyed(whole)
    assert (found.rows, found.rejects) in {(0, 9), (0, 1)}


def test_an_empty_parquet_is_no_fault(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", "SELECT now() AS created_at WHERE FALSE")
    assert (surveyed(path).rows, surveyed(path).rejects, surveyed(path).fault) == (0, 0, "")


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        ("{'city': 'Bonn', 'visits': i, 'when': now()}", {"city:string", "visits:integer", "when:string"}),
        ("MAP{'city': 1.5::DOUBLE, 'k' || i: 2.0::DOUBLE}", {"city:number", "k0:number", "k1:number"}),
        ("json_object('city', 'Bonn', 'n', i, 'x', [1])", {"city:string", "n:integer", "x:json"}),
        ("CAST(json_object('city', i > 0, 'n', NULL) AS VARCHAR)", {"city:boolean", "n:null"}),
        ("'no json'", set()),
    ],
)
def test_the_columns_inside_an_open_field_are_named(kept: str, found: set[str], tmp_path: Path) -> None:
    rows = f"SELECT 'a' AS id, now() AS at, {kept} AS attributes, i AS loose FROM range(2) r(i)"
    columns = surveyed(parquet(tmp_path / "x.parquet", rows), OPEN).columns
    inside = {c.removeprefix("attributes.") for c in columns if c.startswith("attributes.")}
    assert inside == found | {"loose:integer"}


def test_a_survey_opens_no_other_file(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", "SELECT now() AS created_at")
    other = parquet(tmp_path / "y.parquet", "SELECT now() AS created_at")
    connection = survey_parquet._locked(path)
    with pytest.raises(duckdb.PermissionException):
        connection.execute(f"SELECT * FROM '{other}'")
    with pytest.raises(duckdb.Error):
        connection.execute("SET enable_external_access = true")


def test_every_dataset_can_be_surveyed(tmp_path: Path) -> None:
    for dataset in CATALOG.values():
        path = parquet(tmp_path / "x.parquet", f"SELECT now() AS {dataset.time_field}")
        assert surveyed(path, dataset).rows == 1
        line = json.dumps({dataset.time_field: "2026-03-09T10:00:00Z"}).encode()
        assert survey(io.BytesIO(line), SourceFormat.NDJSON, dataset).rows == 1
