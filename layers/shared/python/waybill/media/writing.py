"""Files of sound and pictures that are being written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import lameenc
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from waybill.core.media_settings import VideoFormat, VoiceFormat
from waybill.core.prepare import TimeIsUp
from waybill.core.prepared import Unprepared
from waybill.media.mp3_info import FrameForm, form_of, info_frame


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
    VoiceFormat.MP3: Target("mp3", "lame", ".mp3", _MP3_RATES, 64_000),
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
LAME_QUALITY = 3
"""What LAME itself and the `ffmpeg` program take where nobody says."""
_LOOKS_UP = 200
"""After so many writes somebody looks at the clock and at the file's size."""


class Output(ABC):
    """A file of sound, whole only where the block ends well. Raises TimeIsUp where `must_stop` says so, and Unprepared for one
    that grows beyond `largest` bytes.
    """

    def __init__(self, target: Path, wanted: Target, largest: int, must_stop: Callable[[], bool]) -> None:
        self.wanted = wanted
        self._target, self._largest, self._must_stop = target, largest, must_stop
        self._resampler: AudioResampler | None = None
        self._begun = False
        self._given: tuple[str, str, int] | None = None
        self._written = 0
        self.samples = 0

    def __enter__(self) -> Output:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.end_of_piece()
                if self._begun:
                    self._finish()
        finally:
            self._close()

    def hear(self, frame: AudioFrame) -> None:
        """The first frame decides on rate and channels, unless somebody did before."""
        if not self._begun:
            self.hear_with(frame.sample_rate, frame.layout.nb_channels)
        given = (frame.format.name, frame.layout.name, frame.sample_rate)
        if given != self._given:  # a stream may change in its midst
            self.end_of_piece()
        self._given = given
        self._resampler = self._resampler or self._resampling()
        self._take(self._resampler.resample(frame))

    def hear_with(self, rate: int, channels: int) -> None:
        """Mono stays mono; more channels than two become two."""
        self._begun = True
        self._begin(self.wanted.rate(rate), min(channels, 2))

    def end_of_piece(self) -> None:
        """What comes next may have another rate or number of channels."""
        if self._resampler is not None:
            self._take(self._resampler.resample(None))
            self._resampler = None

    def refuse_silence(self) -> None:
        if not self.samples and self._resampler is None:
            raise Unprepared("it has no sound in it")

    def _take(self, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            frame.pts = self.samples
            frame.time_base = Fraction(1, frame.sample_rate)
            self.samples += frame.samples
            self._encode(frame)

    def _wrote(self, count: int) -> None:
        self._written += count
        if self._written > _LOOKS_UP:
            self._written = 0
            if self._must_stop():
                raise TimeIsUp
            if self._target.stat().st_size > self._largest:
                raise Unprepared(f"it would have more than {self._largest} bytes in the other format")

    @abstractmethod
    def _begin(self, rate: int, channels: int) -> None: ...

    @abstractmethod
    def _resampling(self) -> AudioResampler: ...

    @abstractmethod
    def _encode(self, frame: AudioFrame) -> None: ...

    @abstractmethod
    def _finish(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...


class LibavOutput(Output):
    """By FFmpeg's encoders, in one of its containers; may have pictures, too."""

    def __init__(self, target: Path, wanted: Target, largest: int, must_stop: Callable[[], bool]) -> None:
        super().__init__(target, wanted, largest, must_stop)
        self._container = av.open(str(target), "w", format=wanted.container, options={"fflags": "+bitexact"})
        self._sound: Any = None

    def __enter__(self) -> LibavOutput:
        return self

    def draw_with(self, codec: str, rate: Any, options: dict[str, str]) -> Any:
        """A stream of pictures; to be added before the first sound."""
        return self._container.add_stream(codec, rate=rate, options={**options, "flags": "+bitexact"})

    def mux(self, packets: list[Any]) -> None:
        self._container.mux(packets)
        self._wrote(len(packets))

    def _begin(self, rate: int, channels: int) -> None:
        layout = "mono" if channels == 1 else "stereo"
        options = {"flags": "+bitexact"}
        self._sound = self._container.add_stream(self.wanted.codec, rate=rate, layout=layout, options=options)
        if self.wanted.bit_rate:
            self._sound.bit_rate = self.wanted.bit_rate * channels

    def _resampling(self) -> AudioResampler:
        """The encoder cuts frames to its own size by itself."""
        context = self._sound.codec_context
        return AudioResampler(context.format, context.layout, context.rate)

    def _encode(self, frame: AudioFrame) -> None:
        self.mux(self._sound.encode(frame))

    def _finish(self) -> None:
        self.mux(self._sound.encode(None))

    def _close(self) -> None:
        self._container.close()


class Mp3Output(Output):
    """By LAME, from a wheel of its own: the one inside PyAV's is built without optimization (docs/decisions/0028)."""

    def __init__(self, target: Path, wanted: Target, largest: int, must_stop: Callable[[], bool]) -> None:
        super().__init__(target, wanted, largest, must_stop)
        self._file = target.open("wb")
        self._lame = lameenc.Encoder()
        self._rate = self._channels = self._data = 0
        self._form: FrameForm | None = None

    def _begin(self, rate: int, channels: int) -> None:
        self._rate, self._channels = rate, channels
        self._lame.set_in_sample_rate(rate)
        self._lame.set_out_sample_rate(rate)
        self._lame.set_channels(channels)
        self._lame.set_bit_rate(self.wanted.bit_rate * channels // 1_000)
        self._lame.set_quality(LAME_QUALITY)
        self._lame.silence()

    def _resampling(self) -> AudioResampler:
        return AudioResampler("s16", "mono" if self._channels == 1 else "stereo", self._rate)

    def _encode(self, frame: AudioFrame) -> None:
        size = frame.samples * self._channels * 2
        self._put(self._lame.encode(bytes(memoryview(frame.planes[0])[:size])))
        self._wrote(_LOOKS_UP if frame.samples > 4_000 else 1)

    def _put(self, data: bytes) -> None:
        """Before the first frame there is room for the one that describes them all."""
        if data and self._form is None:
            self._form = form_of(data[:4])
            self._file.write(bytes(self._form.size))
        self._file.write(data)
        self._data += len(data)

    def _finish(self) -> None:
        self._put(self._lame.flush())
        if self._form is not None:
            self._file.seek(0)
            self._file.write(info_frame(self._form, self._data, self.samples))

    def _close(self) -> None:
        self._file.close()


def output(target: Path, wanted: Target, largest: int, must_stop: Callable[[], bool]) -> Output:
    kind = Mp3Output if wanted is SOUND[VoiceFormat.MP3] else LibavOutput
    return kind(target, wanted, largest, must_stop)
