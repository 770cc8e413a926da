"""One line of NDJSON, judged as the row engine judges it: what is taken here can be delivered, what is not is a reject."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_LINE = 20 * 1024 * 1024
"""Bytes, its end included; the row engine takes no longer one."""
_DIGITS = 18
"""A double holds every number of up to 17 significant digits apart from its neighbours, none of more."""


def row_of(line: bytes) -> dict[str, Any]:
    """The row that a line holds. Raises ValueError whose text says why it is none."""
    if len(line) > MAX_LINE:
        raise ValueError(f"the line is longer than {MAX_LINE >> 20} MiB")
    try:
        row = _DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"the line is not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the line is not JSON: {error.msg} at column {error.colno}") from None
    except _TooManyDigits as error:
        raise ValueError(f"the number {str(error)[:60]} has more digits than can be kept") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the line is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise ValueError("the line is not a JSON object")  # noqa: TRY004 - one error for all that a line can be
    if b"\\u" in line and not _is_text(row):
        raise ValueError("the line has half of a \\u pair, which is no character")
    return row


def value_of(line: bytes, row: Mapping[str, Any], name: str) -> Any:
    """The value of that name in the line's `row`. Where the line names it twice the first counts, as for the row engine."""
    if line.count(b'"%s"' % name.encode()) < 2:
        return row.get(name)
    pairs = json.loads(line, object_pairs_hook=list)
    return next((value for found, value in pairs if found == name), None)


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no value of JSON")


class _TooManyDigits(ValueError):
    """A number, as it is written, that a double would round."""


def _held(number: str) -> float:
    """A number with a point or an exponent. Integers are exempt from the check: they are never read as doubles."""
    if len(number) >= _DIGITS:
        digits = re.split("[eE]", number)[0].replace(".", "").lstrip("-0").rstrip("0")
        if len(digits) >= _DIGITS:
            raise _TooManyDigits(number)
    return float(number)


_DECODER = json.JSONDecoder(parse_constant=_refused, parse_float=_held)


def _is_text(row: dict[str, Any]) -> bool:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
