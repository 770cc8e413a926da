"""Whether a WAV file has all the bytes that it announces: a decoder would play what is left of one that is cut off."""

from __future__ import annotations

import struct
from pathlib import Path

from waybill.core.prepared import Unprepared

_UNKNOWN = {0, 0xFFFFFFFF}
"""What a program writes that streams and cannot come back to the header."""


def check_wav(path: Path) -> None:
    """Raises Unprepared where a RIFF WAVE is cut off or has no sound. Does nothing for any other file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(12)
        if start[:4] != b"RIFF" or start[8:12] != b"WAVE":
            return
        place, described = 12, False
        while header := file.read(8):
            if len(header) < 8:
                break
            name, length = struct.unpack("<4sI", header)
            place += 8
            if name == b"data":
                if not described:
                    raise Unprepared("it is a WAV file whose sound comes before what describes it")
                if length not in _UNKNOWN and place + length > size:
                    raise Unprepared(
                        f"it is a WAV file that is cut off: {size - place} of {length} bytes of sound are there"
                    )
                return
            described = described or name == b"fmt "
            place += length + length % 2
            file.seek(place)
    raise Unprepared("it is a WAV file without sound")
