"""`waybill verify` against who wants it to say `proven`, to stop with an error of Python's, or to blame the wrong file."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.deliveries import Sender
from tests.cli.test_verify import files_of, manifests_of, resign, verified, wrong
from waybill_cli.verifying.finding import Report, Verdict

DAYS = 3


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Sender:
    sender = Sender(tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("to"))
    into = sender.to
    for name, method in {"plain": "none", "zip": "zip"}.items():
        sender.to = into / name
        sender.deliver(range(DAYS), archive={"method": method})
    sender.to = into
    sender.keys()
    return sender


@pytest.fixture
def folder(sender: Sender, tmp_path: Path) -> Path:
    """A copy of three plain runs."""
    return Path(shutil.copytree(sender.to / "plain", tmp_path / "received"))


@pytest.fixture
def archives(sender: Sender) -> list[Path]:
    return [path for path in files_of(sender.to / "zip") if path.suffix == ".zip"]


def unchecked(report: Report) -> dict[str, str]:
    assert report.result == "unproven"
    return {f.place: f"{f.said} {f.advice}" for f in report.of(Verdict.UNCHECKED)}


def below(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def test_a_run_in_another_ones_place_proves_nothing(sender: Sender, folder: Path) -> None:
    """The newest run is named by no other: a copy of an older one there must not count as it."""
    first, *_, newest = (path.parent for path in manifests_of(folder))
    shutil.rmtree(newest)
    shutil.copytree(first, newest)
    report = verified(sender, folder)
    said = unchecked(report)[below(folder, newest / "waybill.json")]
    assert below(folder, first / "waybill.json") in said
    assert "ask for" in said
    assert [f.said for f in report.of(Verdict.NOTE)] == []
    assert report.runs == DAYS - 1


def test_what_is_given_twice_is_looked_at_once(sender: Sender, folder: Path, archives: list[Path]) -> None:
    report = verified(sender, folder, folder, manifests_of(folder)[0].parent, folder / ".")
    assert (report.result, report.runs, report.files) == ("proven", DAYS, 2 * DAYS)
    report = verified(sender, archives[0], archives[0].parent / "." / archives[0].name)
    assert (report.result, report.runs) == ("proven", 1)


def test_a_signature_without_its_manifest_is_a_missing_file(sender: Sender, folder: Path) -> None:
    newest = manifests_of(folder)[-1]
    newest.unlink()
    newest.with_name("chat_tickets.ndjson").write_text("forged")
    assert wrong(verified(sender, folder)) == {below(folder, newest): f"{below(folder, newest)} is missing."}


UNNAMEABLE = {
    "long": ("x" * 3_000, "is missing"),
    "lone surrogate": ("\ud800", "has not the form"),
    "lone surrogate above": ("\udcff/x", "has not the form"),
}


@pytest.mark.parametrize("name", UNNAMEABLE)
def test_names_that_no_disk_holds_are_told_in_words(sender: Sender, folder: Path, name: str) -> None:
    given, said = UNNAMEABLE[name]
    path = manifests_of(folder)[-1]
    document = json.loads(path.read_bytes())
    document["files"][0]["name"] = given
    resign(path, json.dumps(document).encode(), sender.signer)
    report = verified(sender, folder)
    assert said in " ".join(wrong(report).values())
    assert json.dumps(report.as_document(), ensure_ascii=False).encode()


@pytest.mark.parametrize("field", ["id", "rule_id", "tenant"])
def test_ids_that_are_no_text_are_refused(sender: Sender, folder: Path, field: str) -> None:
    path = manifests_of(folder)[-1]
    document = json.loads(path.read_bytes())
    document["run"][field] = "\ud800"
    resign(path, json.dumps(document).encode(), sender.signer)
    assert "has not the form" in wrong(verified(sender, folder))[below(folder, path)]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_not_are_refused(sender: Sender, folder: Path, number: str) -> None:
    path = manifests_of(folder)[-1]
    data = path.read_bytes().replace(b'"generation": 1', b'"generation": ' + number.encode())
    resign(path, data, sender.signer)
    assert "is no JSON" in wrong(verified(sender, folder))[below(folder, path)]


def _large_signature(manifest: Path) -> None:
    with manifest.with_name("waybill.json.jws").open("wb") as file:
        file.truncate(300 * 1024 * 1024)


def _folder_as_manifest(manifest: Path) -> None:
    manifest.unlink()
    manifest.mkdir()


def _pipe_as_manifest(manifest: Path) -> None:
    manifest.unlink()
    os.mkfifo(manifest)


def _manifest_from_elsewhere(manifest: Path) -> None:
    elsewhere = manifest.parents[3] / "elsewhere.json"
    manifest.rename(elsewhere)
    manifest.symlink_to(elsewhere)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (_large_signature, "is no detached JWS"),
        (_folder_as_manifest, "is missing"),
        (_pipe_as_manifest, "is no file"),
        (_manifest_from_elsewhere, "is a link that leads out of the given folder"),
    ],
)
def test_what_stands_in_a_manifests_place_is_told(
    sender: Sender, folder: Path, spoilt: Callable[[Path], None], said: str
) -> None:
    manifest = manifests_of(folder)[-1]
    spoilt(manifest)
    assert said in wrong(verified(sender, folder))[below(folder, manifest)]


def test_a_folder_that_cannot_be_looked_into_is_told(
    sender: Sender, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = manifests_of(folder)[-1].parent
    scan = os.scandir

    def refused(path: Any) -> Any:
        if Path(path) == newest:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert "Permission denied" in unchecked(verified(sender, folder))[below(folder, newest)]


def test_a_link_to_a_folder_is_not_followed_and_told(sender: Sender, folder: Path, tmp_path: Path) -> None:
    newest = manifests_of(folder)[-1].parent
    newest.rename(tmp_path / "elsewhere")
    newest.symlink_to(tmp_path / "elsewhere")
    assert "is a link" in unchecked(verified(sender, folder))[below(folder, newest)]


def test_a_files_name_that_is_no_text_can_be_said(sender: Sender, folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\n.txt")).write_text("x")
    report = verified(sender, folder)
    assert [f.said for f in report.of(Verdict.NOTE)] == ["\\xff\n.txt is in no manifest."]
    assert json.dumps(report.as_document(), ensure_ascii=False).encode()


@pytest.mark.parametrize("name", ["Chat_Tickets.NDJSON", "CHAT_TICKETS.ndjson"])
def test_a_file_whose_name_was_changed_in_case_is_pointed_out(sender: Sender, folder: Path, name: str) -> None:
    file = manifests_of(folder)[0].with_name("chat_tickets.ndjson")
    file.rename(file.with_name(name))
    (found,) = verified(sender, folder).of(Verdict.WRONG)
    assert found.place == below(folder, file)
    assert name in found.said
    assert "name" in found.advice


def test_archives_that_look_like_volumes_of_one_are_each_looked_at_alone(
    sender: Sender, archives: list[Path], tmp_path: Path
) -> None:
    """Of the rules `site-001` and `site-002`, and one `site-2` whose volumes lie beside those of a `site`."""
    shutil.copy(archives[0], tmp_path / "site-001.zip")
    shutil.copy(archives[1], tmp_path / "site-002.zip")
    for places, runs in (([tmp_path], 2), ([tmp_path / "site-001.zip"], 1), ([tmp_path / "site-002.zip"], 1)):
        report = verified(sender, *places)
        assert (report.result, report.runs) == ("proven", runs)


def test_volumes_of_rules_with_like_names_are_not_mixed(sender: Sender, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in ("site", "site-2"):
        many = Sender(tmp_path / f"{name} work", tmp_path / name, sender.signer)
        many.deliver([0], volume=1, name=name, archive={"method": "zip"})
        for path in (p for p in files_of(tmp_path / name) if p.suffix == ".zip"):
            shutil.copy(path, alone)
    assert sorted(p.name for p in alone.iterdir())[:2] == ["site-001.zip", "site-002.zip"]
    report = verified(sender, alone)
    assert (report.result, report.runs) == ("proven", 2)


@pytest.mark.parametrize(("before", "after"), [(b"#!/bin/sh\nrm -rf ~\n", b""), (b"", b"more"), (b"MZ", b"PK")])
def test_bytes_around_an_archive_are_told(
    sender: Sender, archives: list[Path], tmp_path: Path, before: bytes, after: bytes
) -> None:
    path = tmp_path / "grown.zip"
    path.write_bytes(before + archives[0].read_bytes() + after)
    (said,) = wrong(verified(sender, path)).values()
    assert "that belong to nothing in it" in said


def test_a_directory_that_is_cut_short_is_told(sender: Sender, archives: list[Path], tmp_path: Path) -> None:
    """An extra field that says ZIP64 and holds no number, which makes the library fail in its own way."""
    whole = archives[0].read_bytes()
    at = whole.rfind(b"PK\x01\x02")
    name, extra = struct.unpack("<HH", whole[at + 28 : at + 32])
    start = at + 46 + name
    spoilt = bytearray(whole)
    spoilt[at + 20 : at + 28] = b"\xff" * 8
    spoilt[start : start + extra] = (struct.pack("<HH", 1, extra - 4) + b"\0" * 64)[:extra]
    path = tmp_path / "spoilt.zip"
    path.write_bytes(spoilt)
    assert "no ZIP that can be opened" in wrong(verified(sender, path))["spoilt.zip"]


def test_an_archive_of_the_manifest_beside_an_archive_is_no_proof_of_it(
    sender: Sender, archives: list[Path], tmp_path: Path
) -> None:
    """The manifest inside, taken out and put where the one outside was."""
    run = Path(shutil.copytree(archives[-1].parent, tmp_path / "run"))
    with zipfile.ZipFile(archives[-1]) as opened:
        for name in ("waybill.json", "waybill.json.jws"):
            (run / name).write_bytes(opened.read(name))
    found = wrong(verified(sender, run))
    assert "chat_tickets.ndjson" in found
