"""Names of media that would meet: in one part or in several, of one dataset or of two, on whatever disk they are unpacked."""

from __future__ import annotations

import json
import shutil
import subprocess
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engines.exporting import Upstream, a_rule, packaged, planned
from tests.engines.manifests import check_manifest
from tests.engines.test_package import PASSWORD, one_part_each, seal_bench
from tests.engines.test_package_shapes import recording
from tests.engines.zip_readers import READERS
from waybill.core.layout import name_problem
from waybill.core.seal import seal
from waybill.core.window import Window

START = datetime(2026, 3, 8, tzinfo=UTC)
MEDIA = "tenant=acme/dataset={}/media/{}"
BOTH = [{"dataset": "recordings", "scope": "both"}]
FLAT = {"preset": "recordings", "date_folders": False}


def message(number: int, *keys: str) -> bytes:
    files = [{"name": key.rpartition("/")[2], "key": key} for key in keys]
    row = {"message_id": f"m{number}", "conversation_id": "c", "sent_at": "2026-03-08T10:00:00Z", "attachments": files}
    return json.dumps(row).encode() + b"\n"


def delivered(
    folder: Path, rows: Mapping[str, list[bytes]], keys: Mapping[str, list[str]], **changes: Any
) -> dict[str, bytes]:
    """Media by the names that they are delivered under, out of an archive as 7z unpacks it. What each holds is its key."""
    upstream = Upstream(folder / "lake")
    for dataset, objects in rows.items():
        for number, body in enumerate(objects):
            upstream.put(f"tenant=acme/dataset={dataset}/dt=2026-03-08/hr=00/{number}.ndjson", body)
    for dataset, names in keys.items():
        for name in names:
            upstream.lake.put(MEDIA.format(dataset, name), f"{dataset} {name}".encode())
    made = a_rule("acme", **{"format": "ndjson", "data": BOTH, **changes})
    plan = planned(upstream, made, Window(START, START + timedelta(days=2)))
    plan = plan.model_copy(update={"password_ref": "ref"})
    work = folder / "work"
    work.mkdir()
    stage = packaged(upstream, plan, work)
    sealed = seal(plan, seal_bench(stage))
    assert sealed is not None
    manifest = json.loads(stage.read(next(f.key for f in sealed.files if f.kind == "manifest")))
    check_manifest(manifest)
    assert manifest["exceptions"] == []
    entries = [e for f in manifest["files"] for e in f.get("entries", [f])]
    names = [e["name"] for e in entries if e["kind"] == "media"]
    assert manifest["totals"]["media"] == len(names) == len(set(names))
    if not plan.archived:
        where = {f.name: (upstream.lake if f.where == "lake" else stage).path(f.key) for f in sealed.files}
        return {name: where[name].read_bytes() for name in names}
    out = folder / "out"
    READERS["7z"].or_skip()
    READERS["7z"].unpack(stage.path(next(f.key for f in sealed.files if f.kind == "archive")), out, PASSWORD)
    assert {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} == {e["name"] for e in entries}
    return {name: (out / name).read_bytes() for name in names}


def together(names: Mapping[str, bytes]) -> bool:
    """Whether a disk that knows neither case nor form, as those of Windows and macOS, holds all of them."""
    forms = [unicodedata.normalize("NFD", name.casefold()) for name in names]
    folders = {"/".join(form.split("/")[:depth]) for form in forms for depth in range(1, form.count("/") + 1)}
    return len(set(forms)) == len(forms) and not folders & set(forms)


METHODS = ["none", "zip", "zip_aes256", "zip_crypto"]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layout", [FLAT, {"preset": "recordings", "rename": "{rule}"}], ids=["no folders", "renamed"])
def test_files_of_one_name_from_several_parts_are_all_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, layout: dict[str, Any], many: bool
) -> None:
    """Parts do not see each other, and each part's files have a name of their own by their day."""
    keys = [f"{letter}/1.wav" for letter in "abcdef"]
    days = ["2026-03-08T10:00:00Z", "2026-03-09T10:00:00Z"]
    objects = [recording(n, key, at=days[n % 2]) for n, key in enumerate([*keys, keys[0]])]
    if many:
        one_part_each(monkeypatch)
    else:
        objects = [b"".join(objects)]
    archive = {"method": method}
    found = delivered(tmp_path, {"recordings": objects}, {"recordings": keys}, layout=layout, archive=archive)
    assert set(found.values()) == {f"recordings {key}".encode() for key in keys}
    assert together(found)
    assert {name.rpartition(".")[2] for name in found} == {"wav"}


