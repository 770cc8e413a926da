"""The processes that run a function right now: for tests which kill one in the middle of its work."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")


def pids(function_name: str) -> list[int]:
    """The workers of one function on this machine, oldest first; idle ones are among them. Linux only."""
    marker = f"AWS_LAMBDA_FUNCTION_NAME={function_name}".encode()
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and marker in _environment(entry):
            found.append(int(entry.name))
    return sorted(found)


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []  # it ended, or it is another user's
