"""`waybill verify` over deliveries of the real core: what is wrong is found and named, and nothing else is."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pyzipper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.deliveries import DAYS, Sender
from tests.engines.test_manifest import KeySigner
from tests.engines.test_package import PASSWORD
from waybill.core.signing import detached_jws, signing_input
from waybill_cli.verifying.finding import Report, Verdict
from waybill_cli.verifying.look import Given, Look
from waybill_cli.verifying.signature import read_keys

SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "csv": {"format": "csv", "compression": "none"},
    "data_ops": {"layout": {"preset": "data_ops"}},
    "zip": {"archive": {"method": "zip"}},
    "aes": {"archive": {"method": "zip_aes256"}},
}
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Sender:
    """A platform that has delivered each shape's five runs into a folder of that name."""
    sender = Sender(tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("to"))
    into = sender.to
    for name, changes in SHAPES.items():
        sender.to = into / name
        sender.deliver(range(DAYS), **changes)
    sender.to = into
    sender.keys()
    return sender


@pytest.fixture
def copied(sender: Sender, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a shape's folder that may be spoilt, each time another one."""

    def made(shape: str) -> Path:
        return Path(shutil.copytree(sender.to / shape, tmp_path / f"{len(list(tmp_path.iterdir()))}"))

    return made


def verified(sender: Sender, *places: Path, **given_: Any) -> Report:
    keys = read_keys(sender.work / "keys.json")
    look = Look(Given(**{"keys": keys, "password": PASSWORD, "entries": True, **given_}))
    for place in places:
        look.into(place)
    read = 0

    def progress(count: int) -> None:
        nonlocal read
        read += count

    return look.finish(progress)


def wrong(report: Report) -> dict[str, str]:
    return {f.place: f.said for f in report.of(Verdict.WRONG)}


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def manifests_of(folder: Path) -> list[Path]:
    """By the run's time."""
    found = [p for p in files_of(folder) if p.name == "waybill.json"]
    return sorted(found, key=lambda p: json.loads(p.read_bytes())["window"]["start"])


@pytest.mark.parametrize("shape", SHAPES)
def test_what_arrived_whole_is_proven(sender: Sender, shape: str) -> None:
    report = verified(sender, sender.to / shape)
    assert report.findings == []
    assert (report.result, report.runs, report.signatures) == ("proven", DAYS, DAYS)
    listed = [f for m in manifests_of(sender.to / shape) for f in json.loads(m.read_bytes())["files"]]
    assert (report.files, report.size) == (len(listed), sum(f["size"] for f in listed))


@pytest.mark.parametrize("shape", SHAPES)
@SLOW
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_found_and_named(
    sender: Sender, copied: Callable[[str], Path], shape: str, data: st.DataObject
) -> None:
    folder = copied(shape)
    path = data.draw(st.sampled_from(files_of(folder)))
    whole = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    path.write_bytes(whole)
    report = verified(sender, folder)
    name = path.relative_to(folder).as_posix().removesuffix(".jws")
    assert report.result == "wrong"
    assert any(name in place or name in said for place, said in wrong(report).items())
    shutil.rmtree(folder)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_missing_file_is_named(sender: Sender, copied: Callable[[str], Path], shape: str) -> None:
    folder = copied(shape)
    for path in files_of(folder):
        kept = path.read_bytes()
        path.unlink()
        report = verified(sender, folder)
        name = path.relative_to(folder).as_posix()
        if path.name == "waybill.json":
            notes = [f.place for f in report.of(Verdict.NOTE)]
            assert notes, "its files are in no manifest"
        elif path.name == "waybill.json.jws":
            assert "no signature" in wrong(report)[name.removesuffix(".jws")]
        else:
            assert wrong(report) == {name: f"{name} is missing."}
        path.write_bytes(kept)


@pytest.mark.parametrize("gone", range(DAYS))
def test_a_missing_run_is_named_by_where_it_must_have_been(
    sender: Sender, copied: Callable[[str], Path], gone: int
) -> None:
    folder = copied("plain")
    manifests = manifests_of(folder)
    windows = [json.loads(m.read_bytes())["window"] for m in manifests]
    shutil.rmtree(manifests[gone].parent)
    report = verified(sender, folder)
    if gone == DAYS - 1:  # nothing that is here names the newest one
        assert report.result == "proven"
    elif gone == 0:
        assert report.result == "proven"
        assert ["before" in f.said for f in report.of(Verdict.NOTE)] == [True]
        assert verified(sender, folder, from_first=True).result == "wrong"
    else:
        (said,) = wrong(report).values()
        assert "A run of rul_0123456789abcdef is missing" in said
        assert windows[gone - 1]["start"] in said
        assert windows[gone + 1]["start"] in said


def test_two_rules_are_two_chains(sender: Sender) -> None:
    report = verified(sender, sender.to / "plain", sender.to / "csv")
    assert (report.result, report.runs) == ("proven", 2 * DAYS)


@SLOW
@given(data=st.data())
def test_a_manifest_that_was_changed_and_signed_by_another_is_forged(
    sender: Sender, copied: Callable[[str], Path], data: st.DataObject
) -> None:
    folder = copied("plain")
    path = data.draw(st.sampled_from(manifests_of(folder)))
    document = json.loads(path.read_bytes())
    document["run"]["rule"] = "another"
    forger = KeySigner()
    forger.key_id = data.draw(st.sampled_from([sender.signer.key_id, "another key"]))
    resign(path, json.dumps(document).encode(), forger)
    said = wrong(verified(sender, folder))[path.relative_to(folder).as_posix()]
    assert "not the platform's over this manifest" in said or "not among the given ones" in said
    shutil.rmtree(folder)


def resign(path: Path, manifest: bytes, signer: KeySigner) -> None:
    header, message = signing_input(manifest, signer.key_id)
    path.write_bytes(manifest)
    path.with_name("waybill.json.jws").write_bytes(detached_jws(header, signer.sign(message)))


def test_an_old_manifest_in_another_ones_place_is_found(sender: Sender, copied: Callable[[str], Path]) -> None:
    folder = copied("plain")
    first, second, *_ = manifests_of(folder)
    for name in ("waybill.json", "waybill.json.jws"):
        shutil.copyfile(first.with_name(name), second.with_name(name))
    found = " ".join(wrong(verified(sender, folder)).values())
    assert "SHA-256" in found
    assert "is missing" in found


def test_swapped_cut_and_grown_files_are_named(sender: Sender, copied: Callable[[str], Path]) -> None:
    folder = copied("plain")
    one, two, three = [m.with_name("chat_tickets.ndjson") for m in manifests_of(folder)[:3]]
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes()[:-1])
    two.write_bytes(kept)
    three.write_bytes(three.read_bytes() + b"\n")
    found = wrong(verified(sender, folder))
    assert "it was cut" in found[one.relative_to(folder).as_posix()]
    assert "its SHA-256 is another one" in found[two.relative_to(folder).as_posix()]
    assert "is longer" in found[three.relative_to(folder).as_posix()]


