"""Input that is wrong: an exact reject count or a clear sentence, from the registration to the package. Nothing is lost."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.core.lake import lines, ticket
from tests.core.made import CATALOG
from tests.core.made import settings as rule_settings
from tests.engines.exporting import Package, Upstream, a_rule, export, packaged, planned, sealed
from waybill.core.errors import ConfigurationError, InvalidInput, PermanentError
from waybill.core.json_line import MAX_LINE
from waybill.core.lake_object import LakeObject
from waybill.core.rows import MAX_REJECTS
from waybill.core.rule_checks import check_settings
from waybill.core.window import Window

DAY = datetime(2026, 3, 9, tzinfo=UTC)
WHOLE = Window(DAY, DAY + timedelta(days=1))
PLACE = "tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=10"


def at(second: int) -> str:
    return f"{DAY + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"


class Bench:
    """One object in a lake, and exports of it as NDJSON."""

    def __init__(self, folder: Path, name: str, data: bytes) -> None:
        self.folder, self.upstream = folder, Upstream(folder / "lake")
        self.one: LakeObject = self.upstream.put(f"{PLACE}/{name}", data)
        self._exports = 0

    def export(self, window: Window = WHOLE, **changes: Any) -> Package:
        self._exports += 1
        own = self.folder / f"export-{self._exports}"
        own.mkdir()
        return export(self.upstream, a_rule("acme", **{"format": "ndjson", **changes}), window, own)

    @property
    def counted(self) -> tuple[int, int]:
        """Rows and rejects, as registered."""
        return self.one.rows, self.one.rejects

    @property
    def said(self) -> list[str]:
        """What the dataset's rejects in the lake say of objects that could not be read, or not to their end."""
        found = sorted((self.folder / "lake").glob("tenant=acme/dataset=chat_tickets/rejects/*/*.ndjson"))
        return [json.loads(path.read_text())["reason"] for path in found]


def totals(package: Package) -> tuple[int, int]:
    found = package.manifest["totals"]
    assert sum(f["rows"] for f in package.listed("data")) == found["rows"]
    return found["rows"], found["rejects"]


def delivered(package: Package) -> list[dict[str, Any]]:
    found = [package.files[f["name"]].read_bytes() for f in package.listed("data")]
    return [json.loads(line) for data in found for line in data.splitlines()]


# --- lines of NDJSON

NO_ROWS: dict[str, tuple[bytes, str]] = {
    "no JSON": (b'{"ticket_id": "x", "created_at": ', "the line is not JSON"),
    "no JSON to its end": (b'{"ticket_id": "x", "created_at": "2026-03-09T10:00:00Z"} x', "the line is not JSON"),
    "no object": (b'["2026-03-09T10:00:00Z"]', "not a JSON object"),
    "a value that JSON has not": (b'{"created_at": "2026-03-09T10:00:00Z", "rating": NaN}', "no value of JSON"),
    "no UTF-8": (b'{"created_at": "2026-03-09T10:00:00Z", "agent": "\xff\xfe"}', "not UTF-8"),
    "half a character": (b'{"created_at": "2026-03-09T10:00:00Z", "agent": "\\ud83d"}', ""),
    "too many digits": (b'{"created_at": "2026-03-09T10:00:00Z", "rating": 1.2345678901234567891}', "digits"),
    "no time": (b'{"ticket_id": "x"}', "no readable time in 'created_at'"),
    "a null time": (b'{"ticket_id": "x", "created_at": null}', "no readable time in 'created_at'"),
    "a time without its offset": (b'{"ticket_id": "x", "created_at": "2026-03-09T10:00:00"}', "no readable time"),
    "a time that is a number": (b'{"ticket_id": "x", "created_at": 1773050400}', "no readable time"),
    "a day that there is not": (b'{"ticket_id": "x", "created_at": "2026-02-30T10:00:00Z"}', "no readable time"),
}
"""Lines that lie in no window: the registration and every run that reads the object refuse them."""
NO_FIT: dict[str, tuple[bytes, str]] = {
    "text for a number": (
        b'{"created_at": "2026-03-09T10:00:00Z", "rating": "five"}',
        "'rating' is not of type number",
    ),
    "text for a flag": (
        b'{"created_at": "2026-03-09T10:00:00Z", "reopened": "yes"}',
        "'reopened' is not of type boolean",
    ),
    "a part of a whole": (
        b'{"created_at": "2026-03-09T10:00:00Z", "messages": 1.5}',
        "'messages' is not of type integer",
    ),
    "a number for text": (b'{"created_at": "2026-03-09T10:00:00Z", "agent": 7}', "'agent' is not of type string"),
    "another time that is none": (b'{"created_at": "2026-03-09T10:00:00Z", "closed_at": "soon"}', "'closed_at'"),
}
"""Rows whose time can be read, and another field not: only a run that asks for the field refuses them."""


