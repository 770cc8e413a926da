"""How often a caller may ask: a bucket of requests that fills again by itself (the generic cell rate algorithm).

What is kept of a bucket is one instant: when it will be full again. That suits a store that can compare and add, and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Protocol


@dataclass(frozen=True)
class Rate:
    """`per_minute` requests in the long run, `burst` of them at once."""

    per_minute: int
    burst: int

    @property
    def cost(self) -> int:
        """How much later, in milliseconds, the bucket is full after one request more."""
        return ceil(60_000 / self.per_minute)

    @property
    def room(self) -> int:
        """How far ahead of now, in milliseconds, an empty bucket is full."""
        return self.cost * self.burst

    def wait(self, full_at: int, now: int) -> int:
        """Whole seconds until a request is taken from a bucket that is full at `full_at`; both in milliseconds."""
        return max(0, ceil((full_at + self.cost - self.room - now) / 1000))


class Rates(Protocol):
    def take(self, subject: str, rate: Rate, now: int) -> int:
        """Take one request from the subject's bucket: 0 where there was one, else after how many seconds there may be. Exact
        however many ask at once. `now` is in milliseconds.
        """