def test_rows_are_counted_where_that_is_cheap(sender: Sender, copied: Callable[[str], Path]) -> None:
    """Of the signer's own doing: sums that fit and rows that do not."""
    for shape in ("plain", "csv"):
        folder = copied(shape)
        path = manifests_of(folder)[-1]
        document = json.loads(path.read_bytes())
        data = next(f for f in document["files"] if f["kind"] == "data")
        data["rows"] += 1
        resign(path, json.dumps(document).encode(), sender.signer)
        (said,) = wrong(verified(sender, folder)).values()
        assert "has 3 rows, and its manifest says 4" in said


@pytest.mark.parametrize("shape", ["zip", "aes"])
def test_an_archive_alone_is_proven_by_the_manifest_inside(sender: Sender, tmp_path: Path, shape: str) -> None:
    archive = next(p for p in files_of(sender.to / shape) if p.suffix == ".zip")
    alone = Path(shutil.copy(archive, tmp_path / "alone.zip"))
    report = verified(sender, alone)
    assert (report.result, report.runs, report.signatures) == ("proven", 1, 1)
    assert verified(sender, tmp_path).result == "proven"
    locked = verified(sender, alone, password="")
    assert locked.result == ("unproven" if shape == "aes" else "proven")
    mistaken = verified(sender, alone, password="another")
    assert mistaken.result == ("wrong" if shape == "aes" else "proven")


