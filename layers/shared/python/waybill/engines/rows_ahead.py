"""Segments of input side by side: one is unzipped into memory while others are read by statements of their own.

What is written of a segment waits in memory until its turn, so a segment's size bounds the memory, and the order is that of
the segments whatever runs first.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO

AT_ONCE = 1
"""Two are faster, and two whose rows are long need more memory than a worker has: see `rows_feed.MAX_LINE`."""
Written = Generator[bytes, None, int]


def side_by_side(segments: Iterator[Iterable[bytes]], run: Callable[[str], Written]) -> Generator[Written, None, None]:
    """What `run(path)` gives for each segment, in their order; the path is of a file that holds the segment.

    Raises what a segment or a run raises, in its turn. The iterator may be closed at any moment; then, as at the end, no
    thread and no file is left.
    """
    waiting: deque[Future[tuple[list[bytes], int]]] = deque()
    with ThreadPoolExecutor(1, "rows-input") as filling, ThreadPoolExecutor(AT_ONCE, "rows-segment") as running:
        ahead = filling.submit(_filled, segments)
        try:
            while (file := ahead.result()) is not None:
                ahead = filling.submit(_filled, segments)
                waiting.append(running.submit(_gathered, file, run))
                if len(waiting) == AT_ONCE:
                    yield _given(*waiting.popleft().result())
            while waiting:
                yield _given(*waiting.popleft().result())
        finally:
            if not ahead.cancel() and not ahead.exception() and (file := ahead.result()):
                file.close()


def _gathered(file: IO[bytes], run: Callable[[str], Written]) -> tuple[list[bytes], int]:
    blocks: list[bytes] = []
    with file:
        written = run(f"/dev/fd/{file.fileno()}")
        try:
            while True:
                blocks.append(next(written))
        except StopIteration as end:
            return blocks, int(end.value)


def _given(blocks: list[bytes], rows: int) -> Written:
    yield from blocks
    return rows


def _filled(segments: Iterator[Iterable[bytes]]) -> IO[bytes] | None:
    """The next segment in a file; None where there is none."""
    segment = next(segments, None)
    if segment is None:
        return None
    file = _memory()
    try:
        for block in segment:
            rest = memoryview(block)
            while rest:
                rest = rest[file.write(rest) :]
    except BaseException:
        file.close()
        raise
    return file


def _memory() -> IO[bytes]:
    """A file in memory, where the system has such; else one without a name on the disk."""
    if create := getattr(os, "memfd_create", None):
        return os.fdopen(create("rows"), "wb", buffering=0)
    return tempfile.TemporaryFile(buffering=0)
