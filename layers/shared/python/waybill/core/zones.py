"""Time zones by their IANA names, and what was probably meant where a name is none."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

_NOT_A_PLACE = "Factory"
"""A placeholder of the IANA database, for a machine whose zone nobody set."""


@cache
def zone_names() -> frozenset[str]:
    """Every zone of the pinned tzdata, links such as `US/Eastern` included."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split()) - {_NOT_A_PLACE}


@cache
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name; ValueError says which one may be meant."""
    if name not in zone_names():
        raise ValueError(f"{name!r} is not an IANA time zone; {_suggestion(name)}")
    return ZoneInfo(name)


def _suggestion(name: str) -> str:
    wanted = name.strip().replace(" ", "_").lower()
    known = dict(_spellings())
    near = get_close_matches(wanted, known, n=1, cutoff=0.75)
    if near:
        return f"did you mean {known[near[0]]}?"
    return "use a name such as Europe/Berlin, Asia/Kolkata or UTC"


def _spellings() -> Iterator[tuple[str, str]]:
    """What a person may write for a zone, in small letters: its whole name, or its place alone."""
    names = sorted(zone_names())
    yield from ((name.rpartition("/")[2].lower(), name) for name in names)
    yield from ((name.lower(), name) for name in names)


def _known_zone(name: str) -> str:
    zone_named(name)
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]
