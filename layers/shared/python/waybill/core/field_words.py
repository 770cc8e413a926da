"""What is wrong with a field, in plain words: pydantic's kinds of errors as sentences that say what would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from waybill.core import patterns

_WHOLE = "must be a whole number"
_DAY = "must be a day, such as 2026-03-29"
_INSTANT = "must be an instant with its offset from UTC, such as 2026-03-29T06:00:00Z"
_TIME = "must be a time of day, such as 06:00"
_LIST = "must be a list"
_OBJECT = "must be an object, in braces"

_WORDS: Mapping[str, str] = {
    "missing": "is missing; give it a value",
    "extra_forbidden": "is not a known field; remove it or correct its name",
    "json_invalid": "the body is not valid JSON",
    "none_required": "must be null; leave it out",
    "string_type": "must be text",
    "string_too_short": "is too short; use {min_length} characters or more",
    "string_too_long": "is too long; use at most {max_length} characters",
    "string_unicode": "holds characters that are no Unicode text; remove them",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": "is too large; use a smaller number",
    "int_from_float": _WHOLE,
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "multiple_of": "must be a multiple of {multiple_of}",
    "too_short": "has too few entries; give it {min_length} or more",
    "too_long": "has too many entries; give it at most {max_length}",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "dict_type": _OBJECT,
    "mapping_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "has a {discriminator} that is not known; use one of {expected_tags}",
    "union_tag_not_found": "lacks {discriminator}; give it a value",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "timezone_aware": "lacks its offset from UTC; add Z or one such as +02:00",
    "time_type": _TIME,
    "time_parsing": _TIME,
}
_EMPTY = "is empty; give it a value"
_NO_ENTRY = "is empty; give it one entry or more"


def field_words(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors as what follows its field's name. It repeats nothing of what was given, which may be a secret.

    `error` is as `ValidationError.errors()` has it, with its context. A kind of error that has no words here keeps pydantic's;
    those of our own validators are words already.
    """
    kind, context = str(error["type"]), error.get("ctx", {})
    if context.get("min_length") == 1 and kind in {"string_too_short", "too_short"}:
        return _EMPTY if kind == "string_too_short" else _NO_ENTRY
    if kind == "string_pattern_mismatch":
        return patterns.WORDS.get(context["pattern"], f"must be written as {context['pattern']} says")
    if kind in _WORDS:
        return _WORDS[kind].format_map(context)
    return str(error["msg"]).removeprefix("Value error, ")


def written_path(steps: Sequence[int | str]) -> list[str]:
    """The steps to a field as its user wrote them: pydantic puts the tag of a tagged union (`daily`) among them."""
    return [str(s) for n, s in enumerate(steps) if not (n == 1 and steps[0] in {"schedule", "target"})]
