"""The run log in memory, and the bus that nobody listens to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from waybill.core.deliver import Receipt, ResumePoint
from waybill.core.run import Failure, RunKey


class Log:
    def __init__(self) -> None:
        self._receipts: dict[RunKey, dict[tuple[str, int], dict[str, Any]]] = {}
        self._failures: dict[RunKey, dict[str, Failure]] = {}
        self._points: dict[tuple[RunKey, str, int], ResumePoint] = {}

    def note(self, key: RunKey, now: datetime, step: str, message: str) -> None: ...

    def sent(self, key: RunKey, destination_id: str, file: int, sent: int) -> None: ...

    def received(self, key: RunKey, destination_id: str, file: int, receipt: Receipt, now: datetime) -> None:
        self._receipts.setdefault(key, {})[destination_id, file] = asdict(receipt)

    def receipts(self, key: RunKey) -> Mapping[tuple[str, int], Mapping[str, Any]]:
        return dict(self._receipts.get(key, {}))

    def failed(self, key: RunKey, destination_id: str, failure: Failure) -> None:
        self._failures.setdefault(key, {})[destination_id] = failure

    def mended(self, key: RunKey, destination_id: str) -> None:
        self._failures.get(key, {}).pop(destination_id, None)

    def failures(self, key: RunKey) -> Mapping[str, Failure]:
        return dict(self._failures.get(key, {}))

    def resume_point(self, key: RunKey, destination_id: str, file: int) -> ResumePoint | None:
        return self._points.get((key, destination_id, file))

    def save_resume_point(self, key: RunKey, destination_id: str, file: int, point: ResumePoint) -> None:
        self._points[key, destination_id, file] = point

    def send(self, source: str, kind: str, details: Sequence[Mapping[str, Any]]) -> None: ...
