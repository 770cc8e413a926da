"""Running a connection test's steps until one fails, and saying of every step what became of it."""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace

from waybill.core.deliver import Destination, ProbeStep, StepName
from waybill.core.errors import WaybillError

TLS: tuple[StepName, ...] = ("resolve", "connect", "tls")
OBJECT: tuple[StepName, ...] = ("authenticate", "write", "read_back", "delete")
CONTENT = b"This file was written by a connection test and may be deleted.\n"


def object_steps(*, encrypted: bool) -> tuple[StepName, ...]:
    """The steps of a kind that keeps objects behind an address."""
    return (*(TLS if encrypted else TLS[:2]), *OBJECT)


def probe_name() -> str:
    """A name that nobody has: a test that is cut off must not hit a real file, nor another test."""
    return f".waybill-probe-{secrets.token_hex(8)}"


def told(order: tuple[StepName, ...], steps: Iterator[ProbeStep], tidy: Callable[[], None]) -> Iterator[ProbeStep]:
    """The steps until one is not ok, each with its time. An error becomes the step that was due in `order`; `tidy` runs at
    the end, however it ends, and its error is nobody's concern.
    """
    done, began = 0, time.monotonic()
    try:
        for step in steps:
            yield replace(step, milliseconds=_since(began))
            done += 1
            if not step.ok:
                return
            began = time.monotonic()
    except WaybillError as error:
        due = order[min(done, len(order) - 1)]
        yield ProbeStep(due, False, error.message, error.advice, milliseconds=_since(began))
    finally:
        with suppress(WaybillError):
            tidy()


def completed(destination: Destination, seconds: float) -> list[ProbeStep]:
    """Every step of the destination's test: those that ran, and those that were not reached. Closes the destination.

    A step that is not over after so many seconds in all has failed; the test then ends in the background, whenever the
    server lets it, and tidies up.
    """
    order, ran = destination.probe_order, list(_within(destination, seconds))
    return ran + [ProbeStep(step, False, "Not reached.", reached=False) for step in order[len(ran) :]]


def _within(destination: Destination, seconds: float) -> Iterator[ProbeStep]:
    came: queue.Queue[ProbeStep | None] = queue.Queue()

    def run() -> None:
        with closing(destination):
            for step in destination.probe():
                came.put(step)

    began, order = time.monotonic(), destination.probe_order
    test = ThreadPoolExecutor(1)
    ended = test.submit(run)
    ended.add_done_callback(lambda _: came.put(None))
    test.shutdown(wait=False)
    ran, last = 0, began
    while True:
        try:
            step = came.get(timeout=max(0.0, began + seconds - time.monotonic()))
        except queue.Empty:
            if ran < len(order):
                yield ProbeStep(order[ran], False, *_LATE, {}, _since(last))
            return
        if step is None:
            return ended.result()
        yield step
        ran, last = ran + 1 if step.ok else len(order), time.monotonic()


_LATE = (
    "The server was too slow: this step was not over when the test's time was.",
    "Check that it is the right kind of server on that port, and that it is not overloaded; then probe again.",
)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
