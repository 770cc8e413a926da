"""Which preparation of media a rule may ask for, and what it makes of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from tests.core.made import CATALOG, NOW, rule, settings
from tests.core.stores import MemoryRules, MemoryRuns
from waybill.core.dispatch import Tick, claim_due, is_large
from waybill.core.errors import InvalidInput
from waybill.core.rule_checks import check_settings
from waybill.core.run import Trigger

RECORDINGS = {"dataset": "recordings", "scope": "both"}
MESSAGES = {"dataset": "conversations", "scope": "media"}


def wrong(data: list[dict[str, Any]], **media: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        check_settings(settings(data=data, media=media), CATALOG, {"dst_one"})
    return {e.field: e.message for e in caught.value.errors}


@pytest.mark.parametrize(
    ("data", "media", "field"),
    [
        ([{"dataset": "recordings"}], {"decrypt": True}, "media.decrypt"),
        ([{"dataset": "recordings"}], {"voice_format": "mp3"}, "media.voice_format"),
        ([{"dataset": "chat_tickets"}], {"original_xml": True}, "media.original_xml"),
        ([MESSAGES], {"stitch": True}, "media.stitch"),
        ([MESSAGES], {"video_format": "mp4"}, "media.video_format"),
        ([{"dataset": "chat_tickets", "cdr_only": "ignore"}], {}, "data.0.cdr_only"),
        ([{**RECORDINGS, "attachments": False}], {}, "data.0.attachments"),
    ],
)
def test_what_nothing_of_the_rule_could_need_is_refused_by_its_field(
    data: list[dict[str, Any]], media: dict[str, Any], field: str
) -> None:
    assert field in wrong(data, **media)


@pytest.mark.parametrize(
    ("data", "media"),
    [
        ([RECORDINGS], {"decrypt": True, "stitch": True, "voice_format": "opus", "screen_format": "webm"}),
        ([MESSAGES], {"decrypt": True, "verify_signatures": True, "original_xml": True}),
        ([MESSAGES, RECORDINGS], {"stitch": True, "video_format": "mp4"}),
        ([{**RECORDINGS, "cdr_only": "ignore_without_media"}, {**MESSAGES, "attachments": False}], {}),
        ([{"dataset": "chat_tickets"}], {}),
    ],
)
def test_what_can_be_done_is_taken(data: list[dict[str, Any]], media: dict[str, Any]) -> None:
    check_settings(settings(data=data, media=media), CATALOG, {"dst_one"})


@pytest.mark.parametrize(
    "given", [{"voice_format": "wma"}, {"video_format": "mp3"}, {"screen_format": "avi"}, {"decypt": True}]
)
def test_a_format_that_is_not_written_and_a_mistyped_name_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(media=given)


@pytest.mark.parametrize(("media", "large"), [({"decrypt": True}, True), ({"original_xml": True}, False)])
def test_a_run_that_prepares_media_is_large_however_small_the_last_one_was(media: dict[str, Any], large: bool) -> None:
    made = replace(rule(data=[RECORDINGS], media=media), last_bytes=1_000)
    rules = MemoryRules()
    rules.add(made)
    tick = Tick(time=made.next_run or NOW, now=NOW, trigger=Trigger.SCHEDULE, tzdata="2026.6")
    (run, *_) = claim_due(made, MemoryRuns(rules), CATALOG, tick)
    assert is_large(run) is large
