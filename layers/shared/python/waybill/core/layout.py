"""Names of delivered files: templates over named tokens, and the rules that every name obeys.

A layout has a `folder`, which is the run's own and holds the manifest, and a `file` below it. Names are legal on Windows,
macOS and Linux, and keep Unicode.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

FOLDER_TOKENS: Mapping[str, str] = {
    "tenant": "the tenant's id",
    "rule": "the rule's name",
    "rule_id": "the rule's id",
    "run": "the run's id",
    "start": "the window's start, UTC, 2026-03-29T01-00-00Z",
    "end": "the window's end, UTC",
    "date": "the local date on which the window starts, 2026-03-29",
    "generation": "1 for a window's first run, higher when it is run again",
}
FILE_TOKENS: Mapping[str, str] = {
    **FOLDER_TOKENS,
    "dataset": "the dataset's name",
    "part": "-part-0001 where a file is one of several, else nothing",
    "extension": "json, ndjson, csv",
}
_TOKEN = re.compile(r"\{([^{}]*)\}")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_UNIQUE = ({"run"}, {"rule_id", "start", "generation"})
LONGEST_PATH = 900


def _checked(template: str, tokens: Mapping[str, str]) -> str:
    for token in _TOKEN.findall(template):
        if token not in tokens:
            raise ValueError(f"{{{token}}} is not a token; use {', '.join('{' + t + '}' for t in tokens)}")
    plain = _TOKEN.sub("x", template)
    if "{" in plain or "}" in plain:
        raise ValueError("a brace is not closed; tokens are written {like_this}")
    problem = name_problem(plain)
    if problem:
        raise ValueError(problem)
    return template


def _folder(template: str) -> str:
    used = set(_TOKEN.findall(_checked(template, FOLDER_TOKENS)))
    if not any(need <= used for need in _UNIQUE):
        raise ValueError("the folder must differ from run to run: use {run}, or {rule_id}, {start} and {generation}")
    return template


def _file(template: str) -> str:
    used = set(_TOKEN.findall(_checked(template, FILE_TOKENS)))
    missing = {"dataset", "part", "extension"} - used
    if missing:
        raise ValueError("the file's name must hold " + ", ".join("{" + m + "}" for m in sorted(missing)))
    return template


class Layout(BaseModel):
    """`folder` is unique to a run and holds its manifest; `file` names a data file below it; media lie in `media/`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Annotated[str, AfterValidator(_folder)] = "{rule}/{run}"
    file: Annotated[str, AfterValidator(_file)] = "{dataset}{part}.{extension}"


def name_problem(path: str) -> str | None:
    """What is wrong with a relative path as the name of a delivered file; None where nothing is."""
    if not path or path.startswith("/"):
        return "a name is relative and not empty"
    if len(path) > LONGEST_PATH:
        return f"a name has at most {LONGEST_PATH} characters, this one has {len(path)}"
    for step in path.split("/"):
        if step in {"", ".", ".."}:
            return f"{path!r} has an empty step or a dot step; folders are separated by one /"
        if _FORBIDDEN.search(step):
            return f'{step!r} holds a control character or one of < > : " | ? * \\'
        if step[-1] in ". " or step[0] == " ":
            return f"{step!r} starts or ends with a space, or ends with a dot"
        if _RESERVED.match(step):
            return f"{step!r} is a reserved name on Windows"
        if len(step.encode()) > 240:
            return f"{step[:40]!r}... has over 240 bytes"
    return None


def safe_step(text: str) -> str:
    """Any text as one step of a path: forbidden characters become `_`, Unicode stays (NFC). Never empty."""
    step = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text)).replace("/", "_").strip(" ").rstrip(". ")
    while len(step.encode()) > 200:
        step = step[:-1]
    return f"_{step}" if not step or step in {".", ".."} or _RESERVED.match(step) else step


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its tokens replaced by safe steps; `part` and `extension` are ours and go in as they are."""

    def value(match: re.Match[str]) -> str:
        token = match.group(1)
        return values[token] if token in {"part", "extension"} else safe_step(values[token])

    return _TOKEN.sub(value, template)
