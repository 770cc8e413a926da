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
from itertools import chain, islice
from typing import Any

from waybill.core.compose import Literal, Piece
from waybill.core.details import detail_writing
from waybill.core.format import RowFormat, framing, media_type
from waybill.core.listing import PDF_ROWS, Listing, column_of
from waybill.core.manifest import PackagedFile
from waybill.core.package import Body, PartResult
from waybill.core.packaged import composed, own_name, staged_file, staged_key
from waybill.core.plan import Plan
from waybill.core.plural import many
from waybill.core.rows import whole_lines
from waybill.core.rule_settings import DetailFormat, EmptyWindow
from waybill.core.seal_bench import SealBench
from waybill.core.taken import query_text
from waybill.core.window import local_time, stamp

PDF_BYTES = 2_000_000
"""Of rows as JSON in one PDF. Plain text takes ten seconds a million, one of ever new words in a script that must be shaped two
and a half minutes, and a call must have the time for one more."""


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
                bodies = [r.details[wanted] for r in self.results if r.dataset == dataset]
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
        """Each of as many rows as one is made of; None where time ran out."""
        stage, total = self.bench.stage, sum(b.rows for b in bodies)
        alone = total <= PDF_ROWS and sum(b.size for b in bodies) <= PDF_BYTES
        lines = chain.from_iterable(whole_lines(stage.stream(body.key)) for body in bodies)
        number = listed = 0
        made = False
        while listed < total or number == 0:
            number += 1
            name, key = self._place(f"detail-records.{dataset}{'' if alone else f'-{number:03d}'}.pdf")
            known = stage.read_if_there(f"{key}.json")
            if known is not None:
                file = PackagedFile.model_validate_json(known)
                deque(islice(lines, file.rows), maxlen=0)
            elif made and self.bench.out_of_time():
                yield None
                return
            else:
                rows = list(_batch(lines))
                stage.put_stream(key, self.bench.pdf(self._listing(dataset, rows, None if alone else (listed, total))))
                file = staged_file(key, name, "details", "application/pdf", *stage.sha256(key))
                file = file.model_copy(update={"dataset": dataset, "rows": len(rows)})
                stage.put(f"{key}.json", file.model_dump_json().encode())
                made = True
            listed += file.rows or 0
            yield file

    def _place(self, name: str) -> tuple[str, str]:
        own = own_name(self.plan, name)
        return own, staged_key(self.plan, own, inside=self.plan.archived)

    def _listing(self, dataset: str, lines: Sequence[bytes], cut: tuple[int, int] | None) -> Listing:
        """`cut`: how many rows came before these, and how many there are in all."""
        plan, data = self.plan, self.plan.data[dataset]
        zone = plan.settings.schedule.zone
        window = [local_time(moment, zone) for moment in (plan.window_start, plan.window_end)]
        facts = [
            f"Window: {' to '.join(window)} ({zone})",
            f"In UTC: {stamp(plan.window_start)} to {stamp(plan.window_end)}",
        ]
        if plan.amends or plan.carried:
            earlier = f"With late rows of {many(len(plan.carried), 'earlier window')}"
            facts.append("Late rows alone" if plan.amends else earlier)
        if cut:
            before, total = cut
            facts.append(f"Rows of this file: {before + 1} to {before + len(lines)} of {total}")
        return Listing(
            title=f"{plan.settings.name}: detail records of {data.dataset.title}",
            query=query_text(plan.choice(dataset), data.dataset) or "",
            zone=zone,
            requested_by=plan.requested_by,
            made_at=plan.planned_at,
            count=len(lines),
            columns=tuple(map(column_of, data.details)),
            rows=map(_row, lines),
            facts=tuple(facts),
        )


def _row(line: bytes) -> Mapping[str, Any]:
    row: Mapping[str, Any] = json.loads(line, parse_float=Decimal)
    return row


def _batch(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The rows of one PDF."""
    size = 0
    for line in islice(lines, PDF_ROWS):
        yield line
        size += len(line)
        if size >= PDF_BYTES:
            return
