"""Ten minutes of a-law to MP3, against the `ffmpeg` program: the same encoder, rate and bit rate in both."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from pathlib import Path

from bench.measure import Bench, Mismatch, PeerMissing, Side
from waybill.core.media_settings import MediaSettings, VoiceFormat
from waybill.core.prepared import MediaKind
from waybill.media.sounds import LibavSounds

SECONDS = 600
BIT_RATE = "64k"


def prepare(folder: Path, size: float) -> str:
    """Speech-like noise: bursts with pauses between them, in telephone quality."""
    if shutil.which("ffmpeg") is None:
        raise PeerMissing("ffmpeg (apt-get install ffmpeg)")
    seconds = max(1, int(SECONDS * size))
    chance, quiet = random.Random(20261121), b"\xd5" * 4_000
    sound = b"".join(
        quiet if chance.random() < 0.4 else bytes(0xD5 ^ b % 112 for b in chance.randbytes(4_000))
        for _ in range(2 * seconds)
    )
    head = struct.pack("<HHIIHHH", 6, 1, 8_000, 8_000, 1, 8, 0)
    chunks = b"fmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(sound)) + sound
    (folder / "speech.wav").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return f"{seconds} s of a-law, 8 kHz mono, to MP3 at {BIT_RATE}bit/s"


def ours(folder: Path) -> float:
    settings = MediaSettings(voice_format=VoiceFormat.MP3)
    source, target = folder / "speech.wav", folder / "ours.mp3"
    LibavSounds(2**30).transcode(source, target, MediaKind.VOICE, settings, lambda: False)
    return _seconds(folder)


def peer(folder: Path) -> float:
    command = ["ffmpeg", "-v", "error", "-y", "-i", "speech.wav", "-c:a", "libmp3lame", "-b:a", BIT_RATE, "peer.mp3"]
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)
    return _seconds(folder)


def _seconds(folder: Path) -> float:
    return ((folder / "speech.wav").stat().st_size - 44) / 8_000


def check(folder: Path) -> None:
    """Both play as long as the source, and have one size: equal bit rates."""
    lengths = {}
    for name in ("ours", "peer"):
        command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", f"{name}.mp3"]
        lengths[name] = float(subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout)
        if abs(lengths[name] - _seconds(folder)) > 0.01 * _seconds(folder) + 0.3:
            raise Mismatch(f"{name} plays {lengths[name]} of {_seconds(folder)} seconds")
    sizes = [(folder / f"{name}.mp3").stat().st_size for name in ("ours", "peer")]
    if abs(sizes[0] - sizes[1]) > 0.02 * sizes[1]:
        raise Mismatch(f"the bit rates differ: {sizes[0]} and {sizes[1]} bytes")


BENCH = Bench(
    name="transcode_mp3",
    unit="times real time",
    ours=Side("waybill (PyAV)", ours),
    peer=Side("ffmpeg", peer),
    prepare=prepare,
    check=check,
)
