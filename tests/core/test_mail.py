"""What mail is written with, against Python's own parser."""

from __future__ import annotations

import base64
import email
import email.policy
import email.utils
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.made import CATALOG, settings
from waybill.core.errors import InvalidInput
from waybill.core.journal_mail import participant
from waybill.core.mail import (
    base64_lines,
    base64_size,
    disposition,
    header_text,
    headers,
    is_address,
    mailbox,
    one_line,
)
from waybill.core.rule_checks import check_settings

ANY = st.text(max_size=200)


def parsed(fields: list[tuple[str, str]]) -> Any:
    whole = headers(fields)
    assert whole.isascii()
    assert all(len(line) <= 998 for line in whole.split(b"\r\n"))
    return email.message_from_bytes(whole + b"\r\n", policy=email.policy.default)


@given(ANY)
def test_any_text_is_one_header_and_reads_back(text: str) -> None:
    given = one_line(text)
    found = parsed([("Subject", header_text(given)), ("X-Last", "1")])
    assert found.keys() == ["Subject", "X-Last"]
    assert str(found["Subject"]) == given


@given(ANY, st.text(max_size=30))
def test_any_name_is_one_mailbox(name: str, key: str) -> None:
    one = participant(key or "x", name, "a@b.example")
    found = parsed([("To", f"{one.mailbox},\r\n {participant(key or 'x').mailbox}")])
    assert found.keys() == ["To"]
    assert found["To"].addresses[0].addr_spec == "a@b.example"
    assert len(found["To"].addresses) == 2


@given(ANY)
def test_any_name_of_an_attachment(name: str) -> None:
    found = parsed([("Content-Disposition", disposition(name))])
    assert found.keys() == ["Content-Disposition"]
    # This reader takes quotes, angles and white space away from a name's ends, whoever wrote them.
    given = email.utils.unquote(one_line(name).strip() or "file").strip()
    shown = found.get_filename()
    assert given.startswith(shown)
    assert shown == given or len(shown) > 30


@pytest.mark.parametrize("bad", ["a\r\nB: c", "a\nb", "a\rb", "a\0", "a\x85b"])
def test_what_would_end_a_header_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="control"):
        header_text(bad)
    if "\x85" not in bad:
        with pytest.raises(ValueError, match="would not stay one"):
            headers([("X", bad)])
    with pytest.raises(ValueError, match="address"):
        mailbox("x", f"a@b.example{bad}")


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a@b.example", True), ("a.b+c@x-y.example", True), ("a@localhost", True), ("a@b.example\n", False),
        ("a..b@c.example", False), (".a@b.example", False), ("a@-b.example", False), ("a b@c.example", False),
        ('"a b"@c.example', False), ("a@b@c.example", False), ("ü@b.example", False), (f"{'a' * 65}@b.example", False),
        (f"a@{'b' * 64}.example", False), ("a@[127.0.0.1]", False), ("", False), ("a@", False), ("<a@b.example>", False),
    ],
)  # fmt: skip
def test_addresses(text: str, good: bool) -> None:
    assert is_address(text) == good


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_base64_however_it_is_cut(chunks: list[bytes]) -> None:
    coded = b"".join(base64_lines(chunks))
    whole = b"".join(chunks)
    assert base64.b64decode(coded) == whole
    assert len(coded) == base64_size(len(whole))
    assert all(len(line) <= 76 for line in coded.split(b"\r\n"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"data": [{"dataset": "chat_tickets"}]}, "data.0.dataset"),
        ({"data": [{"dataset": "conversations", "fields": ["text"]}]}, "data.0.fields"),
        ({"data": [{"dataset": "conversations", "scope": "media"}]}, "data.0.scope"),
        ({"format": "csv"}, "format"),
        ({"compression": "gzip"}, "compression"),
        ({"file_limit": {"rows": 1}}, "file_limit"),
        ({"empty_window": "empty_file"}, "empty_window"),
    ],
)
def test_a_journal_goes_with_what_it_can(changes: dict[str, Any], field: str) -> None:
    good = {"data": [{"dataset": "conversations", "scope": "both"}], "journal": {"per": "user"}}
    check_settings(settings(**good), CATALOG, {"dst_one"})
    with pytest.raises(InvalidInput) as raised:
        check_settings(settings(**{**good, **changes}), CATALOG, {"dst_one"})
    assert [e.field for e in raised.value.errors] == [field]
