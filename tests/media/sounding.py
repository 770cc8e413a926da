"""Sounds and pictures to prepare, and what other programs read in what came of them."""

from __future__ import annotations

import io
import json
import math
import struct
import subprocess
import wave
from pathlib import Path
from typing import Any

import av
import pytest


def wav(seconds: float = 1.0, *, rate: int = 8_000, channels: int = 1, tone: int = 440, width: int = 2) -> bytes:
    """PCM, 8 or 16 bits."""
    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        loud = [math.sin(2 * math.pi * tone * n / rate) for n in range(int(seconds * rate))]
        packed = (struct.pack("<h", int(12_000 * s)) if width == 2 else bytes([int(128 + 90 * s)]) for s in loud)
        sound.writeframes(b"".join(one * channels for one in packed))
    return target.getvalue()


def coded(codec: int, seconds: float = 1.0, channels: int = 1) -> bytes:
    """A-law (6) or mu-law (7): RIFF with silence that is not quite silent, as telephone systems write it."""
    data = bytes((0xD5 if codec == 6 else 0xFF) ^ (n % 64) for n in range(int(8_000 * seconds))) * channels
    head = struct.pack("<HHIIHHH", codec, channels, 8_000, 8_000 * channels, channels, 8, 0)
    chunks = b"fmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def film(path: Path, seconds: int = 2, *, sound: bool = True) -> Path:
    """Pictures of odd width and height, with and without a tone."""
    with av.open(str(path), "w", format="avi") as out:
        drawn = out.add_stream("mpeg4", rate=10)
        drawn.width, drawn.height, drawn.pix_fmt = 162, 122, "yuv420p"
        heard = out.add_stream("pcm_s16le", rate=8_000, layout="mono") if sound else None
        for n in range(10 * seconds):
            frame = av.VideoFrame(162, 122, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([(n * 10) % 255]) * plane.buffer_size)
            out.mux(drawn.encode(frame))
        out.mux(drawn.encode(None))
        if heard is not None:
            with av.open(io.BytesIO(wav(seconds)), "r") as tone:
                for spoken in tone.decode(tone.streams.audio[0]):
                    out.mux(heard.encode(spoken))
            out.mux(heard.encode(None))
    return path


def probed(data: bytes) -> dict[str, Any]:
    """What `ffprobe` reads: the container's name, its duration, and each stream."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-i", "pipe:0"]
    try:
        done = subprocess.run(command, input=data, capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("ffprobe is not here: sudo apt-get install ffmpeg")
    return dict(json.loads(done.stdout))


def heard(data: bytes) -> tuple[str, int, int, float]:
    """Codec, rate, channels, and the seconds that can really be decoded."""
    with av.open(io.BytesIO(data), "r") as given:
        stream = given.streams.audio[0]
        samples = sum(frame.samples for frame in given.decode(stream))
        return stream.codec_context.name, stream.rate, stream.layout.nb_channels, samples / stream.rate
