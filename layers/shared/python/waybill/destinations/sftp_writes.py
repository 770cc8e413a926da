"""Writing a file over several SFTP channels at once: large requests, many on their way, answers in any order."""

from __future__ import annotations

import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from waybill.destinations.parts import MIB, PART_SIZE

if TYPE_CHECKING:
    import paramiko

# OpenSSH takes packets of 256 KiB with their headers; the standard asks for 32 KiB.
LARGE_REQUEST = 255 * 1024
SMALL_REQUEST = 32 * 1024
MOST_UNANSWERED = 64
WRITE, EXTENDED = 6, 200
# A server's window of about 2 MiB a channel is what limits a long line, and nothing else does: so several channels there,
# and one where there is no line to speak of. Seconds of round trip, and the channels that do up to there.
CHANNELS_BY_ROUND_TRIP = ((0.004, 1), (0.012, 2), (0.05, 4))
MOST_CHANNELS = 8
CAREFUL_UNTIL = 64 * MIB
"""A line that broke before it had carried so much gets little under way at once, until it has."""
LEAST_UNDER_WAY = 8 * 1024
SHARE_UNDER_WAY = 400
"""What is under way is lost when a line breaks: so a four-hundredth of what it carries between two breaks."""
WORTH_A_CHANNEL = 4 * MIB
"""Opening a channel takes four round trips, in which another one sends two windows."""


def round_trip(client: paramiko.SFTPClient) -> float:
    """Seconds from a question to its answer: the quicker of two, since a busy server only makes it longer."""

    def once() -> float:
        start = time.monotonic()
        with suppress(OSError):  # a refusal is an answer
            client.stat(".")
        return time.monotonic() - start

    return min(once(), once())


def channels_for(seconds: float) -> int:
    """How many channels fill a line with that round trip."""
    return next((count for most, count in CHANNELS_BY_ROUND_TRIP if seconds <= most), MOST_CHANNELS)


def request_size(client: paramiko.SFTPClient, server: str) -> int:
    """How much one request may carry: what the server says (`limits@openssh.com`), what its kind is known to take, else
    what the standard asks of all. A trial is no way: servers cut the connection on a request that is too long for them.
    """
    try:
        _, limits = client._request(EXTENDED, "limits@openssh.com")  # type: ignore[attr-defined]
    except OSError:
        return LARGE_REQUEST if server.startswith("SSH-2.0-OpenSSH") else SMALL_REQUEST
    limits.get_int64()  # of a packet
    limits.get_int64()  # of a reading request
    return min(LARGE_REQUEST, limits.get_int64() or LARGE_REQUEST)


@dataclass(frozen=True)
class Piece:
    """What one request writes."""

    offset: int
    content: memoryview

    @property
    def end(self) -> int:
        return self.offset + len(self.content)


class Lane:
    """One channel with the file open; used by one thread at a time.

    paramiko's own pipelining loses answers that come in another order than asked, and copies each request many times: so
    the requests are made here, and their answers counted.
    """

    def __init__(self, client: paramiko.SFTPClient, opened: paramiko.SFTPFile) -> None:
        self.client: Any = client
        self._opened: Any = opened
        self._channel: Any = client.get_channel()
        self._asked: dict[int, Piece] = {}
        self._answered: list[Piece] = []
        self._failure: OSError | EOFError | None = None

    @property
    def unanswered(self) -> int:
        return len(self._asked)

    def write(self, piece: Piece) -> None:
        """Ask for it; `answers` tells when it was done."""
        with self.client._lock:
            number = self.client.request_number
            self.client.request_number += 1
            self.client._expecting[number] = self
        self._asked[number] = piece
        handle, size = self._opened.handle, len(piece.content)
        packet = struct.pack(
            f">IBII{len(handle)}sQI",
            21 + len(handle) + size,
            WRITE,
            number,
            len(handle),
            handle,
            piece.offset,
            size,
        )
        try:
            self._channel.sendall(memoryview(packet + piece.content))
        except TimeoutError:
            raise
        except OSError:  # paramiko's word for a channel that is gone; from the server itself it means a refusal
            raise EOFError from None

    def answers(self, *, wait: bool) -> list[Piece]:
        """What was confirmed since the last call."""
        if wait:
            self.client._read_response()
        while self._asked and self._channel.recv_ready():
            self.client._read_response()
        answered, self._answered = self._answered, []
        return answered

    def check(self) -> None:
        """Raises what the server said that it could not do."""
        if self._failure is not None:
            raise self._failure

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        """paramiko calls it with the answer to a request of this object's."""
        del kind
        piece = self._asked.pop(number)
        try:
            self.client._convert_status(message)
        except (OSError, EOFError) as failure:
            self._failure = self._failure or failure
        else:
            self._answered.append(piece)

    def close(self) -> None:
        from paramiko import SSHException

        with suppress(SSHException):  # the connection is gone, and the handle with it
            self._opened.close()

    def sync(self) -> None:
        """Ask the server to write to its disk; many cannot."""
        with suppress(OSError):
            self.client._request(EXTENDED, "fsync@openssh.com", self._opened.handle)


