"""Changing the format of media, with PyAV: FFmpeg's libraries behind Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.stream import Disposition
from av.video.frame import PictureType

from waybill.core.media_settings import MediaSettings, VideoFormat, VoiceFormat
from waybill.core.prepare import Piece, TimeIsUp
from waybill.core.prepared import MediaKind, Unprepared
from waybill.media.riff import check_wav

_CONTAINERS = {
    "aac", "ac3", "aiff", "amr", "asf", "au", "avi", "caf", "flac", "flv", "g722", "g723_1", "gsm", "matroska,webm",
    "mov,mp4,m4a,3gp,3g2,mj2", "mp3",
    "mpeg", "mpegts", "ogg", "sln", "w64", "wav", "wv",
}  # fmt: skip
"""What counts as media: FFmpeg takes many a text or picture for some too."""
_DOCUMENTS = (b"%PDF", b"<", b"{", b"[", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"\xef\xbb\xbf<", b"GIF8")
"""How transcripts, metadata and pictures begin that lie among the media: nobody expects sound of them."""
_OPTIONS = {"max_size": "65536"}
"""How many bytes the WAV reader gives at once: its own few make Python's share of the work large."""


@dataclass(frozen=True)
class Target:
    """`codec` writes sound of one of these rates (all, for none) at `bit_rate` a channel; 0 where it has none."""

    container: str
    codec: str
    ending: str
    rates: tuple[int, ...] = ()
    bit_rate: int = 0

    def rate(self, given: int) -> int:
        """The nearest rate that loses nothing."""
        return next((r for r in self.rates if r >= given), max(self.rates, default=given))


_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_AAC_RATES = (*_MP3_RATES, 64_000, 88_200, 96_000)
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
SOUND = {
    VoiceFormat.WAV: Target("wav", "pcm_s16le", ".wav"),
    VoiceFormat.MP3: Target("mp3", "libmp3lame", ".mp3", _MP3_RATES, 64_000),
    VoiceFormat.OPUS: Target("ogg", "libopus", ".opus", _OPUS_RATES, 32_000),
    VoiceFormat.FLAC: Target("flac", "flac", ".flac"),
    VoiceFormat.M4A: Target("ipod", "aac", ".m4a", _AAC_RATES, 64_000),
}
MOVING = {
    VideoFormat.MP4: Target("mp4", "aac", ".mp4", _AAC_RATES, 64_000),
    VideoFormat.WEBM: Target("webm", "libopus", ".webm", _OPUS_RATES, 48_000),
}
DRAWN = {
    "mp4": ("libx264", {"crf": "23", "preset": "veryfast"}),
    "webm": ("libvpx", {"crf": "10", "b": "1M", "deadline": "realtime", "cpu-used": "4"}),
}


class LibavSounds:
    """`core.prepare.Sounds`. A target has at most `largest` bytes. Nothing of a source's metadata is taken over."""

    def __init__(self, largest: int) -> None:
        self._largest = largest

    def transcode(
        self, source: Path, target: Path, kind: MediaKind, settings: MediaSettings, must_stop: Callable[[], bool]
    ) -> str:
        with _readable():
            given = _media_in(source)
            if given is None:
                return ""
            with given:
                pictures = _pictures(given)
                if pictures is not None:
                    wanted = settings.screen_format if kind is MediaKind.SCREEN else settings.video_format
                    if wanted is VideoFormat.KEEP:
                        return ""
                    with _Output(target, MOVING[wanted], self._largest, must_stop) as out:
                        _draw(given, pictures, out)
                    return MOVING[wanted].ending
                if settings.voice_format is VoiceFormat.KEEP:
                    return ""
                with _Output(target, SOUND[settings.voice_format], self._largest, must_stop) as out:
                    for frame in _frames(given, None, None):
                        out.hear(frame)
                    out.refuse_silence()
                return SOUND[settings.voice_format].ending

    def stitch(self, pieces: Iterable[Piece], target: Path, wanted: VoiceFormat, must_stop: Callable[[], bool]) -> str:
        """In the first piece's rate, and in stereo where the first one is."""
        with _readable(), _Output(target, SOUND[wanted], self._largest, must_stop) as out:
            for number, piece in enumerate(pieces, start=1):
                try:
                    _join(piece, out)
                except Unprepared as reason:
                    raise Unprepared(f"related file {number}: {reason}") from None
        return SOUND[wanted].ending


