"""Running a connection test's steps until one fails."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress

from waybill.core.deliver import ProbeStep, StepName
from waybill.core.errors import WaybillError

OBJECT_STEPS: tuple[StepName, ...] = ("resolve", "connect", "authenticate", "write", "read_back", "delete")
CONTENT = b"This file was written by a connection test and may be deleted.\n"


def probe_name() -> str:
    """A name that nobody has: a test that is cut off must not hit a real file, nor another test."""
    return f".waybill-probe-{secrets.token_hex(8)}"


def told(order: tuple[StepName, ...], steps: Iterator[ProbeStep], tidy: Callable[[], None]) -> Iterator[ProbeStep]:
    """The steps until one is not ok. An error becomes the step that was due in `order`; `tidy` runs at the end, however
    it ends, and its error is nobody's concern.
    """
    done = 0
    try:
        for step in steps:
            yield step
            done += 1
            if not step.ok:
                return
    except WaybillError as error:
        yield ProbeStep(order[min(done, len(order) - 1)], False, error.message, error.advice)
    finally:
        with suppress(WaybillError):
            tidy()
