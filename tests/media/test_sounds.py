"""Formats changed, read back by other programs: nothing longer, shorter, louder in channels, or told of its source."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.places import ROOT
from tests.media.sounding import coded, film, heard, probed, wav
from waybill.core.media_settings import MediaSettings, VideoFormat, VoiceFormat
from waybill.core.prepare import Piece, TimeIsUp
from waybill.core.prepared import MediaKind, Unprepared
from waybill.media.sounds import LibavSounds

SOUNDS = LibavSounds(50_000_000)
SPEECH = ROOT.parent / "shared" / "data" / "speech"
VOICES = [f for f in VoiceFormat if f is not VoiceFormat.KEEP]
CODECS = {"wav": "pcm_s16le", "mp3": "mp3", "opus": "opus", "flac": "flac", "m4a": "aac"}


def never() -> bool:
    return False


def changed(tmp_path: Path, data: bytes, kind: MediaKind = MediaKind.VOICE, **formats: str) -> tuple[str, bytes]:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)
    ending = SOUNDS.transcode(source, target, kind, MediaSettings.model_validate(formats), never)
    return ending, target.read_bytes() if ending else b""


def close(ours: float, wanted: float) -> bool:
    """Within one per cent; lossy codecs add up to some frames, a tenth of a second."""
    return abs(ours - wanted) <= max(0.01 * wanted, 0.1)


@pytest.mark.parametrize("wanted", VOICES)
@pytest.mark.parametrize(
    ("data", "rate", "channels"),
    [
        (coded(6, 12), 8_000, 1),
        (coded(7, 12, channels=2), 8_000, 2),
        (wav(12, width=1), 8_000, 1),
        (wav(12, rate=44_100, channels=2), 44_100, 2),
    ],
    ids=["a-law", "mu-law stereo", "8 bit", "CD"],
)
def test_voice_in_every_format_keeps_its_length_and_channels(
    tmp_path: Path, wanted: VoiceFormat, data: bytes, rate: int, channels: int
) -> None:
    ending, made = changed(tmp_path, data, voice_format=wanted)
    assert ending == f".{wanted}"
    codec, its_rate, its_channels, seconds = heard(made)
    assert (codec.removesuffix("float"), its_channels) == (CODECS[wanted], channels)
    assert its_rate == (48_000 if wanted == "opus" else rate)
    assert close(seconds, 12)
    format_ = probed(made)["format"]
    tags = {k.lower() for k in format_.get("tags", {})}
    assert not tags & {"title", "artist", "comment", "creation_time"}


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("seconds", [0.05, 1.0, 7.3])
def test_an_mp3_plays_exactly_as_long_as_its_source(tmp_path: Path, rate: int, channels: int, seconds: float) -> None:
    source = wav(seconds, rate=rate, channels=channels)
    _, made = changed(tmp_path, source, voice_format="mp3")
    assert heard(made)[1:] == heard(source)[1:]
    assert probed(made)["streams"][0]["codec_name"] == "mp3"


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    for wanted in VOICES:
        assert changed(tmp_path, coded(6), voice_format=wanted) == changed(tmp_path, coded(6), voice_format=wanted)


@pytest.mark.skipif(not SPEECH.is_dir(), reason="../shared/data is not here")
def test_real_speech(tmp_path: Path) -> None:
    for path in sorted(SPEECH.glob("*.wav"))[::40]:
        _, made = changed(tmp_path, path.read_bytes(), voice_format="mp3")
        assert close(heard(made)[3], heard(path.read_bytes())[3])


@pytest.mark.parametrize("sound", [True, False])
@pytest.mark.parametrize(
    ("wanted", "codecs"),
    [(VideoFormat.MP4, ["h264", "aac"]), (VideoFormat.WEBM, ["vp8", "opus"])],
)
def test_video(tmp_path: Path, wanted: VideoFormat, codecs: list[str], sound: bool) -> None:
    source = film(tmp_path / "film.avi", sound=sound).read_bytes()
    ending, made = changed(tmp_path, source, MediaKind.VIDEO, video_format=wanted)
    assert ending == f".{wanted}"
    with av.open(io.BytesIO(made), "r") as given:
        times = [frame.time for frame in given.decode(given.streams.video[0])]
    assert len(times) == 20
    assert times == pytest.approx([n / 10 for n in range(20)], abs=0.05)
    found = probed(made)
    assert [s["codec_name"] for s in found["streams"]] == codecs[: 1 + sound]


@pytest.mark.parametrize(
    ("kind", "formats", "ending"),
    [
        (MediaKind.SCREEN, {"screen_format": "mp4"}, ".mp4"),
        (MediaKind.SCREEN, {"video_format": "mp4"}, ""),
        (MediaKind.VIDEO, {"screen_format": "mp4"}, ""),
        (MediaKind.UNSAID, {"video_format": "mp4"}, ".mp4"),
        (MediaKind.VOICE, {"video_format": "mp4", "voice_format": "mp3"}, ".mp4"),
        (MediaKind.VOICE, {"voice_format": "mp3"}, ""),
    ],
)
def test_what_the_file_is_decides_with_what_the_row_says(
    tmp_path: Path, kind: MediaKind, formats: dict[str, str], ending: str
) -> None:
    source = film(tmp_path / "film.avi").read_bytes()
    assert changed(tmp_path, source, kind, **formats)[0] == ending


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (wav(2)[:-4_000], "cut off"),
        (wav(2)[:30], "without sound"),
        (wav(0), "no sound"),
        (b"RIFF" + b"\x00" * 4_000, "media"),
        (b"\x01\x02\x03\x04 not a container" * 500, "media"),
    ],
    ids=["cut", "cut header", "empty", "zeros", "unknown"],
)
def test_what_is_no_media_or_broken_is_told(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(Unprepared, match=said):
        changed(tmp_path, data, voice_format="mp3")


@pytest.mark.parametrize(
    "data", [b"<html>hello</html>", b'{"said": "hello"}', b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n..."]
)
def test_documents_among_the_media_stay_as_they_are(tmp_path: Path, data: bytes) -> None:
    assert changed(tmp_path, data, voice_format="mp3") == ("", b"")


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20))
def test_any_damage_is_told_or_heard(tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]]) -> None:
    data = bytearray(wav(0.2))
    for at, value in damage:
        data[at % len(data)] = value
    try:
        ending, made = changed(tmp_path_factory.mktemp("damaged"), bytes(data), voice_format="flac")
    except Unprepared:
        return
    assert not ending or heard(made)[0] == "flac"


def test_a_cut_is_joined_to_the_sample(tmp_path: Path) -> None:
    for name, tone, channels in (("a", 300, 1), ("b", 600, 2)):
        (tmp_path / name).write_bytes(wav(3, tone=tone, channels=channels, rate=8_000 if name == "a" else 16_000))
    pieces = [Piece(tmp_path / "a", 1.0, 2.5), Piece(tmp_path / "b", None, 0.25), Piece(tmp_path / "a", 2.9, None)]
    target = tmp_path / "joined"
    assert SOUNDS.stitch(pieces, target, VoiceFormat.WAV, never) == ".wav"
    codec, rate, channels, seconds = heard(target.read_bytes())
    assert (codec, rate, channels) == ("pcm_s16le", 8_000, 1)
    assert seconds == pytest.approx(1.5 + 0.25 + 0.1, abs=0.005)


def test_a_sound_that_changes_in_its_midst_is_read_to_its_end(tmp_path: Path) -> None:
    """As a recorder writes it that was moved from one call to another: frames of two rates in one file."""
    both = b"".join(
        changed(tmp_path, wav(2, rate=rate, channels=channels), voice_format="mp3")[1]
        for rate, channels in ((8_000, 1), (16_000, 2))
    )
    _, made = changed(tmp_path, both, voice_format="wav")
    assert heard(made)[:3] == ("pcm_s16le", 8_000, 1)
    assert heard(made)[3] == pytest.approx(4, abs=0.3)


def test_a_cut_beyond_the_files_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(wav(1))
    with pytest.raises(Unprepared, match="related file 1: it has no sound between"):
        SOUNDS.stitch([Piece(tmp_path / "a", 5.0, 6.0)], tmp_path / "t", VoiceFormat.WAV, never)


def test_it_stops_when_it_must_and_never_grows_beyond_its_bound(tmp_path: Path) -> None:
    source = tmp_path / "long"
    source.write_bytes(coded(6, 120))
    settings = MediaSettings(voice_format=VoiceFormat.MP3)
    with pytest.raises(TimeIsUp):
        SOUNDS.transcode(source, tmp_path / "t", MediaKind.VOICE, settings, lambda: True)
    with pytest.raises(Unprepared, match="more than 1000 bytes"):
        LibavSounds(1_000).transcode(source, tmp_path / "t", MediaKind.VOICE, settings, never)
