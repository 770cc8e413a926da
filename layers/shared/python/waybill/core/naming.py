"""The names of one run's files: a layout's tokens filled with what the run knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from waybill.core.compression import name_ending
from waybill.core.format import extension
from waybill.core.lake_object import LakeObject
from waybill.core.layout import Layout, fill
from waybill.core.rule import Rule
from waybill.core.run import Run
from waybill.core.window import Window, local_date, local_time, stamp, to_local

_HERE = "\0"
"""Stands for the token `part` while a name is filled in."""


class FileName(BaseModel):
    """A data file's path below the run's folder, cut where the number goes in if the file is one of several."""

    model_config = ConfigDict(frozen=True)

    before: str
    after: str

    @property
    def whole(self) -> str:
        return self.before + self.after

    def numbered(self, *numbers: int) -> str:
        """`<before>-part-0001<after>`."""
        return f"{self.before}-part-{'-'.join(f'{n:04d}' for n in numbers)}{self.after}"


def run_values(rule: Rule, run: Run, colon: str) -> dict[str, str]:
    """The tokens that a run knows. `colon` is `:` or what stands for it where a colon cannot be in a name."""
    window, zone = run.window, rule.settings.schedule.zone
    return {
        "tenant": rule.tenant,
        "rule": rule.settings.name,
        "rule_id": rule.rule_id,
        "run": run.key.run_id,
        "start": stamp(window.start).replace(":", "-"),
        "end": stamp(window.end).replace(":", "-"),
        "date": local_date(window.start, zone),
        "generation": str(run.key.generation),
        "again": f"-{run.key.generation}" if run.key.generation > 1 else "",
        "from": _minute(window.start, zone).replace(":", colon),
        "to": _minute(window.end, zone).replace(":", colon),
        "utc": f"{window.start:%Y-%m-%d-%H:%M:%S}".replace(":", colon),
        "extension": "eml"
        if rule.settings.journal
        else extension(rule.settings.format) + name_ending(rule.settings.file_compression),
    }


def told_apart(name: FileName, one: LakeObject) -> FileName:
    """The name of an object's file where another object has it: with the object's number."""
    return FileName(before=f"{name.before}-{one.sequence:012d}", after=name.after)


@dataclass(frozen=True)
class Names:
    """The names of a run's data files. `values` are the run's own (`run_values`)."""

    layout: Layout
    values: Mapping[str, str]
    zone: str
    colon: str

    def data_file(self, dataset: str, covered: Window, one: LakeObject | None = None) -> FileName:
        """The name of the file that holds a dataset's rows of `covered`; those of `one` object, where each has a file."""
        own = {
            "dataset": dataset,
            "object": one.key.rpartition("/")[2].partition(".")[0] if one else "",
            "number": f"{one.sequence:012d}" if one else "",
            "date": local_date(covered.start, self.zone),
            "interval": interval(covered, self.zone).replace(":", self.colon),
            "part": _HERE,
        }
        before, _, after = fill(self.layout.file, {**self.values, **own}).partition(_HERE)
        return FileName(before=before, after=after.replace(_HERE, ""))


def interval(covered: Window, zone: str) -> str:
    """An ISO 8601 interval, with `--` for the solidus as the standard allows where names are made of it."""
    start, end = (local_time(moment, zone, _precision(moment)) for moment in (covered.start, covered.end))
    return f"{start}--{end}"


def _minute(moment: datetime, zone: str) -> str:
    """`2026-03-29T02:00`, with its second where it has one: two windows on demand may begin in the same minute."""
    return to_local(moment, ZoneInfo(zone)).isoformat(timespec=_precision(moment))


def _precision(moment: datetime) -> str:
    return "seconds" if moment.second else "minutes"
