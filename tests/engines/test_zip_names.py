"""Names that would leave the folder in which an archive is unpacked: none ever gets into one, and none is left out silently."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.stage import MemoryStage
from tests.engines.given_rows import GivenRows
from tests.engines.test_package import Vault, bench, recording, seal_bench
from waybill.core.lake_keys import dataset_prefix
from waybill.core.package import package_part
from waybill.core.rows import MediaFile
from waybill.core.seal import seal
from waybill.core.workshop import Workshop
from waybill.engines import zip_entry
from waybill.engines.compress import compressed

ATTEMPTS = itertools.count()
HOSTILE = [
    "../up.wav", "a/../../up.wav", "/etc/passwd", "//host/share.wav", "a//b.wav", "..\\up.wav", "a\\..\\b.wav",
    "C:/x.wav", "C:x.wav", "a/C:/x.wav", "nul\x00.wav", "line\nbreak.wav", "bell\x07.wav", "del\x7f.wav",
    "high\x9b.wav", ".", "..", "./a.wav", "a/.", "a/..", "con.wav", "a/nul", "COM1.wav", "dot./a.wav", "space /a.wav",
    " a.wav", "", "/", "a/", "stream.wav:hidden", "\\\\?\\C:\\x.wav",
]  # fmt: skip
ROW = {"conversation_id": "r1", "start_time": "2026-03-09T10:00:00Z", "from_number": "../../etc/x"}


def archive_of(folder: Path, media: Sequence[MediaFile], **changes: Any) -> tuple[zipfile.ZipFile, list[Any]]:
    """What a receiver opens, and the exceptions of its manifest. Every media file is in the lake, whatever its key."""
    here = bench(folder, [recording(1, "a.wav")], "recordings", archive={"method": "zip"}, format="ndjson", **changes)
    for one in media:
        here.lake.put(f"{dataset_prefix('acme', 'recordings')}media/{one.key}", b"sound")
    stage, own = MemoryStage(), folder / f"own-{next(ATTEMPTS)}"
    own.mkdir()
    shop = Workshop(
        stage=stage,
        lake=here.lake,
        rows=GivenRows([b"{}\n"], media),
        secrets=Vault(),
        archive=lambda: zip_entry.entry,
        compress=compressed,
        folder=own,
        attempt="one",
    )
    package_part(here.plan, 0, shop)
    sealed = seal(here.plan, seal_bench(stage))
    assert sealed is not None
    files = {f.name: stage.kept[f.key] for f in sealed.files}
    return zipfile.ZipFile(io.BytesIO(files["Daily tickets.zip"])), json.loads(files["waybill.json"])["exceptions"]


OURS = ("recordings.ndjson", "recordings.schema.json", "waybill.json", "waybill.json.jws")


def stays(name: str) -> bool:
    """Whether it is below the folder it is unpacked in, for POSIX and for Windows. Told by Python's own paths."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    steps = {*posix.parts, *windows.parts}
    plain = not steps & {"..", "/", "\\"} and "\\" not in name and "\0" not in name
    return plain and not posix.is_absolute() and not windows.drive and not windows.root and str(posix) == name


@pytest.mark.parametrize("media", ["media/{path}", "{row.from_number}/{name}", "{path}"])
def test_hostile_names_never_reach_an_archive(tmp_path: Path, media: str) -> None:
    files = [MediaFile(key.rpartition("/")[2], key, ROW) for key in [*HOSTILE, "good.wav"]]
    layout = {"folder": "{run}", "media": media}
    archive, missing = archive_of(tmp_path, files, layout=layout)
    names = archive.namelist()
    assert any(name.endswith("good.wav") for name in names)
    assert all(map(stays, names)), names
    assert len(names) - len(OURS) + len(missing) == len(files), "each of them is there or told of"
    archive.extractall(tmp_path / "out")
    inside = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert inside == sorted(names)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(st.sampled_from([*"ab./\\:~ \0\n\x9b\u202e\u0301é"]), max_size=12), max_size=6, unique=True),
    st.text(max_size=10),
)
def test_whatever_keys_and_rows_say(tmp_path: Path, keys: list[str], number: str) -> None:
    files = [MediaFile(key.rpartition("/")[2], key, {**ROW, "from_number": number}) for key in keys]
    archive, missing = archive_of(tmp_path, files, layout={"folder": "{run}", "media": "{row.from_number}/{path}"})
    names = archive.namelist()
    assert all(map(stays, names)), names
    assert len(names) == len(set(names))
    assert len(names) - len(OURS) + len(missing) == len(keys)
