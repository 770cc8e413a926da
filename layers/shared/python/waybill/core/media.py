"""The media files of a part: found in the lake by its rows, or prepared before, named by the layout, or said to be missing."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from waybill.core.catalog import DataField, Dataset
from waybill.core.lake_keys import media_key
from waybill.core.layout import LONGEST_STEP, Layout, fill, fitting, name_problem, safe_step, tokens_of
from waybill.core.manifest import Missing
from waybill.core.names_apart import NamesApart, digits, marks, split_ending
from waybill.core.parts import Part
from waybill.core.plan import Plan
from waybill.core.rows import MediaFile
from waybill.core.rule_settings import DataChoice
from waybill.core.window import instant, local_date, local_time
from waybill.core.workshop import LakeForParts, Workshop


@dataclass(frozen=True)
class FoundMedia:
    """A media file of the part's rows, as it was in the lake when it was looked at.

    `staged` names the prepared bytes in the stage that are delivered in its place; `etag` is then of these. `size` is of
    what is delivered, in bytes; `signature` is `valid` where it was checked.
    """

    name: str
    key: str
    version: str
    etag: str
    size: int
    staged: str = ""
    signature: str = ""


def fields_for_media(layout: Layout, dataset: Dataset, choice: DataChoice) -> tuple[DataField, ...]:
    """What of a row its media's names are made of, and what says which media there are and how they are prepared."""
    asked = [t.removeprefix("row.") for t in tokens_of(layout.media) if t.startswith("row.")]
    roles = dataset.media
    if roles is not None:
        attachments = roles.attachments if choice.attachments else None
        named = (attachments, roles.related, roles.kind, roles.encrypted_with, roles.signed_with)
        asked += [name for name in named if name]
        asked += [dataset.key_field] if roles.related else []
    return tuple(dataset.field(name) for name in sorted({*asked, dataset.time_field}))


class MediaNames:
    """Names of a part's media. Two files never get one: where a layout names two alike, the later one's name gets digits of
    its key. Parts cannot see each other: what meets in different parts, `seal` tells apart. A journal's mails say their
    attachments' names, which therefore are final here: of several parts every one gets digits.
    """

    def __init__(self, plan: Plan, part: Part) -> None:
        self._plan, self._part = plan, part
        self._final = plan.settings.journal is not None and len(plan.parts) > 1
        self._apart = NamesApart()

    def chosen(self, key: str) -> bool:
        """Whether the rule wants media of that ending."""
        extensions = self._plan.choice(self._part.dataset).extensions
        return not extensions or split_ending(key.rpartition("/")[2])[1].lower().removeprefix(".") in extensions

    def of(self, file: MediaFile) -> str:
        """As the layout has it; it may be taken."""
        return fill(self._plan.settings.layout.media, self._values(file))

    def free(self, name: str, key: str) -> str:
        """That name, or a marked one where it is another file's."""
        return self._apart.free(next(marks(name, key)) if self._final else name, key)

    def beside(self, name: str, key: str) -> str:
        """As `free`, for a name that was made from one that is."""
        return self._apart.free(name, key)

    def _values(self, file: MediaFile) -> dict[str, str]:
        data = self._plan.data[self._part.dataset]
        own = file.key.rpartition("/")[2]
        stem, suffix = split_ending(unicodedata.normalize("NFC", own))
        moment, zone = instant(str(file.row[data.dataset.time_field])), self._plan.settings.schedule.zone
        return {
            **self._plan.values,
            **{f"row.{name}": _shown(value) for name, value in file.row.items()},
            "dataset": self._part.dataset,
            "date": local_date(moment, zone),
            "time": local_time(moment, zone)[11:19].replace(":", "-"),
            "path": _legal(file.key),
            "name": fitting(stem, suffix, LONGEST_STEP),
            "stem": stem,
            "suffix": suffix,
            "hash": digits(file.key),
        }


class FoundFiles(Protocol):
    """A part's media, once. `missing` says what cannot be packaged as it was asked for, once the iteration is over."""

    names: MediaNames
    missing: list[Missing]

    def __iter__(self) -> Iterator[FoundMedia]: ...


class LakeMedia:
    """Media as they lie in the lake."""

    def __init__(self, plan: Plan, part: Part, shop: Workshop, named: Iterable[MediaFile]) -> None:
        self._plan, self._part, self._shop, self._named = plan, part, shop, named
        self.names = MediaNames(plan, part)
        self.missing: list[Missing] = []

    def __iter__(self) -> Iterator[FoundMedia]:
        for file in self._named:
            if file.related or not self.names.chosen(file.key):
                continue
            found = located(self._plan, self._part, self._shop.lake, file, self.names.of(file))
            if isinstance(found, Missing):
                self.missing.append(found)
            else:
                yield replace(found, name=self.names.free(found.name, found.key))


class Media:
    """All media of a part, each with its original XML beside it where the rule asks for it and the lake has it."""

    def __init__(self, plan: Plan, shop: Workshop, found: FoundFiles) -> None:
        self._found, self._shop = found, shop
        self._with_xml = plan.settings.media.original_xml
        self._delivered: set[str] = set()

    @property
    def missing(self) -> list[Missing]:
        return self._found.missing

    def __iter__(self) -> Iterator[FoundMedia]:
        for medium in self._found:
            yield medium
            if self._with_xml and medium.version:  # what was made of several has none
                yield from self._xml_of(medium)

    def _xml_of(self, medium: FoundMedia) -> Iterator[FoundMedia]:
        """Two media of one record (a sound and its transcript) share one; under one name it is delivered once."""
        key = split_ending(medium.key)[0] + ".xml"
        if key == medium.key:
            return
        name = self._found.names.beside(split_ending(medium.name)[0] + ".xml", key)
        there = None if name in self._delivered else self._shop.lake.head(key)
        self._delivered.add(name)
        if there is not None:
            yield FoundMedia(name, key, there.version, there.etag, there.size)


def located(plan: Plan, part: Part, lake: LakeForParts, file: MediaFile, name: str) -> FoundMedia | Missing:
    """The file as it is in the lake now, under that name, or why it cannot be delivered."""
    key = media_key(plan.tenant, part.dataset, file.key)
    if key is None:
        reason = "its key would leave the dataset's media folder"
        return Missing(name=safe_step(file.name or file.key), reason=reason)
    problem = name_problem(name)
    if problem:
        return Missing(name=safe_step(file.name or file.key), reason=problem)
    there = lake.head(key)
    if there is None:
        return Missing(name=name, reason="it is not in the lake")
    return FoundMedia(name, key, there.version, there.etag, there.size)


def bytes_of(shop: Workshop, found: FoundMedia) -> Iterator[bytes]:
    """What is delivered of it."""
    return shop.stage.stream(found.staged) if found.staged else shop.lake.stream(found.key, found.version)


def sha256_of(shop: Workshop, found: FoundMedia) -> str:
    digest = hashlib.sha256()
    for chunk in bytes_of(shop, found):
        digest.update(chunk)
    return digest.hexdigest()


def _legal(path: str) -> str:
    """The path with each step that some disk does not take written so that all do; the other steps stay as they are."""
    folders, _, own = path.rpartition("/")
    steps = [step if name_problem(step) is None else safe_step(step) for step in folders.split("/") if folders]
    return "/".join(
        [*steps, own if name_problem(own) is None else safe_step(fitting(*split_ending(own), LONGEST_STEP))]
    )


def _shown(value: object) -> str:
    """A value of a row in a name: an instant without its colons, nothing as `none`."""
    return "none" if value is None else str(value).replace(":", "-")
