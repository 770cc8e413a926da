"""Writing a file over several SFTP channels at once, as many as its line asks for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from waybill.destinations.parts import MIB, PART_SIZE
from waybill.destinations.sftp_lane import Lane, Piece, pieces_of

if TYPE_CHECKING:
    import paramiko

MOST_UNANSWERED = 64
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


def channels_for(seconds: float) -> int:
    """How many channels fill a line with that round trip."""
    return next((count for most, count in CHANNELS_BY_ROUND_TRIP if seconds <= most), MOST_CHANNELS)


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
