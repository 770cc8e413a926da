"""`python -m sandbox.stop`: end the sandbox of this repository and wait until it is gone."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from sandbox.only_one import owner
from sandbox.places import Places
from sandbox.progress import waiting

SECONDS = 30


def stop(pid_file: Path, seconds: float = SECONDS) -> bool:
    """True when a sandbox was running; in any case none is afterwards."""
    running = owner(pid_file)
    if running is None:
        return False
    with waiting(f"the sandbox (process {running}) to end"):
        os.kill(running, signal.SIGTERM)
        end = time.monotonic() + seconds
        while owner(pid_file) == running:
            if time.monotonic() > end:
                os.kill(running, signal.SIGKILL)  # its children end with it
                break
            time.sleep(0.1)
    return True


def main() -> int:
    if not stop(Places().pid_file):
        print("No sandbox is up.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
