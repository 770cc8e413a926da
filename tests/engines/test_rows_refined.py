"""Rows in order, each once, without known ones: against plain Python, in every format."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines import oracle
from tests.engines.oracle import DATASET, WINDOW, Row
from waybill.core.catalog import DataField
from waybill.core.format import CsvProfile, RowFormat, Writing, framing
from waybill.core.rows import Refinement, RowSource, RowStream, Selection, SourceFormat
from waybill.core.select import compile_filter
from waybill.engines import rows_refined
from waybill.engines.rows_duckdb import DuckDbRows
from waybill.engines.rows_refined import Refined, RefinedStream

TIME = "2026-03-29T01:30:00Z"
ALL = Refinement(ordered=True, distinct=True)
LINES = Writing(RowFormat.NDJSON)
FORMATS = (RowFormat.JSON, RowFormat.NDJSON, RowFormat.CSV)
ID, COUNT = DATASET.field("id"), DATASET.field("count")


def row(key: Any = None, at: str = TIME, **more: Any) -> dict[str, Any]:
    return {"id": key, "created_at": at, **more}


def ndjson(folder: Path, name: str, *rows: Any) -> RowSource:
    path = folder / name
    path.write_bytes(b"".join(r if isinstance(r, bytes) else json.dumps(r).encode() + b"\n" for r in rows))
    return RowSource(path, SourceFormat.NDJSON)


def refined(
    folder: Path,
    sources: Sequence[RowSource],
    refinement: Refinement = ALL,
    fields: Sequence[DataField] = DATASET.fields,
    writing: Writing = LINES,
    dataset: Any = DATASET,
    text: str = "",
) -> tuple[bytes, RefinedStream]:
    predicate = compile_filter(text, dataset) if text else None
    stream = Refined(DuckDbRows(folder), folder).select(
        sources, Selection(dataset, WINDOW, predicate, tuple(fields)), writing, refinement
    )
    assert isinstance(stream, RefinedStream)
    return b"".join(stream), stream


def read(body: bytes, fields: Sequence[DataField], row_format: RowFormat) -> list[Row]:
    if row_format is RowFormat.CSV:
        return oracle.read_csv(body, fields)
    if row_format is RowFormat.NDJSON:
        return oracle.read_ndjson(body)
    return oracle.read_json(b"".join(framing(Writing(row_format), fields).join([body])))


# --- against plain Python

times = st.sampled_from([f"2026-03-29T01:30:0{n}Z" for n in ("0", "0.5", "0.50", "0.123456789", "0.1234567891", "1")])
keys = st.sampled_from([None, "", "a", "b", "é", "\n", 'q"u', "a,b", "\x00", "x" * 300, "x" * 300 + "y", 5])
rows = st.builds(row, keys, times, count=st.integers(0, 3), meta=st.sampled_from([None, {"t": 'a "\nb'}]))
sources = st.lists(st.lists(st.one_of(rows, st.just(b"!\n"), st.just({"id": "a"})), max_size=8), max_size=3)
fields = st.lists(st.sampled_from(DATASET.fields), min_size=1, max_size=8, unique_by=lambda f: f.name)


def expected(wanted: list[Row], known: list[Row], refinement: Refinement) -> list[Row]:
    seen = {(r["id"], r["created_at"]) for r in known if r["id"] is not None}
    kept = []
    for one in wanted:
        mark = (one["id"], one["created_at"])
        if mark in seen:
            continue
        if refinement.distinct and one["id"] is not None:
            seen.add(mark)
        kept.append(one)
    if refinement.ordered:
        kept.sort(key=lambda r: (r["created_at"].rstrip("Z"), r["id"] is None, (r["id"] or "").encode()[:256]))
    return kept


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(sources, sources, st.booleans(), st.booleans(), fields, st.sampled_from(FORMATS))
def test_rows_are_those_of_plain_python(
    given_rows: list[list[Any]],
    known_rows: list[list[Any]],
    ordered: bool,
    distinct: bool,
    written: list[DataField],
    row_format: RowFormat,
) -> None:
    checked = [*written, ID, DATASET.field("created_at")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given_sources = [ndjson(folder, f"given {n}", *r) for n, r in enumerate(given_rows)]
        known_sources = [ndjson(folder, f"known {n}", *r) for n, r in enumerate(known_rows)]
        fresh = oracle.answer([s.path.read_bytes() for s in given_sources], checked)
        known = oracle.answer([s.path.read_bytes() for s in known_sources], checked)
        refinement = Refinement(ordered, distinct, tuple(known_sources))
        if refinement.nothing:
            return
        body, stream = refined(folder, given_sources, refinement, written, Writing(row_format))
        assert sorted(p.name[:5] for p in folder.iterdir() if p.is_dir()) == []
    wanted = expected(fresh.rows, known.rows, refinement)

    assert read(body, written, row_format) == [{f.name: r[f.name] for f in written} for r in wanted]
    assert stream.rows == len(wanted)
    assert stream.rejected == len(stream.rejects) == len(fresh.rejects)
    assert stream.rows + stream.duplicates + stream.already_known == len(fresh.rows)
    marks = {(k["id"], k["created_at"]) for k in known.rows if k["id"] is not None}
    assert stream.already_known == sum((r["id"], r["created_at"]) in marks for r in fresh.rows)


# --- by hand


def test_nothing_to_refine_is_the_engines_own_stream(tmp_path: Path) -> None:
    source = ndjson(tmp_path, "a", row("b"), row("a"), row("b"), row(5))
    selection = Selection(DATASET, WINDOW, None, (COUNT,))
    stream = Refined(DuckDbRows(tmp_path), tmp_path).select([source], selection, Writing(RowFormat.JSON), Refinement())

    assert b"".join(stream).count(b"null") == 4
    assert stream.rejected == 0


def test_values_pass_unchanged_whatever_the_source(tmp_path: Path) -> None:
    long = "0.1000000000000000055511151231257827"
    path = tmp_path / "a.csv"
    path.write_text(
        f'id,created_at,score,meta\nb,{TIME},{long},"{{ ""x"" : 1.10 }}"\na,{TIME},1.10,\n"c\nd",{TIME},5,\n'
    )
    source = RowSource(path, SourceFormat.CSV)
    fields = [DATASET.field(n) for n in ("score", "meta", "id")]

    assert refined(tmp_path, [source], fields=fields)[0].decode() == (
        f'{{"score":1.10,"meta":null,"id":"a"}}\n{{"score":{long},"meta":{{ "x" : 1.10 }},"id":"b"}}\n'
        '{"score":5,"meta":null,"id":"c\\nd"}\n'
    )
    assert refined(tmp_path, [source], fields=fields, writing=Writing(RowFormat.CSV))[0].decode() == (
        f'1.10,,a\n{long},"{{ ""x"" : 1.10 }}",b\n5,,"c\nd"\n'
    )


def test_whole_numbers_are_ordered_by_value(tmp_path: Path) -> None:
    dataset = DATASET.model_copy(update={"key_field": "count"})
    counts = [10, 9, -1, None, 0, 2**100, -(2**100), 9]
    source = ndjson(tmp_path, "a", *(row(count=n) for n in counts))
    body, stream = refined(tmp_path, [source], fields=[COUNT], dataset=dataset)

    assert [r["count"] for r in oracle.read_ndjson(body)] == [-(2**100), -1, 0, 9, 10, 2**100, None]
    assert stream.duplicates == 1


def test_the_filter_holds_for_known_rows_too(tmp_path: Path) -> None:
    """A row that an earlier run did not deliver is not known, whatever lay in its sources."""
    known = ndjson(
        tmp_path, "known", row("a", count=1), row("b", count=2), row("c", at="2026-03-29T03:00:00Z", count=2)
    )
    fresh = ndjson(tmp_path, "fresh", *(row(k, count=2) for k in "abc"))
    body, stream = refined(tmp_path, [fresh], Refinement(known=(known,)), [ID], text="count = 2")

    assert [r["id"] for r in oracle.read_ndjson(body)] == ["a", "c"]
    assert (stream.already_known, stream.duplicates) == (1, 0)


def test_a_row_whose_key_cannot_be_read_is_a_reject_whatever_is_written(tmp_path: Path) -> None:
    source = ndjson(tmp_path, "a", row("b"), row([1]), row("a"))
    body, stream = refined(tmp_path, [source], fields=[COUNT])

    assert (body.count(b"\n"), stream.rows, stream.rejected) == (2, 2, 1)
    assert json.loads(stream.rejects[0])["reason"] == "the value of 'id' is not of type string"


def test_much_more_than_one_piece_comes_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_refined, "PIECE", 1_000)
    keys = [f"{n * 7919 % 5_003:05}" for n in range(5_003)]
    source = ndjson(tmp_path, "a", *(row(k, count=n) for n, k in enumerate(keys + keys)))
    for row_format in FORMATS:
        body, stream = refined(tmp_path, [source], fields=[ID, COUNT], writing=Writing(row_format))
        found = read(body, [ID, COUNT], row_format)
        assert [(r["id"], r["count"]) for r in found] == sorted(zip(keys, range(5_003), strict=True))
        assert (stream.rows, stream.duplicates) == (5_003, 5_003)


def test_rows_longer_than_any_buffer_are_moved_one_by_one(tmp_path: Path) -> None:
    long = "x" * (8 << 20)
    source = ndjson(tmp_path, "a", *(row(f"{9 - n}{long}") for n in range(6)))
    body, _ = refined(tmp_path, [source], fields=[ID])

    assert [r["id"][0] for r in oracle.read_ndjson(body)] == list("456789")


@pytest.mark.parametrize("row_format", FORMATS)
def test_no_rows_are_an_empty_body(tmp_path: Path, row_format: RowFormat) -> None:
    empty = ndjson(tmp_path, "empty")
    for sources in ([], [empty]):
        body, stream = refined(tmp_path, sources, Refinement(True, True, (empty,)), writing=Writing(row_format))
        assert (body, stream.rows, stream.rejected, stream.duplicates) == (b"", 0, 0, 0)


def test_a_consumer_that_stops_early_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_refined, "PIECE", 100)
    source = ndjson(tmp_path, "a", *(row(str(n)) for n in range(1_000)))
    selection = Selection(DATASET, WINDOW, None, (ID,))
    stream = Refined(DuckDbRows(tmp_path), tmp_path).select([source], selection, Writing(RowFormat.NDJSON), ALL)
    body = iter(stream)
    next(body)
    body.close()  # type: ignore[attr-defined]

    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("refine-")] == []
    assert [t.name for t in threading.enumerate() if t.name.startswith("rows")] == []


class Cutting:
    """An engine whose pieces end anywhere, as the port allows."""

    def __init__(self, engine: DuckDbRows, size: int) -> None:
        self.engine, self.size = engine, size
        self.media = engine.media

    def select(self, *given: Any) -> RowStream:
        stream, size = self.engine.select(*given), self.size

        class Cut:
            rows = property(lambda _: stream.rows)
            rejects = property(lambda _: stream.rejects)
            rejected = property(lambda _: stream.rejected)
            duplicates = property(lambda _: stream.duplicates)
            already_known = property(lambda _: stream.already_known)

            def __iter__(self) -> Iterator[bytes]:
                body = b"".join(stream)
                yield from (body[at : at + size] for at in range(0, len(body), size))

        return Cut()


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize("row_format", FORMATS)
def test_pieces_may_end_anywhere(tmp_path: Path, row_format: RowFormat, size: int) -> None:
    source = ndjson(tmp_path, "a", *(row(k, meta={"a": 'x"\n,'}) for k in ('b"\n', "é\n", "", None, 'b"\n')))
    selection = Selection(DATASET, WINDOW, None, DATASET.fields)
    stream = Refined(Cutting(DuckDbRows(tmp_path), size), tmp_path).select(
        [source], selection, Writing(row_format), ALL
    )

    assert b"".join(stream) == refined(tmp_path, [source], writing=Writing(row_format))[0]
    assert stream.rows == 4


@pytest.mark.parametrize("profile", CsvProfile)
def test_writing_is_the_engines_own(tmp_path: Path, profile: CsvProfile) -> None:
    source = ndjson(tmp_path, "a", row("=b\n"), row("a", meta={"a": 'x"\n'}))
    writing = Writing(RowFormat.CSV, profile, "Europe/Berlin")
    selection = Selection(DATASET, WINDOW, None, DATASET.fields)
    plain = b"".join(DuckDbRows(tmp_path).select([source], selection, writing))

    assert refined(tmp_path, [source], Refinement(distinct=True), writing=writing)[0] == plain
