"""The catalogue against the three systems that it covers: every kind of data, every field, in their words and order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.core.made import CATALOG
from waybill.core.catalog import Dataset, FieldType, parse_dataset

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
pages = pytest.mark.skipif(not REFERENCE.exists(), reason="the reference systems' pages are not beside this checkout")

DATA_OPS = {
    "Agent availability": "agent_availability",
    "Bot configuration": "bot_configuration",
    "Bot tables": "bot_tables",
    "Call details report": "call_details",
    "Chat tickets": "chat_tickets",
    "Custom analytics": "custom_analytics",
    "Email tickets": "email_tickets",
    "Conversations": "conversations",
    "Notification reports": "notification_reports",
    "Platform analytics": "platform_analytics",
    "Leads": "leads",
}
NEWER_DATA_OPS = {"call_recordings", "user_360", "audit_logs", "agent_logs"}
PERIODS = {
    "day": {"call_recordings", "recordings"},
    "month": {"agent_logs", "agent_availability", "audit_logs", "bot_tables", "call_details", "chat_tickets",
              "email_tickets", "custom_analytics", "user_360"},
    "two_weeks": {"conversations", "notification_reports", "leads", "platform_analytics"},
    "window": {"bot_configuration"},
}  # fmt: skip
DEVICE_EVENTS = {
    "connectivity": "oem_id oem_model dsn resource_tags event_type event_time user_uuid status",
    "datapoint": "oem_id oem_model dsn property_name display_name base_type resource_tags event_type id"
    " created_at_from_device updated_at created_at user_uuid echo closed value metadata",
    "datapointack": "ack_id ack_message ack_status acked_at base_type closed created_at_from_device created_at"
    " display_name dsn echo event_type id metadata oem_id oem_model property_name resource_tags updated_at user_uuid value",
    "location": "created_at dsn event_type ip lat long oem_id oem_model provider resource_tags user_uuid",
    "registration": "dsn event_type oem_id oem_model registered registration_type resource_tags unregistered_at user_uuid",
}
DETAIL_FIELDS = {
    "Participants": "From|From Info|From (digits)|From Device ID|From IP|To|To Info|To (digits)|To Device ID|To IP"
    "|Both To or From|Both To or From Info|Dialed Number|User|User Location|Extension|Group|User ID",
    "Details": "Start Time (UTC)|Direction|End Cause|Duration Interval|Conversation Type|Forward Reason|Protected|Label"
    "|Case|Encrypted with Certificate|Signed with Certificate|Quality Management Scorecard Exist",
    "Analytics": "Silence ratio|Talkover ratio|Longest Silence",
    "Technical": "Recording server|Media file name|Storage target",
}
ASKED_OF_START_TIME = {"Recent Than", "Older Than"}
"""Two criteria of the recording system that are no fields: comparisons of the start time."""


def test_every_source_of_the_chat_platform_is_a_dataset() -> None:
    for title, name in DATA_OPS.items():
        assert CATALOG[name].title == title
    assert CATALOG.keys() > NEWER_DATA_OPS


def test_files_hold_the_chat_platforms_periods() -> None:
    for period, names in PERIODS.items():
        assert {n: CATALOG[n].file_period.value for n in names} == dict.fromkeys(names, period)


@pytest.mark.parametrize("name", DEVICE_EVENTS)
def test_a_device_event_has_exactly_its_columns(name: str) -> None:
    assert [f.name for f in CATALOG[name].chosen(())] == DEVICE_EVENTS[name].split()


@pytest.mark.parametrize("category", DETAIL_FIELDS)
def test_every_detail_field_of_a_recording_can_be_asked_for(category: str) -> None:
    titles = {f.title for f in CATALOG["recordings"].fields if f.category == category and f.title}
    assert titles == set(DETAIL_FIELDS[category].split("|"))


def test_a_recording_has_its_participants_files_labels_and_cases() -> None:
    kinds = {n: CATALOG["recordings"].field(n).type for n in ("participants", "files", "labels", "cases")}
    assert kinds == dict.fromkeys(kinds, FieldType.JSON)
    assert CATALOG["recordings"].media is not None


def test_sources_whose_schema_is_the_customers_have_open_columns() -> None:
    found = {d.name: d.open_field for d in CATALOG.values() if d.open_field}
    assert found == {
        "bot_tables": "values",
        "custom_analytics": "values",
        "leads": "custom_fields",
        "user_360": "attributes",
    }
    assert CATALOG["leads"].field("custom_fields.Größe (cm)").type is FieldType.ANY
    assert not CATALOG["conversations"].has("text.anything")


@pages
def test_the_lists_here_are_those_of_the_pages() -> None:
    page = (REFERENCE / "yellow-data-ops.md").read_text()
    sources = page.split("- Choose **Data source**")[1].split("- Click **Next**")[0]
    assert set(re.findall(r"\* \*\*([^*]+)\*\*", sources)) == DATA_OPS.keys()
    events = (REFERENCE / "ayla-data-export.md").read_text().split("## Ayla Device Event Data Export Files")[1]
    for name, rest in re.findall(r"### (\w+)\n(.*?)(?=\n###|\Z)", events, re.DOTALL):
        assert re.findall(r"^\|(\w+)\|", rest.replace("|Key|", ""), re.MULTILINE) == DEVICE_EVENTS[name].split()
    details = (REFERENCE / "verba-export.md").read_text().split("Category | Field | Description |")[1]
    category, found = "", {c: set[str]() for c in DETAIL_FIELDS}
    for line in details.split("|---|---|---|")[1].splitlines():
        cells = [c.strip() for c in line.split("|")]
        if cells[0] in DETAIL_FIELDS:
            category, cells = cells[0], cells[1:]
        if len(cells) > 1 and cells[0]:
            found[category].add(cells[0])
    assert {c: names - ASKED_OF_START_TIME for c, names in found.items()} == {
        c: set(names.split("|")) for c, names in DETAIL_FIELDS.items()
    }


def test_every_field_says_what_it_is() -> None:
    for dataset in CATALOG.values():
        for field in dataset.fields:
            assert field.description.endswith("."), f"{dataset.name}.{field.name}"


GOOD = """
name = "visits"
title = "Visits"
description = "Visits of a site."
time_field = "at"
key_field = "id"
open_field = "more"
fields = [
  { name = "id", type = "string", description = "Its id." },
  { name = "at", type = "timestamp", description = "When." },
  { name = "more", type = "json", description = "More." },
]
"""


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('time_field = "at"', 'time_field = "id"', "not a timestamp"),
        ('key_field = "id"', 'key_field = "nobody"', "not among its fields"),
        ('open_field = "more"', 'open_field = "at"', "no field of type json"),
        ('name = "at"', 'name = "id"', "twice"),
        ('name = "id", type = "string"', 'name = "id", type = "any"', "open column"),
        ('name = "id", type', 'name = "more.id", type', "open column"),
        ('title = "Visits"', 'title = "Visits"\ncolour = "red"', "Extra inputs"),
        ('name = "visits"', 'name = "Visits!"', "pattern"),
    ],
)
def test_a_wrong_dataset_is_refused_by_what_is_wrong(was: str, becomes: str, said: str) -> None:
    assert parse_dataset(GOOD).open_field == "more"
    with pytest.raises(ValidationError, match=said):
        parse_dataset(GOOD.replace(was, becomes, 1))


@pytest.mark.parametrize("name", ["more.", "more.a\nb", 'more."', "more.\\", "more." + "x" * 129, "less.a"])
def test_an_open_column_with_a_hostile_name_is_none(name: str) -> None:
    assert not parse_dataset(GOOD).has(name)


def test_fields_that_are_not_default_are_written_where_they_are_chosen() -> None:
    registration: Dataset = CATALOG["registration"]
    assert "event_time" not in [f.name for f in registration.chosen(())]
    assert [f.name for f in registration.chosen(["event_time"])] == ["event_time"]
