"""Children that never outlive the sandbox: a process group each, ended as a whole, also when we are killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

BOUND = Path(__file__).with_name("bound.py")
LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 5.0
TAIL_LINES = 25


class ChildFailed(RuntimeError):
    """A child ended early, ended badly or kept us waiting; the message carries the last lines of its log."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, for a message to a person."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def alive(self) -> bool:
        return self.process.poll() is None

    def failure(self) -> ChildFailed:
        """What to raise when it has ended and should not have."""
        return ChildFailed(f"{self.name} ended with code {self.process.returncode}. Its log ends:\n{tail(self.log)}")

    def wait_for_port(self, port: int, seconds: float) -> None:
        """Return once the port takes connections; `ChildFailed` when the child ends first or the time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.alive():
                raise self.failure()
            with socket.socket() as probe:
                probe.settimeout(0.5)
                if probe.connect_ex((LOOPBACK, port)) == 0:
                    return
            time.sleep(0.03)
        raise ChildFailed(f"{self.name} did not open port {port} in {seconds:g} s. Its log ends:\n{tail(self.log)}")

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """SIGTERM to the whole group, SIGKILL to what is left after `grace` seconds; none of it runs afterwards."""
        if self.alive():
            _signal_group(self.process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(grace)
        # The leader may be gone while one of its own children is not.
        _signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _signal_group(leader: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # all of the group has ended
        os.killpg(leader, number)


class Children:
    """Every child of one sandbox. Leaving the context ends them all, last started first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alive: list[Child] = []
        self._closed = False

    def start(self, name: str, command: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path) -> Child:
        """Start a command in a group of its own; its output goes to `log`, which starts empty."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, log.open("wb") as out:
            if self._closed:
                raise ChildFailed(f"{name} was not started: the sandbox is going down.")
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(BOUND), str(os.getpid()), *command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env=dict(env), cwd=cwd, start_new_session=True,
            )  # fmt: skip
            child = Child(name, process, log)
            self._alive.append(child)
        return child

    def run(self, name: str, command: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path) -> None:
        """Run a command to its end; `ChildFailed` with its last lines when it fails. Any thread may call it."""
        child = self.start(name, command, log=log, env=env, cwd=cwd)
        code = child.process.wait()
        with self._lock:
            self._alive.remove(child)
        if code != 0:
            raise ChildFailed(f"{name} failed with code {code}. The end of {log}:\n{tail(log)}")

    def ended(self) -> Child | None:
        """The first long-running child that is no longer there, if any."""
        return next((child for child in self._alive if not child.alive()), None)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            doomed, self._alive = self._alive[::-1], []
        for child in doomed:
            child.stop()

    def __enter__(self) -> Children:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
