"""Every row is accounted for: what DuckDB counts in the lake is what a receiver counts in the delivered files.

Some 60,000 rows and 25 exports here; `make accounted` makes it 10,000,000 rows and 200 exports.
"""

from __future__ import annotations

import csv
import gzip
import os
import resource
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
import zstandard

from tests.core.made import CATALOG
from tests.engines import generated
from tests.engines.asking import as_given, asked
from tests.engines.exporting import Package, Upstream, a_rule, export
from tests.engines.generated import DATASETS, START, TENANTS
from waybill.core import parts
from waybill.core.format import Compression, RowFormat
from waybill.core.window import Window

ROWS = int(os.environ.get("WAYBILL_ACCOUNTED_ROWS", "60000"))
IN_FULL = ROWS >= 10_000_000
HOURS, EXPORTS = (96, 200) if IN_FULL else (12, 25)
MOST_MEMORY = 3 << 30
"""Bytes, of the whole process: the engine's own limit, that of DuckDB as a reader beside it, and Python."""


@dataclass(frozen=True)
class World:
    upstream: Upstream
    database: duckdb.DuckDBPyConnection
    folder: Path


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The generated lake, registered object by object, and its rows as DuckDB reads them. Gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="accounted-") as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        if not IN_FULL:
            patch.setattr(parts, "PART_BYTES", 500_000)
        upstream = Upstream(folder / "lake")
        with generated.database(folder / "mirror.duckdb") as connection:
            made = list(generated.objects(HOURS))
            for one in made:
                generated.write(connection, one, upstream.lake.path(one.key), ROWS // len(made))
                found = upstream.register(one.key)
                assert (found.rows, found.rejects) == (ROWS // len(made), 0)
            generated.mirror(connection, folder / "lake")
            yield World(upstream, connection, folder)


@dataclass(frozen=True)
class Count:
    """How many rows, and the sum of a hash over each one's key and time, which knows no order."""

    rows: int
    hashes: int


def wanted(world: World, tenant: str, dataset: str, window: Window, condition: str) -> Count:
    time, key = CATALOG[dataset].time_field, CATALOG[dataset].key_field
    bounds = f"\"{time}\" >= '{window.start.isoformat()}' AND \"{time}\" < '{window.end.isoformat()}'"
    rows = f'SELECT "{key}", "{time}" FROM {dataset} WHERE tenant = \'{tenant}\' AND {bounds} AND {condition}'
    return _count(world.database, rows)


def _count(connection: duckdb.DuckDBPyConnection, rows: str) -> Count:
    hashed = "sum(CAST(hash(k || '|' || epoch_us(CAST(t AS TIMESTAMPTZ))) AS HUGEINT))"
    found = connection.execute(f"SELECT count(*), coalesce({hashed}, 0) FROM ({rows}) r(k, t)").fetchone()
    assert found is not None
    return Count(*found)


def any_window(random: Random) -> Window:
    """From a quarter of an hour to all there is, mostly short; its bounds often lie on the hour."""
    longest = HOURS * 3_600 + 14_400
    most = longest if random.random() < 0.1 else longest // 2
    length = int(900 * (most / 900) ** random.random())
    start = random.randint(-7_200, longest - 7_200)
    if random.random() < 0.4:
        start, length = start // 3_600 * 3_600, max(1, length // 3_600) * 3_600
    return Window(START + timedelta(seconds=start), START + timedelta(seconds=start + length))


def any_shape(random: Random) -> dict[str, Any]:
    """How the rows are to be delivered."""
    row_format = random.choice(list(RowFormat))
    given: dict[str, Any] = {
        "format": row_format,
        "compression": random.choice(list(Compression)),
        "archive": {"method": random.choice(("none", "zip"))},
        "layout": random.choice(({}, {"preset": "data_ops"})),
        "schedule": {"frequency": "manual", "zone": random.choice(("UTC", "Europe/Berlin", "Asia/Kolkata"))},
        "times": random.choice(("utc", "utc", "utc", "zone")),
        "csv": random.choice(("lossless", "spreadsheet")),
        "order": random.choice(("arrival", "arrival", "arrival", "time")),
    }
    if row_format is not RowFormat.PARQUET and random.random() < 0.2:
        given["file_limit"] = {"rows": random.randint(ROWS // 400, ROWS // 60)}
    return given


@pytest.mark.parametrize("number", range(EXPORTS))
def test_what_is_counted_in_the_lake_is_delivered(world: World, number: int) -> None:
    random = Random(number)
    tenant, dataset = TENANTS[number % 3], random.choice(DATASETS)
    question, window = asked(random, dataset), any_window(random)
    choice: dict[str, Any] = {"dataset": dataset, "fields": _any_fields(random, dataset)}
    if random.random() < 0.9:
        choice["filter"] = as_given(random, question)
    rule = a_rule(tenant, rule_id=f"rul_{number:016d}", data=[choice], **any_shape(random))

    expected = wanted(world, tenant, dataset, window, question.sql if "filter" in choice else "TRUE")
    with tempfile.TemporaryDirectory(dir=world.folder) as name:
        package = export(world.upstream, rule, window, Path(name))
        found = list(delivered(world.database, package, dataset, Path(name)))

    assert package.manifest["totals"]["rows"] == expected.rows
    assert package.manifest["totals"]["rejects"] == 0
    assert [one.rows for one, _ in found] == [rows for _, rows in found]
    assert Count(sum(one.rows for one, _ in found), sum(one.hashes for one, _ in found)) == expected
    assert _owners(world.database) <= {tenant}


def _any_fields(random: Random, dataset: str) -> list[str]:
    """None, which means all, or some with the key and the time among them."""
    names = [f.name for f in CATALOG[dataset].fields]
    if random.random() < 0.25:
        return []
    some = {CATALOG[dataset].key_field, CATALOG[dataset].time_field, *random.sample(names, 3)}
    return random.sample(sorted(some), len(some))


# --- the receiver


def delivered(
    connection: duckdb.DuckDBPyConnection, package: Package, dataset: str, folder: Path
) -> Iterator[tuple[Count, int]]:
    """Of each data file what is in it, and how many rows the manifest says. Leaves the keys in the table `keys`."""
    connection.execute("CREATE OR REPLACE TEMP TABLE keys (k VARCHAR, t VARCHAR)")
    before = Count(0, 0)
    for path, rows in _data_files(package, folder):
        source = _as_csv(path, dataset) if ".xml" in path.suffixes else path
        connection.execute(f"INSERT INTO keys SELECT {_read(source, dataset)}")
        now = _count(connection, "SELECT k, t FROM keys")
        yield Count(now.rows - before.rows, now.hashes - before.hashes), rows
        before = now


def _data_files(package: Package, folder: Path) -> Iterator[tuple[Path, int]]:
    for file in package.listed("data"):
        yield package.files[file["name"]], file["rows"]
    for file in package.listed("archive"):
        with zipfile.ZipFile(package.files[file["name"]]) as archive:
            assert archive.namelist() == [entry["name"] for entry in file["entries"]]
            for entry in (entry for entry in file["entries"] if entry["kind"] == "data"):
                yield Path(archive.extract(entry["name"], folder / "unzipped")), entry["rows"]


def _read(path: Path, dataset: str) -> str:
    key, time = CATALOG[dataset].key_field, CATALOG[dataset].time_field
    columns = f"{{{key}: 'VARCHAR', {time}: 'VARCHAR'}}"
    place = "'" + str(path).replace("'", "''") + "'"
    kind = next(s for s in reversed(path.suffixes) if s not in {".gz", ".zst"})
    source = {
        ".json": f"read_json({place}, format = 'array', columns = {columns})",
        ".ndjson": f"read_json({place}, format = 'newline_delimited', columns = {columns})",
        ".csv": f"read_csv({place}, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"')",
        ".parquet": f"read_parquet({place}, hive_partitioning = false)",
    }[kind]
    return f'"{key}", "{time}" FROM {source}'


def _as_csv(path: Path, dataset: str) -> Path:
    """Key and time of an XML file's rows, which DuckDB does not read."""
    key, time = CATALOG[dataset].key_field, CATALOG[dataset].time_field
    opened: Any = {".gz": gzip.open, ".zst": zstandard.open}.get(path.suffix, open)
    found = path.with_name(f"{path.name}.csv")
    with opened(path, "rb") as file, found.open("w", newline="") as written:
        rows = csv.writer(written)
        rows.writerow([key, time])
        parsed = ElementTree.iterparse(file, ("start", "end"))
        _, root = next(parsed)
        for event, element in parsed:
            if event == "end" and element.tag == "row":
                rows.writerow([element.findtext(key), element.findtext(time)])
                root.clear()
    return found


def _owners(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Whose rows were delivered: a key starts with its tenant."""
    return {row[0] for row in connection.execute("SELECT DISTINCT split_part(k, ':', 1) FROM keys").fetchall()}


def test_memory_stayed_bounded(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    if IN_FULL:
        with capsys.disabled():
            print(f"\n{ROWS} rows, {EXPORTS} exports, at most {peak >> 20} MiB of memory")  # noqa: T201
        assert peak < MOST_MEMORY
