"""Segments side by side: in order, each once, and nothing is left behind however it ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from waybill.engines.rows_ahead import ALONE, side_by_side


def segments(count: int, fails_at: int = -1) -> Iterator[list[bytes]]:
    for number in range(count):
        if number == fails_at:
            raise OSError("the source is gone")
        yield [b"%d " % number, b"x" * number]


def run(path: str) -> Generator[bytes, None, int]:
    data = Path(path).read_bytes()
    time.sleep(0.02 if data.startswith(b"0") else 0)  # the first is the slowest
    yield data
    return len(data)


def collected(count: int, fails_at: int = -1) -> Iterator[bytes]:
    for written in side_by_side(segments(count, fails_at), run):
        yield from written


def test_what_is_written_comes_in_the_segments_order() -> None:
    assert list(collected(7)) == [b"%d " % n + b"x" * n for n in range(7)]
    assert list(collected(0)) == []


def test_a_fault_comes_out_and_nothing_comes_out_of_order() -> None:
    found: list[bytes] = []
    with pytest.raises(OSError, match="gone"):
        found.extend(collected(5, fails_at=3))
    assert found == [b"%d " % n + b"x" * n for n in range(len(found))]


@pytest.mark.parametrize("read", [0, 1, 3])
def test_closed_early_it_leaves_no_thread_and_no_file(read: int) -> None:
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    runs = side_by_side(segments(6), run)
    for _ in range(read):
        list(next(runs))
    runs.close()
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before


def test_a_segment_with_a_very_long_line_is_read_alone() -> None:
    running: list[str] = []
    beside: dict[str, set[str]] = {}

    def noted(path: str) -> Generator[bytes, None, int]:
        with open(path, "rb") as file:
            name = file.read(1).decode()
        running.append(name)
        for other in running:
            beside.setdefault(other, set()).update(running)
        time.sleep(0.05)
        for other in running:
            beside[other].update(running)
        running.remove(name)
        yield name.encode()
        return 1

    made = iter([[b"0"], [b"1"], [b"2" * (ALONE + 1)], [b"3"], [b"4"]])
    assert b"".join(block for written in side_by_side(made, noted) for block in written) == b"01234"
    assert beside["2"] == {"2"}
    assert beside["0"] == {"0", "1"}  # the others are read side by side