@pytest.mark.parametrize("method", METHODS)
def test_two_datasets_may_have_media_of_one_path(tmp_path: Path, method: str) -> None:
    rows = {"recordings": [recording(1, "1.wav", at="2026-03-08T10:00:00Z")], "conversations": [message(1, "1.wav")]}
    data = [*BOTH, {"dataset": "conversations", "scope": "both"}]
    keys = {name: ["1.wav"] for name in rows}
    found = delivered(tmp_path, rows, keys, data=data, archive={"method": method})
    assert set(found.values()) == {b"recordings 1.wav", b"conversations 1.wav"}


ALIKE = ["a/1.wav", "A/1.WAV", "a/\u00e9.wav", "a/e\u0301.wav", "a/E\u0301.wav", "b/c.wav", "B/C.wav"]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("method", ["none", "zip", "zip_aes256"])
def test_names_that_only_some_disks_tell_apart_stay_apart_on_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, many: bool
) -> None:
    if many:
        one_part_each(monkeypatch)
    objects = [recording(n, key) for n, key in enumerate(ALIKE)]
    found = delivered(tmp_path, {"recordings": objects}, {"recordings": ALIKE}, archive={"method": method})
    assert set(found.values()) == {f"recordings {key}".encode() for key in ALIKE}
    assert together(found)


@pytest.mark.parametrize("method", ["none", "zip"])
def test_a_medium_that_has_a_data_files_name_takes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    one_part_each(monkeypatch)
    keys = [
        "x/Recordings-2026-03-08.ndjson",
        "x/recordings-2026-03-08-part-0002.ndjson",
        "x/recordings-2026-03-09.ndjson",
    ]
    objects = [recording(n, key) for n, key in enumerate(keys)]
    found = delivered(tmp_path, {"recordings": objects}, {"recordings": keys}, layout=FLAT, archive={"method": method})
    assert set(found.values()) == {f"recordings {key}".encode() for key in keys}


def test_renamed_entries_are_read_by_every_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_part_each(monkeypatch)
    keys = [f"{letter}/é.wav" for letter in "abc"]
    objects = [recording(n, key) for n, key in enumerate(keys)]
    delivered(tmp_path, {"recordings": objects}, {"recordings": keys}, layout=FLAT, archive={"method": "zip"})
    archive = next(tmp_path.rglob("files/*.zip"))
    for name, reader in READERS.items():
        if not reader.needs or shutil.which(reader.needs):
            reader.unpack(archive, tmp_path / name, "")
            held = {p.read_bytes() for p in (tmp_path / name).rglob("*.wav")}
            assert held == {f"recordings {key}".encode() for key in keys}, name
    if shutil.which("unzip"):
        said = subprocess.run(["unzip", "-t", archive], capture_output=True, check=True).stdout
        assert b"No errors detected" in said


@pytest.mark.parametrize("stem", ["a" * 230, "\u00e9" * 112, "e\u0301" * 75, "a" * 199])
def test_a_long_name_keeps_its_ending(tmp_path: Path, stem: str) -> None:
    keys = [f"{folder}/{stem}.wav" for folder in "ab"]
    objects = [recording(n, key) for n, key in enumerate(keys)]
    found = delivered(tmp_path, {"recordings": objects}, {"recordings": keys}, layout=FLAT, archive={"method": "zip"})
    assert set(found.values()) == {f"recordings {key}".encode() for key in keys}
    assert {name[-4:] for name in found} == {".wav"}
    assert max(len(name.encode()) for name in found) <= 255


HARD = [
    "call 12:30.wav",
    "con.wav",
    "aux/1.wav",
    " first.wav",
    "what?.wav",
    "dot./x.wav",
    "x" * 250 + ".wav",
    "call 12_30.wav",
]


@pytest.mark.parametrize("many", [False, True])
def test_a_path_that_windows_does_not_take_is_written_so_that_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    """They are in the lake, so they are delivered; a step that every disk takes stays as it is."""
    if many:
        one_part_each(monkeypatch)
    keys = [*HARD, "Ordner/e\u0301t\u00e9.wav"]
    objects = [recording(n, key) for n, key in enumerate(keys)]
    layout = {"media": "media/{path}"}
    found = delivered(tmp_path, {"recordings": objects}, {"recordings": keys}, layout=layout, archive={"method": "zip"})
    assert set(found.values()) == {f"recordings {key}".encode() for key in keys}
    assert [name for name in found if name_problem(name)] == []
    assert {name.rpartition(".")[2] for name in found} == {"wav"}
    assert {"media/call 12_30.wav", "media/_con.wav", "media/_aux/1.wav", "media/Ordner/e\u0301t\u00e9.wav"} <= set(
        found
    )
