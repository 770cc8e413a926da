"""Names of delivered files: templates over named tokens, and the rules that every name obeys.

A layout has a `folder`, a `file` below it for each data file, `media` for each media file and `manifest`, the folder below
it that holds the manifest, its signature, and, outside an archive, schemas, rejects and detail records. Names are legal on
Windows, macOS and Linux, and keep Unicode; the colons of two presets are written as `-` wherever a destination or an archive
cannot hold them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

FOLDER_TOKENS: Mapping[str, str] = {
    "tenant": "the tenant's id",
    "rule": "the rule's name",
    "rule_id": "the rule's id",
    "run": "the run's id",
    "start": "the window's start, UTC, 2026-03-29T01-00-00Z",
    "end": "the window's end, UTC",
    "date": "the local date on which the window starts, 2026-03-29; of a data file, on which its period starts",
    "generation": "1 for a window's first run, higher when it is run again",
    "again": "nothing for a window's first run, -2 for its second",
    "from": "the window's start in the rule's zone, 2026-03-29T02:00, with its second where it has one",
    "to": "the window's end in the rule's zone",
    "utc": "the window's start, UTC, 2026-03-29-01:00:00",
}
FILE_TOKENS: Mapping[str, str] = {
    **FOLDER_TOKENS,
    "dataset": "the dataset's name",
    "interval": "what the file covers, with offsets: 2026-03-01T00:00+01:00--2026-04-01T00:00+02:00",
    "part": "-part-0001 where a file is one of several, else nothing",
    "extension": "json, ndjson, csv, xml, parquet, with .gz or .zst after it where it is compressed; eml of a journal",
    "object": "the lake object's own name without its ending, where each object has a file",
    "number": "the lake object's number in its dataset, twelve digits, where each object has a file",
}
OBJECT_TOKENS = frozenset({"object", "number"})
MEDIA_TOKENS: Mapping[str, str] = {
    **FOLDER_TOKENS,
    "dataset": "the dataset's name",
    "date": "the local date of the row, 2026-03-29",
    "time": "the local time of the row, 02-00-00",
    "path": "the media's own path and name",
    "name": "the media's own name",
    "stem": "the media's own name without its ending",
    "suffix": "its ending with the dot, .wav",
    "hash": "eight digits that differ from file to file",
    "row.<field>": "what the row has in that field",
}
OWN_FORM = frozenset({"part", "extension", "from", "to", "utc", "interval", "again", "suffix", "path"})
"""Tokens whose values are made by us and go in as they are."""
_TOKEN = re.compile(r"\{([^{}]*)\}")
_ROW_TOKEN = re.compile(r"^row\.[a-z][a-z0-9_]{0,62}$")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\]')
_UNIQUE = (
    {"run"},
    {"rule_id", "start", "generation"},
    {"rule_id", "start", "again"},
    {"rule_id", "from", "to", "again"},
)
LONGEST_PATH = 900
LONGEST_STEP = 200
"""Bytes of what one value gives to a name."""


class Preset(StrEnum):
    """Layouts of the systems that this one takes over from.

    `data_ops`: `<tenant>/<dataset>/<rule>_<from>_<to>/<interval>.json`, a file a period of the dataset. `recordings`: a folder
    a local date, with that date's records and media. `device_events`: `<event type>/<YYYY-MM-DD-HH:MM:SS, UTC>/` with one
    CSV each, text in base64, in order and without duplicates; two rules with it need destinations or folders of their own.
    """

    DATA_OPS = "data_ops"
    RECORDINGS = "recordings"
    DEVICE_EVENTS = "device_events"


class Files(StrEnum):
    """Whether a dataset's rows go into one file a run, one a period of the dataset (`Dataset.file_period`), or one a lake
    object, which is for rules that run as objects arrive.
    """

    RUN = "run"
    PERIOD = "period"
    OBJECT = "object"


PRESETS: Mapping[Preset, Mapping[str, Any]] = {
    Preset.DATA_OPS: {
        "folder": "{tenant}",
        "file": "{dataset}/{rule_id}_{from}_{to}{again}/{interval}{part}.{extension}",
        "media": "{dataset}/{rule_id}_{from}_{to}{again}/media/{path}",
        "manifest": "waybills/{run}",
        "files": Files.PERIOD,
    },
    Preset.RECORDINGS: {
        "folder": "{rule}/{run}",
        "file": "{date}/{dataset}{part}.{extension}",
        "media": "{date}/{name}",
        "files": Files.PERIOD,
    },
    Preset.DEVICE_EVENTS: {
        "folder": "",
        "file": "{dataset}/{utc}{again}{part}/{dataset}.{extension}",
        "media": "{dataset}/{utc}{again}/media/{path}",
        "manifest": "waybills/{run}",
    },
}


def _checked(template: str, tokens: Mapping[str, str]) -> str:
    for token in _TOKEN.findall(template):
        if token not in tokens and not ("row.<field>" in tokens and _ROW_TOKEN.match(token)):
            raise ValueError(f"{{{token}}} is not a token; use {', '.join('{' + t + '}' for t in tokens)}")
    plain = _TOKEN.sub("x", template)
    if "{" in plain or "}" in plain:
        raise ValueError("a brace is not closed; tokens are written {like_this}")
    problem = name_problem(plain) if plain else None
    if problem:
        raise ValueError(problem)
    return template


def tokens_of(template: str) -> set[str]:
    return set(_TOKEN.findall(template))


def _file(template: str) -> str:
    missing = {"dataset", "part", "extension"} - tokens_of(_checked(template, FILE_TOKENS))
    if missing:
        raise ValueError("the file's name must hold " + ", ".join("{" + m + "}" for m in sorted(missing)))
    return template


def _media(template: str) -> str:
    named = {"path", "name", "suffix"} & tokens_of(_checked(template, MEDIA_TOKENS))
    if not named or template.endswith("/"):
        raise ValueError("a media file keeps its ending: let its name end with {path}, {name} or {suffix}")
    return template


FolderTemplate = Annotated[str, AfterValidator(lambda t: _checked(t, FOLDER_TOKENS))]


class Layout(BaseModel):
    """How delivered files are named. A `preset` fills in what is not given. `rename` is the media's name without its ending;
    `date_folders` false leaves out the folders by date of the preset `recordings`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: Preset | None = None
    folder: FolderTemplate = "{rule}/{run}"
    file: Annotated[str, AfterValidator(_file)] = "{dataset}{part}.{extension}"
    media: Annotated[str, AfterValidator(_media)] = "media/{path}"
    manifest: FolderTemplate = ""
    files: Files = Files.RUN
    rename: Annotated[str, AfterValidator(lambda t: _checked(t, MEDIA_TOKENS)), Field(max_length=300)] = ""
    date_folders: bool = True

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        preset = dict(PRESETS[Preset(given["preset"])]) if given.get("preset") in tuple(Preset) else {}
        if given.get("preset") == Preset.RECORDINGS and given.get("date_folders") is False:
            preset |= {"file": "{dataset}-{date}{part}.{extension}", "media": "{name}"}
        if given.get("files") == Files.OBJECT and "file" not in preset:
            preset["file"] = "{dataset}/{object}{part}.{extension}"
        if given.get("rename"):
            folder = preset.get("media", "media/{path}").rpartition("/")[0]
            preset["media"] = f"{folder}/{given['rename']}{{suffix}}".lstrip("/")
        return {**preset, **given}

    @model_validator(mode="after")
    def _names_objects_where_each_has_a_file(self) -> Layout:
        named = OBJECT_TOKENS & tokens_of(self.file)
        if named and self.files is not Files.OBJECT:
            raise ValueError('{object} and {number} name a lake object\'s own file; set files to "object"')
        if not named and self.files is Files.OBJECT:
            raise ValueError("the file's name must hold {object} or {number}, since each object has a file")
        return self

    @model_validator(mode="after")
    def _differs_from_run_to_run(self) -> Layout:
        unique = [*_UNIQUE, *([{"utc", "again"}] if self.preset is Preset.DEVICE_EVENTS else [])]
        for name in ("file", "media", "manifest"):
            used = tokens_of(self.folder) | tokens_of(getattr(self, name))
            own = [{"rule_id", "number", "again"}] if name == "file" else []  # no number comes twice
            if not any(need <= used for need in [*unique, *own]):
                raise ValueError(
                    f"folder and {name} together must differ from run to run: use {{run}}, or {{rule_id}}, {{start}} and"
                    " {generation}"
                )
        return self


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
    step = fitting(step, "", LONGEST_STEP)
    return f"_{step}" if not step or step in {".", ".."} or _RESERVED.match(step) else step


def fitting(text: str, ending: str, most: int) -> str:
    """The text with the ending, the text cut where both would take more than `most` bytes. The ending is never cut."""
    while text and len(f"{text}{ending}".encode()) > most:
        text = text[:-1]
    return text + ending


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its tokens replaced by safe steps; values of our own making (`OWN_FORM`) go in as they are."""

    def value(match: re.Match[str]) -> str:
        token = match.group(1)
        return values[token] if token in OWN_FORM else safe_step(values[token])

    return _TOKEN.sub(value, template)


def below(folder: str, name: str) -> str:
    """The path of `name` in `folder`; a folder may be nothing."""
    return f"{folder}/{name}" if folder else name
