"""What seal adds to an archive: entries under the run's password, a manifest that tells all of them, and volumes."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.core.stage import MemoryStage, Staged
from tests.engines.manifests import entries_of
from tests.engines.test_package import (
    PASSWORD,
    Bench,
    Signer,
    bench,
    media,
    one_part_each,
    recording,
    seal_bench,
    tickets,
)
from waybill.core.archive import EntryWriter, derive_salt
from waybill.core.errors import ConfigurationError
from waybill.core.seal import seal
from waybill.engines import zip_entry

MB = 1_000_000
OWN = ["detail-records.recordings.csv", "recordings.schema.json", "rejects.ndjson", "waybill.json", "waybill.json.jws"]


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def recorded(tmp_path: Path, sizes: list[int], **changes: Any) -> Bench:
    """A part each recording, each with a file of these bytes, and a row that cannot be read."""
    rows = [recording(n, f"{n}.wav") for n in range(len(sizes))]
    rows[0] += b"{nonsense\n"
    given: dict[str, Any] = {
        "archive": {"method": "zip_aes256"},
        "detail_records": {"formats": ["csv"], "fields": ["conversation_id"]},
        **changes,
    }
    here = bench(tmp_path, rows, "recordings", **given)
    for number, size in enumerate(sizes):
        media(here, f"{number}.wav", noise(size, number))
    return here


def limited(here: Bench, volume: int) -> Bench:
    archive = here.plan.settings.archive.model_copy(update={"volume_bytes": volume})
    settings = here.plan.settings.model_copy(update={"archive": archive})
    return replace(here, plan=here.plan.model_copy(update={"settings": settings}))


def test_the_manifest_inside_tells_every_other_entry_and_comes_last(tmp_path: Path) -> None:
    files = recorded(tmp_path, [10, 20]).delivered()
    assert list(files) == ["Daily tickets.zip", "waybill.json", "waybill.json.jws"]
    inside = entries_of(files["Daily tickets.zip"], PASSWORD)
    assert list(inside)[-5:] == OWN
    outer, inner = json.loads(files["waybill.json"]), json.loads(inside["waybill.json"])
    assert (outer["inside"], inner["inside"]) == (False, True)
    assert [f["name"] for f in inner["files"]] == list(inside)[:-2]
    assert [e["name"] for e in outer["files"][0]["entries"]] == list(inside)
    same = set(outer) - {"inside", "files", "totals"}
    assert {k: outer[k] for k in same} == {k: inner[k] for k in same}
    told = {k: v for k, v in outer["totals"].items() if k not in {"files", "bytes"}}
    assert told == {k: inner["totals"][k] for k in told}
    assert told == {"rows": 2, "media": 2, "rejects": 1, "duplicates_left_out": 0, "exceptions": 0}
    assert (inner["query"][0]["rows"], inner["query"][0]["media"]) == (2, 2)


class Dying(MemoryStage):
    """A stage of a worker that dies after so many writes."""

    def __init__(self, kept: dict[str, bytes], writes: int) -> None:
        super().__init__()
        self.kept = kept
        self.left = writes

    def put(self, key: str, data: bytes) -> Staged:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().put(key, data)


def test_a_seal_that_dies_anywhere_is_made_good_by_another_with_the_first_signatures(tmp_path: Path) -> None:
    """Each attempt signs anew and encodes anew: of two, nothing is ever mixed, and what was staged stays."""
    here = recorded(tmp_path, [10, 20])
    here.package()
    staged = dict(here.stage.kept)
    for writes in range(1, 40):
        kept = dict(staged)
        try:
            seal(here.plan, seal_bench(Dying(kept, writes)))
        except KeyboardInterrupt:
            before = dict(kept)
            again = Bench(here.plan, Dying(kept, -1), here.lake, tmp_path)
            signer = Signer()
            signer.signed = 100
            assert seal(here.plan, seal_bench(again.stage, signer)) is not None
            assert {k: kept[k] for k in before} == before
            assert list(entries_of(again.delivered()["Daily tickets.zip"], PASSWORD))[-5:] == OWN
        else:
            assert writes > 10
            return
    raise AssertionError


def test_the_slower_of_two_seals_composes_what_the_faster_one_staged(tmp_path: Path) -> None:
    here = recorded(tmp_path, [10])
    first = here.delivered()
    for key in [k for k in here.stage.kept if k.endswith((".zip", "sealed.json")) and "/pieces/" not in k]:
        del here.stage.kept[key]

    def other(name: str, *given: Any, **named: Any) -> Any:
        raise AssertionError("what is staged is not encoded again")

    again = seal(here.plan, seal_bench(here.stage, archive=lambda: other))
    assert again is not None
    assert here.delivered() == first


def test_a_seal_that_is_overtaken_uses_what_the_other_has_staged(tmp_path: Path) -> None:
    """The slower one's library writes other bytes: its own pieces count for nothing."""
    here = recorded(tmp_path, [10], archive={"method": "zip"})
    here.package()
    overtaken: list[Any] = []

    def plain(name: str, modified: Any, data: Iterable[bytes], *, large: bool, **named: Any) -> EntryWriter:
        if not overtaken:
            overtaken.append(here.seal())
            del here.stage.kept[next(k for k in here.stage.kept if k.endswith("sealed.json"))]
        return EntryWriter(name, modified, data, compressor=None, cipher=None, large=large)

    assert seal(here.plan, seal_bench(here.stage, archive=lambda: plain)) == overtaken[0]
    assert list(entries_of(here.delivered()["Daily tickets.zip"], PASSWORD))[-5:] == OWN


