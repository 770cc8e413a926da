from __future__ import annotations

import subprocess
import sys
import zoneinfo

import pytest

from waybill.core.zones import zone_named, zone_names


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Europe/Berlinn", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("kolkata", "Asia/Kolkata"),
        ("America/New York", "America/New_York"),
        ("New York", "America/New_York"),
        ("utc", "UTC"),
        ("Asia/Kolkatta", "Asia/Kolkata"),
    ],
)
def test_the_zone_that_was_meant_is_named(name: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean {meant}\\?"):
        zone_named(name)


@pytest.mark.parametrize(
    "name", ["", "../etc/passwd", "localtime", "posix/Europe/Berlin", "Factory", "Middle Earth", "\0"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not an IANA time zone"):
        zone_named(name)


def test_every_name_that_is_taken_is_a_zone() -> None:
    assert len(zone_names()) > 590
    assert all(zone_named(name).key == name for name in zone_names())


def test_zones_are_those_of_the_pinned_package_and_not_of_the_machine() -> None:
    """A run records the package's version: a machine with older zones of its own must not decide."""
    said = subprocess.run(
        [sys.executable, "-c", "import zoneinfo, waybill; print(zoneinfo.TZPATH)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout.strip() == "()"
    assert zoneinfo.TZPATH == ()
