from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from waybill.core.layout import Layout, fill, name_problem, safe_step


@given(st.text())
def test_any_text_becomes_one_safe_step(text: str) -> None:
    step = safe_step(text)
    assert "/" not in step
    assert name_problem(step) is None


@pytest.mark.parametrize("text", ["Größe", "月次レポート", "отчёт", "تقرير", "रिपोर्ट", "report 2026", "O'Brien & Co"])
def test_names_keep_their_script(text: str) -> None:
    assert safe_step(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "a//b",
        "a/../b",
        "..",
        "a\\b",
        "con",
        "LPT1.txt",
        "a\x00b",
        "a\nb",
        "a\x9bb",
        "a:b",
        "dot.",
        "space ",
        "x" * 901,
    ],
)
def test_names_that_some_system_cannot_hold_are_refused(name: str) -> None:
    assert name_problem(name) is not None


def test_the_default_layout_fills_to_a_plain_path() -> None:
    layout = Layout()
    values = {
        "rule": "Tickets/daily",
        "run": "rul_1.20260309T230000Z.1",
        "dataset": "chat_tickets",
        "part": "",
        "extension": "json",
    }
    assert fill(layout.folder, values) == "Tickets_daily/rul_1.20260309T230000Z.1"
    assert fill(layout.file, values) == "chat_tickets.json"


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"folder": "{rule}"}, "differ from run to run"),
        ({"folder": "", "file": "{run}/{dataset}{part}.{extension}"}, "folder and media together"),
        ({"preset": "data_ops", "manifest": "waybills"}, "folder and manifest together"),
        ({"preset": "nonsense"}, "data_ops"),
        ({"media": "{row.nonsense field}{suffix}"}, "not a token"),
        ({"media": "{row.agent}"}, "keeps its ending"),
        ({"rename": "../{row.agent}"}, "dot step"),
        ({"folder": "{run}/../x"}, "dot step"),
        ({"folder": "/abs/{run}"}, "relative"),
        ({"folder": "{run}/{nonsense}"}, "not a token"),
        ({"folder": "{run"}, "not closed"),
        ({"folder": "{run.__class__}"}, "not a token"),
        ({"file": "data.json"}, "must hold"),
        ({"file": "{dataset}{part}.{extension}\n"}, "control character"),
    ],
)
def test_a_layout_that_would_overwrite_or_escape_is_refused(given_: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Layout.model_validate(given_)


def test_presets_fill_in_what_is_not_given() -> None:
    assert Layout.model_validate({"preset": "data_ops"}).file.startswith("{dataset}/{rule_id}_{from}_{to}{again}/")
    assert Layout.model_validate({"preset": "recordings"}).media == "{date}/{name}"
    assert Layout.model_validate({"preset": "recordings", "date_folders": False}).media == "{name}"
    renamed = Layout.model_validate({"preset": "recordings", "rename": "{row.from_number}_{time}"})
    assert renamed.media == "{date}/{row.from_number}_{time}{suffix}"
    assert Layout.model_validate({"rename": "{row.user}"}).media == "media/{row.user}{suffix}"
    mine = Layout.model_validate({"preset": "device_events", "folder": "{tenant}"})
    assert (mine.folder, mine.manifest) == ("{tenant}", "waybills/{run}")
    assert Layout.model_validate(mine.model_dump(mode="json")) == mine
