"""One sandbox a state folder at a time, whatever became of the last one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(RuntimeError):
    """Another sandbox has this folder; the message says how to use it or stop it."""


@contextmanager
def only_one(pid_file: Path) -> Iterator[None]:
    """Hold `pid_file`, our process id in it. The kernel lets go of it when we end, so a stale file hinders nobody."""
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with pid_file.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"The sandbox is up already (process {owner(pid_file)}). Use it: `. {pid_file.parent / 'env'}`. "
                "Or stop it first: `make sandbox-stop`."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        try:
            yield
        finally:
            handle.truncate(0)


def owner(pid_file: Path) -> int | None:
    """The process that holds the file now, or None when nobody does."""
    if not pid_file.exists():
        return None
    with pid_file.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(handle.read() or 0) or None
    return None
