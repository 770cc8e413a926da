"""No child outlives the sandbox, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.places import ROOT
from sandbox.processes import ChildFailed, Children, free_port, tail

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
# A parent with a child of its own that both ignore SIGTERM, and say who they are.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 1:
    subprocess.Popen([sys.executable, *sys.orig_argv[1:], "child"])
print(os.getpid(), flush=True)
time.sleep(60)
"""


def gone(pid: int, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def pids_in(log: Path, count: int) -> list[int]:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        lines = log.read_text().split() if log.exists() else []
        if len(lines) >= count:
            return [int(line) for line in lines]
        time.sleep(0.05)
    raise AssertionError(f"{count} processes should have started: {tail(log)}")


def test_stopping_ends_the_whole_group_even_if_it_will_not(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Children() as children:
        child = children.start("it", [sys.executable, "-c", STUBBORN], log=log, env=dict(os.environ), cwd=tmp_path)
        pids = pids_in(log, 2)
        child.stop(grace=0.2)
    assert all(gone(pid) for pid in pids)


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parent = (
        "import os, sys, threading, time; from pathlib import Path; from sandbox.processes import Children\n"
        f"go = lambda: Children().start('it', [sys.executable, '-c', {STUBBORN!r}], log=Path({str(log)!r}),"
        f" env=dict(os.environ), cwd=Path({str(tmp_path)!r}))\n"
        # Started by a thread that ends at once: the kernel signals then too, and that must do no harm.
        "t = threading.Thread(target=go); t.start(); t.join(); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT)
    pids = pids_in(log, 2)
    time.sleep(0.3)
    assert not any(gone(pid, 0.1) for pid in pids)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert all(gone(pid) for pid in pids)


def test_a_failed_command_shows_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]
    with Children() as children, pytest.raises(ChildFailed, match=r"it failed with code 3(.|\n)*the reason"):
        children.run("it", command, log=tmp_path / "log", env=dict(os.environ), cwd=tmp_path)


def test_waiting_ends_when_the_child_does(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no port for you')"]
    with Children() as children:
        child = children.start("it", command, log=tmp_path / "log", env=dict(os.environ), cwd=tmp_path)
        with pytest.raises(ChildFailed, match="no port for you"):
            child.wait_for_port(free_port(), 10)


def test_waiting_has_an_end(tmp_path: Path) -> None:
    with Children() as children:
        child = children.start("it", SLEEPER, log=tmp_path / "log", env=dict(os.environ), cwd=tmp_path)
        with pytest.raises(ChildFailed, match=r"it did not open port \d+ in 0.2 s"):
            child.wait_for_port(free_port(), 0.2)


def test_nothing_starts_after_the_end(tmp_path: Path) -> None:
    children = Children()
    children.close()
    with pytest.raises(ChildFailed, match="going down"):
        children.start("it", SLEEPER, log=tmp_path / "log", env=dict(os.environ), cwd=tmp_path)
