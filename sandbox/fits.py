"""A patch fits its target exactly, or the engine does not start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class TargetMissing(RuntimeError):
    """The engine is not the one that a patch was written for."""


def replaced(text: str, old: str, new: str, where: str) -> str:
    """`text` with its only `old` made `new`."""
    if text.count(old) != 1:
        raise TargetMissing(f"{where}: expected once, found {text.count(old)} times: {old!r}. Pin ministack==1.5.33.")
    return text.replace(old, new)


def takes(function: Callable[..., Any], *arguments: str) -> None:
    """`function` still has these first arguments."""
    names = function.__code__.co_varnames[: len(arguments)]
    if names != arguments:
        raise TargetMissing(f"{function.__qualname__} takes {names}, expected {arguments}. Pin ministack==1.5.33.")
