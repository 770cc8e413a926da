"""The media files of a part's rows: found in the lake, or named as missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from waybill.core.ingest import media_key
from waybill.core.layout import name_problem, safe_step
from waybill.core.manifest import Missing
from waybill.core.plan import Part, Plan
from waybill.core.workshop import LakeForParts, Workshop


@dataclass(frozen=True)
class FoundMedia:
    """A media file of the part's rows, as it is in the lake now."""

    name: str
    key: str
    version: str
    etag: str
    size: int


class Media:
    """The media of a part's rows. What cannot be packaged is in `missing` once the iteration is over."""

    def __init__(self, plan: Plan, part: Part, shop: Workshop, named: Iterator[tuple[str, str]]) -> None:
        self._plan, self._part, self._shop, self._named = plan, part, shop, named
        self.missing: list[Missing] = []

    def __iter__(self) -> Iterator[FoundMedia]:
        for shown, below in self._named:
            name = f"media/{below}"
            key = media_key(self._plan.tenant, self._part.dataset, below)
            problem = name_problem(name)
            if key is None or problem:
                reason = problem or "its key would leave the dataset's media folder"
                self.missing.append(Missing(name=safe_step(shown or below), reason=reason))
                continue
            there = self._shop.lake.head(key)
            if there is None:
                self.missing.append(Missing(name=name, reason="it is not in the lake"))
                continue
            yield FoundMedia(name, key, there.version, there.etag, there.size)


def sha256_of(lake: LakeForParts, found: FoundMedia) -> str:
    digest = hashlib.sha256()
    for chunk in lake.stream(found.key, found.version):
        digest.update(chunk)
    return digest.hexdigest()