def test_no_salt_covers_two_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same plan sealed twice: two signatures, which are two texts of one name, and so two salts."""
    salts: dict[tuple[str, bytes], str] = {}

    def encode(name: str, modified: Any, data: Iterator[bytes], *, salt: bytes, **named: Any) -> Any:
        whole = b"".join(data)
        assert salts.setdefault((name, salt), hashlib.sha256(whole).hexdigest()) == hashlib.sha256(whole).hexdigest()
        return zip_entry.entry(name, modified, [whole], salt=salt, **named)

    here = recorded(tmp_path, [10])
    here.package()
    for number in range(2):
        signer = Signer()
        signer.signed = number
        stage = MemoryStage()
        stage.kept = dict(here.stage.kept)
        seal(here.plan, seal_bench(stage, signer, archive=lambda: encode))
    names = Counter(name for name, _ in salts)
    assert names == {**dict.fromkeys(OWN, 1), "waybill.json.jws": 2}
    assert len({salt for _, salt in salts}) == len(salts)
    assert all(salt != derive_salt("", 1, name, "") for name, salt in salts)


@pytest.mark.parametrize("method", ["none", "zip"])
@pytest.mark.parametrize("name", ["waybill.json", "Waybill.JSON", "recordings.schema.json"])
def test_a_file_that_has_a_name_of_ours_is_refused(tmp_path: Path, name: str, method: str) -> None:
    layout = {"preset": "recordings", "date_folders": False}
    rows = [recording(1, f"a/{name}")]
    here = bench(tmp_path, rows, "recordings", archive={"method": method}, layout=layout)
    media(here, f"a/{name}", b"{}")
    here.package()
    with pytest.raises(ConfigurationError, match=f"would be called {name}"):
        here.seal()


def test_rejects_alone_make_an_archive_and_nothing_makes_none(tmp_path: Path) -> None:
    outside = tickets(1, at="2026-03-08T10:00:00Z") + tickets(2, at="2026-03-11T10:00:00Z")
    here = bench(tmp_path, [outside + b"{nonsense\n"], archive={"method": "zip_aes256"})
    inside = entries_of(here.delivered()["Daily tickets.zip"], PASSWORD)
    assert list(inside) == ["rejects.ndjson", "waybill.json", "waybill.json.jws"]
    none = bench(tmp_path / "none", [], archive={"method": "zip_aes256"})
    none.folder.mkdir()
    assert list(none.delivered()) == ["waybill.json", "waybill.json.jws"]


# --- volumes


def programs(path: Path) -> None:
    """What a receiver would open it with."""
    for program, *arguments in (["7z", "t", f"-p{PASSWORD}"], ["bsdtar", "-tf"]):
        if shutil.which(program):
            done = subprocess.run([program, *arguments, str(path)], capture_output=True, check=False)
            assert done.returncode == 0, (program, done.stdout, done.stderr)


@pytest.mark.parametrize("method", ["zip", "zip_aes256"])
def test_volumes_are_archives_of_bounded_size_that_each_open_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    one_part_each(monkeypatch)
    limit = 2 * MB  # smaller than a rule may ask for, so that the test is short
    sizes = [limit * tenths // 10 for tenths in (4, 4, 4, 11, 5, 4)]
    here = limited(recorded(tmp_path, sizes, archive={"method": method, "volume_bytes": 10 * MB}), limit)
    files = here.delivered()
    volumes = [f"Daily tickets-{n:03d}.zip" for n in range(1, 5)]
    assert list(files) == [*volumes, "waybill.json", "waybill.json.jws"]
    found: list[list[str]] = []
    for name in volumes:
        (tmp_path / name).write_bytes(files[name])
        programs(tmp_path / name)
        found.append(list(entries_of(files[name], PASSWORD)))
        if method == "zip":
            with zipfile.ZipFile(io.BytesIO(files[name])) as opened:
                assert opened.testzip() is None
            if program := shutil.which("unzip"):
                assert (
                    subprocess.run([program, "-tq", tmp_path / name], capture_output=True, check=False).returncode == 0
                )
    assert [len(files[name]) <= limit for name in volumes] == [True, True, False, True]
    assert found[2] == ["media/3.wav"], "what is larger than a volume has one of its own"
    assert found[-1][-5:] == OWN
    manifest = json.loads(entries_of(files[volumes[-1]], PASSWORD)["waybill.json"])
    told = {f["name"]: f["volume"] for f in manifest["files"]}
    assert told == {n: number for number, names in enumerate(found, 1) for n in names if n not in OWN[-2:]}
    again = Bench(here.plan, MemoryStage(), here.lake, tmp_path)
    assert [again.delivered()[name] for name in volumes[:-1]] == [files[name] for name in volumes[:-1]]


def test_a_manifest_that_a_full_volume_has_no_room_for_has_one_of_its_own(tmp_path: Path) -> None:
    full: dict[str, Any] = {
        "archive": {"method": "zip", "volume_bytes": 10 * MB},
        "schema_file": False,
        "format": "ndjson",
    }
    here = bench(tmp_path, [recording(1, "1.mp3")], "recordings", **full)
    media(here, "1.mp3", noise(9_998_500, 1))
    files = here.delivered()
    zips = [n for n in files if n.endswith(".zip")]
    inside = [list(entries_of(files[name], PASSWORD)) for name in zips]
    assert inside == [["recordings.ndjson", "media/1.mp3"], OWN[-2:]]
    assert all(len(files[n]) <= 10 * MB for n in zips)


def test_one_volume_is_the_archive(tmp_path: Path) -> None:
    here = bench(tmp_path, [tickets(1)], archive={"method": "zip", "volume_bytes": 10 * MB})
    assert next(iter(here.delivered())) == "Daily tickets.zip"


def test_a_file_that_two_parts_packaged_is_in_one_volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_part_each(monkeypatch)
    rows = [recording(n, "shared.wav", f"{n}.wav") for n in range(3)]
    here = bench(tmp_path, rows, "recordings", archive={"method": "zip", "volume_bytes": 10 * MB})
    media(here, "shared.wav", noise(6 * MB, 9))
    for number in range(3):
        media(here, f"{number}.wav", noise(3 * MB, number))
    files = here.delivered()
    inside = [entries_of(files[n], PASSWORD) for n in files if n.endswith(".zip")]
    assert Counter(name for one in inside for name in one).most_common(1)[0][1] == 1
    assert sum(len(d) for n, d in files.items() if n.endswith(".zip")) < 16 * MB


# --- what cannot be packaged


def test_media_that_are_missing_fail_the_run_where_the_rule_says_so(tmp_path: Path) -> None:
    rows = recording(1, "gone.wav") + recording(2, "lost.wav")
    noted = bench(tmp_path, [rows], "recordings")
    noted.package()
    assert noted.seal().exceptions == 2
    assert "2 media files could not be packaged" in noted.seal().left_out
    strict = bench(tmp_path, [rows], "recordings", on_exceptions="fail")
    strict.package()
    with pytest.raises(ConfigurationError) as failed:
        strict.seal()
    assert failed.value.message == (
        "2 media files could not be packaged, and the rule allows none. The first one is media/gone.wav: it is not in the lake."
    )
    assert not [k for k in strict.stage.kept if "/files/" in k or k.endswith("sealed.json")]
