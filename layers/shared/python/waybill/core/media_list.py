"""Listing a part's media for preparation: what its rows name, as it is in the lake now, in batches of bounded work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from waybill.core.catalog import Media
from waybill.core.errors import PermanentError
from waybill.core.lake_keys import media_key
from waybill.core.layout import name_problem, safe_step
from waybill.core.manifest import Missing
from waybill.core.media import MediaNames, located
from waybill.core.package import fetched, named_media, part_key, with_keys
from waybill.core.parts import Part
from waybill.core.plan import Plan
from waybill.core.prepared import Batch, Cut, ListedMedia, MediaKind, MediaList, list_key
from waybill.core.rows import MediaFile, text_in
from waybill.core.workshop import Workshop

BATCH_FILES = 50
BATCH_BYTES = 256 * 1024 * 1024
GROWS_EVERY = 10
"""After so many batches they hold twice as much, so that a part has some hundred batches at most: an execution's history
holds 25,000 events. A worker that does not get to a batch's end goes on with it in its next invocation.
"""


class _AskedCut(BaseModel):
    """One entry of the catalogue's `related`."""

    model_config = ConfigDict(extra="ignore")

    key: Annotated[str, Field(min_length=1)]
    from_seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    to_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)


def list_media(plan: Plan, index: int, shop: Workshop) -> int:
    """Stage the list of a part's media; returns how many batches it has. Idempotent: the first list that is staged counts.

    0 where the part is packaged already, or prepares nothing. Raises PermanentError where a source cannot be read.
    """
    part = plan.parts[index]
    if not plan.prepares(part.dataset) or shop.stage.read_if_there(part_key(plan, index)) is not None:
        return 0
    key = list_key(plan, index)
    before = shop.stage.read_if_there(key)
    if before is None:
        try:
            listed = _Listing(plan, part, shop).staged()
        except PermanentError as error:
            raise with_keys(error, part) from error
        shop.stage.put(key, listed.model_dump_json().encode())
        before = shop.stage.read(key)
    return len(MediaList.model_validate_json(before).batches)


def batch_key(plan: Plan, index: int, attempt: str, number: int) -> str:
    return f"{list_key(plan, index).removesuffix('.json')}-{attempt}/{number:05d}.json"


@dataclass
class _Listing:
    plan: Plan
    part: Part
    shop: Workshop
    missing: list[Missing] = field(default_factory=list)

    def staged(self) -> MediaList:
        keys = []
        for number, files in enumerate(batches(self._files())):
            keys.append(batch_key(self.plan, self.part.index, self.shop.attempt, number))
            self.shop.stage.put(keys[-1], Batch(files=tuple(files)).model_dump_json().encode())
        return MediaList(batches=tuple(keys), missing=tuple(self.missing))

    def _files(self) -> Iterator[ListedMedia]:
        sources = fetched(self.part.objects, "", self.shop)
        names = MediaNames(self.plan, self.part)
        for file in named_media(self.plan, self.part, self.shop, sources):
            if file.related:
                found = self._stitched(file, names) if self.plan.settings.media.stitch else None
            else:
                found = self._single(file, names) if names.chosen(file.key) else None
            if isinstance(found, Missing):
                self.missing.append(found)
            elif found is not None:
                yield found

    def _single(self, file: MediaFile, names: MediaNames) -> ListedMedia | Missing:
        found = located(self.plan, self.part, self.shop.lake, file, names.of(file))
        if isinstance(found, Missing):
            return found
        return ListedMedia(
            name=found.name,
            key=found.key,
            version=found.version,
            etag=found.etag,
            size=found.size,
            kind=MediaKind.OTHER if file.attachment else kind_of(self._roles, file.row),
            encrypted_with=text_in(file.row, self._roles.encrypted_with),
            signed_with=text_in(file.row, self._roles.signed_with),
        )

    def _stitched(self, file: MediaFile, names: MediaNames) -> ListedMedia | Missing:
        """Named after the record, whose key field takes the place of a file's own name."""
        record = file.row.get(self.plan.data[self.part.dataset].dataset.key_field)
        own = safe_step(str(record)) + ".wav"
        name = names.of(MediaFile(own, own, file.row))
        if record is None:
            return Missing(name=name, reason="its record has no id to name it after")
        problem = name_problem(name)
        if problem:
            return Missing(name=own, reason=problem)
        cuts = []
        for number, item in enumerate(file.related, start=1):
            cut = self._cut(item)
            if isinstance(cut, str):
                return Missing(name=name, reason=f"related file {number} {cut}")
            cuts.append(cut)
        return ListedMedia(
            name=name,
            key=own,
            size=sum(c.size for c in cuts),
            kind=MediaKind.VOICE,
            signed_with=text_in(file.row, self._roles.signed_with),
            cuts=tuple(cuts),
        )

    def _cut(self, item: Any) -> Cut | str:
        """The cut as it is in the lake now, or why there is none."""
        try:
            asked = _AskedCut.model_validate(item)
        except ValidationError:
            return "is not a key with from_seconds and to_seconds"
        if asked.from_seconds is not None and asked.to_seconds is not None and asked.to_seconds <= asked.from_seconds:
            return "ends before it begins"
        key = media_key(self.plan.tenant, self.part.dataset, asked.key)
        if key is None:
            return "has a key that would leave the dataset's media folder"
        there = self.shop.lake.head(key)
        if there is None:
            return f"({asked.key}) is not in the lake"
        return Cut(
            key=key,
            version=there.version,
            size=there.size,
            from_seconds=asked.from_seconds,
            to_seconds=asked.to_seconds,
        )

    @property
    def _roles(self) -> Media:
        roles = self.plan.data[self.part.dataset].dataset.media
        assert roles is not None
        return roles


def batches(files: Iterator[ListedMedia]) -> Iterator[list[ListedMedia]]:
    """The files in their order, as many together as one batch takes. A file alone may be larger."""
    batch: list[ListedMedia] = []
    size = number = 0
    for file in files:
        times = 2 ** (number // GROWS_EVERY)
        if batch and (len(batch) >= BATCH_FILES * times or size + file.size > BATCH_BYTES * times):
            yield batch
            batch, size, number = [], 0, number + 1
        batch.append(file)
        size += file.size
    if batch:
        yield batch


def kind_of(roles: Media, row: Mapping[str, Any]) -> MediaKind:
    """After what the row says of itself, such as `voice`, `screen share`, `instant message`."""
    if roles.kind is None:
        return MediaKind.OTHER
    said = text_in(row, roles.kind).lower()
    for words, kind in (
        (("screen", "application", "desktop"), MediaKind.SCREEN),
        (("video",), MediaKind.VIDEO),
        (("voice", "audio"), MediaKind.VOICE),
    ):
        if any(word in said for word in words):
            return kind
    return MediaKind.OTHER if said else MediaKind.UNSAID
