"""The memory destination's faults, and what `send` makes of them."""

from __future__ import annotations

import pytest

from tests.contract.rigs import Bytes, Kept, Rig, deliver, outgoing
from waybill.core.deliver import Paused, Receipt, send
from waybill.core.errors import TransientError
from waybill.destinations.memory import BOXES, Faults

CONTENT = bytes(range(256)) * 1024  # four parts


def test_a_cut_connection_resumes_where_it_was(memory_rig: Rig) -> None:
    BOXES["contract"].faults = Faults(cut_after=100_000)
    ledger = Kept()
    with pytest.raises(TransientError):
        deliver(memory_rig.destination(), "a.bin", CONTENT, ledger)
    deliver(memory_rig.destination(), "a.bin", CONTENT, ledger)
    assert BOXES["contract"].files == {"a.bin": CONTENT}


def test_a_busy_server_is_tried_again(memory_rig: Rig) -> None:
    BOXES["contract"].faults = Faults(busy=3)
    for _ in range(3):
        with pytest.raises(TransientError):
            deliver(memory_rig.destination(), "a.bin", CONTENT)
    deliver(memory_rig.destination(), "a.bin", CONTENT)


def test_a_file_that_changed_on_arrival_is_no_success(memory_rig: Rig) -> None:
    BOXES["contract"].faults = Faults(wrong_checksum=True)
    with pytest.raises(TransientError):
        deliver(memory_rig.destination(), "a.bin", CONTENT)
    assert BOXES["contract"].files == {}


def test_a_transfer_that_runs_out_of_time_goes_on(memory_rig: Rig) -> None:
    ledger = Kept()
    calls: list[Paused] = []
    sent: list[int] = []
    answer: Receipt | Paused = Paused(0)
    while isinstance(answer, Paused):
        calls.append(answer)
        clock = iter([False, True])
        answer = send(
            memory_rig.destination(),
            outgoing("a.bin", CONTENT),
            Bytes(CONTENT),
            ledger,
            clock.__next__,
            sent.append,
        )
    assert len(calls) == 4
    assert sent[-1] == len(CONTENT)
    assert BOXES["contract"].files == {"a.bin": CONTENT}
