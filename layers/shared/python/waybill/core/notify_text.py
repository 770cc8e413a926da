"""A notification's words: templates over named placeholders, filled so that nothing that is given can break out of its line.

A placeholder's value is one line without control characters, line separators and marks that turn the direction of writing.
Values are filled in once: a rule that is called `{link}` stays so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from waybill.core.mail import is_unsafe, one_line
from waybill.core.occasion import TEST, EventKind, Occasion
from waybill.core.window import instant, local_time

PLACEHOLDERS: Mapping[str, str] = {
    "title": "what happened, in some words",
    "event": "its kind: run.success, run.partial, run.failure, run.cancelled, rule.paused, destination.expires, hole.found",
    "outcome": "success, partial, failure, cancelled, paused, expires or found",
    "tenant": "the tenant's id",
    "rule": "the rule's name",
    "rule_id": "the rule's id",
    "run": "the run's id",
    "window_start": "where the window starts, in the rule's zone with its offset",
    "window_end": "where it ends",
    "rows": "how many rows were delivered: 12,345",
    "bytes": "how many bytes: 1.2 MB",
    "files": "how many files",
    "destinations": "the names of the run's destinations",
    "message": "the sentence that says what came of it, or what to do",
    "details": "all of these that there are, a line each",
    "link": "where the console shows it, to who is signed in",
}
NONE = "-"
"""Stands for what an event has not."""
DEFAULT_SUBJECT = "Waybill: {title}"
DEFAULT_MESSAGE = "{title}\n\n{message}\n\n{details}\n\n{link}\n"
LONGEST_SUBJECT, LONGEST_MESSAGE = 200, 5_000
_TOKEN = re.compile(r"\{([^{}]*)\}")
_TURNING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OUTCOMES = {EventKind.RULE_PAUSED.value: "paused", EventKind.DESTINATION_EXPIRES.value: "expires"}
_TITLES = {
    EventKind.RUN_SUCCESS.value: "{rule} was delivered",
    EventKind.RUN_PARTIAL.value: "{rule} was delivered in part",
    EventKind.RUN_FAILURE.value: "{rule} failed",
    EventKind.RUN_CANCELLED.value: "{rule} was cancelled",
    EventKind.RULE_PAUSED.value: "{rule} is paused",
    EventKind.DESTINATION_EXPIRES.value: "The credentials of {destinations} end",
    EventKind.HOLE_FOUND.value: "{rule} has a hole",
    TEST: "A test",
}
_DETAILS = (
    ("Rule", ("rule",)),
    ("Window", ("window_start", "window_end")),
    ("Rows", ("rows",)),
    ("Bytes", ("bytes",)),
    ("Files", ("files",)),
    ("Destinations", ("destinations",)),
    ("Run", ("run",)),
)


def checked_subject(template: str) -> str:
    """Raises ValueError for a template that no subject can be made of."""
    if is_unsafe(template):
        raise ValueError("a subject is one line without control characters")
    return _checked(template)


def checked_message(template: str) -> str:
    """With plain line ends. Raises ValueError for a template that no message can be made of."""
    plain = template.replace("\r\n", "\n")
    if is_unsafe(plain.replace("\n", " ").replace("\t", " ")):
        raise ValueError("a message has no control characters but line breaks and tabs")
    return _checked(plain)


def _checked(template: str) -> str:
    for token in _TOKEN.findall(template):
        if token not in PLACEHOLDERS:
            listed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            raise ValueError(f"{{{token}}} is no placeholder; use {listed}")
    if set("{}") & set(_TOKEN.sub("", template)):
        raise ValueError("a brace is not closed; placeholders are written {like_this}")
    return template


def subject_of(template: str, values: Mapping[str, str]) -> str:
    """One line of at most `LONGEST_SUBJECT` characters, never empty."""
    filled = " ".join(one_line(_filled(template, values)).split())
    return (filled if len(filled) <= LONGEST_SUBJECT else f"{filled[: LONGEST_SUBJECT - 1]}…") or NONE


def message_of(template: str, values: Mapping[str, str]) -> str:
    """The template's lines; what is filled in adds none but those of `{details}`."""
    return _filled(template, values)


def _filled(template: str, values: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda found: values[found.group(1)], template)


def values_of(occasion: Occasion, zone: str, console: str) -> Mapping[str, str]:
    """Every placeholder's value. `zone` is the rule's, `console` its address, empty for none."""
    data = occasion.data
    values = {
        "event": occasion.kind,
        "outcome": _OUTCOMES.get(occasion.kind, occasion.kind.rpartition(".")[2]),
        "tenant": occasion.tenant,
        "rule": data.get("rule_name"),
        "rule_id": data.get("rule_id"),
        "run": data.get("run_id") or ", ".join(data.get("run_ids") or ()),
        "window_start": _local(data.get("window_start"), zone),
        "window_end": _local(data.get("window_end"), zone),
        "rows": _counted(data.get("rows")),
        "bytes": readable_size(data["bytes"]) if "bytes" in data else None,
        "files": _counted(data.get("files")),
        "destinations": ", ".join(data.get("destinations") or ()) or data.get("destination_name"),
        "message": data.get("message") or data.get("because"),
        "link": _link(data, console),
    }
    plain = {name: plain_line(str(value)) if value else NONE for name, value in values.items()}
    plain["title"] = _filled(_TITLES[occasion.kind], plain)
    lines = [(label, [plain[n] for n in names if plain[n] != NONE]) for label, names in _DETAILS]
    plain["details"] = "\n".join(f"{label}: {' to '.join(found)}" for label, found in lines if found) or NONE
    return plain


def plain_line(text: str) -> str:
    """Any text as one harmless line."""
    return " ".join(_TURNING.sub("", one_line(text)).split()) or NONE


def readable_size(size: int) -> str:
    """`1.2 MB`, in powers of a thousand."""
    amount, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.95:
            break
        amount, unit = amount / 1000, larger
    return f"{size:,} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"


def _counted(number: Any) -> str | None:
    return None if number is None else f"{number:,}"


def _local(moment: str | None, zone: str) -> str | None:
    return local_time(instant(moment), zone, "minutes") if moment else None


def _link(data: Mapping[str, Any], console: str) -> str | None:
    """The console asks who wants to see it to sign in: the link itself opens nothing."""
    for name in ("run_id", "rule_id", "destination_id"):
        if console and data.get(name):
            return f"{console}#/{name.removesuffix('_id')}s/{data[name]}"
    return console or None
