"""Packaging and sealing with the real row engine and encoder, over a stage and a lake in memory."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pyzipper

from tests.core.made import CATALOG, rule
from tests.core.stage import MemoryLake, MemoryStage
from tests.core.stores import MemoryRules, MemoryRuns
from tests.engines.manifests import check_manifest, entries_of, manifests_of
from waybill.core import parts
from waybill.core.dispatch import Tick, claim_due
from waybill.core.errors import ConfigurationError
from waybill.core.lake_object import LakeObject
from waybill.core.mail import MESSAGE
from waybill.core.package import PartResult, package_part
from waybill.core.parts import Share
from waybill.core.plan import Plan, PlannedDestination, make_plan
from waybill.core.rows import SourceFormat
from waybill.core.run import SequenceRange, Trigger
from waybill.core.seal import Sealed, seal
from waybill.core.seal_bench import SealBench
from waybill.core.survey import survey
from waybill.core.workshop import Workshop
from waybill.engines import list_pdf, zip_entry
from waybill.engines.compress import compressed
from waybill.engines.rows_duckdb import DuckDbRows
from waybill.engines.rows_refined import Refined

DAY = datetime(2026, 3, 9, tzinfo=UTC)
ATTEMPTS = itertools.count()
PASSWORD = "pässword in ütf-8"


class Vault:
    def read(self, reference: str) -> Mapping[str, str]:
        assert reference == "ref"
        return {"password": PASSWORD}


class Signer:
    key_id = "test-key"

    def __init__(self) -> None:
        self.signed = 0

    def sign(self, message: bytes) -> bytes:
        """As KMS does: another signature each time."""
        self.signed += 1
        return hashlib.sha512(message + bytes([self.signed])).digest()


def seal_bench(stage: Any, signer: Signer | None = None, **changes: Any) -> SealBench:
    given: dict[str, Any] = {
        "stage": stage,
        "signer": signer or Signer(),
        "secrets": Vault(),
        "archive": lambda: zip_entry.entry,
        "pdf": list_pdf.pdf,
        "attempt": f"attempt-{next(ATTEMPTS)}",
        "out_of_time": lambda: False,
    }
    return SealBench(**{**given, **changes})


@dataclass
class Bench:
    plan: Plan
    stage: MemoryStage
    lake: MemoryLake
    folder: Path

    def package(self) -> list[PartResult]:
        found = []
        for part in self.plan.parts:
            folder = self.folder / f"{part.index}-{len(list(self.folder.iterdir()))}"
            folder.mkdir()
            shop = Workshop(
                stage=self.stage,
                lake=self.lake,
                rows=Refined(DuckDbRows(temp_dir=folder), folder),
                secrets=Vault(),
                archive=lambda: zip_entry.entry,
                compress=compressed,
                folder=folder,
                attempt=f"attempt-{next(ATTEMPTS)}",
            )
            found.append(package_part(self.plan, part.index, shop))
        return found

    def seal(self) -> Sealed:
        sealed = seal(self.plan, seal_bench(self.stage))
        assert sealed is not None
        return sealed

    def delivered(self) -> dict[str, bytes]:
        """What a receiver gets, by name; every file is held against the manifest's or the seal's own sums."""
        self.package()
        sealed = self.seal()
        files = {}
        for file in sealed.files:
            data = self.lake.kept[file.key] if file.where == "lake" else self.stage.kept[file.key]
            if file.media_type == MESSAGE:
                data = self.stage.read_range(file.key, file.start, file.size)
            assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
            files[file.name] = data
        for manifest in manifests_of(files, PASSWORD):
            check_manifest(manifest)
        return files


def bench(
    tmp_path: Path, objects: list[bytes], dataset: str = "chat_tickets", archived: Collection[int] = (), **changes: Any
) -> Bench:
    lake = MemoryLake()
    registered = []
    for number, body in enumerate(objects, start=1):
        seen = survey(io.BytesIO(body), SourceFormat.NDJSON, CATALOG[dataset])
        key = f"tenant=acme/dataset={dataset}/dt=2026-03-09/hr=00/{number}.ndjson"
        registered.append(
            LakeObject(
                key=key,
                version=lake.put(key, body),
                etag="e",
                size=len(body),
                rows=seen.rows,
                rejects=seen.rejects,
                format=SourceFormat.NDJSON,
                sequence=number,
                first_event=seen.first,
                last_event=seen.last,
                registered_at=DAY,
                archived=number in archived,
            )
        )
    given = {
        "schedule": {"frequency": "daily"},
        "data": [{"dataset": dataset, "scope": "both" if dataset == "recordings" else "records"}],
        **changes,
    }
    made = rule(now=DAY.replace(hour=12), **given)
    rules = MemoryRules()
    rules.add(made)
    tick = Tick(time=DAY.replace(day=11), now=DAY, trigger=Trigger.SCHEDULE, tzdata="2026.6")
    run = next(iter(claim_due(made, MemoryRuns(rules), CATALOG, tick)))
    where = [PlannedDestination(destination_id="dst_one", name="One", kind="memory")]
    sequences = {dataset: SequenceRange(after=0, upto=len(registered))}
    plan = make_plan(made, run, CATALOG, Share(run.window, {dataset: registered}, sequences), where, DAY)
    return Bench(plan.model_copy(update={"password_ref": "ref"}), MemoryStage(), lake, tmp_path)


def tickets(*numbers: int, at: str = "2026-03-09T10:00:00Z") -> bytes:
    return b"".join(json.dumps({"ticket_id": f"t{n}", "created_at": at}).encode() + b"\n" for n in numbers)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [r["ticket_id"] for r in rows]


def one_part_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 1)


def test_parts_are_composed_to_one_valid_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_part_each(monkeypatch)
    here = bench(tmp_path, [tickets(1, 2), tickets(9, at="2026-03-10T00:00:00Z") + tickets(3), tickets(4)])
    files = here.delivered()
    assert len(here.plan.parts) == 3
    assert ids(json.loads(files["chat_tickets.json"])) == ["t1", "t2", "t3", "t4"]
    manifest = json.loads(files["waybill.json"])
    assert manifest["totals"]["rows"] == 4
    assert manifest["query"][0]["sequence"] == {"after": 0, "upto": 3}


def test_a_part_whose_rows_are_all_outside_the_window_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_part_each(monkeypatch)
    spans = tickets(8, at="2026-03-08T10:00:00Z") + tickets(9, at="2026-03-10T10:00:00Z")
    files = bench(tmp_path, [tickets(1), spans, tickets(2)]).delivered()
    assert ids(json.loads(files["chat_tickets.json"])) == ["t1", "t2"]


def test_a_retry_stages_the_same_bytes_and_keeps_the_first_signature(tmp_path: Path) -> None:
    here = bench(tmp_path, [tickets(1, 2)], archive={"method": "zip_aes256"})
    first = here.delivered()
    again = Bench(here.plan, MemoryStage(), here.lake, tmp_path)
    second = again.delivered()
    assert {n: d for n, d in first.items() if n != "waybill.json.jws"} == {
        n: d for n, d in second.items() if n != "waybill.json.jws"
    }
    # A worker that died after the signature was staged, and before the seal was: the staged one stays.
    del here.stage.kept[next(k for k in here.stage.kept if k.endswith("sealed.json"))]
    assert here.delivered() == first


def test_rows_that_cannot_be_read_are_named_and_counted(tmp_path: Path) -> None:
    broken = tickets(1) + b"{nonsense\n" + tickets(2) + b'{"ticket_id": "t3", "created_at": "soon"}\n'
    files = bench(tmp_path, [broken]).delivered()
    assert ids(json.loads(files["chat_tickets.json"])) == ["t1", "t2"]
    rejects = [json.loads(line) for line in files["rejects.ndjson"].splitlines()]
    assert [r["line"] for r in rejects] == [2, 4]
    assert {r["source"] for r in rejects} == {"tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=00/1.ndjson"}
    assert json.loads(files["waybill.json"])["totals"]["rejects"] == 2


def test_more_rejects_than_the_rule_allows_fail_the_run(tmp_path: Path) -> None:
    here = bench(tmp_path, [tickets(1) + b"{nonsense\n"], max_rejects=0)
    here.package()
    with pytest.raises(ConfigurationError, match="1 row could not be read"):
        here.seal()


@pytest.mark.parametrize(
    ("policy", "names"),
    [
        ("nothing", []),
        ("manifest_only", ["waybill.json", "waybill.json.jws"]),
        ("empty_file", ["chat_tickets.csv", "chat_tickets.schema.json", "waybill.json", "waybill.json.jws"]),
    ],
)
@pytest.mark.parametrize(
    "objects", [[], [tickets(1, at="2026-03-08T10:00:00Z") + tickets(2, at="2026-03-11T10:00:00Z")]]
)
def test_an_empty_window_delivers_what_the_rule_says(
    tmp_path: Path, policy: str, names: list[str], objects: list[bytes]
) -> None:
    files = bench(tmp_path, objects, empty_window=policy, format="csv").delivered()
    assert list(files) == names
    if policy == "empty_file":
        assert files["chat_tickets.csv"].startswith(b"ticket_id,created_at,")
        assert files["chat_tickets.csv"].count(b"\n") == 1


def recording(number: int, *media: str) -> bytes:
    row = {
        "conversation_id": f"r{number}",
        "start_time": "2026-03-09T10:00:00Z",
        "files": [{"name": m.rsplit("/", 1)[-1], "key": m} for m in media],
    }
    return json.dumps(row).encode() + b"\n"


def media(here: Bench, name: str, data: bytes) -> None:
    here.lake.put(f"tenant=acme/dataset=recordings/media/{name}", data)


def test_an_encrypted_archive_of_many_parts_opens_and_lists_each_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_part_each(monkeypatch)
    rows = [recording(1, "a/1.wav", "shared.wav"), recording(2, "b/1.wav", "shared.wav"), recording(3, "gone.wav")]
    here = bench(tmp_path, rows, "recordings", archive={"method": "zip_aes256"}, format="ndjson")
    for name in ("a/1.wav", "b/1.wav", "shared.wav"):
        media(here, name, name.encode() * 1_000)
    files = here.delivered()
    inside = entries_of(files["Daily tickets.zip"], PASSWORD)
    assert list(inside)[-3:] == ["recordings.schema.json", "waybill.json", "waybill.json.jws"]
    assert list(files) == ["Daily tickets.zip", "waybill.json", "waybill.json.jws"]
    assert sorted(inside)[:-3] == [
        "media/a/1.wav",
        "media/b/1.wav",
        "media/shared.wav",
        "recordings-part-0001.ndjson",
        "recordings-part-0002.ndjson",
        "recordings-part-0003.ndjson",
    ]
    assert inside["media/shared.wav"] == b"shared.wav" * 1_000
    manifest = json.loads(files["waybill.json"])
    listed = {e["name"]: e["sha256"] for e in manifest["files"][0]["entries"]}
    assert listed == {n: hashlib.sha256(d).hexdigest() for n, d in inside.items()}
    assert manifest["exceptions"] == [{"name": "media/gone.wav", "reason": "it is not in the lake"}]
    assert manifest["totals"]["rows"] == 3


def test_media_outside_an_archive_are_delivered_from_the_lake(tmp_path: Path) -> None:
    rows = [recording(1, "1.wav") + recording(2, "1.wav", "../../../tenant=zeta/secret", "a\\b.wav")]
    here = bench(tmp_path, rows, "recordings")
    media(here, "1.wav", b"sound")
    files = here.delivered()
    assert files["media/1.wav"] == b"sound"
    assert [n for n in files if n.startswith("media/")] == ["media/1.wav"]
    reasons = [e["reason"] for e in json.loads(files["waybill.json"])["exceptions"]]
    assert len(reasons) == 2


def test_a_plain_zip_opens_without_a_password(tmp_path: Path) -> None:
    files = bench(tmp_path, [tickets(1)], archive={"method": "zip"}).delivered()
    with zipfile.ZipFile(io.BytesIO(files["Daily tickets.zip"])) as archive:
        assert archive.testzip() is None
        assert ids(json.loads(archive.read("chat_tickets.json"))) == ["t1"]


def test_two_workers_on_one_part_leave_one_result_and_its_own_piece(tmp_path: Path) -> None:
    """A worker that was taken for dead goes on: even if its bytes differ, what is sealed is of one piece."""
    here = bench(tmp_path, [tickets(1, 2)], archive={"method": "zip_aes256"})
    (first,) = here.package()
    result = next(k for k in here.stage.kept if "/parts/" in k)
    kept = here.stage.kept.pop(result)
    (late,) = here.package()
    assert late.piece != first.piece
    here.stage.kept[result] = kept
    assert here.package() == [first]
    files = here.delivered()
    with pyzipper.AESZipFile(io.BytesIO(files["Daily tickets.zip"])) as archive:
        archive.setpassword(PASSWORD.encode())
        assert ids(json.loads(archive.read("chat_tickets.json"))) == ["t1", "t2"]
