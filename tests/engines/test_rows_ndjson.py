"""NDJSON through the row engine, against the oracle: hostile lines, every format, exact rejects."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines import oracle
from tests.engines.oracle import DATASET, WINDOW
from waybill.core.catalog import DataField
from waybill.core.format import RowFormat, Writing, framing
from waybill.core.rows import RowSource, Selection, SourceFormat
from waybill.engines import rows_feed
from waybill.engines.rows_duckdb import DuckDbRows, DuckDbStream

TIME = "2026-03-29T01:30:00Z"
ENGINE_FORMATS = [f for f in RowFormat if f is not RowFormat.PARQUET]


def selected(
    folder: Path,
    sources: Sequence[bytes],
    fields: Sequence[DataField] = DATASET.fields,
    row_format: RowFormat = RowFormat.NDJSON,
) -> tuple[bytes, DuckDbStream]:
    """The body of sources of which every other one is gzipped, and its counts."""
    given_sources = []
    for number, data in enumerate(sources):
        zipped = number % 2 == 1
        path = folder / f"source [{number}]*"
        path.write_bytes(gzip.compress(data) if zipped else data)
        given_sources.append(RowSource(path, SourceFormat.NDJSON_GZ if zipped else SourceFormat.NDJSON))
    stream = DuckDbRows(folder).select(
        given_sources, Selection(DATASET, WINDOW, None, tuple(fields)), Writing(row_format)
    )
    return b"".join(stream), stream


def places(stream: DuckDbStream) -> list[tuple[int, int]]:
    found = [json.loads(r) for r in stream.rejects]
    assert all(r["reason"] for r in found)
    return [(int(r["source"].split("[")[1].split("]")[0]), r["line"]) for r in found]


def lines(*rows: Any) -> bytes:
    return b"".join(r if isinstance(r, bytes) else json.dumps(r).encode() + b"\n" for r in rows)


# --- hostile lines

special = st.sampled_from('"\\\n\r\t\x00\x01,😀é\u2028\ufffe<&>]')
text = st.text(alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), special))
numerals = st.sampled_from(
    "0 -0 -0.0 0.1 1.10 1E5 1e-7 1e22 1e308 1e400 -1e400 5.0 9007199254740993 0.30000000000000004 123456789012345678.5 "
    "0.1000000000000000055511151231257827 12345678901234567890123456789 170141183460469231731687303715884105728 "
    f"{'1' * 60} NaN Infinity -Infinity 01 +1 .5 5.".split()
)
json_text = st.recursive(
    st.one_of(st.sampled_from(["null", "true", "false"]), numerals, text.map(json.dumps)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda i: "[" + ",".join(i) + "]"),
        st.lists(st.tuples(text.map(json.dumps), inner), max_size=3).map(
            lambda i: "{" + ",".join(f"{k}: {v}" for k, v in i) + "}"
        ),
    ),
    max_leaves=4,
)
instants = [
    *["2026-03-29T01:00:00Z", "2026-03-29T01:59:59.999999999Z", "2026-03-29T03:30:00.1230+02:00", "2026-03-29T01:30Z"],
    *["2026-03-28 23:15:00-0230", "2026-03-29T02:00:00Z", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"],
    *["2026-03-29T01:30:00", "2026-03-29", "2026-02-30T00:00:00Z", "2026-03-29T01:30:60Z", "2026-03-29T24:00:00Z"],
    *["2026-03-29T01:30:00.Z", " " + TIME, "infinity", "", TIME, TIME, TIME],
]
times = st.one_of(st.sampled_from(instants), st.datetimes().map(lambda d: d.isoformat() + "Z"))
values = {
    "id": st.one_of(text.map(json.dumps), json_text),
    "created_at": st.one_of(times.map(json.dumps), json_text),
    "count": st.one_of(st.integers().map(str), json_text),
    "score": st.one_of(numerals, st.floats(allow_nan=False, allow_infinity=False).map(repr), json_text),
    "open": st.one_of(st.sampled_from(["true", "false", "null"]), json_text),
    "closed_at": st.one_of(times.map(json.dumps), json_text),
    "meta": json_text,
    "files": st.one_of(st.just("null"), st.just('[{"name": "a", "key": "b", "more": 1}]'), json_text),
    "unknown": json_text,
}
others = {name: value for name, value in values.items() if name != "created_at"}
good = st.fixed_dictionaries({"created_at": st.just(json.dumps(TIME))}, optional=others)
wild = st.fixed_dictionaries({}, optional=values)


def _line(row: dict[str, str]) -> bytes:
    return ("{" + ", ".join(f'"{k}": {v}' for k, v in row.items()) + "}").encode("utf-8")


no_rows = [
    *[b"", b" \t", b"\r", b"[1]", b"5", b"null", b'"x"', b"!", b"{", b"\xff", b'{"id": "\xc3"}', b"\x00", b"{} {}"],
    *[b'{"created_at": "%s"' % TIME.encode(), b'{"id": "\\ud800", "created_at": "%s"}' % TIME.encode()],
]
line = st.one_of(
    st.one_of(good, wild).map(_line),
    st.sampled_from(no_rows),
    st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"")),
)
files = st.lists(st.tuples(st.lists(line, max_size=8), st.booleans()), max_size=4).map(
    lambda found: [b"\n".join(lines) + (b"\n" if ended and lines else b"") for lines, ended in found]
)
some_fields = st.lists(st.sampled_from(DATASET.fields), min_size=1, max_size=8, unique_by=lambda f: f.name)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files, some_fields, st.sampled_from(ENGINE_FORMATS))
def test_rows_and_rejects_are_those_of_the_oracle(
    sources: list[bytes], fields: list[DataField], row_format: RowFormat
) -> None:
    wanted = oracle.answer(sources, fields)

    with tempfile.TemporaryDirectory() as folder:
        body, stream = selected(Path(folder), sources, fields, row_format)

    assert places(stream) == wanted.rejects
    assert stream.rejected == len(wanted.rejects)
    assert stream.rows == len(wanted.rows)
    assert read(body, fields, row_format) == wanted.rows


def read(body: bytes, fields: Sequence[DataField], row_format: RowFormat) -> list[oracle.Row]:
    if row_format is RowFormat.CSV:
        return oracle.read_csv(body, fields)
    if row_format is RowFormat.NDJSON:
        return oracle.read_ndjson(body)
    file = b"".join(framing(Writing(row_format), fields).join([body]))
    return oracle.read_xml(file, fields) if row_format is RowFormat.XML else oracle.read_json(file)


# --- by hand


def test_words_that_json_has_not_may_stand_in_strings(tmp_path: Path) -> None:
    metas = [{"INF": [None, ""]}, ["nan", {"": ""}, ",]"], {"a": "", "Infinity": ""}]
    body, stream = selected(tmp_path, [lines(*(row(meta=m) for m in metas))])

    assert [r["meta"] for r in oracle.read_ndjson(body)] == metas
    assert stream.rejected == 0


def row(**fields: Any) -> dict[str, Any]:
    return {"created_at": TIME, **fields}


@pytest.mark.parametrize("row_format", ENGINE_FORMATS)
def test_no_rows_are_an_empty_body(tmp_path: Path, row_format: RowFormat) -> None:
    for sources in ([], [b""], [b"", b"\n \n"], [lines({"created_at": "2026-03-29T02:00:00Z"})]):
        body, stream = selected(tmp_path, sources, row_format=row_format)
        assert (body, stream.rows, stream.rejected) == (b"", 0, 0)


def test_each_reject_says_where_it_is_and_why_but_not_what_it_holds(tmp_path: Path) -> None:
    broken = lines(
        b"\n", row(), b"secret {\n", b"[]\n", b"\xff\n", {"created_at": "secret"}, row(count="secret"), row(count=1.5),
        row(files=[{"name": "secret"}]), b'{"created_at": "%s", "score": 0.12345678901234567891}\n' % TIME.encode(),
    )  # fmt: skip
    _, stream = selected(tmp_path, [lines(row()), broken])

    found = [json.loads(r) for r in stream.rejects]
    assert stream.rows == 2
    assert [(r["source"], r["line"], r["reason"]) for r in found] == [
        ("source [1]*", 3, "the line is not JSON: Expecting value at column 1"),
        ("source [1]*", 4, "the line is not a JSON object"),
        ("source [1]*", 5, "the line is not UTF-8 at byte 1"),
        ("source [1]*", 6, "no readable time in 'created_at'"),
        ("source [1]*", 7, "the value of 'count' is not of type integer"),
        ("source [1]*", 8, "the value of 'count' is not of type integer"),
        ("source [1]*", 9, "'files' is no list of media with name and key"),
        ("source [1]*", 10, "the number 0.12345678901234567891 has more digits than can be kept"),
    ]


def test_only_so_many_rejects_are_listed_but_all_are_counted(tmp_path: Path) -> None:
    _, stream = selected(tmp_path, [b"!\n" * 700, b"!\n" * 800])

    assert stream.rejected == 1_500
    assert len(stream.rejects) == 1_000
    assert places(stream)[-1] == (1, 300)


def test_a_line_of_sixteen_mib_survives_and_one_over_the_limit_is_a_reject(tmp_path: Path) -> None:
    long = row(id="é\n" * (4 << 20))
    longest = row(id="x" * (rows_feed.MAX_LINE - len(json.dumps(row(id=""))) - 1))
    too_long = row(id=longest["id"] + "x")
    data = json.dumps(long, ensure_ascii=False).encode() + b"\n" + lines(too_long, longest, row(id="last"))
    body, stream = selected(tmp_path, [data], [DATASET.field("id")])

    assert [r["id"] for r in oracle.read_ndjson(body)] == [long["id"], longest["id"], "last"]
    assert [json.loads(r)["reason"] for r in stream.rejects] == ["the line is longer than 20 MiB"]
    assert places(stream) == [(0, 2)]


def test_rejects_keep_their_line_over_the_borders_of_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_feed, "SEGMENT", 500)
    monkeypatch.setattr(rows_feed, "CHUNK", 130)
    sources = [lines(*(b"!\n" if n % (7 + s) == 0 else row(count=n) for n in range(100))) for s in range(4)]
    wanted = oracle.answer(sources, DATASET.fields)
    body, stream = selected(tmp_path, sources)

    assert oracle.read_ndjson(body) == wanted.rows
    assert places(stream) == wanted.rejects


def test_the_same_sources_give_the_same_bytes_however_they_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [lines(*(row(count=n, id=f"{n} é") for n in range(3_000))) for _ in range(2)]
    whole, _ = selected(tmp_path, sources, row_format=RowFormat.JSON)
    monkeypatch.setattr(rows_feed, "SEGMENT", 10_000)

    assert selected(tmp_path, sources, row_format=RowFormat.JSON)[0] == whole


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        (b"78.77383039804342", True),
        (b"0.30000000000000004", True),
        (b"1.00000000000000000000000", True),
        (b"123456789012345678901234567890", True),
        (b'"0.123456789012345678901234567890"', True),
        (b"0.123456789012345678", False),
        (b"12345678901.2345678", False),
        (b"-123456789012345678901e3", False),
    ],
)
@pytest.mark.parametrize("before", range(7))
def test_the_screen_sees_long_numbers_wherever_they_stand(number: bytes, kept: bool, before: int) -> None:
    line = b'{"a":' + b" " * before + number + b"}\n"

    assert rows_feed.screened(b"{}\n" + line + line + b"{}\n") == b"{}\n" + 2 * (line if kept else b"!\n") + b"{}\n"
