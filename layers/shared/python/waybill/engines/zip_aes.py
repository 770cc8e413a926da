"""AES-256 as WinZip has it (AE-2), made of what is fast here: one ECB call over a block of counters and one XOR by numpy.

AE-2 counts in little-endian, which no library's counter mode does. A large block's HMAC, the slower half, is made by a
thread while the next block is encrypted. (https://www.winzip.com/en/support/aes-encryption/)
"""

from __future__ import annotations

import hashlib
import hmac
from functools import partial

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from waybill.core.archive import Encryption
from waybill.engines.zip_deflate import Work

SALT = 16
_ITERATIONS = 1_000
_COUNTERS = 1 << 14
"""Counters a call, 16 bytes each: what fits the processor's cache."""
_FIRST = np.arange(_COUNTERS, dtype="<u8")
_WORTH_A_THREAD = 1 << 19
"""Bytes. Less is signed sooner than handed over."""


class AesCipher:
    """`core.archive.EntryCipher`. The salt is 16 bytes and must never serve two texts under one password."""

    encryption = Encryption.AES256

    def __init__(self, password: str, salt: bytes) -> None:
        if len(salt) != SALT:
            raise ValueError(f"a salt for AES-256 has {SALT} bytes, not {len(salt)}")
        keys = hashlib.pbkdf2_hmac("sha1", password.encode("utf-8"), salt, _ITERATIONS, 66)
        # ECB over counters is how counter mode is built; no data is ever encrypted by ECB itself.
        self._blocks = Cipher(algorithms.AES(keys[:32]), modes.ECB()).encryptor()  # noqa: S305
        self._check = hmac.new(keys[32:64], digestmod="sha1")
        self._signing: Work[None] | None = None
        self.prefix = salt + keys[64:]
        self._counters = np.zeros((_COUNTERS, 2), "<u8")
        self._drawn = bytearray(16 * _COUNTERS + 15)  # `update_into` asks for a block less one byte more than it writes
        self._stream = np.empty(0, np.uint8)
        self._next = 1

    def encrypt(self, data: bytes) -> bytes:
        """As many bytes as were given; any split of the same data gives the same bytes."""
        plain = np.frombuffer(data, np.uint8)
        coded = np.empty_like(plain)
        at = 0
        while at < len(plain):
            if not len(self._stream):
                self._draw(len(plain) - at)
            size = min(len(self._stream), len(plain) - at)
            np.bitwise_xor(plain[at : at + size], self._stream[:size], out=coded[at : at + size])
            self._stream = self._stream[size:]
            at += size
        self._sign(out := coded.tobytes())
        return out

    def _draw(self, wanted: int) -> None:
        """Some of the key stream's next bytes, no more than are wanted but for the last block's."""
        count = min(_COUNTERS, -(-wanted // 16))
        counters = self._counters[:count]
        np.add(_FIRST[:count], np.uint64(self._next), out=counters[:, 0])
        self._next += count
        self._blocks.update_into(counters.view(np.uint8).data, self._drawn)
        self._stream = np.frombuffer(self._drawn, np.uint8, 16 * count)

    def _sign(self, coded: bytes) -> None:
        """In order: one block at a time."""
        self._signed()
        if len(coded) < _WORTH_A_THREAD:
            self._check.update(coded)
        else:
            self._signing = Work(partial(self._check.update, coded))

    def _signed(self) -> None:
        if self._signing is not None:
            self._signing.result()
            self._signing = None

    def finish(self) -> bytes:
        """The first 10 bytes of the HMAC-SHA1 over all that was encrypted."""
        self._signed()
        return self._check.digest()[:10]
