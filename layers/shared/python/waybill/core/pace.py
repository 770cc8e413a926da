"""How fast a destination may be sent to: a bucket of bytes that fills at its rate, whatever the kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

MOMENT = 1.0
"""Seconds: so often a wait looks up, to see whether time has run out or the run is cancelled."""


class Pace(Protocol):
    def ready(self) -> bool:
        """Whether the next part may go. Waits for it, but never longer than a moment."""

    def took(self, size: int) -> None:
        """So many bytes have gone."""


class Unhurried:
    """No limit."""

    def ready(self) -> bool:
        return True

    def took(self, size: int) -> None:
        """Nobody counts."""


UNHURRIED = Unhurried()


class TokenBucket:
    """So many bytes a second in the mean, in bursts of one part: a part goes at the line's speed, and the next one when the
    first is paid for. `clock` gives seconds and never goes back; `sleep` waits for some.
    """

    def __init__(self, bytes_per_second: int, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._rate, self._clock, self._sleep = bytes_per_second, clock, sleep
        self._paid_at = clock()

    def ready(self) -> bool:
        wait = self._paid_at - self._clock()
        if wait > 0:
            self._sleep(min(wait, MOMENT))
        return wait <= MOMENT

    def took(self, size: int) -> None:
        # Time in which nothing went is no credit: a receiver with a narrow line has no use for a burst after a pause.
        self._paid_at = max(self._paid_at, self._clock()) + size / self._rate
