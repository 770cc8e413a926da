"""Open columns: what rows have beside the catalogue's fields, merged, chosen one by one, and asked for by filters."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines import oracle
from tests.engines.oracle import WINDOW, field
from waybill.core.catalog import Dataset
from waybill.core.format import CsvProfile, RowFormat, Writing, framing
from waybill.core.rows import RowSource, Selection, SourceFormat
from waybill.core.select import compile_filter
from waybill.engines.rows_duckdb import DuckDbRows, DuckDbStream

TIME = "2026-03-29T01:30:00Z"
DATASET = Dataset(
    name="profiles",
    title="Profiles",
    description="for tests",
    time_field="created_at",
    key_field="id",
    open_field="attributes",
    fields=(field("id", "string"), field("created_at", "timestamp"), field("attributes", "json")),
)
NDJSON = Writing(RowFormat.NDJSON)
ALL = ("id", "attributes")


def select(source: RowSource, names: Sequence[str] = ALL, text: str = "", writing: Writing = NDJSON) -> DuckDbStream:
    predicate = compile_filter(text, DATASET) if text else None
    selection = Selection(DATASET, WINDOW, predicate, DATASET.chosen(names))
    return DuckDbRows(source.path.parent).select([source], selection, writing)


def ndjson(folder: Path, *rows: Any) -> RowSource:
    path = folder / "rows"
    path.write_bytes(
        b"".join((r if isinstance(r, bytes) else json.dumps({"created_at": TIME} | r).encode()) + b"\n" for r in rows)
    )
    return RowSource(path, SourceFormat.NDJSON)


def parquet(folder: Path, query: str) -> RowSource:
    path = folder / "rows.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return RowSource(path, SourceFormat.PARQUET)


def rows_of(stream: DuckDbStream) -> list[oracle.Row]:
    return oracle.read_ndjson(b"".join(stream))


# --- what belongs to the open field

names = st.one_of(
    st.sampled_from(["city", "City", "CITY", "id ", "a.b", "$x", "", "/~1", "~0", "[0]", "x" * 200, "*", "Id"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(names, values, max_size=5)
unknown = objects.map(lambda o: {k: v for k, v in o.items() if k not in ("id", "created_at", "attributes")})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.none() | objects, unknown), min_size=1, max_size=6))
def test_the_open_field_is_the_rows_own_object_under_its_unknown_columns(
    rows: list[tuple[dict[str, Any] | None, dict[str, Any]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = ndjson(Path(folder), *({"id": "x", "attributes": own} | rest for own, rest in rows))
        stream = select(source)
        found = rows_of(stream)

    assert (stream.rows, list(stream.rejects)) == (len(rows), [])
    assert found == [
        {"id": "x", "attributes": None if own is None and not rest else (own or {}) | rest} for own, rest in rows
    ]


writable = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters='"\\\x7f'), min_size=1, max_size=20
).filter(lambda k: k.isprintable() and not k.startswith("."))


@settings(max_examples=15, deadline=None)
@given(st.lists(writable, min_size=1, max_size=4, unique=True), st.data())
def test_each_open_column_is_written_as_it_came(keys: list[str], data: st.DataObject) -> None:
    known = set(DATASET.chosen([f"attributes.{k}" for k in keys]))
    assert len(known) == len(keys)
    rows = data.draw(st.lists(st.dictionaries(st.sampled_from(keys), values), min_size=1, max_size=4))
    rows = [{k: v for k, v in r.items() if k not in ("id", "created_at", "attributes")} for r in rows]
    chosen = [f"attributes.{k}" for k in keys]
    with tempfile.TemporaryDirectory() as folder:
        source = ndjson(Path(folder), *rows)
        assert rows_of(select(source, chosen)) == [{f"attributes.{k}": r.get(k) for k in keys} for r in rows]
        writing = Writing(RowFormat.XML)
        frame = framing(writing, DATASET.chosen(chosen))
        xml = b"".join(frame.join([b"".join(select(source, chosen, writing=writing))]))
        body = b"".join(select(source, chosen, writing=Writing(RowFormat.CSV)))
    for row, record, element in zip(rows, oracle.records(body.decode()), ElementTree.fromstring(xml), strict=True):
        assert [_as_came(t, row.get(k)) for k, t in zip(keys, record, strict=True)] == [row.get(k) for k in keys]
        columns = {oracle.xml_name(e): _as_came(oracle.xml_text(e), row.get(oracle.xml_name(e))) for e in element}
        assert columns == {k: v for k, v in row.items() if v is not None}


def _as_came(text: str | None, came: Any) -> Any:
    """A plain text is a text where a text came, and JSON where anything else did."""
    return text if text is None or isinstance(came, str) else json.loads(text)


def test_columns_are_found_by_their_exact_name(tmp_path: Path) -> None:
    source = ndjson(tmp_path, {"city": 1, "City": 2, "a.b": "x", "a": {"b": 3}, "ID": 4}, {"attributes": {"city": 5}})
    chosen = [f"attributes.{k}" for k in ("city", "City", "a.b", "ID", "CITY")]

    found = [[r[name] for name in chosen] for r in rows_of(select(source, chosen))]
    assert found == [[1, 2, "x", 4, None], [5, None, None, None, None]]


def test_an_open_field_of_another_kind_is_a_reject(tmp_path: Path) -> None:
    source = ndjson(tmp_path, {"attributes": "x"}, {"attributes": [1], "b": 2}, {"b": 3}, b"[]", b'{"created_at"')
    stream = select(source, ["attributes.b"])

    assert rows_of(stream) == [{"attributes.b": 3}]
    assert [(json.loads(r)["line"], json.loads(r)["reason"]) for r in stream.rejects][:3] == [
        (1, "'attributes' is no object"),
        (2, "'attributes' is no object"),
        (4, "the line is not a JSON object"),
    ]
    assert stream.rejected == 4


def test_what_is_not_asked_for_rejects_nothing(tmp_path: Path) -> None:
    source = ndjson(tmp_path, {"id": "a", "attributes": 5, "x": 1}, b'{"created_at": "%s", "x": NaN}' % TIME.encode())

    assert rows_of(select(source, ["id"])) == [{"id": "a"}, {"id": None}]


def test_a_value_that_json_has_not_is_a_reject(tmp_path: Path) -> None:
    stream = select(ndjson(tmp_path, b'{"created_at": "%s", "x": [NaN]}' % TIME.encode(), {"x": "NaN"}))

    assert rows_of(stream) == [{"id": None, "attributes": {"x": "NaN"}}]
    assert stream.rejected == 1


# --- files


def test_unknown_columns_of_csv_are_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(
            ["id", "created_at", "city", 'q"x', "attributes"]
        )
        file.write(
            f'1,{TIME},"Köln, ""x""",,"{{""city"": 1,\n""b"": [2]}}"\n2,{TIME},"",7,\n3,{TIME},,,\n4,{TIME},,,no\n'
        )
    stream = select(RowSource(path, SourceFormat.CSV))

    assert rows_of(stream) == [
        {"id": "1", "attributes": {"b": [2], "city": 'Köln, "x"'}},
        {"id": "2", "attributes": {"city": "", 'q"x': "7"}},
        {"id": "3", "attributes": None},
    ]
    assert [json.loads(r)["reason"] for r in stream.rejects] == ["'attributes' is no object"]


