"""A raw deflate stream by the caller and one thread, as pigz makes one: each block alone, after the 32 KiB before it.

A block's bytes follow from the block and those 32 KiB. So neither who compresses it nor when changes the stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Generic, TypeVar

from isal import isal_zlib

LEVEL = 1
T = TypeVar("T")
_AHEAD = 4
"""Blocks that are under way while the caller deals with what is done: so many are in memory, with their output."""
_LARGER = 1 << 24
_WINDOW = 1 << 15
"""Bytes that matches may reach back: all that deflate allows. Made rows need less; what people write is a twentieth smaller."""
_RAW = -15


@cache
def thread() -> ThreadPoolExecutor:
    """The process's thread for an archive's work, made with the first large entry. What it does lasts milliseconds."""
    # glibc gives freed blocks of this size back and fetches them anew, page by page, until a larger one was freed once:
    # that took as long as the work itself. (mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD)
    bytes(_LARGER)
    return ThreadPoolExecutor(1, thread_name_prefix="zip")


class Work(Generic[T]):
    """Something to be done by the thread, or by who wants it done, if the thread has not begun it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work, self._future = work, thread().submit(work)
        self._here: list[T] = []

    @property
    def done(self) -> bool:
        return bool(self._here) or self._future.done()

    def taken(self) -> bool:
        """Does it here and now, unless somebody began it."""
        if self._here or not self._future.cancel():
            return False
        self._here.append(self._work())
        return True

    def result(self) -> T:
        """Waits for the thread where it has it in hand."""
        self.taken()
        return self._here[0] if self._here else self._future.result()


class Deflate:
    """`core.archive.Compressor`: every call of `compress` is one block. A stream of one block needs no thread.

    The same blocks give the same bytes under one version of the ISA-L library.
    """

    def __init__(self, level: int = LEVEL) -> None:
        self._level = level
        self._last: bytes | None = None
        self._before = b""
        self._under_way: deque[Work[bytes]] = deque()

    def compress(self, data: bytes) -> bytes:
        if self._last is not None:
            self._under_way.append(Work(self._work(isal_zlib.Z_SYNC_FLUSH)))
            self._before = self._last[-_WINDOW:]
        self._last = data  # whether it is the stream's end shows later
        return self._first() if len(self._under_way) > _AHEAD else b""

    def flush(self) -> bytes:
        done = [self._first() for _ in range(len(self._under_way))]
        return b"".join([*done, self._work(isal_zlib.Z_FINISH)()])

    def _work(self, ending: int) -> Callable[[], bytes]:
        return partial(_deflated, self._level, self._last or b"", self._before, ending)

    def _first(self) -> bytes:
        """What the oldest block became. While the thread has it in hand, the caller compresses the ones after it: on two
        processors a second thread beside a caller who waits, encrypts and writes was two hand-overs for each block.
        """
        oldest = self._under_way.popleft()
        oldest.taken()
        while not oldest.done and any(block.taken() for block in self._under_way):
            pass
        return oldest.result()


def _deflated(level: int, block: bytes, before: bytes, ending: int) -> bytes:
    stream = isal_zlib.compressobj(level, isal_zlib.DEFLATED, _RAW, zdict=before)
    return bytes(stream.compress(block) + stream.flush(ending))
