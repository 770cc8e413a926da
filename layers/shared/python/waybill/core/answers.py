"""What `query` answers: a question comes in as JSON, its answer goes out as JSON, a file by a link."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from waybill.core.catalog import Catalog
from waybill.core.count import AskedWindow, count
from waybill.core.format import RowFormat, media_type
from waybill.core.layout import safe_step
from waybill.core.lists import Asked, ListFormat, ListQuestion, Renderer, listed
from waybill.core.plan import PlannedDestination
from waybill.core.preview import PreviewSettings, preview
from waybill.core.rule_settings import RuleSettings
from waybill.core.search import Question, Reading, Span, search
from waybill.core.window import stamp
from waybill.core.workshop import StagedBytes

LINK_SECONDS = 300
_MEDIA_TYPES = {
    ListFormat.CSV: media_type(RowFormat.CSV),
    ListFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ListFormat.PDF: "application/pdf",
}


class StageForLists(Protocol):
    def put_stream(self, key: str, chunks: Iterator[bytes]) -> StagedBytes: ...

    def link(self, key: str, seconds: int, name: str, media_type: str) -> str:
        """An address from which the object can be fetched for that long, as a file of that name."""


@dataclass(frozen=True)
class Desk:
    """What answering needs. `planned` finds destinations of a tenant as a plan sees them."""

    reading: Reading
    catalog: Catalog
    planned: Callable[[str, Sequence[str]], Sequence[PlannedDestination]]
    renderers: Mapping[ListFormat, Renderer]
    stage: StageForLists
    now: datetime


def preview_answer(event: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """`{"tenant", "settings", "span"}` to what a run would deliver; the sample's content in base64."""
    settings = PreviewSettings.model_validate(event["settings"])
    span = Span.model_validate(event["span"]) if event.get("span") else None
    where = desk.planned(event["tenant"], settings.destinations)
    found = preview(event["tenant"], settings, span, desk.catalog, where, desk.reading, desk.now)
    sample = found.sample and {
        "name": found.sample.name,
        "media_type": found.sample.media_type,
        "content_base64": base64.b64encode(found.sample.content).decode(),
    }
    return {
        "window": {"start": stamp(found.window.start), "end": stamp(found.window.end)},
        "data": [asdict(one) for one in found.data],
        "names": list(found.names),
        "more_names": found.more_names,
        "sample": sample,
    }


def search_answer(event: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """`{"tenant", "dataset", "question", "cursor", "limit"}` to one page of rows."""
    dataset, question = desk.catalog[event["dataset"]], Question.model_validate(event["question"])
    question.check(dataset)
    found = search(question, event["tenant"], dataset, desk.reading, event["cursor"], event["limit"])
    return {"rows": list(found.rows), "cursor": found.cursor, "rejected": found.rejected}


def count_answer(event: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """`{"tenant", "settings", "windows"}` to how many rows the lake has of each window; null where that is too much."""
    settings = RuleSettings.model_validate(event["settings"])
    windows = [AskedWindow.model_validate(one) for one in event["windows"]]
    found = count(event["tenant"], settings, windows, desk.catalog, desk.reading)
    return {"counts": [asdict(one) if one else None for one in found]}


def list_answer(event: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """`{"tenant", "by", "dataset", "question", "request"}` to a link that ends soon. Each request has a file of its own."""
    dataset, question = desk.catalog[event["dataset"]], ListQuestion.model_validate(event["question"])
    question.check(dataset)
    asked = Asked(event["tenant"], event["by"], desk.now, dataset)
    name = f"{safe_step(question.title or dataset.title)}.{question.format.value}"
    owner = hashlib.sha256(event["tenant"].encode()).hexdigest()[:16]
    key = f"lists/{owner}/{event['request']}.{question.format.value}"
    staged = desk.stage.put_stream(key, listed(question, asked, desk.reading, desk.renderers))
    link = desk.stage.link(key, LINK_SECONDS, name, _MEDIA_TYPES[question.format])
    return {"name": name, "size": staged.size, "url": link, "expires_in": LINK_SECONDS}
