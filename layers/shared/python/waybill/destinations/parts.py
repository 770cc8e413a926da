"""Uploading a file's parts by a few threads at once, within bounded memory; the same for all kinds that take parts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

from waybill.core.deliver import Receipt, ResumePoint

Answer = TypeVar("Answer")

MIB = 1024 * 1024
PART_SIZE = 16 * MIB
LARGEST_PART = 128 * MIB
THREADS = 4
IN_FLIGHT = THREADS * PART_SIZE


def part_size_for(size: int, most_parts: int) -> int:
    """The part size of a file of that size: 16 MiB, doubled until so many parts hold it. The same on every retry."""
    part_size = PART_SIZE
    while part_size * most_parts < size and part_size < LARGEST_PART:
        part_size *= 2
    return part_size


class PartPool(Generic[Answer]):
    """Calls `upload(number, part)` in a few threads and keeps the answers by number.

    Holds at most 64 MiB of parts, or one part where that is larger. An upload's error is raised by the next `put` or
    `settle`.
    """

    def __init__(self, upload: Callable[[int, bytes], Answer], part_size: int, threads: int = THREADS) -> None:
        self._upload = upload
        self._slots = max(1, min(threads, IN_FLIGHT // part_size))
        self._threads = ThreadPoolExecutor(self._slots, thread_name_prefix="part")
        self._sending: dict[Future[Answer], int] = {}
        self._answers: dict[int, Answer] = {}

    def put(self, number: int, part: bytes) -> None:
        """Take a part; waits while all threads are busy."""
        self._collect(self._slots - 1)
        self._sending[self._threads.submit(self._upload, number, part)] = number

    def settle(self) -> dict[int, Answer]:
        """Wait for all parts that were put; their answers by number."""
        self._collect(0)
        return self._answers

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _collect(self, most: int) -> None:
        while len(self._sending) > most:
            for done in wait(self._sending, return_when=FIRST_COMPLETED).done:
                number = self._sending.pop(done)
                self._answers[number] = done.result()


class Arrived:
    """The transfer of a file that is there already, from a commit whose answer was lost."""

    def __init__(self, receipt: Receipt, part_size: int, point: ResumePoint) -> None:
        self.offset = receipt.size
        self.part_size = part_size
        self._receipt = receipt
        self._point = point

    def put(self, part: bytes) -> None:
        raise AssertionError("nothing is left to put")

    def settle(self) -> None:
        """Nothing is under way."""

    def resume_point(self) -> ResumePoint:
        return self._point

    def commit(self) -> Receipt:
        return self._receipt

    def abort(self) -> None:
        """It was committed: it stays."""

    def close(self) -> None:
        """Nothing is open."""
