"""Whatever somebody writes into a field, they are told in plain words what would do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from waybill.core import patterns
from waybill.core.errors import InvalidInput
from waybill.core.field_words import field_words
from waybill.core.rule_settings import RuleSettings
from waybill.core.template import checked_settings

PYDANTICS = re.compile(r"Input|String should|should (be|have|match)|Value error|valid |[Ff]ield required|instance of")


def said(kind: Any, value: Any) -> str:
    with pytest.raises(ValidationError) as wrong:
        TypeAdapter(kind).validate_python(value)
    return field_words(wrong.value.errors()[0])


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Annotated[str, Field(min_length=1)], "", "is empty; give it a value"),
        (Annotated[str, Field(min_length=12)], "short", "is too short; use 12 characters or more"),
        (Annotated[str, Field(max_length=3)], "long", "is too long; use at most 3 characters"),
        (Annotated[list[int], Field(min_length=1)], [], "is empty; give it one entry or more"),
        (Annotated[list[int], Field(min_length=2)], [1], "has too few entries; give it 2 or more"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "has too many entries; give it at most 1"),
        (Annotated[int, Field(ge=1)], 0, "must be 1 or more"),
        (Annotated[int, Field(le=8)], 9, "must be 8 or less"),
        (Annotated[float, Field(gt=0)], 0, "must be more than 0.0"),
        (int, "many", "must be a whole number"),
        (int, 1.5, "must be a whole number"),
        (float, "much", "must be a number"),
        (bool, "perhaps", "must be true or false"),
        (str, 1, "must be text"),
        (list[int], "1, 2", "must be a list"),
        (Thing, "thing", "must be an object, in braces"),
        (Thing, {}, "is missing; give it a value"),
        (Thing, {"name": "x", "colour": 1}, "is not a known field; remove it or correct its name"),
        (Literal["csv", "json"], "docx", "must be 'csv' or 'json'"),
        (date, "tomorrow", "must be a day, such as 2026-03-29"),
        (datetime, "now", "must be an instant with its offset from UTC, such as 2026-03-29T06:00:00Z"),
        (AwareDatetime, "2026-03-29T06:00:00", "lacks its offset from UTC; add Z or one such as +02:00"),
        (time, "noon", "must be a time of day, such as 06:00"),
        (Annotated[str, Field(pattern=patterns.NAME)], "No Name", patterns.WORDS[patterns.NAME]),
    ],
)
def test_each_kind_of_error_says_what_would_do(kind: Any, value: Any, words: str) -> None:
    assert said(kind, value) == words


def test_words_of_our_own_validators_stay() -> None:
    error = {"type": "value_error", "msg": "Value error, is no region: write it as in eu-central-1"}
    assert field_words(error) == "is no region: write it as in eu-central-1"


def test_a_kind_without_words_keeps_its_own() -> None:
    assert field_words({"type": "url_scheme", "msg": "URL scheme should be 'https'"}) == "URL scheme should be 'https'"


INNER = [
    "frequency",
    "method",
    "at",
    "weekdays",
    "dataset",
    "bytes",
    "rows",
    "policy",
    "addresses",
    "first_day",
    "preset",
]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER), inner, max_size=4),
    max_leaves=8,
)
FREQUENCIES = ["hourly", "daily", "weekly", "monthly", "cron", "once", "manual", "arrival"]
SCHEDULES = st.builds(
    lambda f, rest: {"frequency": f, **rest},
    st.sampled_from(FREQUENCIES),
    st.dictionaries(
        st.sampled_from(["at", "zone", "weekdays", "day", "expression", "first_day", "last_day", "starts_at"]),
        JUNK,
        max_size=4,
    ),
)


@given(
    st.dictionaries(st.sampled_from(sorted(RuleSettings.model_fields)), JUNK, min_size=1, max_size=3)
    | st.fixed_dictionaries({"schedule": SCHEDULES})
)
def test_no_field_of_a_rule_answers_in_the_words_of_a_library(settings: Mapping[str, Any]) -> None:
    try:
        checked_settings(settings)
    except InvalidInput as wrong:
        for error in wrong.errors:
            assert not PYDANTICS.search(error.message), (error.field, error.message)


def test_a_field_is_named_as_its_user_wrote_it() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_settings({"schedule": {"frequency": "daily", "at": "noon"}, "late": {"policy": "x"}})
    assert [error.field for error in refused.value.errors] == ["settings.schedule.at", "settings.late.policy"]


def test_a_preset_that_is_no_text_is_a_wrong_value_too() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_settings({"layout": {"preset": ["data_ops"]}})
    assert [error.field for error in refused.value.errors] == ["settings.layout.preset"]
