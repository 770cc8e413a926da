"""The frame that tells players of an MP3 file how many samples before and after the sound are the encoder's own.

Without it each conversion would add a sixth of a second of silence to telephone sound. The form is that of LAME's own
`Info` tag: http://gabriel.mp3-tech.org/mp3infotag.html
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

ENCODER_DELAY = 576
"""Samples that LAME puts before the sound; what a decoder adds, each decoder knows itself."""
_KILOBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


@dataclass(frozen=True)
class FrameForm:
    """What the first frame's header says of all frames of a file of constant bit rate."""

    header: bytes
    mpeg1: bool
    mono: bool
    bits: int
    rate: int

    @property
    def samples(self) -> int:
        return 1_152 if self.mpeg1 else 576

    @property
    def size(self) -> int:
        """Bytes of a frame without padding."""
        return self.samples // 8 * self.bits // self.rate


def form_of(header: bytes) -> FrameForm:
    """From the first four bytes that an encoder wrote (ISO 11172-3, 2.4.1.3); ValueError where these are no such header."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        raise ValueError("no header of an MPEG layer III frame")
    version = header[1] >> 3 & 3
    bits = _KILOBITS[version == 3][header[2] >> 4] * 1_000
    rate = _RATES[version][header[2] >> 2 & 3]
    # Without a checksum and without padding, whatever the first frame has.
    plain = bytes((header[0], header[1] | 1, header[2] & ~2, header[3]))
    return FrameForm(plain, version == 3, header[3] >> 6 == 3, bits, rate)


def info_frame(form: FrameForm, data: int, samples: int) -> bytes:
    """The frame that goes before `data` bytes of frames which hold `samples` of sound."""
    frames = round(data * 8 * form.rate / (form.samples * form.bits))
    after = max(0, min(4_095, frames * form.samples - samples - ENCODER_DELAY))
    side = (17 if form.mono else 32) if form.mpeg1 else (9 if form.mono else 17)
    found = form.header + bytes(side) + b"Info" + struct.pack(">III", 0x0F, frames, data + form.size)
    found += bytes(n * 256 // 100 for n in range(100)) + struct.pack(">I", 0)
    found += b"LAME3.100" + bytes((0x01, 0)) + bytes(8) + bytes((0, min(255, form.bits // 1_000)))
    found += (ENCODER_DELAY << 12 | after).to_bytes(3, "big") + bytes(4) + struct.pack(">IH", data + form.size, 0)
    found += struct.pack(">H", _crc16(found))
    return found.ljust(form.size, b"\0")


def _crc16(data: bytes) -> int:
    """CRC-16/ARC."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
