"""Things that many tests need, made in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from typing import Any

from waybill.core.catalog import Catalog, parse_dataset
from waybill.core.lake_object import LakeObject
from waybill.core.rows import SourceFormat
from waybill.core.rule import Rule, new_rule
from waybill.core.rule_settings import RuleSettings

NOW = datetime(2026, 3, 10, 12, 30, 5, tzinfo=UTC)


def catalog() -> Catalog:
    files = resources.files("waybill").joinpath("catalog").iterdir()
    found = [parse_dataset(f.read_text(encoding="utf-8")) for f in files if f.name.endswith(".toml")]
    return {d.name: d for d in found}


CATALOG = catalog()


def settings(**changes: Any) -> RuleSettings:
    given: dict[str, Any] = {
        "name": "Daily tickets",
        "data": [{"dataset": "chat_tickets"}],
        "schedule": {"frequency": "daily", "zone": "Europe/Berlin", "at": "06:00"},
        "destinations": ["dst_one"],
    }
    return RuleSettings.model_validate({**given, **changes})


def rule(now: datetime = NOW, tenant: str = "acme", rule_id: str = "rul_0123456789abcdef", **changes: Any) -> Rule:
    return new_rule(tenant, rule_id, settings(**changes), CATALOG, now, "a test")


def lake_object(sequence: int, first: datetime, last: datetime, size: int = 1_000, rows: int = 10) -> LakeObject:
    return LakeObject(
        key=f"tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=00/{sequence}.ndjson",
        version=f"v{sequence}",
        etag=f"e{sequence}",
        size=size,
        rows=rows,
        rejects=0,
        format=SourceFormat.NDJSON,
        sequence=sequence,
        first_event=first,
        last_event=last,
        registered_at=last,
    )
