"""Tools that the sandbox installs once under `.tools/`, each with a mark of what exactly was installed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.places import Places, program
from sandbox.processes import Children
from sandbox.progress import waiting

MARK = "installed.sha256"


NOT_OURS = ("AWS_", "WAYBILL_", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")


def outside_environment() -> dict[str, str]:
    """This shell's environment without anything that could point a child at a real AWS account, or have each of a function's
    workers compile its packages anew.
    """
    return {k: v for k, v in os.environ.items() if not k.startswith(NOT_OURS)}


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def once(place: Path, identity: str, install: Callable[[], None]) -> None:
    """Call `install` unless `place` holds exactly `identity` already; what was there before goes first.

    Two sandboxes that start together install one after the other.
    """
    digest = hashlib.sha256(identity.encode()).hexdigest()
    place.parent.mkdir(parents=True, exist_ok=True)
    with _alone(place.with_suffix(".lock")):
        mark = place / MARK
        if mark.exists() and mark.read_text() == digest:
            return
        shutil.rmtree(place, ignore_errors=True)
        with waiting(f"the installation of {place.name}"):
            install()
        mark.write_text(digest)


def python_environment(children: Children, places: Places, name: str, requirements: Path) -> Path:
    """An environment of its own with exactly `requirements`, made from this interpreter; returns its python."""
    place = places.tools / name
    python = place / "bin" / "python"

    def install() -> None:
        uv, env, log = program("uv"), outside_environment(), places.log(f"install-{name}")
        base = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
        children.run(f"uv venv {name}", [uv, "venv", "--python", base, str(place)], log=log, env=env, cwd=places.root)
        children.run(
            f"uv pip install {name}",
            [uv, "pip", "install", "--python", str(python), "--requirement", str(requirements)],
            log=log, env=env, cwd=places.root,
        )  # fmt: skip

    once(place, f"{sys.version}\n{requirements.read_text()}", install)
    return python
