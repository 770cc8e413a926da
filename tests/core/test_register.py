from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.core.lake import VersionedLake, lines, ticket
from tests.core.made import CATALOG, NOW
from tests.core.stores import MemoryLakeObjects
from waybill.core.catalog import Dataset
from waybill.core.register import LARGEST_PARQUET, Registrar
from waybill.core.survey import Survey

PLACE = "tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=10"


class Room:
    def __init__(self) -> None:
        self.lake, self.objects, self.surveyed = VersionedLake(), MemoryLakeObjects(), 0
        self.registrar = Registrar(
            self.lake, self.objects, lambda tenant: CATALOG, self._parquet, lambda *place: self.told.append(place)
        )
        self.told: list[tuple[str, str]] = []

    def _parquet(self, path: Path, dataset: Dataset) -> Survey:
        self.surveyed += 1
        assert path.read_bytes() == b"PAR1"
        return Survey(rejects=7, fault="It is no Parquet.")

    def put(self, name: str, data: bytes) -> str:
        key = f"{PLACE}/{name}"
        self.registrar.register(key, self.lake.upstream(key, data), NOW)
        return key


def test_an_object_is_registered_with_all_that_its_survey_found() -> None:
    room = Room()
    body = lines(ticket(1), ticket(2, agent="Ann"))
    room.put("x.ndjson.gz", gzip.compress(body, mtime=0))
    one = room.objects.get("acme", "chat_tickets", 1)
    assert (one.rows, one.rejects, one.plain_size, one.archived) == (2, 0, len(body), False)
    assert one.columns == ("agent:string", "created_at:string", "ticket_id:string")
    assert one.version == "v1"


def test_the_same_bytes_put_again_are_not_registered_again_but_other_bytes_are() -> None:
    room = Room()
    for body in (lines(ticket(1)), lines(ticket(1)), lines(ticket(2)), lines(ticket(1))):
        room.put("x.ndjson", body)
    found = list(room.objects.since("acme", "chat_tickets", 0, 9))
    assert [o.version for o in found] == ["v1", "v3"]
    assert [room.lake.data(o.key, o.version) for o in found] == [lines(ticket(1)), lines(ticket(2))]


def test_each_registration_is_announced_and_again_where_the_event_comes_again() -> None:
    room = Room()
    for body in (lines(ticket(1)), lines(ticket(1)), b""):
        room.put("x.ndjson", body)
    room.put("x.exe", b"none of ours")
    assert room.told == [("acme", "chat_tickets")] * 3


def test_what_lies_below_archived_is_marked() -> None:
    room = Room()
    key = "tenant=acme/dataset=chat_tickets/archived/dt=2026-03-09/hr=10/x.csv"
    room.lake.upstream(key, b"ticket_id,created_at\nt1,2026-03-09T10:00:00Z\n")
    one = room.registrar.register(key, "", NOW)
    assert one is not None
    assert one.archived


@pytest.mark.parametrize(
    "key",
    [f"{PLACE}/x.exe", "tenant=acme/dataset=nothing/dt=2026-03-09/hr=10/x.ndjson", f"{PLACE}/gone.ndjson",
     "tenant=acme/dataset=chat_tickets/rejects/dt=2026-03-09/x.ndjson", "tenant=acme/dataset=chat_tickets/media/x.ndjson"],
)  # fmt: skip
def test_what_is_none_of_ours_or_gone_is_left_alone(key: str) -> None:
    room = Room()
    if "gone" not in key:
        room.lake.upstream(key, lines(ticket(1)))
    assert room.registrar.register(key, "", NOW) is None
    assert room.objects.kept == {}


def test_an_object_of_which_nothing_can_be_read_is_registered_once_and_named_in_the_rejects() -> None:
    room = Room()
    for _ in range(2):
        key = room.put("x.parquet", b"PAR1")
        room.put("y.ndjson", b"nonsense\n")
    assert room.surveyed == 1
    assert [(o.rows, o.rejects) for o in room.objects.since("acme", "chat_tickets", 0, 9)] == [(0, 7), (0, 1)]
    kept = [json.loads(room.lake.data(k)) for k in sorted(room.lake.kept) if "/rejects/dt=2026-03-09/" in k]
    assert len(kept) == 2
    (parquet,) = [one for one in kept if one["record"] == key]
    assert parquet["reason"] == "It is no Parquet. 7 rows are refused."


def test_a_parquet_that_does_not_fit_on_the_disk_is_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waybill.core.register.LARGEST_PARQUET", 3)
    room = Room()
    room.put("x.parquet", b"PAR1")
    assert room.surveyed == 0
    (said,) = [json.loads(room.lake.data(k)) for k in room.lake.kept if "/rejects/" in k]
    assert "several files" in said["reason"]
    assert LARGEST_PARQUET > 1 << 30


def test_a_process_that_dies_before_it_registers_leaves_it_to_the_next() -> None:
    room = Room()
    room.lake.upstream(f"{PLACE}/y.ndjson", b"nonsense\n")
    room.lake.crash_after = 0
    with pytest.raises(ConnectionResetError):
        room.registrar.register(f"{PLACE}/y.ndjson", "", NOW)
    assert room.objects.kept == {}
    room.lake.crash_after = None
    assert room.registrar.register(f"{PLACE}/y.ndjson", "", NOW) is not None
