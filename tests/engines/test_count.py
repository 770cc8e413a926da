"""Counting the lake's rows of windows with the real row engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.core.made import CATALOG, settings
from tests.engines.test_query import Library, ticket
from waybill.core import count as counting
from waybill.core.count import AskedWindow, Counted, count
from waybill.core.window import Window, event_time

DAYS = [Window(datetime(2026, 3, d, tzinfo=UTC), datetime(2026, 3, d + 1, tzinfo=UTC)) for d in range(1, 8)]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def asked(window: Window, considered: dict[str, list[dict[str, int]]] | None = None) -> AskedWindow:
    span = {"start": window.start, "end": window.end}
    return AskedWindow.model_validate({"span": span, "considered": considered})


def upto(*ranges: tuple[int, int], dataset: str = "chat_tickets") -> dict[str, list[dict[str, int]]]:
    return {dataset: [{"after": after, "upto": upto} for after, upto in ranges]}


def of(library: Library, *windows: AskedWindow, **changes: Any) -> list[Counted | None]:
    found = count("acme", settings(**changes), windows, CATALOG, library.reading)
    assert list(library.reading.folder.glob("*.ndjson")) == [], "no local copy stays"
    return found


def test_rows_are_counted_by_window_and_filter_considered_and_late_apart(library: Library) -> None:
    random, rows = Random(3), []
    for sequence in range(1, 7):
        made = [ticket(random.randrange(60), status=random.choice(("open", "closed"))) for _ in range(40)]
        rows += [(sequence, row) for row in made]
        library.put(*made)
    ranges = upto((0, 2), (3, 4))
    found = of(
        library, *(asked(w, ranges) for w in DAYS), data=[{"dataset": "chat_tickets", "filter": "status = 'open'"}]
    )
    for window, one in zip(DAYS, found, strict=True):
        inside = [s for s, row in rows if row["status"] == "open" and window.start <= at(row) < window.end]
        known = sum(s in {1, 2, 4} for s in inside)
        assert one == Counted(known, len(inside) - known)


def at(row: dict[str, Any]) -> datetime:
    found = event_time(row["created_at"])
    assert found is not None
    return found


def test_where_nothing_was_delivered_no_row_is_late(library: Library) -> None:
    library.put(ticket(0), ticket(0))
    assert of(library, asked(DAYS[0])) == [Counted(2, 0)]
    assert of(library, asked(DAYS[0], upto((0, 0)))) == [Counted(0, 2)]


def test_a_dataset_that_the_run_did_not_have_is_not_counted(library: Library) -> None:
    library.put(ticket(0))
    assert of(library, asked(DAYS[0], upto((0, 9), dataset="conversations"))) == [Counted(0, 0)]


def test_dropped_duplicates_are_counted_once_and_a_known_row_is_not_late(library: Library) -> None:
    library.put(ticket(0), ticket(0), ticket(28))
    library.put(ticket(28), ticket(56))
    distinct: dict[str, Any] = {"order": "time", "duplicates": "drop"}
    assert of(library, asked(DAYS[0], upto((0, 1))), **distinct) == [Counted(2, 1)]
    assert of(library, asked(DAYS[0], upto((0, 1)))) == [Counted(3, 2)]


def test_rows_that_a_run_would_reject_are_not_counted(library: Library) -> None:
    library.put(ticket(0), ticket(0, messages="many"))
    assert of(library, asked(DAYS[0])) == [Counted(1, 0)]
    assert of(library, asked(DAYS[0]), data=[{"dataset": "chat_tickets", "fields": ["ticket_id"]}]) == [Counted(2, 0)]


def test_only_the_tier_that_the_rule_asks_for_is_counted(library: Library) -> None:
    library.put(ticket(0))
    library.put(ticket(0), archived=True)
    for source, rows in (("online", 1), ("archived", 1), ("both", 2)):
        assert of(library, asked(DAYS[0]), data=[{"dataset": "chat_tickets", "source": source}]) == [Counted(rows, 0)]


def test_what_is_too_much_is_left_and_the_rest_counted(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.put(*(ticket(28 * n) for n in range(50)))
    library.put(ticket(1))
    monkeypatch.setattr(counting, "COUNT_BYTES", 200)
    assert of(library, asked(DAYS[0]), asked(DAYS[1])) == [None, Counted(1, 0)]


def test_nothing_is_half_counted_when_time_is_up(library: Library) -> None:
    library.put(ticket(0))
    library.put(ticket(0))
    looks = iter([False, False, True, True])
    library.reading = replace(library.reading, enough=lambda: next(looks))
    assert of(library, asked(DAYS[0]), asked(DAYS[1])) == [None, None]
