"""The lists of detail records of a run, out of the rows that its parts staged: one CSV a dataset, and one PDF or several.

A PDF of so many rows takes its time, so each is staged with a note of its own: a call that runs out of time leaves the
rest to the next one.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from waybill.core.compose import Literal, Piece
from waybill.core.cql import text_of
from waybill.core.details import detail_writing
from waybill.core.format import RowFormat, framing, media_type
from waybill.core.listing import PDF_ROWS, Listing, column_of
from waybill.core.manifest import PackagedFile
from waybill.core.package import Body, PartResult
from waybill.core.packaged import composed, own_name, staged_file, staged_key
from waybill.core.plan import Plan
from waybill.core.rule_settings import DetailFormat, EmptyWindow
from waybill.core.seal_bench import SealBench
from waybill.core.window import local_time, stamp


@dataclass(frozen=True)
class DetailFiles:
    """The lists that the rule asks for, of each dataset that has rows, or none where empty files are asked for."""

    plan: Plan
    bench: SealBench
    results: Sequence[PartResult]

    def written(self) -> list[PackagedFile] | None:
        """All of them; None where time ran out before, after at least one more was staged. Idempotent."""
        files: list[PackagedFile] = []
        for dataset in self.plan.data:
            for wanted in self.plan.settings.detail_records.formats:
                bodies = [r.details[wanted] for r in self.results if r.dataset == dataset and wanted in r.details]
                if not bodies or not (sum(b.rows for b in bodies) or self._even_empty):
                    continue
                if wanted is DetailFormat.CSV:
                    files.append(self._csv(dataset, bodies))
                    continue
                for file in self._pdfs(dataset, bodies):
                    if file is None:
                        return None
                    files.append(file)
        return files

    @property
    def _even_empty(self) -> bool:
        return self.plan.settings.empty_window is EmptyWindow.EMPTY_FILE

    def _csv(self, dataset: str, bodies: Sequence[Body]) -> PackagedFile:
        frame = framing(detail_writing(self.plan.settings, DetailFormat.CSV), self.plan.data[dataset].details)
        name, key = self._place(f"detail-records.{dataset}.csv")
        segments: list[Literal | Piece] = [Literal(frame.prefix), *(Piece(body.key, body.size) for body in bodies)]
        file = composed(self.bench.stage, key, name, "details", media_type(RowFormat.CSV), segments)
        return file.model_copy(update={"dataset": dataset, "rows": sum(b.rows for b in bodies)})

    def _pdfs(self, dataset: str, bodies: Sequence[Body]) -> Iterator[PackagedFile | None]:
        """Each of at most `PDF_ROWS` rows; None where time ran out."""
        total = sum(b.rows for b in bodies)
        lines = _lines(self.bench, bodies)
        parts = max(1, -(-total // PDF_ROWS))
        made = False
        for number in range(1, parts + 1):
            rows = islice(lines, PDF_ROWS)
            counted = "" if parts == 1 else f"-{number:03d}"
            name, key = self._place(f"detail-records.{dataset}{counted}.pdf")
            known = self.bench.stage.read_if_there(f"{key}.json")
            if known is not None:
                deque(rows, maxlen=0)
                yield PackagedFile.model_validate_json(known)
                continue
            if made and self.bench.out_of_time():
                yield None
                return
            first = (number - 1) * PDF_ROWS
            listing = self._listing(dataset, rows, (first, min(total, first + PDF_ROWS), total))
            self.bench.stage.put_stream(key, self.bench.pdf(listing))
            size, digest = self.bench.stage.sha256(key)
            file = staged_file(key, name, "details", "application/pdf", size, digest)
            file = file.model_copy(update={"dataset": dataset, "rows": listing.count})
            self.bench.stage.put(f"{key}.json", file.model_dump_json().encode())
            made = True
            yield file

    def _place(self, name: str) -> tuple[str, str]:
        own = own_name(self.plan, name)
        return own, staged_key(self.plan, own, inside=self.plan.archived)

    def _listing(self, dataset: str, lines: Iterator[bytes], span: tuple[int, int, int]) -> Listing:
        plan, data = self.plan, self.plan.data[dataset]
        zone, (first, last, total) = plan.settings.schedule.zone, span
        window = [local_time(moment, zone) for moment in (plan.window_start, plan.window_end)]
        facts = [
            f"Window: {' to '.join(window)} ({zone})",
            f"In UTC: {stamp(plan.window_start)} to {stamp(plan.window_end)}",
        ]
        if total > PDF_ROWS:
            facts.append(f"Rows of this file: {first + 1} to {last} of {total}")
        return Listing(
            title=f"{plan.settings.name}: detail records of {data.dataset.title}",
            query=text_of(plan.choice(dataset).filter) or "",
            zone=zone,
            requested_by=plan.requested_by,
            made_at=plan.planned_at,
            count=last - first,
            columns=tuple(map(column_of, data.details)),
            rows=map(_row, lines),
            facts=tuple(facts),
        )


def _row(line: bytes) -> Mapping[str, Any]:
    row: Mapping[str, Any] = json.loads(line, parse_float=Decimal)
    return row


def _lines(bench: SealBench, bodies: Sequence[Body]) -> Iterator[bytes]:
    """The rows of NDJSON bodies, one after another; holds a piece of one at a time."""
    for body in bodies:
        held = b""
        for chunk in bench.stage.stream(body.key):
            *whole, held = (held + chunk).split(b"\n")
            yield from whole