class Lanes:
    """All channels of one file. Each has a thread that takes the next piece as soon as it can, so that the pieces on their
    way lie close together; what has `arrived` is the beginning of the file without a hole.

    Holds at most one part and a half that no channel has taken yet. The first channel belongs to the caller again once
    `settle`, `finish` or `close` has returned. `more` opens a channel beside it, and `keep` takes it back; `translated` turns
    a vendor's error into ours. `broke_after`: what the last attempt carried before the line broke; None where it did not.
    """

    def __init__(
        self,
        first: Lane,
        more: Callable[[], Lane | None],
        keep: Callable[[paramiko.SFTPClient], None],
        count: int,
        start: int,
        request: int,
        translated: Callable[[], AbstractContextManager[None]],
        broke_after: int | None = None,
    ) -> None:
        self._broke_after, self._start_at = broke_after, start
        self._first, self._more, self._keep, self._count = first, more, keep, count
        self._request, self._translated = request, translated
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="lane")
        self._running: list[Future[None]] = []
        # Guards all that follows.
        self._changed = threading.Condition()
        self._queue: deque[Piece] = deque()
        self._queued = self._under_way = 0  # bytes
        self._unconfirmed = 0  # pieces
        self._failed = self._ending = False
        self._beyond: dict[int, int] = {}
        self.arrived = start

    def put(self, offset: int, part: bytes | memoryview) -> None:
        """Take what follows; waits while half a part and more is queued."""
        with self._changed:
            self._changed.wait_for(lambda: self._failed or self._queued <= PART_SIZE // 2)
        self._raise_failure()
        pieces = list(pieces_of(offset, part, min(self._request, self._allowed())))
        with self._changed:
            self._queue.extend(pieces)
            self._queued += len(part)
            self._unconfirmed += len(pieces)
            self._changed.notify_all()
        self._start()

    @property
    def carried(self) -> int:
        """How far it has come in this attempt."""
        return self.arrived - self._start_at

    @property
    def broken(self) -> bool:
        return self._failed

    def has(self, offset: int, end: int) -> None:
        """The server has these bytes already."""
        with self._changed:
            self._mark(offset, end)

    def settle(self) -> None:
        """Wait for everything that was put."""
        with self._changed:
            self._changed.wait_for(lambda: self._failed or not self._unconfirmed)
        self._raise_failure()

    def finish(self) -> None:
        """Wait, let the server write to its disk, and close the file."""
        self.settle()
        self._end()
        with self._translated():
            self._first.sync()
        self._first.close()

    def close(self) -> None:
        self._end()
        self._first.close()

    # -- threads

    def _start(self) -> None:
        if not self._running:
            self._running = [self._threads.submit(self._run, n) for n in range(self._count)]
            for one in self._running:
                one.add_done_callback(self._ended)

    def _end(self) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._threads.shutdown(wait=True)

    def _ended(self, one: Future[None]) -> None:
        if one.exception() is not None:
            with self._changed:
                self._failed = True
                self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self._failed:
            next(one for one in self._running if one.done() and one.exception()).result()

    def _run(self, number: int) -> None:
        with self._translated():
            if number == 0:
                self._carry(self._first)
            else:
                self._carry_beside()

    def _carry_beside(self) -> None:
        lane = self._more()
        if lane is None:
            return  # a server may allow one channel only
        self._carry(lane)
        lane.close()
        self._keep(lane.client)

    def _carry(self, lane: Lane) -> None:
        while True:
            piece = self._next(wait=not lane.unanswered)
            if piece is not None:
                lane.write(piece)
            elif not lane.unanswered or self._failed:
                return
            for done in lane.answers(wait=piece is None or lane.unanswered >= MOST_UNANSWERED):
                self._confirm(done)
            lane.check()

    def _next(self, *, wait: bool) -> Piece | None:
        """None where nothing is queued now; with `wait`, where nothing will be any more."""
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._may_take() or self._ending or self._failed)
            if not self._may_take() or self._ending or self._failed:
                return None
            piece = self._queue.popleft()
            self._queued -= len(piece.content)
            self._under_way += len(piece.content)
            self._changed.notify_all()
            return piece

    def _may_take(self) -> bool:
        if not self._queue:
            return False
        return not self._under_way or self._under_way + len(self._queue[0].content) <= self._allowed()

    def _allowed(self) -> int:
        """How many bytes may be under way."""
        if self._broke_after is None:
            return CAREFUL_UNTIL
        carried = max(self._broke_after, self.carried)
        return CAREFUL_UNTIL if carried >= CAREFUL_UNTIL else max(LEAST_UNDER_WAY, carried // SHARE_UNDER_WAY)

    def _confirm(self, piece: Piece) -> None:
        with self._changed:
            self._unconfirmed -= 1
            self._under_way -= len(piece.content)
            self._mark(piece.offset, piece.end)
            self._changed.notify_all()

    def _mark(self, offset: int, end: int) -> None:
        self._beyond[offset] = end
        while self.arrived in self._beyond:
            self.arrived = self._beyond.pop(self.arrived)


def pieces_of(offset: int, content: bytes | memoryview, size: int) -> Iterator[Piece]:
    """The content, which goes to `offset`, in pieces of that size."""
    view = memoryview(content)
    return (Piece(offset + at, view[at : at + size]) for at in range(0, len(view), size))
