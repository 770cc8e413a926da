"""Run a command whose whole process group ends when the process that asked for it ends, however that one ended.

    python bound.py <parent's pid> <command> [argument ...]

Stands alone (standard library, started with -I -S): it is the leader of the group that `processes.Children` made.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from types import FrameType

PR_SET_PDEATHSIG = 1
SECONDS_BETWEEN_LOOKS = 1.0


def main() -> int:
    parent = int(sys.argv[1])

    def look(_signal: int = 0, _frame: FrameType | None = None) -> None:
        # The kernel also signals when only the *thread* that started us ended; then the parent is still there. A
        # tear-down signals the whole group, so the command has its own SIGTERM and is waited for.
        if os.getppid() != parent:
            os.killpg(0, signal.SIGKILL)

    signal.signal(signal.SIGTERM, look)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    look()  # the parent may have gone before the line above
    command = subprocess.Popen(sys.argv[2:])
    while True:
        try:
            code = command.wait(None if sys.platform == "linux" else SECONDS_BETWEEN_LOOKS)
        except subprocess.TimeoutExpired:
            look()
            continue
        return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
