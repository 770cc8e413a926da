"""A mean rate that holds from the first part on, by a clock of the test's own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.clock import Clock
from waybill.core.pace import MOMENT, TokenBucket

MIB = 1024 * 1024


@given(
    rate=st.integers(65_536, 10**9),
    parts=st.lists(st.tuples(st.integers(1, 128 * MIB), st.floats(0, 5)), min_size=1, max_size=20),
)
def test_the_mean_rate_is_never_above_the_limit_but_for_one_part(rate: int, parts: Sequence[tuple[int, float]]) -> None:
    clock = Clock()
    bucket = TokenBucket(rate, clock.read, clock.sleep)
    gone: list[tuple[float, int]] = []
    for size, takes in parts:
        clock.now += takes  # what sending itself takes counts
        waited = 0.0
        while not bucket.ready():
            waited += clock.slept[-1]
        gone.append((clock.now, size))
        bucket.took(size)
    assert all(0 < one <= MOMENT for one in clock.slept)
    for (first, (from_, _)), (last, (to, _)) in itertools.combinations(enumerate(gone), 2):
        between = sum(size for _, size in gone[first:last])
        assert between <= rate * (to - from_) * (1 + 1e-9) + 1


def test_a_pause_is_no_credit() -> None:
    clock = Clock()
    bucket = TokenBucket(MIB, clock.read, clock.sleep)
    clock.now += 3600
    bucket.took(2 * MIB)
    assert not bucket.ready()
    assert bucket.ready()
    assert sum(clock.slept) == pytest.approx(2.0)
