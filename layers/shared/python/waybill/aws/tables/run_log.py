"""The run log table: what happened in a run, one item an entry, each replaced by its retry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from waybill.aws.tables.item import Item, bind, found, written
from waybill.aws.tables.refusals import tables
from waybill.core.deliver import Receipt, ResumePoint
from waybill.core.ports import Progress
from waybill.core.run import Failure, RunKey


class RunLogItem(Item):
    run = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class RunLogTable:
    """`minimal`: notes and progress are not kept (`core.rule_settings.LogKept`)."""

    def __init__(self, table: str, region: str, *, minimal: bool = False) -> None:
        bind(RunLogItem, table, region)
        self._minimal = minimal

    def note(self, key: RunKey, now: datetime, step: str, message: str) -> None:
        if self._minimal:
            return
        self._put(key, f"note#{written(now)}#{step}", {"time": written(now), "step": step, "message": message})

    def notes(self, key: RunKey) -> Sequence[Mapping[str, str]]:
        return [body for _, body in self._entries(key, "note#")]

    def part_done(self, key: RunKey, part: int, rows: int, size: int) -> None:
        if self._minimal:
            return
        self._put(key, f"part#{part:06d}", {"rows": rows, "size": size})

    def sent(self, key: RunKey, destination_id: str, file: int, sent: int) -> None:
        if self._minimal:
            return
        self._put(key, f"sent#{destination_id}#{file:06d}", {"sent": sent})

    def received(
        self, key: RunKey, destination_id: str, file: int, receipt: Receipt, now: datetime, place: str = ""
    ) -> None:
        body = {**asdict(receipt), "time": written(now), "place": place}
        self._put(key, f"receipt#{destination_id}#{file:06d}", body)

    def receipts(self, key: RunKey) -> Mapping[tuple[str, int], Mapping[str, Any]]:
        receipts = {}
        for entry, body in self._entries(key, "receipt#"):
            _, destination_id, file = entry.split("#")
            receipts[destination_id, int(file)] = body
        return receipts

    def failed(self, key: RunKey, destination_id: str, failure: Failure) -> None:
        self._put(key, f"failed#{destination_id}", asdict(failure))

    def mended(self, key: RunKey, destination_id: str) -> None:
        self._put(key, f"failed#{destination_id}", {})

    def failures(self, key: RunKey) -> Mapping[str, Failure]:
        entries = self._entries(key, "failed#")
        return {entry.removeprefix("failed#"): Failure(**body) for entry, body in entries if body}

    def progress(self, key: RunKey) -> Progress:
        parts = [body for _, body in self._entries(key, "part#")]
        receipts = self.receipts(key)
        under_way = {
            (destination_id, int(file)): body["sent"]
            for entry, body in self._entries(key, "sent#")
            for _, destination_id, file in [entry.split("#")]
        }
        return Progress(
            parts_done=len(parts),
            rows=sum(p["rows"] for p in parts),
            packaged_bytes=sum(p["size"] for p in parts),
            files_delivered=len(receipts),
            delivered_bytes=sum(r["size"] for r in receipts.values())
            + sum(sent for place, sent in under_way.items() if place not in receipts),
        )

    def resume_point(self, key: RunKey, destination_id: str, file: int) -> ResumePoint | None:
        item = found(RunLogItem, _hash(key), f"resume#{destination_id}#{file:06d}", "reading a resume point")
        return None if item is None else dict(json.loads(item.body))

    def save_resume_point(self, key: RunKey, destination_id: str, file: int, point: ResumePoint) -> None:
        self._put(key, f"resume#{destination_id}#{file:06d}", point)

    def _put(self, key: RunKey, entry: str, body: Mapping[str, Any]) -> None:
        with tables("writing the run's log"):
            RunLogItem(_hash(key), entry, body=json.dumps(dict(body))).save()

    def _entries(self, key: RunKey, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
        with tables("reading the run's log"):
            for item in RunLogItem.query(_hash(key), RunLogItem.entry.startswith(prefix), consistent_read=True):
                yield item.entry, json.loads(item.body)


def _hash(key: RunKey) -> str:
    return f"{key.tenant}#{key.run_id}"
