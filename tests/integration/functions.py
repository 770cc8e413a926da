"""Functions as Lambda has them, in this process: their modules, their context, and nothing kept from one test to the next."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType, SimpleNamespace
from typing import Any

from tests.gates.test_template import ROOT
from waybill import wiring

_WIRED = [import_module(one.name) for one in iter_modules(wiring.__path__, "waybill.wiring.")]


def function(name: str) -> ModuleType:
    """A function's module, loaded by its path: each is called `app`."""
    spec = importlib.util.spec_from_file_location(f"app_of_{name}", ROOT / "functions" / name / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def context(seconds: float = 900) -> Any:
    """Of an invocation with so many seconds left."""
    return SimpleNamespace(
        aws_request_id="test",
        function_name="test",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:test",
        get_remaining_time_in_millis=lambda: int(seconds * 1000),
    )


@contextmanager
def started_afresh() -> Iterator[None]:
    """`wiring` makes everything anew from the environment, and nothing of it is there afterwards."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    for module in _WIRED:
        for made in vars(module).values():
            if hasattr(made, "cache_clear"):
                made.cache_clear()
