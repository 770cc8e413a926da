"""A raw deflate stream by two threads, as pigz makes one: each block is compressed alone, after the 16 KiB before it.

A block's bytes follow from the block and those 16 KiB. So neither the threads nor their timing change the stream.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial

from isal import isal_zlib

LEVEL = 1
_THREADS = 2
_AHEAD = 3 * _THREADS
"""Blocks that are under way while the caller deals with what is done: so many are in memory, with their output. With fewer,
the threads ran dry whenever the caller was not woken at once.
"""
_LARGER = 1 << 24
_WINDOW = 1 << 14
"""Bytes that matches may reach back. With the 32 KiB that deflate allows, rows came out larger and later: at this level the
farther match is taken for the longer one.
"""
_RAW = -14


@cache
def threads() -> ThreadPoolExecutor:
    """The process's threads for an archive's work, made with the first large entry. What they do lasts milliseconds."""
    # glibc gives freed blocks of 1 MiB back and fetches them anew, page by page, until a larger one was freed once: that
    # took as long as the work itself. (mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD)
    bytes(_LARGER)
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="zip")


class Deflate:
    """`core.archive.Compressor`: every call of `compress` is one block. A stream of one block needs no thread.

    The same blocks give the same bytes under one version of the ISA-L library.
    """

    def __init__(self, level: int = LEVEL) -> None:
        self._deflated = partial(_deflated, level)
        self._last: bytes | None = None
        self._before = b""
        self._under_way: deque[Future[bytes]] = deque()

    def compress(self, data: bytes) -> bytes:
        if self._last is not None:
            work = threads().submit(self._deflated, self._last, self._before, isal_zlib.Z_SYNC_FLUSH)
            self._under_way.append(work)
            self._before = self._last[-_WINDOW:]
        self._last = data  # whether it is the stream's end shows later
        return self._under_way.popleft().result() if len(self._under_way) > _AHEAD else b""

    def flush(self) -> bytes:
        end = self._deflated(self._last or b"", self._before, isal_zlib.Z_FINISH)
        return b"".join([*(work.result() for work in self._under_way), end])


def _deflated(level: int, block: bytes, before: bytes, ending: int) -> bytes:
    stream = isal_zlib.compressobj(level, isal_zlib.DEFLATED, _RAW, zdict=before)
    return bytes(stream.compress(block) + stream.flush(ending))
