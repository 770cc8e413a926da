from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.made import NOW, rule
from waybill.core.layout import PRESETS, Layout, below, fill, name_problem
from waybill.core.naming import FileName, Names, interval, run_values
from waybill.core.run import Run, RunKey, RunState, Trigger
from waybill.core.window import Window

MARCH = Window(datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))
"""March 2026 in Berlin, which changes its time in it."""


def a_run(window: Window, generation: int = 1, tenant: str = "acme") -> Run:
    return Run(
        key=RunKey(tenant, "rul_0123456789abcdef", window.start, generation),
        window=window,
        state=RunState.SCHEDULED,
        trigger=Trigger.SCHEDULE,
        epoch=1,
        scheduled_for=NOW,
        created_at=NOW,
    )


def values(window: Window, generation: int = 1, colon: str = ":", **changes: Any) -> dict[str, str]:
    return run_values(rule(**changes), a_run(window, generation), colon)


def path(window: Window, generation: int = 1, colon: str = "-", **changes: Any) -> str:
    """The whole path of a run's only file of chat_tickets."""
    made = rule(**changes).settings
    known = values(window, generation, colon, **changes)
    name = Names(made.layout, known, made.schedule.zone, colon).data_file("chat_tickets", window)
    return below(fill(made.layout.folder, known), name.whole)


def test_a_runs_values_are_those_of_its_zone_and_of_utc() -> None:
    found = values(MARCH)
    assert (found["from"], found["to"], found["date"]) == ("2026-03-01T00:00", "2026-04-01T00:00", "2026-03-01")
    assert (found["start"], found["end"]) == ("2026-02-28T23-00-00Z", "2026-03-31T22-00-00Z")
    assert found["utc"] == "2026-02-28-23:00:00"
    assert found["run"] == "rul_0123456789abcdef.20260228T230000Z.1"
    assert (found["generation"], found["again"]) == ("1", "")
    again = values(MARCH, 3, "-")
    assert (again["generation"], again["again"], again["from"]) == ("3", "-3", "2026-03-01T00-00")
    assert again["utc"] == "2026-02-28-23-00-00"


@pytest.mark.parametrize(
    ("changes", "extension"),
    [({}, "json"), ({"format": "csv", "compression": "gzip"}, "csv.gz"), ({"format": "xml", "compression": "zstd"}, "xml.zst"),
     ({"format": "parquet", "compression": "zstd"}, "parquet")],
)  # fmt: skip
def test_the_extension_says_how_a_file_is_written(changes: dict[str, Any], extension: str) -> None:
    assert values(MARCH, **changes)["extension"] == extension


def test_an_interval_has_both_offsets() -> None:
    assert interval(MARCH, "Europe/Berlin") == "2026-03-01T00:00+01:00--2026-04-01T00:00+02:00"
    assert interval(MARCH, "Asia/Kolkata") == "2026-03-01T04:30+05:30--2026-04-01T03:30+05:30"
    assert interval(MARCH, "UTC") == "2026-02-28T23:00+00:00--2026-03-31T22:00+00:00"


def test_a_file_is_numbered_where_its_name_says() -> None:
    name = FileName(before="x/tickets", after=".json")
    assert (name.whole, name.numbered(1), name.numbered(2, 13)) == (
        "x/tickets.json", "x/tickets-part-0001.json", "x/tickets-part-0002-0013.json",
    )  # fmt: skip
    made = Layout(file="{dataset}/{part}x.{extension}")
    inside = Names(made, values(MARCH), "UTC", "-").data_file("leads", MARCH)
    assert (inside.whole, inside.numbered(7)) == ("leads/x.json", "leads/-part-0007x.json")
    twice = Names(Layout(file="{dataset}{part}/{part}x.{extension}"), values(MARCH), "UTC", "-").data_file("l", MARCH)
    assert (twice.whole, twice.numbered(7)) == ("l/x.json", "l-part-0007/x.json")


SECONDS = st.integers(
    int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
)
WINDOWS = st.tuples(SECONDS, st.integers(1, 3_000_000) | st.integers(1, 90)).map(
    lambda found: Window(*(datetime.fromtimestamp(s, UTC) for s in (found[0], sum(found))))
)
RULE_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=120).filter(str.strip)
LAYOUTS: list[dict[str, Any]] = [{}, *({"preset": preset} for preset in PRESETS)]


@given(WINDOWS, st.sampled_from(LAYOUTS), RULE_NAMES, st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]))
def test_every_name_is_legal_everywhere(window: Window, layout: dict[str, Any], name: str, zone: str) -> None:
    changes: dict[str, Any] = {"name": name, "layout": layout, "schedule": {"frequency": "manual", "zone": zone}}
    if layout.get("preset") == "device_events":
        changes |= {"format": "csv"}
    assert name_problem(path(window, **changes)) is None


@given(WINDOWS, st.integers(1, 100), st.sampled_from(LAYOUTS))
def test_windows_that_follow_one_another_have_names_of_their_own(
    window: Window, seconds: int, layout: dict[str, Any]
) -> None:
    """Also on demand, when two runs are asked for within a minute."""
    following = replace(window, start=window.end, end=window.end + timedelta(seconds=seconds))
    changes: dict[str, Any] = {"layout": layout, "schedule": {"frequency": "manual", "zone": "Asia/Kolkata"}}
    paths = [path(window, **changes), path(following, **changes), path(window, 2, **changes)]
    assert len(set(paths)) == 3
