from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from waybill.core.rate import Rate

NOW = 1_800_000_000_000


@given(st.integers(1, 10_000), st.integers(1, 500), st.integers(-100_000, 1_000_000))
def test_a_request_is_taken_after_the_wait_and_not_a_second_sooner(per_minute: int, burst: int, ahead: int) -> None:
    rate = Rate(per_minute, burst)
    full_at = NOW + ahead
    seconds = rate.wait(full_at, NOW)

    def taken(at: int) -> bool:
        return max(full_at, at) + rate.cost <= at + rate.room

    assert taken(NOW + seconds * 1000)
    if seconds:
        assert not taken(NOW + (seconds - 1) * 1000)


@given(st.integers(1, 10_000), st.integers(1, 500))
def test_an_empty_bucket_gives_its_burst_at_once_and_then_its_rate(per_minute: int, burst: int) -> None:
    rate = Rate(per_minute, burst)
    full_at, taken = NOW, 0
    while full_at + rate.cost <= NOW + rate.room:
        full_at, taken = full_at + rate.cost, taken + 1
    assert taken == burst
    assert rate.cost * per_minute >= 60_000
