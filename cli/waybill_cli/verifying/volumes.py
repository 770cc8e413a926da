"""Volumes of one archive by their names: `<name>-001.zip`, `<name>-002.zip` and so on, beside each other."""

from __future__ import annotations

import re
from pathlib import Path

_VOLUME = re.compile(r"^(.*)-(\d{3,})\.zip$", re.DOTALL)


def number_of(path: Path) -> int:
    """1 for what is no volume."""
    found = _VOLUME.match(path.name)
    return int(found[2]) if found else 1


def volume_name(name: str, number: int) -> str:
    """What the volume of that number beside this one is called."""
    return _VOLUME.sub(lambda found: f"{found[1]}-{number:03d}.zip", name)


def volumes_beside(path: Path) -> list[Path]:
    """All whose names say that they belong to it, by their numbers; only it where there are none."""
    found = _VOLUME.match(path.name)
    stem = found[1] if found else path.name.removesuffix(".zip")
    others = [one for one in path.parent.iterdir() if (match := _VOLUME.match(one.name)) and match[1] == stem]
    return sorted(others, key=number_of) or [path]
