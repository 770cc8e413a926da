"""Media that are worked on before they are packaged: what is staged of the list of them, and of what came of each.

runs/<t>/<run>/media/<part>.json                      the list: its batches' keys, and what could not be listed
runs/<t>/<run>/media/<part>-<attempt>/<n>.json        a batch: files to prepare
runs/<t>/<run>/media/<part>-<attempt>/<n>.<m>.json    the m-th run of results of that batch, in the files' order
runs/<t>/<run>/media/<part>-<attempt>/...-<attempt>   the bytes of one prepared file

Of several attempts the first list and the first results that are staged count, for all that read them later.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.manifest import Missing
from waybill.core.media import FoundMedia, MediaNames
from waybill.core.names_apart import split_ending
from waybill.core.parts import Part
from waybill.core.plan import Plan, stage_folder


class Unprepared(Exception):
    """A file that cannot be prepared as the rule asks. The text is the reason, for the manifest; it holds no secret."""


class MediaKind(StrEnum):
    """What a row says that its media are. `other` is never transcoded, `unsaid` is what the file turns out to be."""

    VOICE = "voice"
    VIDEO = "video"
    SCREEN = "screen"
    OTHER = "other"
    UNSAID = "unsaid"


class Cut(BaseModel):
    """A piece of a file in the lake; without seconds from its start, or to its end."""

    model_config = ConfigDict(frozen=True)

    key: str
    version: str
    size: int
    from_seconds: float | None = None
    to_seconds: float | None = None


class ListedMedia(BaseModel):
    """A file to prepare, under the name that the layout gives it before anybody else is asked. `cuts`: made of these."""

    model_config = ConfigDict(frozen=True)

    name: str
    key: str
    version: str = ""
    etag: str = ""
    size: int = 0
    kind: MediaKind
    encrypted_with: str = ""
    signed_with: str = ""
    cuts: tuple[Cut, ...] = ()


class Batch(BaseModel):
    model_config = ConfigDict(frozen=True)

    files: tuple[ListedMedia, ...]


class MediaList(BaseModel):
    """A part's batches, by their keys."""

    model_config = ConfigDict(frozen=True)

    batches: tuple[str, ...]
    missing: tuple[Missing, ...]


class Prepared(BaseModel):
    """What came of a file. Without `staged` it is delivered as it lies in the lake. `ending`, with its dot, is its new one."""

    model_config = ConfigDict(frozen=True)

    staged: str = ""
    size: int = 0
    sha256: str = ""
    ending: str = ""
    signature: str = ""
    problem: str = ""


class Results(BaseModel):
    model_config = ConfigDict(frozen=True)

    files: tuple[Prepared, ...]


class StageToRead(Protocol):
    def read(self, key: str) -> bytes: ...


def list_key(plan: Plan, index: int) -> str:
    return f"{stage_folder(plan.tenant, plan.run_id)}/media/{index:05d}.json"


def results_key(batch: str, number: int) -> str:
    return f"{batch.removesuffix('.json')}.{number:04d}.json"


class PreparedMedia:
    """`core.media.FoundFiles` of a part whose media were prepared. An original that is delivered in place of what was asked
    for, and what cannot be delivered at all, is in `missing`.
    """

    def __init__(self, plan: Plan, part: Part, stage: StageToRead) -> None:
        self._stage = stage
        self._listed = MediaList.model_validate_json(stage.read(list_key(plan, part.index)))
        self.names = MediaNames(plan, part)
        self.missing: list[Missing] = list(self._listed.missing)

    def __iter__(self) -> Iterator[FoundMedia]:
        for key in self._listed.batches:
            files = Batch.model_validate_json(self._stage.read(key)).files
            for file, result in zip(files, self._results(key, len(files)), strict=True):
                yield from self._delivered(file, result)

    def _results(self, batch: str, count: int) -> Iterator[Prepared]:
        number = 0
        while count:
            found = Results.model_validate_json(self._stage.read(results_key(batch, number))).files
            yield from found
            count, number = count - len(found), number + 1

    def _delivered(self, file: ListedMedia, result: Prepared) -> Iterator[FoundMedia]:
        stem, ending = split_ending(file.name)
        converted = bool(result.ending) and result.ending != ending.lower()
        name = stem + result.ending if converted else file.name
        if result.problem and file.cuts:
            self.missing.append(Missing(name=name, reason=result.problem))
            return
        name = self.names.free(name, file.key)
        if result.problem:
            self.missing.append(Missing(name=name, reason=f"{result.problem}; delivered as it is", source=file.key))
        if result.staged:
            size, etag = result.size, result.sha256
        else:
            size, etag = file.size, file.etag
        yield FoundMedia(name, file.key, file.version, etag, size, result.staged, result.signature)