class _Output:
    """A file that is being written; complete only where the block ends well."""

    def __init__(self, target: Path, wanted: Target, largest: int, must_stop: Callable[[], bool]) -> None:
        self._target, self._wanted, self._largest, self._must_stop = target, wanted, largest, must_stop
        self._container = av.open(str(target), "w", format=wanted.container, options={"fflags": "+bitexact"})
        self._sound: Any = None
        self._resampler: AudioResampler | None = None
        self._muxed = 0
        self.samples = 0

    @property
    def container_name(self) -> str:
        return self._wanted.container

    def __enter__(self) -> _Output:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.end_of_piece()
                if self._sound is not None:
                    self.mux(self._sound.encode(None))
        finally:
            self._container.close()

    def draw_with(self, codec: str, rate: Any, options: dict[str, str]) -> Any:
        """A stream of pictures; to be added before the first sound."""
        return self._container.add_stream(codec, rate=rate, options={**options, "flags": "+bitexact"})

    def hear_with(self, rate: int, channels: int) -> None:
        """A stream of sound; without it the first frame decides."""
        bit_rate = self._wanted.bit_rate * min(channels, 2)
        self._sound = self._container.add_stream(
            self._wanted.codec,
            rate=self._wanted.rate(rate),
            layout="mono" if channels == 1 else "stereo",
            options={"flags": "+bitexact"},
        )
        if bit_rate:
            self._sound.bit_rate = bit_rate

    def hear(self, frame: AudioFrame) -> None:
        if self._sound is None:
            self.hear_with(frame.sample_rate, frame.layout.nb_channels)
        if self._resampler is None:
            context = self._sound.codec_context
            size = context.frame_size if context.is_open else None
            self._resampler = AudioResampler(context.format, context.layout, context.rate, size or None)
        self._encode(self._resampler.resample(frame))

    def end_of_piece(self) -> None:
        """What comes next may have another rate or number of channels."""
        if self._resampler is not None:
            self._encode(self._resampler.resample(None))
            self._resampler = None

    def _encode(self, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            frame.pts = self.samples
            frame.time_base = Fraction(1, frame.sample_rate)
            self.samples += frame.samples
            self.mux(self._sound.encode(frame))

    def mux(self, packets: list[Any]) -> None:
        self._container.mux(packets)
        self._muxed += len(packets)
        if self._muxed > 200:
            self._muxed = 0
            if self._must_stop():
                raise TimeIsUp
            if self._target.stat().st_size > self._largest:
                raise Unprepared(f"it would have more than {self._largest} bytes in the other format")

    def refuse_silence(self) -> None:
        if not self.samples and self._resampler is None:
            raise Unprepared("it has no sound in it")


@contextmanager
def _readable() -> Iterator[None]:
    """The library's errors as ours."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise Unprepared(f"it cannot be read as media ({error.strerror})") from None


def _media_in(path: Path) -> Any:
    """The opened media; None for a document. Raises Unprepared for what is neither, and FFmpeg's errors."""
    check_wav(path)
    with path.open("rb") as file:
        document = file.read(64).lstrip().startswith(_DOCUMENTS)
    if document:
        return None
    given = av.open(str(path), options=_OPTIONS, metadata_errors="ignore")
    if given.format.name in _CONTAINERS and (given.streams.audio or given.streams.video):
        return given
    given.close()
    raise Unprepared("it is in no media format that is known")


def _pictures(given: Any) -> Any:
    """The stream of moving pictures, if there is one; a cover is none."""
    return next((s for s in given.streams.video if not s.disposition & Disposition.attached_pic), None)


def _frames(given: Any, start: float | None, end: float | None) -> Iterator[AudioFrame]:
    """The sound from `start` to `end`, in seconds, to the sample. What is broken in between raises FFmpeg's error."""
    if not given.streams.audio:
        raise Unprepared("it has no sound in it")
    heard = 0
    for frame in given.decode(given.streams.audio[0]):
        first = round((start or 0) * frame.sample_rate) - heard
        last = frame.samples if end is None else round(end * frame.sample_rate) - heard
        heard += frame.samples
        if last <= 0:
            return
        if first < frame.samples:
            yield _cut(frame, max(first, 0), min(last, frame.samples))


def _cut(frame: AudioFrame, first: int, last: int) -> AudioFrame:
    if first == 0 and last == frame.samples:
        return frame
    made = AudioFrame(format=frame.format.name, layout=frame.layout.name, samples=last - first)
    made.sample_rate = frame.sample_rate
    width = frame.format.bytes * (1 if frame.format.is_planar else frame.layout.nb_channels)
    for ours, theirs in zip(made.planes, frame.planes, strict=True):
        piece = bytes(memoryview(theirs)[first * width : last * width])
        ours.update(piece.ljust(ours.buffer_size, b"\0"))
    return made


def _join(piece: Piece, out: _Output) -> None:
    with _readable():
        given = _media_in(piece.path)
        if given is None:
            raise Unprepared("it is no media")
        with given:
            count = 0
            for frame in _frames(given, piece.from_seconds, piece.to_seconds):
                count += frame.samples
                out.hear(frame)
        if not count:
            raise Unprepared("it has no sound between its seconds")
        out.end_of_piece()


def _draw(given: Any, pictures: Any, out: _Output) -> None:
    """Pictures and sound side by side, at their own times."""
    codec, options = DRAWN[out.container_name]
    drawn = out.draw_with(codec, pictures.average_rate or pictures.guessed_rate or 25, options)
    drawn.width, drawn.height, drawn.pix_fmt = pictures.width // 2 * 2, pictures.height // 2 * 2, "yuv420p"
    drawn.codec_context.time_base = pictures.time_base
    heard = next(iter(given.streams.audio), None)
    if heard is not None:
        out.hear_with(heard.rate, heard.layout.nb_channels)
    for packet in given.demux([s for s in (pictures, heard) if s is not None]):
        for frame in packet.decode():
            if isinstance(frame, AudioFrame):
                out.hear(frame)
            else:
                small = frame.reformat(drawn.width, drawn.height, "yuv420p")
                small.pict_type = PictureType.NONE
                out.mux(drawn.encode(small))
    out.mux(drawn.encode(None))