def test_unknown_columns_of_parquet_keep_their_kind(tmp_path: Path) -> None:
    source = parquet(
        tmp_path,
        f"SELECT '1' AS id, TIMESTAMP '{TIME[:-1]}' AS created_at, {{'City': 0, 'own': 'x'}} AS attributes, "
        '5::BIGINT AS "City", 1234567890123456789.25::DECIMAL(38,2) AS amount, true AS vip, '
        "TIMESTAMPTZ '2026-03-29 03:00:00.5+02' AS \"at\", NULL::INT AS nothing, [1.5, NULL] AS list, "
        "{'a': {'b': 1}} AS \"s \"\"q\"",
    )

    assert b"".join(select(source)).decode() == (
        '{"id":"1","attributes":{"own":"x","City":5,"amount":1234567890123456789.25,"vip":true,'
        '"at":"2026-03-29T01:00:00.5Z","list":[1.5,null],"s \\"q":{"a":{"b":1}}}}\n'
    )


def test_names_of_parquet_that_differ_in_case_stay_apart(tmp_path: Path) -> None:
    query = f"SELECT '{TIME}' AS created_at, 'a' AS city, {{'x': [1]}} AS \"Xity\", 'c' AS \"YITY\""
    source = parquet(tmp_path, query)  # DuckDB itself writes no such names
    source.path.write_bytes(source.path.read_bytes().replace(b"Xity", b"City").replace(b"YITY", b"CITY"))
    found = rows_of(select(source, ["attributes"]))

    assert found == [{"attributes": {"city": "a", "City": {"x": [1]}, "CITY": "c"}}]


