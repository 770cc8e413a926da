"""The media files of a part's rows: found in the lake, named by the layout, or said to be missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from waybill.core.catalog import DataField, Dataset
from waybill.core.lake_keys import media_key
from waybill.core.layout import Layout, fill, name_problem, safe_step, tokens_of
from waybill.core.manifest import Missing
from waybill.core.parts import Part
from waybill.core.plan import Plan
from waybill.core.rows import MediaFile
from waybill.core.window import instant, local_date, local_time
from waybill.core.workshop import LakeForParts, Workshop


@dataclass(frozen=True)
class FoundMedia:
    """A media file of the part's rows, as it is in the lake now."""

    name: str
    key: str
    version: str
    etag: str
    size: int


def fields_for_names(layout: Layout, dataset: Dataset) -> tuple[DataField, ...]:
    """What of a row its media's names are made of."""
    asked = [t.removeprefix("row.") for t in tokens_of(layout.media) if t.startswith("row.")]
    return tuple(dataset.field(name) for name in sorted({*asked, dataset.time_field}))


class Media:
    """The media of a part's rows. What cannot be packaged is in `missing` once the iteration is over.

    Two files never get one name: where a layout names two alike, the later one's name gets eight digits of its key. In an
    archive of several parts every name gets them, unless the layout keeps the media's own paths: parts cannot see each other.
    """

    def __init__(self, plan: Plan, part: Part, shop: Workshop, named: Iterator[MediaFile]) -> None:
        self._plan, self._part, self._shop, self._named = plan, part, shop, named
        self._choice = plan.choice(part.dataset)
        tokens = tokens_of(plan.settings.layout.media)
        self._marked = plan.archived and part.of > 1 and not tokens & {"path", "hash"}
        self._taken: dict[str, str] = {}
        self.missing: list[Missing] = []

    def __iter__(self) -> Iterator[FoundMedia]:
        for file in self._named:
            if not self._chosen(file.key):
                continue
            key = media_key(self._plan.tenant, self._part.dataset, file.key)
            if key is None:
                reason = "its key would leave the dataset's media folder"
                self.missing.append(Missing(name=safe_step(file.name or file.key), reason=reason))
                continue
            name = self._name(file)
            problem = name_problem(name)
            if problem:
                self.missing.append(Missing(name=safe_step(file.name or file.key), reason=problem))
                continue
            there = self._shop.lake.head(key)
            if there is None:
                self.missing.append(Missing(name=name, reason="it is not in the lake"))
                continue
            yield FoundMedia(name, key, there.version, there.etag, there.size)

    def _chosen(self, key: str) -> bool:
        ending = key.rpartition("/")[2].rpartition(".")[2].lower()
        return not self._choice.extensions or ending in self._choice.extensions

    def _name(self, file: MediaFile) -> str:
        name = fill(self._plan.settings.layout.media, self._values(file))
        if self._marked or self._taken.setdefault(name, file.key) != file.key:
            return marked(name, file.key)
        return name

    def _values(self, file: MediaFile) -> dict[str, str]:
        data = self._plan.data[self._part.dataset]
        own = file.key.rpartition("/")[2]
        dot = own.rfind(".")
        stem, suffix = (own[:dot], own[dot:]) if dot > 0 else (own, "")
        moment, zone = instant(str(file.row[data.dataset.time_field])), self._plan.settings.schedule.zone
        return {
            **self._plan.values,
            **{f"row.{name}": _shown(value) for name, value in file.row.items()},
            "dataset": self._part.dataset,
            "date": local_date(moment, zone),
            "time": local_time(moment, zone)[11:19].replace(":", "-"),
            "path": file.key,
            "name": own,
            "stem": stem,
            "suffix": suffix,
            "hash": _digits(file.key),
        }


def _shown(value: object) -> str:
    """A value of a row in a name: an instant without its colons, nothing as `none`."""
    return "none" if value is None else str(value).replace(":", "-")


def _digits(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def marked(name: str, key: str) -> str:
    """The name with eight digits that tell the file from others of that name."""
    folder, slash, own = name.rpartition("/")
    dot = own.rfind(".")
    stem, suffix = (own[:dot], own[dot:]) if dot > 0 else (own, "")
    return f"{folder}{slash}{stem}-{_digits(key)}{suffix}"


def sha256_of(lake: LakeForParts, found: FoundMedia) -> str:
    digest = hashlib.sha256()
    for chunk in lake.stream(found.key, found.version):
        digest.update(chunk)
    return digest.hexdigest()
