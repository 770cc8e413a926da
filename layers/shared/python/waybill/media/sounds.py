"""Changing the format of media, with PyAV: FFmpeg's libraries behind Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.error
from av.audio.frame import AudioFrame
from av.stream import Disposition
from av.video.frame import PictureType

from waybill.core.media_settings import MediaSettings, VideoFormat, VoiceFormat
from waybill.core.prepare import Piece
from waybill.core.prepared import MediaKind, Unprepared
from waybill.media.riff import check_wav
from waybill.media.writing import DRAWN, MOVING, SOUND, LibavOutput, Output, output

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
                    with LibavOutput(target, MOVING[wanted], self._largest, must_stop) as out:
                        _draw(given, pictures, out)
                    return MOVING[wanted].ending
                if settings.voice_format is VoiceFormat.KEEP:
                    return ""
                with output(target, SOUND[settings.voice_format], self._largest, must_stop) as out:
                    for frame in _frames(given, None, None):
                        out.hear(frame)
                    out.refuse_silence()
                return SOUND[settings.voice_format].ending

    def stitch(self, pieces: Iterable[Piece], target: Path, wanted: VoiceFormat, must_stop: Callable[[], bool]) -> str:
        """In the first piece's rate, and in stereo where the first one is."""
        with _readable(), output(target, SOUND[wanted], self._largest, must_stop) as out:
            for number, piece in enumerate(pieces, start=1):
                try:
                    _join(piece, out)
                except Unprepared as reason:
                    raise Unprepared(f"related file {number}: {reason}") from None
        return SOUND[wanted].ending


@contextmanager
def _readable() -> Iterator[None]:
    """The libraries' errors as ours: what a damaged file says of itself may be any nonsense."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise Unprepared(f"it cannot be read as media ({error.strerror})") from None
    except (ValueError, TypeError, ArithmeticError, LookupError, RuntimeError, EOFError) as error:
        raise Unprepared(f"it cannot be read as media ({type(error).__name__})") from error


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


def _join(piece: Piece, out: Output) -> None:
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


def _draw(given: Any, pictures: Any, out: LibavOutput) -> None:
    """Pictures and sound side by side, at their own times."""
    codec, options = DRAWN[out.wanted.container]
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