def mixed(random: Random, count: int, kinds: dict[str, tuple[bytes, str]]) -> tuple[list[bytes], dict[int, str]]:
    """`count` lines of which one in a hundred is of some kind, and the numbers of those lines with what is said of them."""
    found = [lines(ticket(n, at(n), agent=f"Änne {n}", rating=n % 5)).rstrip(b"\n") for n in range(count)]
    broken = {}
    for place, kind in zip(sorted(random.sample(range(count), count // 100)), _in_turn(random, kinds), strict=False):
        found[place], broken[place + 1] = kinds[kind]
    return found, broken


def _in_turn(random: Random, kinds: dict[str, tuple[bytes, str]]) -> list[str]:
    names = random.sample(sorted(kinds), len(kinds))
    return names * 100


@pytest.mark.parametrize("name", ["x.ndjson", "x.ndjson.gz"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_one_line_in_a_hundred_is_refused_with_its_number_and_reason(tmp_path: Path, name: str, end: bytes) -> None:
    found, broken = mixed(Random(name), 4_000, {**NO_ROWS, **NO_FIT})
    body = end.join(found) + end
    bench = Bench(tmp_path, name, gzip.compress(body, mtime=0) if name.endswith("gz") else body)
    misfits = sum(said in {v for _, v in NO_FIT.values()} for said in broken.values())
    assert bench.counted == (4_000 - len(broken) + misfits, len(broken) - misfits)

    package = bench.export()
    assert totals(package) == (4_000 - len(broken), len(broken))
    assert [row["ticket_id"] for row in delivered(package)] == [f"t{n}" for n in range(4_000) if n + 1 not in broken]
    assert [(r["source"], r["line"]) for r in package.rejects] == [(bench.one.key, n) for n in broken]
    for reject in package.rejects:
        assert broken[reject["line"]] in reject["reason"]
        assert len(reject["reason"]) < 200


def test_the_registration_and_a_run_agree_where_only_the_time_is_asked_for(tmp_path: Path) -> None:
    """By design they differ where a field is of a wrong type: nobody is refused a row for a field that he did not ask for."""
    found, broken = mixed(Random(5), 1_500, NO_FIT)
    bench = Bench(tmp_path, "x.ndjson", b"\n".join(found))
    assert bench.counted == (1_500, 0)
    alone = [{"dataset": "chat_tickets", "fields": ["created_at", "ticket_id"]}]
    assert totals(bench.export(data=alone)) == (1_500, 0)
    assert totals(bench.export()) == (1_500 - len(broken), len(broken))
    asked = [{**alone[0], "filter": "rating >= 0 OR rating IS NULL"}]
    numbers = sum("rating" in said for said in broken.values())
    assert totals(bench.export(data=asked)) == (1_500 - numbers, numbers)


def test_a_line_without_a_time_is_named_by_every_run_that_reads_its_object_and_a_misfit_by_one(tmp_path: Path) -> None:
    body = lines(
        ticket(1, at(10)), b"nonsense", ticket(2, at(50_000)), ticket(3, at(50_001), rating="five"), {"ticket_id": "x"}
    )
    bench = Bench(tmp_path, "x.ndjson", body)
    noon = DAY + timedelta(hours=12)
    first, second = (bench.export(Window(*bounds)) for bounds in ((DAY, noon), (noon, WHOLE.end)))
    assert (totals(first), totals(second)) == ((1, 2), (1, 3))
    assert [r["line"] for r in first.rejects] == [2, 5]
    assert sorted(r["line"] for r in second.rejects) == [2, 4, 5]
    assert totals(bench.export(Window(DAY - timedelta(days=1), DAY))) == (0, 0)


def test_a_line_longer_than_any_row_is_one_reject(tmp_path: Path) -> None:
    huge = b'{"created_at": "2026-03-09T10:00:00Z", "agent": "' + b"x" * MAX_LINE + b'"}\n'
    bench = Bench(tmp_path, "x.ndjson", lines(ticket(1)) + huge + lines(ticket(2)))
    package = bench.export()
    assert bench.counted == totals(package) == (2, 1)
    assert [(r["line"], r["reason"]) for r in package.rejects] == [(2, "the line is longer than 20 MiB")]


def test_all_rejects_are_counted_and_the_first_thousand_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x.ndjson", lines(ticket(1)) + b"nonsense\n" * (MAX_REJECTS + 9))
    package = bench.export(max_rejects=5_000)
    assert bench.counted == totals(package) == (1, MAX_REJECTS + 9)
    assert [r["line"] for r in package.rejects] == list(range(2, MAX_REJECTS + 2))
    with pytest.raises(ConfigurationError, match="1009 rows could not be read, and the rule allows 1000"):
        bench.export()


# --- gzip

ZIPPED_LINES = [
    lines(ticket(n, at(n), agent=("ä" * (n % 7)) + str(n * 7_919 % 10_007), rating=n / 7)) for n in range(400)
]
ZIPPED = gzip.compress(b"".join(ZIPPED_LINES), mtime=0)
FIRST_MEMBER = gzip.compress(b"".join(ZIPPED_LINES[:150]), mtime=0)
TWO_MEMBERS = FIRST_MEMBER + gzip.compress(b"".join(ZIPPED_LINES[150:]), mtime=0)


@dataclass(frozen=True)
class Told:
    """What is said of a gzip: by its registration, in the lake's rejects, and by a run."""

    one: LakeObject
    said: Sequence[str]
    ids: Sequence[str]
    rejects: Sequence[dict[str, Any]]


def agreed(data: bytes) -> Told:
    """What was registered of a gzip is what a run delivers, at every attempt alike."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), "x.ndjson.gz", data)
        plan = planned(bench.upstream, a_rule("acme", format="ndjson"), WHOLE)
        first, second = (sealed(plan, packaged(bench.upstream, plan, Path(name), attempt)) for attempt in ("-1", "-2"))
        assert _signed_bytes(first) == _signed_bytes(second)
        # An object of which no row can be read lies in no window: the lake's rejects alone tell of it.
        assert totals(first) == (bench.counted if bench.one.rows else (0, 0))
        ids = [row["ticket_id"] for row in delivered(first)]
        assert len(ids) == bench.one.rows
        return Told(bench.one, bench.said, ids, first.rejects)


def _signed_bytes(package: Package) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in package.files.items() if not name.endswith("jws")}


WHOLE_ONES = {"one member": ZIPPED, "two members": TWO_MEMBERS}
PLACES = st.sampled_from(sorted(WHOLE_ONES)).flatmap(
    lambda name: st.tuples(st.just(name), st.integers(1, len(WHOLE_ONES[name]) - 1))
)


@given(PLACES)
@example(("one member", 1))
@example(("one member", len(ZIPPED) - 1))
@example(("one member", len(ZIPPED) - 8))
@example(("two members", len(FIRST_MEMBER)))
@settings(max_examples=20)
def test_a_gzip_cut_at_any_byte_delivers_the_rows_before_and_one_reject(cut: tuple[str, int]) -> None:
    name, length = cut
    told = agreed(WHOLE_ONES[name][:length])
    assert told.ids == [f"t{n}" for n in range(len(told.ids))]
    if name == "two members" and length == len(FIRST_MEMBER):
        assert (told.one.rows, told.one.rejects, told.said) == (150, 0, [])  # between its members it is a whole gzip
        return
    assert told.one.rejects == 1
    assert "The gzip is damaged" in told.said[0]
    assert [r["line"] for r in told.rejects] == ([len(told.ids) + 1] if told.ids else [])
    assert all("cut off or damaged" in r["reason"] for r in told.rejects)


@pytest.mark.parametrize("rest", [b"garbage", b"\x1f\x8b", b"\x00" * 600])
def test_what_follows_a_whole_gzip_takes_nothing_from_it(rest: bytes) -> None:
    told = agreed(ZIPPED + rest)
    assert (told.one.rows, told.one.rejects) == (400, int(bool(rest.strip(b"\x00"))))


# --- Parquet


def parquet(folder: Path, columns: str, count: int = 50, more: str = "") -> bytes:
    path = folder / "made.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = f"SELECT {columns} FROM (SELECT i, TIMESTAMP '2026-03-09' + to_seconds(i) AS t FROM range({count}) r(i))"
        connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet{more})")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("columns", "registered", "said", "run"),
    [
        ("t AS created_at, i AS unheard_of, [i] AS odd", (50, 0), "", (50, 0)),
        ("t AS created_at, i AS rating, 't' || i AS ticket_id", (50, 0), "", (50, 0)),
        ("t AS created_at, CASE WHEN i < 20 THEN 'x' END AS rating", (50, 0), "", (30, 20)),
        ("t AS created_at, {'a': i} AS agent", (50, 0), "", (0, 50)),
        ("t AS created_at, t > now() AS messages", (50, 0), "", (0, 50)),
        ("CASE WHEN i % 5 > 0 THEN t END AS created_at", (40, 10), "", (40, 10)),
        ("CASE WHEN i % 5 > 0 THEN strftime(t, '%Y-%m-%dT%H:%M:%SZ') ELSE 'soon' END AS created_at", (40, 10), "", (40, 10)),
        ("'t' || i AS ticket_id", (0, 50), "It has no column created_at, so its rows lie in no window. 50 rows", (0, 0)),
        ("i AS created_at", (0, 50), "Its column created_at is of type BIGINT", (0, 0)),
        ("NULL::TIMESTAMP AS created_at", (0, 50), "holds no instant, so its rows lie in no window", (0, 0)),
    ],
)  # fmt: skip
def test_a_parquet_of_another_schema_is_counted_to_the_row(
    tmp_path: Path, columns: str, registered: tuple[int, int], said: str, run: tuple[int, int]
) -> None:
    """A column of another type is a run's to refuse: the registration reads no column but the time."""
    bench = Bench(tmp_path, "x.parquet", parquet(tmp_path, columns))
    assert bench.counted == registered
    assert [said in one for one in bench.said] == ([True] if said else [])
    package = bench.export()
    assert totals(package) == run
    assert [r["line"] for r in package.rejects] == sorted({r["line"] for r in package.rejects})
    assert len(package.rejects) == run[1]


def test_an_empty_parquet_is_no_fault(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x.parquet", parquet(tmp_path, "t AS created_at", 0))
    assert (bench.counted, bench.said, totals(bench.export())) == ((0, 0), [], (0, 0))


@pytest.mark.parametrize("data", [b"", b"PAR1", b"ticket_id,created_at\n", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_only_is_called_parquet_is_refused_once_and_holds_back_no_run(tmp_path: Path, data: bytes) -> None:
    bench = Bench(tmp_path, "x.parquet", data)
    assert bench.counted == (0, 1)
    assert [one.startswith("It cannot be read as Parquet") for one in bench.said] == [True]
    bench.upstream.put(f"{PLACE}/y.ndjson", lines(ticket(1)))
    assert totals(bench.export()) == (1, 0)


def test_a_parquet_damaged_in_another_column_fails_with_the_objects_own_name(tmp_path: Path) -> None:
    whole = parquet(tmp_path, "t AS created_at, md5(i::VARCHAR) AS agent", 50_000, ", COMPRESSION zstd")
    data = bytearray(whole)
    data[len(data) // 2 : -4_000] = bytes(len(data) - 4_000 - len(data) // 2)
    bench = Bench(tmp_path, "x.parquet", bytes(data))
    assert bench.counted == (50_000, 0)
    for _ in range(2):
        with pytest.raises(PermanentError) as raised:
            bench.export()
        assert bench.one.key in raised.value.message
        assert "the lake" in raised.value.advice
        assert str(tmp_path) not in str(raised.value)


# --- CSV


def test_a_csv_with_ragged_lines_is_counted_to_the_record(tmp_path: Path) -> None:
    random = Random(3)
    found = [f't{n},{at(n)},"Änne, {n}"' for n in range(2_000)]
    kinds: list[Callable[[int], str]] = [
        lambda n: f"t{n}", lambda n: f"t{n},{at(n)},a,b,c", lambda n: f"t{n},,a", lambda n: f"t{n},soon,a",
    ]  # fmt: skip
    broken = random.sample(range(2_000), 20)
    for turn, place in enumerate(broken):
        found[place] = kinds[turn % 4](place)
    bench = Bench(tmp_path, "x.csv", "\n".join(["ticket_id,created_at,agent", *found, ""]).encode())
    package = bench.export()
    assert bench.counted == totals(package) == (1_980, 20)
    assert sorted(r["line"] for r in package.rejects) == sorted(n + 2 for n in broken)
    assert [row["ticket_id"] for row in delivered(package)] == [f"t{n}" for n in range(2_000) if n not in broken]


@pytest.mark.parametrize(
    ("header", "registered", "said", "run"),
    [
        ("ticket_id;created_at;agent", (0, 2), "no column created_at", (0, 0)),
        ("Ticket_ID,Created_At,Agent", (0, 2), "no column created_at", (0, 0)),
        ("created_at,ticket_id,agent", (0, 2), "None of its lines is a row", (0, 0)),
        ("id,created_at,who", (2, 0), "", (2, 0)),
        ("ticket_id,created_at", (0, 2), "None of its lines is a row", (0, 0)),
        ("rating,created_at,agent", (2, 0), "", (0, 2)),
    ],
)
def test_a_csv_of_another_header_is_counted_to_the_record(
    tmp_path: Path, header: str, registered: tuple[int, int], said: str, run: tuple[int, int]
) -> None:
    body = f"{header}\nt1,{at(1)},Ann\nt2,{at(2)},Bob\n".encode()
    bench = Bench(tmp_path, "x.csv", body)
    assert bench.counted == registered
    assert [said in one for one in bench.said] == ([True] if said else [])
    assert totals(bench.export()) == run


# --- filters

NESTED: dict[str, Any] = {"op": "=", "args": [{"property": "agent"}, "Ann"]}
DEEP = NESTED
for _ in range(30):
    DEEP = {"op": "not", "args": [DEEP]}

WRONG_FILTERS: list[tuple[Any, str]] = [
    ("agnet = 'Ann'", "'agnet' is not a field of chat_tickets; the nearest are:"),
    ("Agent = 'Ann'", "is not a field of chat_tickets"),
    ("agént = 'Ann'", "is not a field of chat_tickets"),
    ("\"agent\" \"team\" = 'x'", "at line 1, column"),
    ("custom_fields.city = 'Bonn'", "is not a field of chat_tickets"),
    ("\"custom_fields.city\" = 'Bonn'", "is not a field of chat_tickets"),
    ("rating = 'five'", "'=' needs a number there, not 'five'"),
    ("messages = 1.5", "a whole number of at most 38 digits"),
    ("reopened = 1", "needs true or false there"),
    ("agent = 7", "needs a text in quotes there, not 7"),
    ("created_at > '2026-03-09T10:00:00Z'", "needs timestamp('2026-03-29T01:00:00Z') there"),
    ("created_at > timestamp('2026-03-09T10:00:00')", "write timestamp('2026-03-29T01:00:00Z')"),
    ("closed_at = date('2026-03-09')", "use >= and < in place of '='"),
    ("agent = null", "write 'agent is null'"),
    ("tags = 'vip'", "it can be asked for 'is null', 'like', 'a_contains' and 'a_overlaps'"),
    ("agent", "is of type string and no condition by itself; compare it"),
    ("rating like '5%'", "'like' looks into text"),
    ("casei(rating) = 5", "leave 'casei' out"),
    ("lower(agent) = 'ann'", "'lower' is no function of these filters; there is casei"),
    ("messages + 1 > 3", "'+' is no function of these filters"),
    ("s_intersects(agent, point(1 2))", "is not an operator of these filters; there are"),
    ("agent = 'Ann'; DROP TABLE rows", "cannot be read at line 1, column 14, from '; DROP TABLE rows' on"),
    ("agent = ''; DROP TABLE rows; --'", "cannot be read at line 1"),
    ("agent = 'Ann' OR 1=1", "needs a field on one side"),
    ("agent = 'Ann' UNION SELECT 1", "cannot be read at line 1"),
    ("\"agent\"\" OR TRUE --\" = 'x'", "a field"),
    ("agent = 'x' /* */", "cannot be read at line 1"),
    ("agent = \u201cAnn\u201d", "cannot be read at line 1"),
    ("agent \uff1d 'Ann'", "cannot be read at line 1"),
    ("(" * 40 + "reopened" + ")" * 40, "nested deeper than 12; split it"),
    ("agent in (" + ", ".join(["'x'"] * 2_000) + ")", "characters; at most 4000 are read"),
    ("reopened and " * 250 + "reopened", "more than 200 conditions; use 'in'"),
    ("", "the filter is empty; leave it out to select every row"),
    ("{'op': '='}", "the filter is not JSON"),
    (DEEP, "nested deeper than 12 levels; split it"),
    ({"op": "=", "args": [{"property": "agent"}]}, "'=' takes 2 operands, not 1"),
    ({"op": "and", "args": [NESTED]}, "'and' joins two or more conditions, not 1"),
    ({"op": "or", "args": [NESTED] * 300}, "more than 200 conditions; use 'in'"),
    ({"op": "in", "args": [{"property": "agent"}, []]}, "needs a list of 1 to 1000 values"),
    ({"op": "=", "args": [{"property": 'agent" OR 1=1 --'}, "x"]}, "is not a field of chat_tickets"),
    ({"op": "=", "args": [{"function": {"name": "system", "args": ["ls"]}}, "x"]}, "needs a field on one side"),
    ({"op": "'; DROP TABLE rows; --", "args": []}, "is not an operator of these filters"),
    ({"args": [1, 2]}, "is not a condition; a condition compares a field with a value"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), WRONG_FILTERS)
def test_a_wrong_filter_is_refused_with_its_field_and_what_to_do(wrong: Any, said: str) -> None:
    given = rule_settings(data=[{"dataset": "leads"}, {"dataset": "chat_tickets", "filter": wrong}])
    with pytest.raises(InvalidInput) as raised:
        check_settings(given, CATALOG, ["dst_one"])
    (error,) = raised.value.errors
    assert error.field == "data.1.filter"
    assert said in error.message
    assert len(error.message) < 500
