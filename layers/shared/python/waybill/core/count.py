"""Counting what the lake has now of windows, through a rule's own filter: how many rows, and how many came too late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from waybill.core.arrival import is_arrival, objects_in, span_of
from waybill.core.catalog import Catalog, resolved
from waybill.core.format import RowFormat, Writing
from waybill.core.lake_object import LakeObject
from waybill.core.late import holes, newest_numbers
from waybill.core.parts import of_tier
from waybill.core.rows import Refinement
from waybill.core.rule_settings import DataChoice, Duplicates, RuleSettings
from waybill.core.run import SequenceRange
from waybill.core.search import Reading, Span, fetched
from waybill.core.taken import selection_of
from waybill.core.window import Window

COUNT_BYTES = 256 * 1024 * 1024
"""How much of the lake one question reads, as the row engine reads it."""
MOST_COUNTED = 100
"""How many windows one question may name."""
_NDJSON = Writing(RowFormat.NDJSON)


class _TimeIsUp(Exception):
    """A window's objects cannot all be fetched any more."""


class AskedWindow(BaseModel):
    """`considered`: of each dataset, which registered objects the window's delivered runs have considered, ranges apart from
    each other. None where nothing was delivered: then no row is late, and all are looked for.
    """

    model_config = ConfigDict(frozen=True)

    span: Span
    considered: Mapping[str, tuple[SequenceRange, ...]] | None = None


@dataclass(frozen=True)
class Counted:
    """Rows that the rule selects: in objects that were `considered`, and in those registered `late`r. Rows that cannot be read
    are in neither.
    """

    considered: int
    late: int


@dataclass(frozen=True)
class _Objects:
    """A dataset's objects that may hold rows of the window."""

    choice: DataChoice
    considered: Sequence[LakeObject]
    late: Sequence[LakeObject]

    def weight(self, distinct: bool) -> int:
        again = self.considered if distinct and self.late else ()
        return sum(o.weight for o in (*self.considered, *self.late, *again))


def count(
    tenant: str, settings: RuleSettings, windows: Sequence[AskedWindow], catalog: Catalog, reading: Reading
) -> list[Counted | None]:
    """Of each window, or None where it would be too much to read or time was up. Changes nothing."""
    return list(_Counting(tenant, settings, catalog, reading, COUNT_BYTES).all(windows))


@dataclass
class _Counting:
    tenant: str
    settings: RuleSettings
    catalog: Catalog
    reading: Reading
    left: int

    def all(self, windows: Sequence[AskedWindow]) -> Iterator[Counted | None]:
        newest = newest_numbers(self.tenant, self.settings, self.reading.objects)
        distinct = self.settings.duplicates is Duplicates.DROP
        for asked in windows:
            found = list(self._objects(asked, newest))
            weight = sum(one.weight(distinct) for one in found)
            if weight > self.left or self.reading.enough():
                yield None
                continue
            self.left -= weight
            yield self._counted(asked.span.window, found)

    def _objects(self, asked: AskedWindow, newest: Mapping[str, int]) -> Iterator[_Objects]:
        for choice in self.settings.data:
            if is_arrival(self.settings.schedule):
                yield _Objects(choice, self._taken(choice, asked), ())
                continue
            everything = [SequenceRange(after=0, upto=newest[choice.dataset])]
            if asked.considered is None:
                yield _Objects(choice, self._in(choice, asked.span.window, everything), ())
            elif choice.dataset in asked.considered:
                ranges = asked.considered[choice.dataset]
                later = holes(ranges, newest[choice.dataset])
                of = [self._in(choice, asked.span.window, one) for one in (ranges, later)]
                yield _Objects(choice, *of)

    def _taken(self, choice: DataChoice, asked: AskedWindow) -> list[LakeObject]:
        """What the window's run was claimed with, whatever the times of its rows."""
        ranges = (asked.considered or {}).get(choice.dataset, ())
        found = [o for r in ranges for o in objects_in(self.reading.objects, self.tenant, choice.dataset, r)]
        return [o for o in found if of_tier(o, choice.source)]

    def _in(self, choice: DataChoice, window: Window, ranges: Sequence[SequenceRange]) -> list[LakeObject]:
        between = self.reading.objects.between
        objects = (o for r in ranges for o in between(self.tenant, choice.dataset, window, r.after, r.upto))
        return [o for o in objects if of_tier(o, choice.source)]

    def _counted(self, window: Window, found: Sequence[_Objects]) -> Counted | None:
        try:
            return Counted(
                considered=sum(self._rows(window, one.choice, one.considered) for one in found),
                late=sum(self._rows(window, one.choice, one.late, one.considered) for one in found),
            )
        except _TimeIsUp:
            return None

    def _rows(
        self, window: Window, choice: DataChoice, objects: Sequence[LakeObject], known: Sequence[LakeObject] = ()
    ) -> int:
        """As a run selects them: a row with a wrong value in a chosen field is a reject there and here. Where the rule drops
        duplicates, those of `known` objects count as such.
        """
        if not objects:
            return 0
        if is_arrival(self.settings.schedule):
            window = span_of(objects) or window
        dataset = self.catalog[choice.dataset]
        selection = selection_of(choice, dataset, window, resolved(dataset, choice.fields, ()))
        distinct = self.settings.duplicates is Duplicates.DROP
        with fetched(self._in_time((*objects, *known) if distinct else objects), self.reading) as sources:
            refinement = Refinement(distinct=distinct, known=tuple(sources[len(objects) :]))
            stream = self.reading.rows.select(sources[: len(objects)], selection, _NDJSON, refinement)
            for _ in stream:
                pass
            return stream.rows

    def _in_time(self, objects: Sequence[LakeObject]) -> Iterator[LakeObject]:
        for one in objects:
            if self.reading.enough():
                raise _TimeIsUp
            yield one
