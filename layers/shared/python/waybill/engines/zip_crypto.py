"""PKWARE's first encryption ("Standard ZIP", ZipCrypto), which is weak, as its receivers still ask for it. By numpy.

It is a byte-wise cipher of three keys that follow from one another (APPNOTE.TXT 6.3.10, section 6.1). Written for whole blocks:
key 0 is a CRC over the data, key 1 a prefix sum modulo 2^32 over key 0's low bytes, key 2 a CRC over key 1's high bytes, and
the stream is a function of key 2. A CRC's states are found in lanes: where each lane begins a fast CRC says, and then all
lanes go on together, byte by byte.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from math import isqrt

import numpy as np
import numpy.typing as npt
from isal.isal_zlib import crc32

from waybill.core.archive import Encryption, dos_time

HEADER = 12
_CHUNK = 1 << 18
"""Bytes that are encrypted together; some fifteen times as many are in memory meanwhile."""
_FACTOR = 134_775_813
_ONES = 0xFFFFFFFF

_Bytes = npt.NDArray[np.uint8]
_Words = npt.NDArray[np.uint32]


def _crc_table() -> _Words:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0xEDB88320), table >> 1)
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
        low, first = _crc_states(plain, first, _low_byte_after)
        sums = _INVERSE_POWERS[: len(data)] * low
        np.cumsum(sums, dtype=np.uint32, out=sums)
        sums += _STEPS[: len(data)] + np.uint32(second)
        sums *= _POWERS[: len(data)]
        stream, third = _crc_states((sums >> 24).astype(np.uint8), third, _stream_byte_before)
        self._keys = (first, int(sums[-1]), third)
        return (plain ^ stream).tobytes()


def _low_byte_after(before: _Words, after: _Words) -> _Bytes:
    return after.astype(np.uint8)


def _stream_byte_before(before: _Words, after: _Words) -> _Bytes:
    word = before.astype(np.uint16) | np.uint16(2)
    return (word * (word ^ np.uint16(1)) >> np.uint16(8)).astype(np.uint8)


def _crc_states(data: _Bytes, state: int, seen: Callable[[_Words, _Words], _Bytes]) -> tuple[_Bytes, int]:
    """What `seen` makes of the CRC's state before and after each byte, and the state after the last one."""
    steps = isqrt(len(data) // 16) + 1  # a step costs about as much as sixteen lanes' beginnings
    lanes = -(-len(data) // steps)
    padded = np.zeros((lanes, steps), np.uint8)
    padded.reshape(-1)[: len(data)] = data
    columns = np.ascontiguousarray(padded.T)
    before, end = _beginnings(data, state, steps)
    out = np.empty_like(columns)
    for column, found in zip(columns, out, strict=True):
        after = _TABLE[before.astype(np.uint8) ^ column] ^ (before >> np.uint32(8))
        found[:] = seen(before, after)
        before = after
    return out.T.reshape(-1)[: len(data)], end


def _beginnings(data: _Bytes, state: int, steps: int) -> tuple[_Words, int]:
    """The CRC's state before each lane, and after the last. The library's CRCs are the state's complement."""
    crc, found, view = state ^ _ONES, [], memoryview(data.data)
    for at in range(0, len(data), steps):
        found.append(crc)
        crc = crc32(view[at : at + steps], crc)
    return np.array(found, np.uint32) ^ np.uint32(_ONES), crc ^ _ONES
