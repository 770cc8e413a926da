"""Where the sandbox keeps its things; every path derives from the repository's root."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class ToolMissing(RuntimeError):
    """A program that the sandbox needs is not installed; the message says how to get it."""


@dataclass(frozen=True)
class Places:
    """`state` belongs to one sandbox and may be deleted when it is down; `tools` is installed once and shared."""

    root: Path = ROOT
    state: Path = field(default=ROOT / ".sandbox")
    tools: Path = field(default=ROOT / ".tools")

    @property
    def env_file(self) -> Path:
        return self.state / "env"

    @property
    def pid_file(self) -> Path:
        return self.state / "pid"

    @property
    def scratch(self) -> Path:
        return self.state / "tmp"

    def log(self, name: str) -> Path:
        return self.state / f"{name}.log"

    def make(self) -> None:
        """Make the folders that stay."""
        self.state.mkdir(parents=True, exist_ok=True)
        self.tools.mkdir(parents=True, exist_ok=True)

    def prepare(self) -> None:
        """Make the folders; what an earlier sandbox left in `scratch` is gone afterwards. None may run."""
        self.make()
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()


def program(name: str) -> str:
    """The program of this project's environment, or else the one on the PATH."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise ToolMissing(f"`{name}` is missing. Install the project's tools: pip install -r requirements-dev.txt")
    return found
