"""What AWS refuses: so much in each second, or a bucket that fills again."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field

from simulate.aws_limits import NEW_TABLE_WRITES, PARTITION_WRITES, TABLE_WRITES


class Keys:
    """A table or an index on demand: its keys lie in partitions, each with a share of what the whole was warmed for."""

    def __init__(self, name: str, warm: int) -> None:
        self._name = name
        self._partitions = max(warm, NEW_TABLE_WRITES) // PARTITION_WRITES
        self._written: Counter[tuple[int, int]] = Counter()
        self._in_all: Counter[int] = Counter()

    def write(self, key: str, units: int, now: float) -> bool:
        """Whether the key's partition has so many units left in this second; they are used then."""
        second = int(now)
        place = (zlib.crc32(f"{self._name}/{key}".encode()) % self._partitions, second)
        if self._written[place] + units > PARTITION_WRITES or self._in_all[second] + units > TABLE_WRITES:
            return False
        self._written[place] += units
        self._in_all[second] += units
        return True


@dataclass
class Bucket:
    """Holds `size` tokens and gains `refill` a second."""

    size: float
    refill: float
    _left: float = field(init=False)
    _seen: float = 0.0

    def __post_init__(self) -> None:
        self._left = self.size

    def take(self, now: float) -> bool:
        self._fill(now)
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def wait(self, count: int, now: float) -> float:
        """Takes so many, however few there are; until when whoever takes them must wait."""
        self._fill(now)
        self._left -= count
        return now + max(0.0, -self._left / self.refill)

    def _fill(self, now: float) -> None:
        if now > self._seen:
            self._left = min(self.size, self._left + (now - self._seen) * self.refill)
            self._seen = now
