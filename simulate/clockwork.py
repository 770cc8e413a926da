"""A clock that nobody waits for: what is to happen at a time happens there, one after another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count


class Clockwork:
    """`now` is the time of what is happening. Two things of one time happen in the order in which they were asked for."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def after(self, pause: timedelta, what: Callable[[], None]) -> None:
        heappush(self._coming, (self.now + pause, next(self._order), what))

    def run_until(self, end: datetime) -> None:
        while self._coming and self._coming[0][0] <= end:
            self.now, _, what = heappop(self._coming)
            what()
        self.now = end
