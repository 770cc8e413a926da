"""What a rule does with media before they are delivered: decrypt, verify, stitch, transcode. Originals are never touched."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class VoiceFormat(StrEnum):
    """`opus` is Opus in Ogg (RFC 7845), `m4a` is AAC in MP4, `wav` is 16-bit PCM."""

    KEEP = "keep"
    WAV = "wav"
    MP3 = "mp3"
    OPUS = "opus"
    FLAC = "flac"
    M4A = "m4a"


class VideoFormat(StrEnum):
    """`mp4` is H.264 and AAC, `webm` is VP8 and Opus."""

    KEEP = "keep"
    MP4 = "mp4"
    WEBM = "webm"


class MediaSettings(BaseModel):
    """`screen_format` is for recordings of a screen or a shared application."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decrypt: bool = Field(
        default=False, description="Deliver encrypted media in the clear; the originals stay encrypted."
    )
    verify_signatures: bool = Field(default=False, description="Check media against the signatures beside them.")
    stitch: bool = Field(
        default=False, description="Make one sound file of the media related to a record without its own."
    )
    voice_format: VoiceFormat = VoiceFormat.KEEP
    video_format: VideoFormat = VideoFormat.KEEP
    screen_format: VideoFormat = VideoFormat.KEEP
    original_xml: bool = Field(
        default=False, description="Deliver each medium's original XML beside it, where there is one."
    )

    @property
    def transcodes(self) -> bool:
        return {self.voice_format, self.video_format, self.screen_format} != {"keep"}

    @property
    def prepares(self) -> bool:
        """Whether media are worked on before they are packaged."""
        return self.decrypt or self.verify_signatures or self.stitch or self.transcodes