# --- writing and filters


def test_open_columns_of_a_spreadsheet_are_safe_and_their_numbers_stay(tmp_path: Path) -> None:
    source = ndjson(tmp_path, {"a": "-1+1"}, {"a": -1}, {"a": "x"}, {"a": ""}, {})
    for profile, wanted in (
        (CsvProfile.SPREADSHEET, '\'-1+1\n-1\nx\n""\n\n'),
        (CsvProfile.BASE64, 'LTErMQ==\nLTE=\neA==\n""\n\n'),
    ):
        stream = select(source, ["attributes.a", "id"], writing=Writing(RowFormat.CSV, profile))
        assert b"".join(stream).decode().replace(",", "") == wanted


ROWS: list[dict[str, Any]] = [
    {"id": "0", "v": "Köln", "big": 9007199254740993, "at": "2026-03-29T03:00:00+02:00", "vip": True},
    {"id": "1", "v": "köln", "big": 9007199254740992, "at": "soon", "vip": False, "V": 1},
    {"id": "2", "v": 5, "big": "9007199254740993", "vip": "true"},
    {"id": "3", "v": 5.5, "home town, (x)": "y", "b": {"c": 1}},
    {"id": "4", "v": None, "b.c": "dots"},
    {"id": "5", "v": ["Köln"], "at": 17},
    {"id": "6", "attributes": {"v": "5", "vip": True}},
]


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("attributes.v = 'Köln'", "0"),
        ("\"attributes.v\" = '5'", "6"),
        ("casei(attributes.v) = casei('KÖLN')", "01"),
        ("attributes.v > 4", "23"),
        ("attributes.v >= 5 and not attributes.v > 5.2", "2"),
        ("attributes.v <> 'Köln'", "16"),
        ("attributes.v between 5 and 5.5", "23"),
        ("attributes.v between 'a' and 'z'", "1"),
        ("attributes.v in ('Köln', '5')", "06"),
        ("attributes.v in (5, 5.5)", "23"),
        ("attributes.v like 'K%' or casei(attributes.v) like casei('%LN')", "01"),
        ("attributes.v is null", "4"),
        ("attributes.vip", "06"),
        ("attributes.vip = false", "1"),
        ("attributes.big = 9007199254740993", "0"),
        ("attributes.big > 9007199254740992", "0"),
        ("attributes.at >= timestamp('2026-03-29T01:00:00Z')", "0"),
        ("attributes.at < date('2026-03-29')", ""),
        ("\"attributes.home town, (x)\" = 'y'", "3"),
        ("attributes.b.c = 'dots'", "4"),
        ("attributes.V = 1", "1"),
        ("attributes.v = id", ""),
        ("5 < attributes.v", "3"),
        ("attributes is null", ""),
        ("attributes like '%dots%'", "4"),
        ("attributes.1a is null and attributes.v = 5", "2"),
    ],
)
def test_filters_take_an_open_column_as_what_it_is_compared_with(tmp_path: Path, text: str, taken: str) -> None:
    stream = select(ndjson(tmp_path, *ROWS), ["id"], text)

    assert "".join(r["id"] for r in rows_of(stream)) == taken
    assert stream.rejected == 0
