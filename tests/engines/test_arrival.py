"""A rule that runs as objects arrive, with the real row engine: file by file, whole, split over workers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.core.made import CATALOG, NOW
from tests.core.stores import MemoryRules, MemoryRuns
from tests.engines.exporting import Upstream, a_rule, packaged, sealed
from tests.engines.test_count import of, upto
from tests.engines.test_query import Library, ticket
from waybill.core.arrival import claim_arrived
from waybill.core.count import AskedWindow, Counted
from waybill.core.dispatch import Tick
from waybill.core.freeze import Registry, freeze
from waybill.core.plan import Plan, PlannedDestination
from waybill.core.run import Trigger
from waybill.core.window import Window

PLACE = "tenant=acme/dataset=chat_tickets/dt=2026-03-09"
ARRIVAL = {"frequency": "arrival", "zone": "Europe/Berlin"}


def body(*times: str, name: str) -> bytes:
    return b"".join(
        json.dumps({"ticket_id": f"{name}{n}", "created_at": time}).encode() + b"\n" for n, time in enumerate(times)
    )


def planned(upstream: Upstream, **changes: object) -> Plan:
    """Of all that is put into the lake after a rule was made."""
    made = a_rule("acme", schedule=ARRIVAL, format="ndjson", **changes)
    rules = MemoryRules()
    rules.add(made := replace(made, arrived={"chat_tickets": 0}))
    runs = MemoryRuns(rules)
    run = claim_arrived(made, runs, upstream.objects, Tick(NOW, NOW, Trigger.EVENT, "2026.6"))
    assert run is not None
    where = [PlannedDestination(destination_id="dst_one", name="One", kind="memory")]
    return freeze(made, run, Registry(runs, upstream.objects, CATALOG), where, NOW).plan


OBJECTS = {
    f"{PLACE}/hr=10/a.ndjson": body("1999-01-01T00:00:00Z", "2026-03-09T10:00:00.999999Z", name="a"),
    f"{PLACE}/hr=11/a.ndjson": body("2031-12-31T23:59:59.5Z", name="b"),
    f"{PLACE}/hr=11/c.ndjson": b"{nonsense\n",
    f"{PLACE}/hr=12/d.ndjson": body("2026-03-09T12:00:00Z", name="d") + b"{nonsense\n",
}


def test_each_object_is_a_file_with_all_of_its_rows_whoever_packages_it(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path / "lake")
    for key, data in OBJECTS.items():
        upstream.put(key, data)
    plan = planned(upstream, layout={"files": "object"})
    assert len(plan.parts) == 3, "the object without a row was refused when it was registered"
    package = sealed(plan, packaged(upstream, plan, tmp_path))  # each part by a worker of its own
    rows = {
        f["name"].rsplit("/", 1)[-1]: [
            json.loads(line)["ticket_id"] for line in package.files[f["name"]].read_bytes().splitlines()
        ]
        for f in package.listed("data")
    }
    assert rows == {"a.ndjson": ["a0", "a1"], "a-000000000002.ndjson": ["b0"], "d.ndjson": ["d0"]}
    assert len(package.rejects) == 1
    assert package.manifest["query"][0]["sequence"] == {"after": 0, "upto": 4}


def test_rows_of_one_file_are_in_order_and_without_duplicates_over_any_time(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path / "lake")
    same = body("2026-03-09T10:00:00Z", "1999-01-01T00:00:00Z", name="x")
    upstream.put(f"{PLACE}/hr=10/a.ndjson", same)
    upstream.put(f"{PLACE}/hr=10/b.ndjson", same + b"\n")
    plan = planned(upstream, order="time", duplicates="drop")
    package = sealed(plan, packaged(upstream, plan, tmp_path))
    (data,) = package.listed("data")
    assert [json.loads(line)["ticket_id"] for line in package.files[data["name"]].read_bytes().splitlines()] == [
        "x1",
        "x0",
    ]


def test_a_run_is_counted_by_its_numbers_and_nothing_of_it_is_late(tmp_path: Path) -> None:
    library = Library(tmp_path)
    for n in range(4):
        library.put(ticket(n), ticket(n + 9))
    minute = Window(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC) + timedelta(minutes=1))
    span = {"start": minute.start, "end": minute.end}
    asked = AskedWindow.model_validate({"span": span, "considered": upto((1, 3))})
    assert of(library, asked, schedule=ARRIVAL) == [Counted(considered=4, late=0)]


def test_objects_whose_names_some_disks_take_for_one_have_files_of_their_own(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path / "lake")
    for number, name in enumerate(["a", "A", "e\u0301", "\u00c9"]):
        upstream.put(f"{PLACE}/hr=10/{name}.ndjson", body("2026-03-09T10:00:00Z", name=f"{number}-"))
    plan = planned(upstream, layout={"files": "object"})
    package = sealed(plan, packaged(upstream, plan, tmp_path))
    names = [f["name"].rpartition("/")[2] for f in package.listed("data")]
    assert names == ["a.ndjson", "A-000000000002.ndjson", "é.ndjson", "É-000000000004.ndjson"]
