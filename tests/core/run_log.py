"""The run log in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from waybill.core.deliver import Receipt, ResumePoint
from waybill.core.ports import Progress
from waybill.core.run import Failure, RunKey

_File = tuple[str, int]


class MemoryRunLog:
    """`sizes` is how far each file of each run was sent, as it was told, in order."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.sizes: list[int] = []
        self.mended_ones: list[str] = []
        self._parts: dict[RunKey, dict[int, tuple[int, int]]] = defaultdict(dict)
        self._sent: dict[RunKey, dict[_File, int]] = defaultdict(dict)
        self._receipts: dict[RunKey, dict[_File, Mapping[str, Any]]] = defaultdict(dict)
        self._failures: dict[RunKey, dict[str, Failure]] = defaultdict(dict)
        self._points: dict[RunKey, dict[_File, ResumePoint]] = defaultdict(dict)

    def note(self, key: RunKey, now: datetime, step: str, message: str) -> None:
        self.noted.append(f"{step}: {message}")

    def notes(self, key: RunKey) -> Sequence[Mapping[str, str]]:
        raise NotImplementedError

    def part_done(self, key: RunKey, part: int, rows: int, size: int) -> None:
        self._parts[key][part] = (rows, size)

    def sent(self, key: RunKey, destination_id: str, file: int, sent: int) -> None:
        self.sizes.append(sent)
        self._sent[key][destination_id, file] = sent

    def received(
        self, key: RunKey, destination_id: str, file: int, receipt: Receipt, now: datetime, place: str = ""
    ) -> None:
        self._receipts[key][destination_id, file] = {**asdict(receipt), "place": place}

    def receipts(self, key: RunKey) -> Mapping[_File, Mapping[str, Any]]:
        return dict(self._receipts[key])

    def failed(self, key: RunKey, destination_id: str, failure: Failure) -> None:
        self._failures[key][destination_id] = failure

    def mended(self, key: RunKey, destination_id: str) -> None:
        self.mended_ones.append(destination_id)
        self._failures[key].pop(destination_id, None)

    def failures(self, key: RunKey) -> Mapping[str, Failure]:
        return dict(self._failures[key])

    def progress(self, key: RunKey) -> Progress:
        parts, receipts = self._parts[key].values(), self._receipts[key]
        return Progress(
            parts_done=len(parts),
            rows=sum(rows for rows, _ in parts),
            packaged_bytes=sum(size for _, size in parts),
            files_delivered=len(receipts),
            delivered_bytes=sum(self._sent[key].values()),
        )

    def resume_point(self, key: RunKey, destination_id: str, file: int) -> ResumePoint | None:
        return self._points[key].get((destination_id, file))

    def save_resume_point(self, key: RunKey, destination_id: str, file: int, point: ResumePoint) -> None:
        self._points[key][destination_id, file] = point
