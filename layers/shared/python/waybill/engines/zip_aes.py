"""AES-256 as WinZip has it (AE-2), made of what is fast here: one ECB call over a block of counters and one XOR by numpy.

AE-2 counts in little-endian, which no library's counter mode does. A large block's HMAC, the slower half, is made by a
thread while the next block is encrypted. (https://www.winzip.com/en/support/aes-encryption/)
"""

from __future__ import annotations

import hashlib
import hmac
from concurrent.futures import Future

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from waybill.core.archive import Encryption
from waybill.engines.zip_deflate import threads

SALT = 16
_ITERATIONS = 1_000
_COUNTERS = 1 << 16
"""Counters a call, 16 bytes each."""
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
        self._signing: Future[None] | None = None
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
        self._sign(coded)
        return coded

    def _key_stream(self, count: int) -> bytes:
        counters = self._counters[:count]
        counters[:, 0] = np.arange(self._next, self._next + count, dtype="<u8")
        self._next += count
        return self._blocks.update(counters.tobytes())

    def _sign(self, coded: bytes) -> None:
        """In order: one block at a time."""
        self._signed()
        if len(coded) < _WORTH_A_THREAD:
            self._check.update(coded)
        else:
            self._signing = threads().submit(self._check.update, coded)

    def _signed(self) -> None:
        if self._signing is not None:
            self._signing.result()
            self._signing = None

    def finish(self) -> bytes:
        """The first 10 bytes of the HMAC-SHA1 over all that was encrypted."""
        self._signed()
        return self._check.digest()[:10]
