"""The final names of a run's media. Parts name their files without seeing each other; here all names are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from waybill.core.names_apart import NamesApart, folders_of
from waybill.core.package import PackagedMedia, PartResult


def settled(results: Sequence[PartResult], data_files: Iterable[str]) -> list[PartResult]:
    """The results with each file under a name that no other has on any disk. Data keep their names; `data_files` are those
    outside an archive. A medium of several parts has one name; its second entry stays, since it stands in a piece.
    """
    kept = [*data_files, *(e.entry.name for r in results for e in r.entries if not e.source)]
    media = (name for r in results for name in chain((m.name for m in r.media), (e.entry.name for e in r.entries)))
    apart = NamesApart(kept, folders_of(chain(kept, media)))
    given: set[str] = set()
    return [_settled(result, apart, given) for result in results]


def _settled(result: PartResult, apart: NamesApart, given: set[str]) -> PartResult:
    media: list[PackagedMedia] = []
    for medium in result.media:
        name = apart.free(medium.name, medium.key)
        if name not in given:
            media.append(medium.model_copy(update={"name": name}))
        given.add(name)
    entries = [e.called(apart.free(e.entry.name, e.source)) if e.source else e for e in result.entries]
    missing = [m.model_copy(update={"name": apart.free(m.name, m.source)}) if m.source else m for m in result.missing]
    return result.model_copy(update={"media": tuple(media), "entries": tuple(entries), "missing": tuple(missing)})
