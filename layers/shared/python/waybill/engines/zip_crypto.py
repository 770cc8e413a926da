"""PKWARE's first encryption ("Standard ZIP", ZipCrypto), which is weak, as its receivers still ask for it. By numpy.

It is a byte-wise cipher of three keys that follow from one another (APPNOTE.TXT 6.3.10, section 6.1). Written for whole blocks:
key 0 is a CRC over the data, key 1 a prefix sum modulo 2^32 over key 0's low bytes, key 2 a CRC over key 1's high bytes, and
the stream is a function of key 2. A CRC's states are found in lanes: where each lane begins a fast CRC says, and then all
lanes go on together, byte by byte.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from math import isqrt
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from isal.isal_zlib import crc32

from waybill.core.archive import Encryption, dos_time

HEADER = 12
_CHUNK = 1 << 18
"""Bytes that are encrypted together; some fifteen times as many are in memory meanwhile."""
_FACTOR = 134_775_813
_ONES = 0xFFFFFFFF

_BEGINNINGS = 16
"""So many lanes' beginnings cost about as much as a step of all lanes does beside its work."""

_Bytes = npt.NDArray[np.uint8]
_Halves = npt.NDArray[np.uint16]
_Kept = TypeVar("_Kept", np.uint8, np.uint16)


def _crc_table() -> npt.NDArray[np.intp]:
    """In the type of indices: what is looked up is the next index."""
    table = np.arange(256)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ 0xEDB88320, table >> 1)
    return table


_TABLE = _crc_table()
_POWERS = np.cumprod(np.full(_CHUNK, _FACTOR, np.uint32), dtype=np.uint32)
"""The factor's powers from the first on, and those of its inverse from the zeroth on."""
_INVERSE = pow(_FACTOR, -1, 1 << 32)
_INVERSE_POWERS = np.cumprod(np.append(np.uint32(1), np.full(_CHUNK - 1, _INVERSE, np.uint32)), dtype=np.uint32)
_STEPS = np.cumsum(_INVERSE_POWERS * np.uint32(_INVERSE), dtype=np.uint32)


class CryptoCipher:
    """`core.archive.EntryCipher`. The salt makes the header's random bytes, which differ where it does.

    Where a data descriptor follows the entry, a reader tells a wrong password by the header's last byte: the high one of the
    DOS time.
    """

    encryption = Encryption.ZIP_CRYPTO

    def __init__(self, password: str, salt: bytes, modified: datetime) -> None:
        if not salt:
            raise ValueError("ZipCrypto's header is made of a salt")
        self._keys = (0x12345678, 0x23456789, 0x34567890)
        secret = password.encode("utf-8")
        self.encrypt(secret)
        # The salt is no secret. Bytes of it would be the twelve known ones that break the cipher.
        header = hmac.digest(secret, salt, "sha256")[: HEADER - 1]
        self.prefix = self.encrypt(header + bytes([dos_time(modified)[0] >> 8]))

    def encrypt(self, data: bytes) -> bytes:
        """As many bytes as were given; any split of the same data gives the same bytes."""
        return b"".join(self._encrypted(data[at : at + _CHUNK]) for at in range(0, len(data), _CHUNK))

    def finish(self) -> bytes:
        return b""

    def _encrypted(self, data: bytes) -> bytes:
        plain = np.frombuffer(data, np.uint8)
        first, second, third = self._keys
        low, first = _crc_states(plain, first, np.uint8)
        sums = _INVERSE_POWERS[: len(data)] * low
        np.cumsum(sums, dtype=np.uint32, out=sums)
        sums += _STEPS[: len(data)]
        sums += np.uint32(second)
        sums *= _POWERS[: len(data)]
        words, end = _crc_states((sums >> np.uint32(24)).astype(np.uint8), third, np.uint16)
        self._keys = (first, int(sums[-1]), end)
        return (plain ^ _stream(third, words)).tobytes()


def _stream(third: int, words: _Halves) -> _Bytes:
    """The bytes that data is XORed with: `words` are the lower halves of key 2 after each byte, `third` is key 2 before all."""
    word = np.empty_like(words)
    word[0], word[1:] = third & 0xFFFF, words[:-1]
    word |= np.uint16(2)
    word *= word ^ np.uint16(1)
    return (word >> np.uint16(8)).astype(np.uint8)


def _crc_states(data: _Bytes, state: int, kept: type[_Kept]) -> tuple[npt.NDArray[_Kept], int]:
    """Of the CRC's state after each byte as many low bits as `kept` takes; and all of the state after the last."""
    steps = isqrt(len(data) // _BEGINNINGS) + 1
    lanes = -(-len(data) // steps)
    padded = np.zeros((lanes, steps), np.uint8)
    padded.reshape(-1)[: len(data)] = data
    columns = np.array(padded.T, np.intp, order="C")
    now, end = _beginnings(data, state, steps)
    found = np.empty((steps, lanes), kept)
    looked_up = np.empty_like(now)
    for step in range(steps):
        index = np.bitwise_xor(columns[step], now, out=columns[step])
        index &= 0xFF
        now >>= 8
        now ^= np.take(_TABLE, index, out=looked_up, mode="clip")  # other modes make a copy of `out`
        found[step] = now
    return found.T.reshape(-1)[: len(data)], end


def _beginnings(data: _Bytes, state: int, steps: int) -> tuple[npt.NDArray[np.intp], int]:
    """The CRC's state before each lane, and after the last. The library's CRCs are the state's complement."""
    crc, found, view = state ^ _ONES, [], memoryview(data.data)
    for at in range(0, len(data), steps):
        found.append(crc)
        crc = crc32(view[at : at + steps], crc)
    return np.array(found, np.intp) ^ _ONES, crc ^ _ONES
