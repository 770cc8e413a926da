"""Entries of ZIP archives, fast: deflate by ISA-L, AES-256 as WinZip has it (AE-2), in one pass and bounded memory.

AES in counter mode is made of what is fast here: one ECB call over a block of counters and one XOR by numpy. AE-2
counts in little-endian, which no library's counter mode does.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import cast

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from isal import isal_zlib

from waybill.core.archive import Compressor, EntryWriter, already_compressed

SALT = 16
_ITERATIONS = 1_000
_COUNTERS = 1 << 16
"""Counters a call, 16 bytes each."""


class AesCipher:
    """`core.archive.EntryCipher`. The salt is 16 bytes and must never serve two texts under one password."""

    def __init__(self, password: str, salt: bytes) -> None:
        if len(salt) != SALT:
            raise ValueError(f"a salt for AES-256 has {SALT} bytes, not {len(salt)}")
        keys = hashlib.pbkdf2_hmac("sha1", password.encode("utf-8"), salt, _ITERATIONS, 66)
        # ECB over counters is how counter mode is built; no data is ever encrypted by ECB itself.
        self._blocks = Cipher(algorithms.AES(keys[:32]), modes.ECB()).encryptor()  # noqa: S305
        self._check = hmac.new(keys[32:64], digestmod="sha1")
        self.prefix = salt + keys[64:]
        self._counters = np.zeros((_COUNTERS, 2), "<u8")
        self._next = 1
        self._unused = b""

    def encrypt(self, data: bytes) -> bytes:
        """As many bytes as were given; any split of the same data gives the same bytes."""
        if not data:
            return b""
        stream = bytearray(self._unused)
        while len(stream) < len(data):
            stream += self._key_stream(min(_COUNTERS, -(-(len(data) - len(stream)) // 16)))
        self._unused = bytes(stream[len(data) :])
        plain = np.frombuffer(data, np.uint8)
        coded = (plain ^ np.frombuffer(stream, np.uint8, len(data))).tobytes()
        self._check.update(coded)
        return coded

    def _key_stream(self, count: int) -> bytes:
        counters = self._counters[:count]
        counters[:, 0] = np.arange(self._next, self._next + count, dtype="<u8")
        self._next += count
        return self._blocks.update(counters.tobytes())

    def finish(self) -> bytes:
        """The first 10 bytes of the HMAC-SHA1 over all that was encrypted."""
        return self._check.digest()[:10]


def entry(
    name: str,
    modified: datetime,
    data: Iterable[bytes],
    *,
    password: str | None = None,
    salt: bytes = b"",
    large: bool = False,
) -> EntryWriter:
    """One entry, encrypted where there is a password (any text, as UTF-8); deflated unless its name says that it is
    compressed already. See `EntryWriter`.

    The same arguments give the same bytes, however `data` is cut, under one version of the ISA-L library.
    """
    deflate = not already_compressed(name)
    return EntryWriter(
        name,
        modified,
        data,
        compressor=cast(Compressor, isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)) if deflate else None,
        cipher=AesCipher(password, salt) if password is not None else None,
        large=large,
        crc32=isal_zlib.crc32,
    )
