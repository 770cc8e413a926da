"""Segments of input side by side: one is unzipped into memory while two others are read by statements of their own.

What is written of a segment waits in memory until its turn, so a segment's size bounds the memory, and the order is that of
the segments whatever runs first. A segment with a very long line is read alone: a statement needs some times that much.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import IO, NamedTuple

AT_ONCE = 2

ALONE = 4 << 20
"""Bytes of a block; a segment that has a larger one is read alone."""

Written = Generator[bytes, None, int]
Gathered = tuple[list[bytes], int]


class _Segment(NamedTuple):
    file: IO[bytes]
    largest: int
    """Bytes of its largest block."""


def side_by_side(segments: Iterator[Iterable[bytes]], run: Callable[[str], Written]) -> Generator[Written, None, None]:
    """What `run(path)` gives for each segment, in their order; the path is of a file that holds the segment.

    Raises what a segment or a run raises, in its turn. The iterator may be closed at any moment; then, as at the end, no
    thread and no file is left.
    """
    waiting: deque[Future[Gathered]] = deque()
    with ThreadPoolExecutor(1, "rows-input") as filling, ThreadPoolExecutor(AT_ONCE, "rows-segment") as running:
        ahead = filling.submit(_filled, segments)
        try:
            while (segment := ahead.result()) is not None:
                ahead = filling.submit(_filled, segments)
                alone = segment.largest > ALONE
                waiting.append(running.submit(_gathered, segment.file, run, [*waiting] if alone else []))
                while len(waiting) >= (1 if alone else AT_ONCE):
                    yield _given(*waiting.popleft().result())
            while waiting:
                yield _given(*waiting.popleft().result())
        finally:
            if not ahead.cancel() and not ahead.exception() and (segment := ahead.result()):
                segment.file.close()


def _gathered(file: IO[bytes], run: Callable[[str], Written], after: list[Future[Gathered]]) -> Gathered:
    """What a run writes, once the runs `after` which it comes have ended."""
    blocks: list[bytes] = []
    with file:
        wait(after)
        written = run(f"/dev/fd/{file.fileno()}")
        try:
            while True:
                blocks.append(next(written))
        except StopIteration as end:
            return blocks, int(end.value)


def _given(blocks: list[bytes], rows: int) -> Written:
    yield from blocks
    return rows


def _filled(segments: Iterator[Iterable[bytes]]) -> _Segment | None:
    """The next segment in a file; None where there is none."""
    segment = next(segments, None)
    if segment is None:
        return None
    file, largest = _memory(), 0
    try:
        for block in segment:
            largest = max(largest, len(block))
            rest = memoryview(block)
            while rest:
                rest = rest[file.write(rest) :]
    except BaseException:
        file.close()
        raise
    return _Segment(file, largest)


def _memory() -> IO[bytes]:
    """A file in memory, where the system has such; else one without a name on the disk."""
    if create := getattr(os, "memfd_create", None):
        return os.fdopen(create("rows"), "wb", buffering=0)
    return tempfile.TemporaryFile(buffering=0)
