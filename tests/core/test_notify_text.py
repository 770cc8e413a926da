"""A notification's words: whatever a rule is called and whatever a run says, no line begins that nobody wrote."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from waybill.core.notify_settings import MailWords, Notify, NotifyOn
from waybill.core.notify_text import (
    DEFAULT_MESSAGE,
    DEFAULT_SUBJECT,
    LONGEST_SUBJECT,
    PLACEHOLDERS,
    message_of,
    readable_size,
    subject_of,
    values_of,
)
from waybill.core.occasion import EventKind, Occasion
from waybill.core.subscription import Target

HOSTILE = st.text(
    st.characters() | st.sampled_from("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x00\u202e\u2066{}"), max_size=80
)
"""Any Unicode, and often what ends a line somewhere."""


def run_ended(**changes: object) -> Occasion:
    data = {
        "rule_id": "rul_0123456789abcdef",
        "rule_name": "Tickets",
        "run_id": "rul_0123456789abcdef.20260329T000000Z.1",
        "window_start": "2026-03-28T23:00:00Z",
        "window_end": "2026-03-29T22:00:00Z",
        "rows": 12345,
        "bytes": 1_234_567,
        "files": 3,
        "destinations": ["SFTP", "Bucket"],
        "message": "Delivered to SFTP, Bucket.",
        **changes,
    }
    return Occasion(kind="run.success", id="1", at="2026-03-30T00:00:00Z", tenant="acme", data=data)


def test_the_default_words_say_what_happened_and_where_to_look() -> None:
    values = values_of(run_ended(), "Europe/Berlin", "https://console.example/x")
    assert subject_of(DEFAULT_SUBJECT, values) == "Waybill: Tickets was delivered"
    assert message_of(DEFAULT_MESSAGE, values) == (
        "Tickets was delivered\n\n"
        "Delivered to SFTP, Bucket.\n\n"
        "Rule: Tickets\n"
        "Window: 2026-03-29T00:00+01:00 to 2026-03-30T00:00+02:00\n"
        "Rows: 12,345\n"
        "Bytes: 1.2 MB\n"
        "Files: 3\n"
        "Destinations: SFTP, Bucket\n"
        "Run: rul_0123456789abcdef.20260329T000000Z.1\n\n"
        "https://console.example/x#/runs/rul_0123456789abcdef.20260329T000000Z.1\n"
    )


def test_every_event_has_a_title_and_every_placeholder_a_value() -> None:
    for kind in [*EventKind, "test"]:
        bare = Occasion(kind=kind, id="1", at="2026-03-30T00:00:00Z", tenant="acme", data={})
        values = values_of(bare, "UTC", "")
        assert values.keys() == PLACEHOLDERS.keys()
        assert all(values.values())
        assert "{" not in values["title"]
    assert values_of(run_ended(rows=0, bytes=0), "UTC", "")["rows"] == "0"


@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from(sorted(PLACEHOLDERS)))
def test_nothing_that_is_filled_in_begins_a_line_or_another_placeholder(
    name: str, said: str, where: str, placeholder: str
) -> None:
    occasion = run_ended(rule_name=f"x{name}", message=f"y{said}", destinations=[f"z{where}"])
    values = values_of(occasion, "UTC", "https://console.example")
    subject = subject_of(f"a {{{placeholder}}} b", values)
    assert len(subject.splitlines()) == 1
    assert len(subject) <= LONGEST_SUBJECT
    assert not {c for c in subject if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"}}
    assert not set(subject) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
    message = message_of(DEFAULT_MESSAGE, values)
    assert len(message.splitlines()) == len(
        message_of(DEFAULT_MESSAGE, values_of(run_ended(), "UTC", "x")).splitlines()
    )
    assert message.startswith(f"{values['title']}\n\n{values['message']}\n\nRule: {values['rule']}\nWindow: ")
    subject.encode()
    message.encode()


def test_a_name_does_not_turn_the_rest_of_its_line() -> None:
    values = values_of(run_ended(rule_name="a\u202eb\u2066c\u200fd", message="\u202e"), "UTC", "")
    assert (values["rule"], values["message"]) == ("abcd", "-")


def test_a_rule_that_is_called_like_a_placeholder_stays_so() -> None:
    values = values_of(run_ended(rule_name="{link}"), "UTC", "https://console.example")
    assert subject_of("{rule} {title}", values) == "{link} {link} was delivered"


@given(HOSTILE)
def test_a_template_is_taken_as_it_is_or_refused_with_what_would_do(template: str) -> None:
    for field in ("subject", "message"):
        try:
            words = MailWords.model_validate({"addresses": ["a@b.example"], field: template})
        except ValidationError:
            continue
        filled = subject_of(words.subject, values_of(run_ended(), "UTC", ""))
        assert len(filled.splitlines()) == 1
        assert getattr(words, field) == template.replace("\r\n", "\n")
        assert not set("\x00\x85\u2028\u2029\x0b\x0c") & set(getattr(words, field))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subject": "{colour}"}, r"\{colour\} is no placeholder; use \{title\}"),
        ({"message": "{rows"}, "a brace is not closed"),
        ({"message": "rows}"}, "a brace is not closed"),
        ({"subject": "a\r\nBcc: eve@evil.example"}, "one line"),
        ({"subject": "a\u2028b"}, "one line"),
        ({"message": "a\x00b"}, "no control characters"),
        ({"message": "a\rb"}, "no control characters"),
        ({"addresses": []}, "at least 1"),
        ({"addresses": [f"a{n}@b.example" for n in range(21)]}, "at most 20"),
        ({"addresses": ["a@b.example", "A@B.example"]}, "named twice"),
        ({"addresses": ["a@b.example\r\nBcc: eve@evil.example"]}, "no mail address"),
        ({"addresses": ["a@b.example\n"]}, "no mail address"),
        ({"addresses": ["Anna <a@b.example>"]}, "no mail address"),
        ({"addresses": ["a@b.example,c@d.example"]}, "no mail address"),
        ({"addresses": ["a\u2028@b.example"]}, "no mail address"),
        ({"bcc": ["x@y.example"]}, "Extra inputs"),
    ],
)
def test_what_no_mail_can_be_made_of_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        MailWords.model_validate({"addresses": ["a@b.example"], **changes})


def test_a_rule_tells_of_each_outcome_unless_it_says_which() -> None:
    words = {"addresses": ["a@b.example"]}
    every = Notify.model_validate(words)
    told = {kind for kind in EventKind if every.wants(kind)}
    assert told == {kind for kind in EventKind if kind.startswith("run.")} | {EventKind.RULE_PAUSED}
    some = Notify.model_validate({**words, "on": ["failure", "paused"]})
    assert {kind for kind in EventKind if some.wants(kind)} == {EventKind.RUN_FAILURE, EventKind.RULE_PAUSED}
    assert len(NotifyOn) == 5


def test_the_guide_has_every_placeholder_and_its_examples_are_taken() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs/notifications.md").read_text()
    rows = [line.split(" | ")[0] for line in guide.splitlines() if line.startswith("| `{")]
    assert {name for row in rows for name in re.findall(r"`\{(\w+)\}`", row)} == PLACEHOLDERS.keys()
    of_rule, of_tenant, _ = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", guide, re.DOTALL))
    assert Notify.model_validate(of_rule["notify"]).wants("run.failure")
    assert TypeAdapter(Target).validate_python(of_tenant["target"])
    assert all(EventKind(one) for one in of_tenant["events"])
    assert {kind for kind in EventKind if f"`{kind}`" in guide} == set(EventKind)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (5 * 10**16, "50000.0 TB"),
    ],
)
def test_sizes_for_people(size: int, shown: str) -> None:
    assert readable_size(size) == shown
