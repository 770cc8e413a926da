"""The stream of several threads: right, the same whatever they do, and no larger in memory than promised."""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from waybill.core.archive import BLOCK, blocks
from waybill.core.zip_entry import LARGE
from waybill.engines import zip_deflate
from waybill.engines.zip_deflate import Deflate

ROWS = b"".join(b'{"id": %d, "text": "words of row %d"}\n' % (i, i * i) for i in range(170_000))
NOISE = random.Random(1).randbytes(BLOCK + 4_321)


def deflated(data: bytes, block: int = BLOCK) -> bytes:
    stream = Deflate()
    return b"".join([*(stream.compress(b) for b in blocks([data], block)), stream.flush()])


def inflated(data: bytes) -> bytes:
    stream = zlib.decompressobj(-15)
    plain = stream.decompress(data) + stream.flush()
    assert stream.eof
    assert stream.unused_data == b""
    return plain


@pytest.mark.parametrize("data", [b"", b"x", ROWS[:BLOCK], ROWS, NOISE, NOISE + ROWS + bytes(5 * BLOCK)])
def test_zlib_reads_it(data: bytes) -> None:
    assert inflated(deflated(data)) == data


@pytest.mark.parametrize("letters", [256, 255, 254, 250])
def test_what_cannot_shrink_stays_within_the_room_of_an_entry_that_is_not_large(letters: int) -> None:
    """What is a little smaller than `LARGE` is not announced as large; what it becomes must fit into 32 bits."""
    noise = bytes(random.Random(3).choices(range(letters), k=8 * BLOCK))
    grown = max(0, len(deflated(noise)) - len(noise))
    assert grown * (LARGE / len(noise)) * 4 < 0xFFFF_FFFF - LARGE, "a quarter of the room, at most"


def test_a_block_knows_what_came_before() -> None:
    again = random.Random(2).randbytes(12_000)
    assert len(deflated(again * 2, len(again))) < 1.1 * len(again)


class OneByOne(ThreadPoolExecutor):
    """No thread at all: the work is done where it is handed in."""

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*arguments, **named))
        return done


class Unsteady(ThreadPoolExecutor):
    """Each piece of work takes its time, so that later ones are done before earlier ones."""

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        delay = random.random() / 50

        def slowly() -> Any:
            time.sleep(delay)
            return work(*arguments, **named)

        return super().submit(slowly)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[ThreadPoolExecutor], None]]:
    made = []

    def use(pool: ThreadPoolExecutor) -> None:
        made.append(pool)
        monkeypatch.setattr(zip_deflate, "thread", lambda: pool)

    yield use
    for pool in made:
        pool.shutdown()


class Never(ThreadPoolExecutor):
    """Does nothing at all: the caller has to."""

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        return Future()


def test_neither_the_number_of_threads_nor_their_timing_changes_a_byte(
    used: Callable[[ThreadPoolExecutor], None],
) -> None:
    data = ROWS + NOISE
    first = deflated(data)
    for pool in (OneByOne(), Unsteady(4), Unsteady(1), ThreadPoolExecutor(7), Never()):
        used(pool)
        assert deflated(data) == first


def test_the_memory_that_a_compressor_gets_does_not_matter() -> None:
    """ISA-L's tables are not cleared by who allocates them: the same bytes after other data went through."""
    first = deflated(ROWS)
    for seed in range(3):
        deflated(random.Random(seed).randbytes(3 * BLOCK))
        assert deflated(ROWS) == first


def test_a_small_entry_asks_for_no_thread(used: Callable[[ThreadPoolExecutor], None]) -> None:
    class None_(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
            raise AssertionError("a thread for so little")

    used(None_())
    assert inflated(deflated(ROWS[:20_000])) == ROWS[:20_000]


def test_only_a_few_blocks_are_under_way(used: Callable[[ThreadPoolExecutor], None]) -> None:
    waiting: list[Future[bytes]] = []

    class Counted(OneByOne):
        def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
            waiting.append(done := super().submit(work, *arguments, **named))
            return done

    used(Counted())
    stream, out = Deflate(), 0
    for number in range(40):
        out += bool(stream.compress(b"%d" % number * 100))
        assert len(waiting) - out <= 6
    assert out >= 33


def test_what_goes_wrong_in_a_thread_comes_out() -> None:
    stream = Deflate(level=17)
    stream.compress(b"1")
    stream.compress(b"2")
    with pytest.raises(ValueError, match="level"):
        stream.flush()
