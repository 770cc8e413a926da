"""Deliveries as a receiver has them: packages of the real core, signed as the platform signs, in folders on the disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.core.lake import ticket
from tests.engines.exporting import Upstream, a_rule, packaged, planned
from tests.engines.test_manifest import KeySigner
from tests.engines.test_package import seal_bench
from waybill.core.layout import below
from waybill.core.rule import Rule
from waybill.core.seal import seal
from waybill.core.window import Window

START = datetime(2026, 3, 8, 23, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 5


@dataclass
class Sender:
    """A platform whose rules deliver into `to`. `work` is a folder of its own."""

    work: Path
    to: Path
    signer: KeySigner = field(default_factory=KeySigner)

    def __post_init__(self) -> None:
        self.upstream = Upstream(self.work / "lake")
        for day in range(DAYS):
            at = START + day * DAY
            rows = [ticket(n, f"{at + timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}", summary='a "b"\nc') for n in range(3)]
            lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
            self.upstream.put(f"tenant=acme/dataset=chat_tickets/dt={at:%Y-%m-%d}/hr=00/x.ndjson", lines)

    def keys(self, name: str = "keys.json") -> Path:
        path = self.work / name
        path.write_text(json.dumps(self.signer.jwks()))
        return path

    def deliver(self, days: Sequence[int], volume: int | None = None, **changes: Any) -> list[Path]:
        """Runs of one rule, one after another; the folder of each. `volume`: smaller ones than a rule may ask for."""
        rule: Rule = a_rule("acme", **{"format": "ndjson", **changes})
        found = []
        for day in days:
            start = START + day * DAY
            plan = planned(self.upstream, rule, Window(start, start + DAY), start + DAY)
            archive = plan.settings.archive.model_copy(update={"volume_bytes": volume})
            settings = plan.settings.model_copy(update={"archive": archive})
            plan = plan.model_copy(update={"password_ref": "ref", "settings": settings})
            work = self.work / f"{len(list(self.work.iterdir()))}"
            work.mkdir()
            stage = packaged(self.upstream, plan, work)
            sealed = seal(plan, seal_bench(stage, self.signer))
            assert sealed is not None
            for file in sealed.files:
                path = self.to / below(plan.folder, file.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(stage.path(file.key), path)
            rule = replace(rule, last_manifest=sealed.manifest_sha256)
            found.append(self.to / plan.folder)
        return found