@pytest.mark.parametrize("shape", ["zip", "aes"])
@SLOW
@given(data=st.data())
def test_a_flipped_bit_in_an_archive_alone_changes_no_file_unseen(
    sender: Sender, tmp_path: Path, shape: str, data: st.DataObject
) -> None:
    archive = next(p for p in files_of(sender.to / shape) if p.suffix == ".zip")
    whole = bytearray(archive.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    spoilt = tmp_path / "spoilt.zip"
    spoilt.write_bytes(whole)
    report = verified(sender, spoilt)
    if report.result != "wrong":
        assert unpacked(spoilt) == unpacked(archive)


def unpacked(path: Path) -> dict[str, bytes]:
    with pyzipper.AESZipFile(path) as archive:
        return {name: archive.read(name, pwd=PASSWORD.encode()) for name in archive.namelist()}


def test_volumes_are_one_package_and_a_missing_one_is_named(sender: Sender, tmp_path: Path) -> None:
    many = Sender(tmp_path / "work", tmp_path / "to", sender.signer)
    many.deliver([0, 1], volume=1, archive={"method": "zip_aes256"}, detail_records={"formats": ["csv"]})
    assert verified(sender, tmp_path / "to").result == "proven"
    volumes = sorted(p for p in files_of(tmp_path / "to") if p.suffix == ".zip")[:4]
    assert [v.name[-8:] for v in volumes] == ["-001.zip", "-002.zip", "-003.zip", "-004.zip"]
    alone = tmp_path / "alone"
    alone.mkdir()
    for volume in volumes:
        shutil.copy(volume, alone)
    for given_ in (alone, alone / volumes[1].name, alone / volumes[-1].name):
        assert verified(sender, given_).result == "proven"
    (alone / volumes[1].name).unlink()
    assert wrong(verified(sender, alone)) == {
        volumes[1].name: f"{volumes[1].name} is missing: 1 files of the package lie in it."
    }
    (alone / volumes[-1].name).unlink()
    (said,) = wrong(verified(sender, alone)).values()
    assert "its last volume is missing" in said


def test_without_keys_all_else_is_checked_and_nothing_is_said_to_be_proven(sender: Sender) -> None:
    report = verified(sender, sender.to / "plain", keys=None)
    assert (report.result, report.signatures) == ("unproven", 0)
    assert {f.verdict for f in report.findings} == {Verdict.UNCHECKED}
    assert "--keys" in report.findings[0].advice


def test_what_nobody_lists_is_noted(sender: Sender, copied: Callable[[str], Path]) -> None:
    folder = copied("plain")
    (folder / "notes.txt").write_text("mine")
    report = verified(sender, folder)
    assert report.result == "proven"
    assert [f.said for f in report.findings] == ["notes.txt is in no manifest."]


HOSTILE = ["../../etc/passwd", "/etc/passwd", "a\\b", "C:/x", "a//b", "a/./b", "", "a\x00b", "x" * 5_000, 7, None]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_manifest_that_names_other_places_is_refused_and_nothing_is_read(
    sender: Sender, copied: Callable[[str], Path], name: object
) -> None:
    folder = copied("plain")
    path = manifests_of(folder)[-1]
    document = json.loads(path.read_bytes())
    document["files"][0]["name"] = name
    resign(path, json.dumps(document).encode(), sender.signer)
    assert "has not the form of a manifest" in wrong(verified(sender, folder))[path.relative_to(folder).as_posix()]


def test_a_link_out_of_the_folder_is_not_followed(
    sender: Sender, copied: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = copied("plain")
    file = manifests_of(folder)[0].with_name("chat_tickets.ndjson")
    outside = tmp_path / "outside"
    os.rename(file, outside)
    file.symlink_to(outside)
    (said,) = wrong(verified(sender, folder)).values()
    assert "leads out of the given folder" in said


def broken_manifests() -> Iterator[tuple[bytes, str]]:
    yield b"", "is no JSON"
    yield b"\xff\xfe", "is no JSON"
    yield b"[1]", "is no JSON object"
    yield b"[" * 100_000, "is no JSON"
    yield b"{}", "is no Waybill manifest"
    yield b'{"waybill": 2}', "install a newer one"
    yield b'{"waybill": true}', "is no Waybill manifest"
    yield b'{"waybill": 1}', "has not the form"
    yield b'{"waybill": 1, "waybill": 1}', "a key comes twice"
    yield b'{"waybill": ' + b"9" * 5_000 + b"}", "is no JSON"


@pytest.mark.parametrize(("data", "said"), list(broken_manifests()))
def test_a_broken_manifest_is_told_in_words(sender: Sender, tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "waybill.json").write_bytes(data)
    (tmp_path / "waybill.json.jws").write_bytes(b"e30..AAAA")
    assert said in wrong(verified(sender, tmp_path))["waybill.json"]


def test_sizes_that_no_file_has_are_refused(sender: Sender, copied: Callable[[str], Path]) -> None:
    for size in (-1, 1.5, True, "7", 1 << 63):
        folder = copied("plain")
        path = manifests_of(folder)[-1]
        document = json.loads(path.read_bytes())
        document["files"][0]["size"] = size
        resign(path, json.dumps(document).encode(), sender.signer)
        assert "has not the form" in wrong(verified(sender, folder))[path.relative_to(folder).as_posix()]


def test_an_entry_that_unpacks_to_more_than_was_sent_is_not_read_on(sender: Sender, tmp_path: Path) -> None:
    archive = next(p for p in files_of(sender.to / "zip") if p.suffix == ".zip")
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as spoilt:
        for name in whole.namelist():
            data = whole.read(name)
            spoilt.writestr(name, b"0" * 50_000_000 if name.endswith(".ndjson") else data)
    read = 0

    def progress(count: int) -> None:
        nonlocal read
        read += count

    look = Look(Given(keys=read_keys(sender.work / "keys.json")))
    look.into(bomb)
    report = look.finish(progress)
    assert ["is longer than" in f.said for f in report.of(Verdict.WRONG)] == [True]
    assert read < 100_000


def test_entries_that_are_added_or_come_twice_are_found(sender: Sender, tmp_path: Path) -> None:
    archive = next(p for p in files_of(sender.to / "zip") if p.suffix == ".zip")
    grown = Path(shutil.copy(archive, tmp_path / "grown.zip"))
    with zipfile.ZipFile(grown, "a") as added:
        added.writestr("added.txt", "x")
        with pytest.warns(UserWarning, match="Duplicate"):
            added.writestr("chat_tickets.ndjson", "x")
    said = " ".join(f.said for f in verified(sender, grown).of(Verdict.WRONG))
    assert "added.txt is in the archive and in no manifest" in said
    assert "lies in the archive more than once" in said


def test_a_folder_without_any_manifest_and_a_file_that_is_no_zip_are_told(sender: Sender, tmp_path: Path) -> None:
    assert "no waybill.json" in wrong(verified(sender, tmp_path))[str(tmp_path)]
    (tmp_path / "x.zip").write_bytes(b"PK no zip")
    assert "is no ZIP" in wrong(verified(sender, tmp_path / "x.zip"))["x.zip"]
