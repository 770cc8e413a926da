"""Rows of the people that a rule is assigned to: as the engine selects them, against a plain reading of the same rows."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.core.made import CATALOG, settings
from waybill.core.assigned import MOST_BYTES, MOST_NAMES, Assigned
from waybill.core.catalog import Dataset
from waybill.core.cql_text import filter_text
from waybill.core.errors import InvalidInput
from waybill.core.format import RowFormat, Writing
from waybill.core.rows import RowSource, SourceFormat
from waybill.core.rule_checks import check_settings
from waybill.core.rule_settings import DataChoice
from waybill.core.taken import query_text, selection_of
from waybill.core.window import Window
from waybill.engines.rows_duckdb import DuckDbRows

DAY = datetime(2026, 3, 9, tzinfo=UTC)
WINDOW = Window(DAY, DAY + timedelta(days=1))
RECORDINGS = CATALOG["recordings"]
FIELDS = tuple(RECORDINGS.field(name) for name in ("conversation_id",))
NAMES = ["ann", "Ann", "bob", 'O\'Neil "x"', "Jürgen", "1001", "%", "a,b", "日本"]


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"conversation_id": f"c{number}", "start_time": "2026-03-09T10:00:00Z", **more}


def selected(folder: Path, rows: list[dict[str, Any]], assigned: Assigned, text: str | None = None) -> list[str]:
    path = folder / "rows.ndjson"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    choice = DataChoice(dataset="recordings", filter=text, assigned=assigned)
    selection = selection_of(choice, RECORDINGS, WINDOW, FIELDS)
    stream = DuckDbRows(memory_limit_mib=400, threads=1, temp_dir=folder).select(
        [RowSource(path, SourceFormat.NDJSON)], selection, Writing(RowFormat.NDJSON)
    )
    found = [json.loads(line)["conversation_id"] for line in b"".join(stream).splitlines()]
    assert stream.rejected == 0
    return found


_NAME = st.sampled_from(NAMES)
_LIST = st.one_of(st.none(), st.lists(_NAME, max_size=3))
_ROWS = st.lists(st.tuples(st.one_of(st.none(), _NAME), _LIST, _LIST), max_size=12)
_ASKED = st.tuples(*[st.lists(_NAME, max_size=4)] * 3).filter(any)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_ROWS, _ASKED)
def test_a_row_is_selected_by_its_user_or_one_of_its_extensions_or_groups(
    tmp_path: Path, found: Any, asked: tuple[list[str], list[str], list[str]]
) -> None:
    users, extensions, groups = asked
    rows = [row(n, user=user, extensions=e, groups=g) for n, (user, e, g) in enumerate(found)]
    theirs = [
        one["conversation_id"]
        for one in rows
        if one["user"] in users or {*(one["extensions"] or [])} & {*extensions} or {*(one["groups"] or [])} & {*groups}
    ]
    assigned = Assigned(users=tuple(users), extensions=tuple(extensions), groups=tuple(groups))
    assert selected(tmp_path, rows, assigned) == theirs


def test_it_narrows_the_filter_and_an_unknown_user_is_nobody(tmp_path: Path) -> None:
    rows = [row(1, user="ann", direction="inbound"), row(2, user="bob", direction="inbound"), row(3, user="ann")]
    ann = Assigned(users=("ann",))
    assert selected(tmp_path, rows, ann, "direction = 'inbound'") == ["c1"]
    assert selected(tmp_path, rows, ann, "direction = 'inbound' or user = 'bob'") == ["c1"]
    assert selected(tmp_path, rows, Assigned(users=("' OR 1=1 --",))) == []


def test_ten_thousand_names_cost_little_more_than_one(tmp_path: Path) -> None:
    rows = [row(n, user=f"user{n:06d}", extensions=[str(n), str(n + 1)]) for n in range(20_000)]
    many = Assigned(
        users=tuple(f"user{n:06d}" for n in range(0, 10_000, 2)), extensions=tuple(str(n) for n in range(0, 10_000, 2))
    )
    started = time.monotonic()
    assert len(selected(tmp_path, rows, many)) == 9_999
    assert time.monotonic() - started < 20  # comparing each with all takes minutes


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "names nobody"),
        ({"users": [f"u{n}" for n in range(MOST_NAMES - 1)], "groups": ["a", "b"]}, "at most 10000"),
        ({"users": [f"{n:0200d}" for n in range(MOST_BYTES // 200 + 1)]}, "bytes of names"),
        ({"users": [""]}, "at least 1 character"),
        ({"users": ["a\nb"]}, "pattern"),
        ({"teams": ["a"]}, "Extra inputs"),
    ],
)
def test_names_that_cannot_be_taken_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Assigned.model_validate(wrong)


def test_a_role_that_a_dataset_does_not_know_is_refused_by_its_field() -> None:
    wanted = settings(data=[{"dataset": "chat_tickets", "assigned": {"users": ["ann"]}}])
    with pytest.raises(InvalidInput) as refused:
        check_settings(wanted, CATALOG, {"dst_one"})
    assert [error.field for error in refused.value.errors] == ["data.0.assigned.users"]
    check_settings(settings(data=[{"dataset": "recordings", "assigned": {"groups": ["g"]}}]), CATALOG, {"dst_one"})


def test_people_are_fields_of_the_dataset() -> None:
    given = RECORDINGS.model_dump(mode="json")
    for wrong in ({"users": "nobody"}, {"users": "duration_seconds"}):
        with pytest.raises(ValidationError, match=r"people\.users"):
            Dataset.model_validate({**given, "people": wrong})


def test_the_manifests_query_says_to_whom_as_text() -> None:
    data = [
        {
            "dataset": "recordings",
            "filter": "direction = 'inbound' or protected",
            "assigned": {"users": ["O'Neil"], "extensions": ["1001", "1002"]},
        }
    ]
    (choice,) = settings(data=data).data
    said = query_text(choice, RECORDINGS)
    assert said is not None
    assert said.startswith("(direction = 'inbound' or protected) AND (")
    assert "user IN ('O''Neil')" in said
    assert "1002" in said
    assert filter_text(choice.filter) == choice.filter
