"""Splitting a run's work: parts that each read a bounded number of bytes, rows and objects.

Rows that must be seen together (in order of time, without duplicates) are split by time instead: each slice of the window
is one part, and slices follow one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from waybill.core.catalog import Dataset, FilePeriod
from waybill.core.errors import ConfigurationError
from waybill.core.lake_object import LakeObject
from waybill.core.layout import Files
from waybill.core.names_apart import on_disk
from waybill.core.naming import FileName, Names, told_apart
from waybill.core.periods import periods_of
from waybill.core.rule_settings import DataChoice, EmptyWindow, RuleSettings, SourceTier
from waybill.core.run import SequenceRange
from waybill.core.window import Window

MOST_PARTS = 2_000
"""A STANDARD execution's history holds 25,000 events; a part takes about ten."""
PART_BYTES = 128 * 1024 * 1024
"""How much input one part reads, as the row engine sees it: `/tmp` and time of one `package` are bounded by it."""
PART_ROWS = 4_000_000
PART_OBJECTS = 2_000
JOURNAL_BYTES = 4 * PART_BYTES
"""A conversation is in one part, unless its window is larger than this: fewer and larger parts than those of other files."""
SLICE_INPUT = 16 * PART_BYTES
"""A slice reads whole objects, also those that reach beyond it; this much of them fits on a worker's disk."""


class Part(BaseModel):
    """One bounded unit of packaging work: the rows of `[start, end)` in `objects` of one dataset, in their order.

    `number` counts the parts of the same file, from 1; `of` is how many there are. `known` objects were delivered before:
    a row of theirs is no news where duplicates are dropped.
    """

    model_config = ConfigDict(frozen=True)

    index: int
    dataset: str
    name: FileName
    start: datetime
    end: datetime
    objects: tuple[LakeObject, ...]
    known: tuple[LakeObject, ...] = ()
    number: int = 1
    of: int = 1

    @property
    def window(self) -> Window:
        return Window(self.start.astimezone(UTC), self.end.astimezone(UTC))


@dataclass(frozen=True)
class Share:
    """What one window gives to a run: of each dataset the objects in `sequences`' range, in sequence order, and those that
    were delivered before (`known`), where duplicates are dropped.
    """

    window: Window
    objects: Mapping[str, Sequence[LakeObject]]
    sequences: Mapping[str, SequenceRange]
    known: Mapping[str, Sequence[LakeObject]] = field(default_factory=dict)


def parts_of(
    settings: RuleSettings,
    dataset: Dataset,
    choice: DataChoice,
    whole: Window,
    shares: Sequence[Share],
    names: Names,
) -> Iterator[Part]:
    """A dataset's parts, in order of time: late rows of other windows come in the files of their periods, or in the one file
    of the run, whose window is `whole`.
    """
    by_period = settings.layout.files is Files.PERIOD
    taken: set[str] = set()
    period = dataset.file_period if by_period else FilePeriod.WINDOW
    found = False
    for share in shares:
        objects = [o for o in share.objects[choice.dataset] if of_tier(o, choice.source)]
        known = [o for o in share.known.get(choice.dataset, ()) if of_tier(o, choice.source)]
        for covered in periods_of(share.window, period, settings.schedule.zone):
            for name, together in _files(settings, dataset, covered if by_period else whole, objects, names, taken):
                for window, inside in _work(settings, covered, together):
                    found = True
                    yield Part(
                        index=0,
                        dataset=dataset.name,
                        name=name,
                        start=window.start,
                        end=window.end,
                        objects=tuple(inside),
                        known=tuple(o for o in known if o.in_window(window)),
                    )
    if not found and settings.empty_window is EmptyWindow.EMPTY_FILE:
        name = names.data_file(dataset.name, whole)
        yield Part(index=0, dataset=dataset.name, name=name, start=whole.start, end=whole.end, objects=())


def _files(
    settings: RuleSettings,
    dataset: Dataset,
    covered: Window,
    objects: Sequence[LakeObject],
    names: Names,
    taken: set[str],
) -> Iterator[tuple[FileName, Sequence[LakeObject]]]:
    """Which objects' rows go together into a file of that name. Two objects' files never get one name, on any disk."""
    if settings.layout.files is not Files.OBJECT:
        yield names.data_file(dataset.name, covered), objects
        return
    for one in objects:
        name = names.data_file(dataset.name, covered, one)
        while on_disk(name.whole) in taken:
            name = told_apart(name, one)
        taken.add(on_disk(name.whole))
        yield name, [one]


def of_tier(one: LakeObject, source: SourceTier) -> bool:
    return source is SourceTier.BOTH or one.archived == (source is SourceTier.ARCHIVED)


def _work(
    settings: RuleSettings, covered: Window, objects: Sequence[LakeObject]
) -> Iterator[tuple[Window, list[LakeObject]]]:
    if settings.journal:
        yield from slices(covered, objects, JOURNAL_BYTES)
    elif settings.refined:
        yield from slices(covered, objects)
    else:
        for batch in batches([o for o in objects if o.in_window(covered)]):
            yield covered, batch


def batches(objects: Sequence[LakeObject]) -> Iterator[list[LakeObject]]:
    """The objects in their order, as many together as one part takes. An object alone may be larger."""
    batch: list[LakeObject] = []
    weight = rows = 0
    for one in objects:
        full = weight + one.weight > PART_BYTES or rows + one.rows > PART_ROWS or len(batch) >= PART_OBJECTS
        if batch and full:
            yield batch
            batch, weight, rows = [], 0, 0
        batch.append(one)
        weight += one.weight
        rows += one.rows
    if batch:
        yield batch


def slices(
    window: Window, objects: Sequence[LakeObject], most: int | None = None
) -> Iterator[tuple[Window, list[LakeObject]]]:
    """Halves of halves of the window, in order, until each holds a part's worth of rows (or `most` bytes); slices without
    objects are left out.

    An object's rows are taken to be spread evenly over its time. Raises ConfigurationError where too many objects reach
    over one slice for a worker's disk.
    """
    inside = [o for o in objects if o.in_window(window)]
    if not inside:
        return
    seconds = int((window.end - window.start).total_seconds())
    if seconds > 1 and sum(o.weight * o.share_in(window) for o in inside) > (most or PART_BYTES):
        middle = window.start + timedelta(seconds=seconds // 2)
        yield from slices(Window(window.start, middle), inside, most)
        yield from slices(Window(middle, window.end), inside, most)
        return
    if sum(o.weight for o in inside) > SLICE_INPUT and len(inside) > 1:
        raise ConfigurationError(
            f"{len(inside)} lake objects have rows around {window.start:%Y-%m-%d %H:%M:%S} UTC, more than can be put in order"
            " at once.",
            "Set order to arrival, or let upstream write objects that each cover a short time.",
        )
    yield window, inside


def numbered(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts with their numbers, of the run and of their file. Raises ConfigurationError for more than a run takes."""
    if len(parts) > MOST_PARTS:
        raise ConfigurationError(
            f"The window holds {len(parts)} parts of work, and a run takes at most {MOST_PARTS}.",
            "Choose a shorter window (an hourly or daily schedule) or split the datasets over several rules.",
        )
    siblings: dict[FileName, list[int]] = {}
    for index, part in enumerate(parts):
        siblings.setdefault(part.name, []).append(index)
    return tuple(
        part.model_copy(
            update={
                "index": index,
                "number": siblings[part.name].index(index) + 1,
                "of": len(siblings[part.name]),
            }
        )
        for index, part in enumerate(parts)
    )
