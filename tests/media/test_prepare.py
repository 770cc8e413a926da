"""Preparing and packaging together: what a receiver gets of encrypted, signed, stitched and transcoded media."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.engines.test_package import Bench, Vault, bench, one_part_each
from tests.media.openssl import NOW, Identity, enveloped, identity, signature
from tests.media.sounding import coded, heard, probed, wav
from tests.media.test_s3_envelope import sealed, unwrap
from waybill.core import media_list, prepare
from waybill.core.certificates import SavedCertificate
from waybill.core.media_list import batches, kind_of, list_media
from waybill.core.prepare import LARGEST_LOCAL, Studio, TimeIsUp, prepare_batch
from waybill.core.prepared import ListedMedia, MediaKind
from waybill.core.workshop import Workshop
from waybill.engines import zip_entry
from waybill.engines.compress import compressed
from waybill.engines.rows_duckdb import DuckDbRows
from waybill.engines.rows_refined import Refined
from waybill.media.keyring import examined
from waybill.media.sounds import LibavSounds
from waybill.media.tenant_media import TenantMedia

ATTEMPTS = itertools.count()
MP3 = {"voice_format": "mp3"}


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("owner"), "owner")


def row(number: int, *keys: str, **more: Any) -> bytes:
    files = [{"name": k.rsplit("/", 1)[-1], "key": k} for k in keys]
    one = {"conversation_id": f"r{number}", "start_time": "2026-03-09T10:00:00Z", "conversation_type": "voice"}
    return json.dumps({**one, "files": files, **more}).encode() + b"\n"


@dataclass
class House:
    """A run whose media are prepared, step by step as the state machine calls them."""

    here: Bench
    owners: Sequence[Identity] = ()
    sounds: LibavSounds = field(default_factory=lambda: LibavSounds(LARGEST_LOCAL))
    out_of_time: Callable[[], bool] = lambda: False

    def put(self, name: str, data: bytes, **metadata: str) -> None:
        dataset = self.here.plan.parts[0].dataset if self.here.plan.parts else "recordings"
        self.here.lake.put(f"tenant=acme/dataset={dataset}/media/{name}", data, **metadata)

    def _folder(self) -> Path:
        folder = self.here.folder / f"work-{next(ATTEMPTS)}"
        folder.mkdir()
        return folder

    def list(self) -> list[tuple[int, int]]:
        """Every batch, as part and number."""
        found = []
        for part in self.here.plan.parts:
            folder = self._folder()
            shop = Workshop(
                stage=self.here.stage,
                lake=self.here.lake,
                rows=Refined(DuckDbRows(temp_dir=folder), folder),
                secrets=Vault(),
                archive=lambda: zip_entry.entry,
                compress=compressed,
                folder=folder,
                attempt=f"listing-{next(ATTEMPTS)}",
            )
            found += [(part.index, n) for n in range(list_media(self.here.plan, part.index, shop))]
        return found

    def batch(self, part: int, number: int) -> str:
        media = TenantMedia("acme", lambda: [kept(o) for o in self.owners], self._secret, unwrap)
        folder = self._folder()
        studio = Studio(
            stage=self.here.stage,
            lake=self.here.lake,
            ciphers=media.ciphers,
            checks=media.checks,
            sounds=lambda: self.sounds,
            folder=folder,
            attempt=f"worker-{next(ATTEMPTS)}",
            out_of_time=self.out_of_time,
        )
        answer = prepare_batch(self.here.plan, part, number, studio)
        assert list(folder.iterdir()) == []
        return answer

    def _secret(self, reference: str) -> Mapping[str, str]:
        return {"private_key": next(o.key for o in self.owners if str(o.key) == reference).read_text()}

    def delivered(self) -> dict[str, bytes]:
        for part, number in self.list():
            while self.batch(part, number) == "paused":
                pass
        return self.here.delivered()

    def media(self) -> tuple[dict[str, bytes], dict[str, str], dict[str, Any]]:
        """Delivered media by name, exceptions by name, and the manifest."""
        files = self.delivered()
        manifest = json.loads(files["waybill.json"])
        if self.here.plan.archived:
            with zipfile.ZipFile(io.BytesIO(files["Daily tickets.zip"])) as archive:
                assert len(set(archive.namelist())) == len(archive.namelist())
                files = {n: archive.read(n) for n in archive.namelist()}
        media = {n: d for n, d in files.items() if n.startswith("media/")}
        return media, {e["name"]: e["reason"] for e in manifest["exceptions"]}, manifest


def kept(owner: Identity) -> SavedCertificate:
    facts, pem, _ = examined(owner.certificate.read_text(), owner.key.read_text(), "", NOW, expired_too=True)
    return SavedCertificate("acme", "owner", facts, pem, str(owner.key), NOW, "a test")


def house(
    tmp_path: Path, rows: list[bytes], media: dict[str, Any], *owners: Identity, choice: Any = None, **changes: Any
) -> House:
    data = [{"dataset": "recordings", "scope": "both", **(choice or {})}]
    return House(bench(tmp_path, rows, "recordings", media=media, data=data, **changes), owners)


@pytest.mark.parametrize("archive", ["none", "zip"])
def test_encrypted_media_arrive_in_the_clear_and_in_the_format_that_is_asked(
    tmp_path: Path, owner: Identity, archive: str
) -> None:
    rows = [row(1, "a/cms.wav") + row(2, "b/kms.wav") + row(3, "c/clear.wav")]
    made = house(tmp_path, rows, {"decrypt": True, **MP3}, owner, archive={"method": archive})
    made.put("a/cms.wav", enveloped(tmp_path, coded(6, 3), owner, "-aes-256-cbc", "-stream"))
    data, metadata = sealed(wav(2, channels=2))
    made.put("b/kms.wav", data, **metadata)
    made.put("c/clear.wav", wav(1))
    media, exceptions, _ = made.media()
    assert exceptions == {}
    assert {n: heard(d)[0::2] for n, d in media.items()} == {
        "media/a/cms.mp3": ("mp3float", 1),
        "media/b/kms.mp3": ("mp3float", 2),
        "media/c/clear.mp3": ("mp3float", 1),
    }
    assert heard(media["media/a/cms.mp3"])[3] == pytest.approx(3, abs=0.2)
    assert probed(media["media/a/cms.mp3"])["streams"][0]["codec_name"] == "mp3"


def test_decrypting_alone_streams_and_gives_the_very_bytes(
    tmp_path: Path, owner: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "LARGEST_LOCAL", 10)
    made = house(tmp_path, [row(1, "1.wav", "2.wav", "3.bin")], {"decrypt": True}, owner)
    made.put("1.wav", enveloped(tmp_path, wav(1), owner, "-aes-256-gcm", "-stream"))
    data, metadata = sealed(wav(2))
    made.put("2.wav", data, **metadata)
    made.put("3.bin", b"not encrypted")
    media, exceptions, manifest = made.media()
    assert media == {"media/1.wav": wav(1), "media/2.wav": wav(2), "media/3.bin": b"not encrypted"}
    assert exceptions == {}
    assert "worker" not in json.dumps(manifest), "nothing of where we kept it"


def test_what_cannot_be_decrypted_is_delivered_as_it_is_and_said(tmp_path: Path, owner: Identity) -> None:
    stranger = identity(tmp_path, "stranger")
    good = enveloped(tmp_path, wav(1), owner, "-aes-256-gcm")
    damaged = bytearray(good)
    damaged[-40] ^= 1
    data, metadata = sealed(wav(1), tenant="zeta")
    given = {
        "stranger.wav": enveloped(tmp_path, wav(1), stranger, "-aes-256-cbc"),
        "damaged.wav": bytes(damaged),
        "cut.wav": good[: len(good) // 2],
        "lied.wav": b"some bytes in no form",
    }
    rows = [row(1, "stranger.wav", "damaged.wav", "cut.wav", "other.wav") + row(2, "lied.wav", encrypted_with="AB:CD")]
    made = house(tmp_path, rows, {"decrypt": True, **MP3}, owner)
    for name, content in given.items():
        made.put(name, content)
    made.put("other.wav", data, **metadata)
    media, exceptions, _ = made.media()
    assert media == {f"media/{n}": d for n, d in {**given, "other.wav": data}.items()}
    for name, said in {
        "stranger.wav": "none of the certificates",
        "damaged.wav": "was damaged",
        "cut.wav": "ends too early",
        "other.wav": "another tenant",
        "lied.wav": "its row says that it is encrypted",
    }.items():
        assert said in exceptions[f"media/{name}"], name
        assert exceptions[f"media/{name}"].endswith("delivered as it is")


def test_a_decrypted_file_that_cannot_be_transcoded_arrives_in_the_clear(tmp_path: Path, owner: Identity) -> None:
    made = house(tmp_path, [row(1, "1.wav")], {"decrypt": True, **MP3}, owner)
    made.put("1.wav", enveloped(tmp_path, b"proprietary" * 100, owner, "-aes-256-cbc"))
    media, exceptions, _ = made.media()
    assert media == {"media/1.wav": b"proprietary" * 100}
    assert "no media" in exceptions["media/1.wav"] or "read as media" in exceptions["media/1.wav"]


def test_encrypted_media_are_told_where_the_rule_does_not_decrypt(tmp_path: Path, owner: Identity) -> None:
    made = house(tmp_path, [row(1, "1.wav")], MP3, owner)
    content = enveloped(tmp_path, wav(1), owner, "-aes-256-cbc")
    made.put("1.wav", content)
    media, exceptions, _ = made.media()
    assert media == {"media/1.wav": content}
    assert "the rule does not decrypt" in exceptions["media/1.wav"]


def test_a_rule_that_only_verifies_leaves_encrypted_media_as_they_are(tmp_path: Path, owner: Identity) -> None:
    made = house(tmp_path, [row(1, "1.wav", "2.wav")], {"verify_signatures": True}, owner)
    content = enveloped(tmp_path, wav(1), identity(tmp_path, "stranger"), "-aes-256-cbc")
    made.put("1.wav", content)
    made.put("1.wav.p7s", signature(tmp_path, content, owner))
    data, metadata = sealed(wav(1), tenant="zeta")
    made.put("2.wav", data, **metadata)
    media, exceptions, manifest = made.media()
    assert (media, exceptions) == ({"media/1.wav": content, "media/2.wav": data}, {})
    assert [f["name"] for f in manifest["files"] if f.get("signature")] == ["media/1.wav"]
    assert manifest["media"]["verify_signatures"] is True


def test_broken_sounds_of_every_kind_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "LARGEST_LOCAL", 20_000)
    given = {
        "cut.wav": wav(1)[:-999],
        "zero.wav": b"",
        "odd.nmf": b"\x07" * 900,
        "huge.wav": wav(2),
        "fine.wav": wav(0.5),
    }
    made = house(tmp_path, [row(1, *given, "talk.vtr")], MP3)
    for name, content in given.items():
        made.put(name, content)
    made.put("talk.vtr", b"<transcript/>")
    media, exceptions, _ = made.media()
    fine = media.pop("media/fine.mp3")
    assert heard(fine)[0] == "mp3float"
    assert media == {f"media/{n}": d for n, d in {**given, "talk.vtr": b"<transcript/>"}.items() if n != "fine.wav"}
    assert set(exceptions) == {f"media/{n}" for n in given if n != "fine.wav"}
    assert "more than 20000 bytes" in exceptions["media/huge.wav"]
    assert "it is empty" in exceptions["media/zero.wav"]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("archive", ["none", "zip"])
def test_names_that_meet_after_the_conversion_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: str, many: bool
) -> None:
    if many:
        one_part_each(monkeypatch)
    rows = [row(1, "a.wav"), row(2, "a.mp3"), row(3, "été 日本.wav", "a.flac")]
    made = house(tmp_path, rows if many else [b"".join(rows)], MP3, archive={"method": archive})
    assert len(made.here.plan.parts) == (3 if many else 1)
    made.put("a.wav", wav(1))
    made.put("a.mp3", (_mp3 := _as_mp3(tmp_path, 2)))
    made.put("a.flac", wav(3))
    made.put("été 日本.wav", wav(0.5))
    media, exceptions, manifest = made.media()
    assert exceptions == {}
    assert sorted(round(heard(d)[3]) for d in media.values()) == [0, 1, 2, 3]
    assert all(n.endswith(".mp3") for n in media)
    assert any(n.startswith("media/été 日本") for n in media)
    entries = manifest["files"][0].get("entries") or manifest["files"]
    listed = {e["name"]: e["sha256"] for e in entries if e["name"] in media}
    assert listed == {n: hashlib.sha256(d).hexdigest() for n, d in media.items()}


def _as_mp3(tmp_path: Path, seconds: float) -> bytes:
    from waybill.core.media_settings import MediaSettings, VoiceFormat  # noqa: PLC0415

    (tmp_path / "tone").write_bytes(wav(seconds))
    settings = MediaSettings(voice_format=VoiceFormat.MP3)
    LibavSounds(10**7).transcode(tmp_path / "tone", tmp_path / "tone.mp3", MediaKind.VOICE, settings, lambda: False)
    return (tmp_path / "tone.mp3").read_bytes()


# --- signatures


def test_signatures_are_checked_and_the_manifest_says_so(tmp_path: Path, owner: Identity) -> None:
    rows = [
        row(1, "good.wav", "none.wav") + row(2, "bad.wav", "missing.wav", signed_with="AB:CD") + row(3, "inner.wav")
    ]
    made = house(tmp_path, rows, {"verify_signatures": True, "decrypt": True, **MP3}, owner)
    for name in ("good.wav", "none.wav", "bad.wav", "missing.wav"):
        made.put(name, wav(1))
    made.put("good.wav.p7s", signature(tmp_path, wav(1), owner))
    made.put("bad.wav.p7s", signature(tmp_path, wav(2), owner))
    made.put("inner.wav", enveloped(tmp_path, wav(1), owner, "-aes-256-cbc"))
    made.put("inner.wav.p7s", signature(tmp_path, wav(1), owner))
    media, exceptions, manifest = made.media()
    assert set(media) == {
        "media/good.mp3", "media/none.mp3", "media/bad.wav", "media/missing.wav", "media/inner.mp3",
    }  # fmt: skip
    assert "was changed after it was signed" in exceptions["media/bad.wav"]
    assert "no signature beside it" in exceptions["media/missing.wav"]
    signed = {f["name"] for f in manifest["files"] if f.get("signature") == "valid"}
    assert signed == {"media/good.mp3", "media/inner.mp3"}


def test_a_changed_cbc_envelope_is_found_by_the_signature_inside(tmp_path: Path, owner: Identity) -> None:
    """AES-CBC has no check of its own: a bit of the content is one that only a signature finds."""
    content = bytearray(enveloped(tmp_path, wav(1), owner, "-aes-256-cbc"))
    content[-500] ^= 1
    made = house(tmp_path, [row(1, "1.wav")], {"decrypt": True, "verify_signatures": True}, owner)
    made.put("1.wav", bytes(content))
    made.put("1.wav.p7s", signature(tmp_path, wav(1), owner))
    media, exceptions, _ = made.media()
    assert media == {"media/1.wav": bytes(content)}
    assert "signature does not hold" in exceptions["media/1.wav"]


def test_a_signed_file_inside_an_archive_says_so(tmp_path: Path, owner: Identity) -> None:
    made = house(tmp_path, [row(1, "1.wav")], {"verify_signatures": True}, owner, archive={"method": "zip"})
    made.put("1.wav", wav(1))
    made.put("1.wav.p7s", signature(tmp_path, wav(1), owner, "-noattr"))
    _, _, manifest = made.media()
    (entry,) = [e for e in manifest["files"][0]["entries"] if e["kind"] == "media"]
    assert entry["signature"] == "valid"


# --- records without media


def related(*cuts: Any) -> bytes:
    return row(9, cdr_only=True, related_files=list(cuts))


@pytest.mark.parametrize(("formats", "name", "codec"), [({}, "r9.wav", "pcm_s16le"), (MP3, "r9.mp3", "mp3float")])
def test_related_media_are_stitched_under_the_records_name(
    tmp_path: Path, owner: Identity, formats: dict[str, str], name: str, codec: str
) -> None:
    cuts = (
        {"key": "l/1.wav", "from_seconds": 1, "to_seconds": 3},
        {"key": "l/2.wav"},
        {"key": "l/1.wav", "from_seconds": 3.5},
    )
    made = house(tmp_path, [related(*cuts)], {"stitch": True, "decrypt": True, **formats}, owner)
    made.put("l/1.wav", enveloped(tmp_path, coded(6, 4), owner, "-aes-256-gcm"))
    made.put("l/2.wav", wav(1))
    media, exceptions, _ = made.media()
    assert (set(media), exceptions) == ({f"media/{name}"}, {})
    assert heard(media[f"media/{name}"])[0] == codec
    assert heard(media[f"media/{name}"])[3] == pytest.approx(2 + 1 + 0.5, abs=0.15)


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ({"key": "gone.wav"}, "gone.wav) is not in the lake"),
        ({"key": "broken.wav"}, "related file 2"),
        ({"key": "../../x"}, "would leave"),
        ({"key": "1.wav", "from_seconds": 2, "to_seconds": 1}, "ends before it begins"),
        ({"name": "1.wav"}, "is not a key"),
        ("1.wav", "is not a key"),
        ({"key": "1.wav", "from_seconds": 99}, "no sound between"),
    ],
)
def test_a_related_file_that_cannot_be_had_is_said(tmp_path: Path, cut: Any, said: str) -> None:
    made = house(tmp_path, [related({"key": "1.wav"}, cut)], {"stitch": True})
    made.put("1.wav", wav(1))
    made.put("broken.wav", wav(1)[:-5])
    media, exceptions, manifest = made.media()
    assert media == {}
    assert said in exceptions["media/r9.wav"]
    assert manifest["totals"]["rows"] == 1


def test_without_stitching_only_the_record_is_delivered(tmp_path: Path) -> None:
    for settings in ({}, MP3):
        folder = tmp_path / str(len(settings))
        folder.mkdir()
        made = house(folder, [related({"key": "1.wav"})], settings)
        made.put("1.wav", wav(1))
        media, exceptions, manifest = made.media() if settings else _unprepared(made)
        assert (media, exceptions, manifest["totals"]["rows"]) == ({}, {}, 1)


def _unprepared(made: House) -> tuple[dict[str, bytes], dict[str, str], dict[str, Any]]:
    files = made.here.delivered()
    manifest = json.loads(files["waybill.json"])
    return {n: d for n, d in files.items() if n.startswith("media/")}, manifest["exceptions"] or {}, manifest


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [("keep", ["r1", "r2", "r3", "r4"]), ("ignore_without_media", ["r1", "r2"]), ("ignore", ["r1"])],
)
def test_records_without_media_are_taken_as_the_rule_says(tmp_path: Path, policy: str, wanted: list[str]) -> None:
    rows = (
        row(1, "1.wav")
        + row(2, cdr_only=True, related_files=[{"key": "1.wav"}])
        + row(3, cdr_only=True, related_files=[])
        + row(4, cdr_only=True)
    )
    choice = {
        "cdr_only": policy,
        "filter": "conversation_type = 'voice' OR conversation_type = 'sms'",
        "scope": "records",
    }
    made = house(tmp_path, [rows], {}, choice=choice)
    found = json.loads(made.here.delivered()["recordings.json"])
    assert [r["conversation_id"] for r in found] == wanted


# --- original XML, attachments


@pytest.mark.parametrize("archive", ["none", "zip"])
@pytest.mark.parametrize("formats", [{}, MP3], ids=["kept", "mp3"])
def test_the_original_xml_lies_beside_its_medium(tmp_path: Path, archive: str, formats: dict[str, str]) -> None:
    rows = [row(1, "d/1.wav", "d/1.vtr", user="Ann") + row(2, "d/2.wav", user="Bob") + row(3, "e/3.wav", user="Ann")]
    layout = {"rename": "{row.user}_{date}"}
    made = house(tmp_path, rows, {"original_xml": True, **formats}, layout=layout, archive={"method": archive})
    for name in ("d/1.wav", "d/2.wav", "e/3.wav"):
        made.put(name, wav(0.5))
    made.put("d/1.vtr", b"<said/>")
    made.put("d/1.xml", b"<one/>")
    made.put("e/3.xml", b"<three/>")
    if formats:
        media, exceptions, _ = made.media()
    else:
        media, exceptions, _ = _plain_media(made)
    assert exceptions == {}
    xml = {n: d for n, d in media.items() if n.endswith(".xml")}
    assert sorted(xml.values()) == [b"<one/>", b"<three/>"]
    ending = ".mp3" if formats else ".wav"
    for name in xml:
        assert name.removesuffix(".xml") + ending in media, (name, list(media))


def _plain_media(made: House) -> tuple[dict[str, bytes], dict[str, str], dict[str, Any]]:
    made.list = list  # type: ignore[method-assign]
    return made.media()


def test_attachments_are_delivered_unless_they_are_left_out(tmp_path: Path) -> None:
    line = {
        "message_id": "m1",
        "sent_at": "2026-03-09T10:00:00Z",
        "files": [{"name": "talk.txt", "key": "talk.txt"}],
        "attachments": [{"name": "a.pdf", "key": "x/a.pdf"}, {"type": "image", "address": "https://example.com/b.png"}],
    }
    for wanted, names in ((True, {"media/talk.txt", "media/x/a.pdf"}), (False, {"media/talk.txt"})):
        folder = tmp_path / str(wanted)
        folder.mkdir()
        data = [{"dataset": "conversations", "scope": "both", "attachments": wanted}]
        here = bench(folder, [json.dumps(line).encode() + b"\n"], "conversations", data=data)
        for name in ("talk.txt", "x/a.pdf"):
            here.lake.put(f"tenant=acme/dataset=conversations/media/{name}", name.encode())
        files = here.delivered()
        assert {n for n in files if n.startswith("media/")} == names
        assert json.loads(files["waybill.json"])["exceptions"] == []


def test_extensions_choose_by_the_originals_ending(tmp_path: Path) -> None:
    made = house(tmp_path, [row(1, "1.wav", "2.mp3")], MP3, choice={"extensions": ["wav"]})
    made.put("1.wav", wav(0.5))
    made.put("2.mp3", b"never looked at")
    assert set(made.media()[0]) == {"media/1.mp3"}


# --- again, at once, out of time


class Dies(LibavSounds):
    """A library that takes its worker along, at its n-th file."""

    def __init__(self, at: int) -> None:
        super().__init__(LARGEST_LOCAL)
        self.at, self.seen = at, 0

    def transcode(self, *arguments: Any) -> str:
        self.seen += 1
        if self.seen == self.at:
            raise MemoryError("killed")
        return super().transcode(*arguments)


def test_a_worker_that_dies_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "RESULTS", 2)
    names = [f"{n}.wav" for n in range(5)]

    def made(folder: str) -> House:
        (tmp_path / folder).mkdir()
        one = house(tmp_path / folder, [row(1, *names)], MP3)
        for n, name in enumerate(names):
            one.put(name, wav(0.2 + n / 10))
        return one

    plain, _, _ = made("plain").media()
    killed = made("killed")
    (batch,) = killed.list()
    killed.sounds = Dies(at=4)
    with pytest.raises(MemoryError):
        killed.batch(*batch)
    killed.here.folder.joinpath("late").mkdir()
    killed.sounds = LibavSounds(LARGEST_LOCAL)
    before = {k: v for k, v in killed.here.stage.kept.items() if k.endswith(".0000.json")}
    assert before
    assert killed.media()[0] == plain
    assert {k: killed.here.stage.kept[k] for k in before} == before
    assert killed.batch(*batch) == "done"
    assert killed.media()[0] == plain


def test_a_file_that_kills_its_worker_each_time_is_left_as_it_is(tmp_path: Path) -> None:
    made = house(tmp_path, [row(1, "1.wav", "2.wav")], MP3)
    made.put("1.wav", wav(1))
    made.put("2.wav", wav(2))
    (batch,) = made.list()
    for _ in range(prepare.MOST_TRIES):
        made.sounds = Dies(at=1)
        with pytest.raises(MemoryError):
            made.batch(*batch)
    made.sounds = LibavSounds(LARGEST_LOCAL)
    media, exceptions, _ = made.media()
    assert media["media/1.wav"] == wav(1)
    assert "media/2.mp3" in media
    assert "ended the worker 3 times" in exceptions["media/1.wav"]


def test_a_worker_goes_on_where_its_time_was_up(tmp_path: Path) -> None:
    made = house(tmp_path, [row(1, *(f"{n}.wav" for n in range(4)))], MP3)
    for n in range(4):
        made.put(f"{n}.wav", wav(0.2))
    (batch,) = made.list()
    made.out_of_time = lambda: True
    answers = [made.batch(*batch) for _ in range(4)]
    assert answers == ["paused", "paused", "paused", "done"]
    assert len(made.media()[0]) == 4


class Slow(LibavSounds):
    def transcode(self, *arguments: Any) -> str:
        raise TimeIsUp


def test_a_file_that_takes_longer_than_a_worker_has_is_left_as_it_is(tmp_path: Path) -> None:
    made = house(tmp_path, [row(1, "1.wav")], MP3)
    made.put("1.wav", wav(1))
    made.sounds = Slow(LARGEST_LOCAL)
    media, exceptions, _ = made.media()
    assert media == {"media/1.wav": wav(1)}
    assert "longer than a worker has" in exceptions["media/1.wav"]


def test_of_two_lists_the_first_counts(tmp_path: Path) -> None:
    """Media that come between two attempts at listing are in one list or in the other, never between them."""
    made = house(tmp_path, [row(1, "1.wav", "2.wav")], MP3)
    made.put("1.wav", wav(1))
    (batch,) = made.list()
    made.put("2.wav", wav(2))
    assert made.list() == [batch]
    media, exceptions, _ = made.media()
    assert set(media) == {"media/1.mp3"}
    assert exceptions == {"media/2.wav": "it is not in the lake"}
    assert made.list() == [], "a part that is packaged has nothing to prepare"


def test_batches_are_bounded_and_grow_so_that_they_stay_few() -> None:
    def files(count: int) -> Iterator[ListedMedia]:
        return (ListedMedia(name="x", key=str(n), kind=MediaKind.VOICE, size=1_000) for n in range(count))

    sizes = [len(batch) for batch in batches(files(100_000))]
    assert sum(sizes) == 100_000
    assert sizes[:10] == [media_list.BATCH_FILES] * 10
    assert len(sizes) <= 120
    large = [ListedMedia(name="x", key=str(n), kind=MediaKind.VOICE, size=media_list.BATCH_BYTES) for n in range(3)]
    assert [len(b) for b in batches(iter(large))] == [1, 1, 1]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("voice", "voice"), ("Video", "video"), ("screen share", "screen"), ("application share", "screen"), (None, "unsaid"),
        ("instant message", "other"), ("sms", "other"),
    ],
)  # fmt: skip
def test_what_a_row_says_of_its_media(said: str | None, kind: str, tmp_path: Path) -> None:
    roles = bench(tmp_path, [], "recordings").plan.data["recordings"].dataset.media
    assert roles is not None
    assert kind_of(roles, {"conversation_type": said}) == kind
