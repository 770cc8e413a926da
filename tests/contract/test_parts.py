"""The pool that sends parts: bounded, in any order, its errors never lost."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.errors import TransientError
from waybill.destinations.azure_blob import CAPABILITIES as AZURE
from waybill.destinations.azure_blob import MOST_BLOCKS
from waybill.destinations.parts import LARGEST_PART, MIB, PartPool, part_size_for
from waybill.destinations.s3 import CAPABILITIES as S3
from waybill.destinations.s3_uploads import MOST_PARTS


@given(st.integers(0, S3.largest_file))
def test_any_file_fits_in_s3s_parts(size: int) -> None:
    part_size = part_size_for(size, MOST_PARTS)
    assert 5 * MIB <= part_size <= LARGEST_PART
    assert -(-size // part_size) <= MOST_PARTS


@given(st.integers(0, AZURE.largest_file))
def test_any_file_fits_in_azures_blocks(size: int) -> None:
    assert -(-size // part_size_for(size, MOST_BLOCKS)) <= MOST_BLOCKS


@pytest.mark.parametrize(("part_size", "at_once"), [(16 * MIB, 4), (32 * MIB, 2), (128 * MIB, 1)])
def test_no_more_parts_are_held_than_memory_allows(part_size: int, at_once: int) -> None:
    now, most, lock = [0], [0], threading.Lock()

    def upload(number: int, part: bytes) -> int:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1
        return number

    pool = PartPool(upload, part_size)
    for number in range(12):
        pool.put(number, b"")
    assert pool.settle() == {n: n for n in range(12)}
    assert most[0] == at_once
    pool.close()


def test_an_error_shows_at_the_next_call() -> None:
    def upload(number: int, part: bytes) -> None:
        raise TransientError(f"part {number}")

    pool = PartPool(upload, 16 * MIB)
    pool.put(1, b"")
    with pytest.raises(TransientError, match="part 1"):
        pool.settle()
    pool.close()
