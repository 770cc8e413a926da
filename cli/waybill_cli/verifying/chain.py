"""The chain of a rule's manifests: each names the one that was delivered before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from waybill_cli.verifying.finding import Report
from waybill_cli.verifying.manifest import Manifest


def check_chains(manifests: Sequence[Manifest], report: Report, *, from_first: bool) -> None:
    """A manifest that another one names and that is not here is a missing run. What came before the oldest one here cannot be
    told from here; with `from_first` it must be the rule's first.
    """
    rules: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        rules[manifest.rule].append(manifest)
    for chain in rules.values():
        _check(sorted(chain, key=lambda m: (m.planned_at, m.start)), report, from_first=from_first)


def _check(chain: Sequence[Manifest], report: Report, *, from_first: bool) -> None:
    here = {manifest.sha256 for manifest in chain}
    oldest = chain[0]
    if oldest.previous and oldest.previous not in here:
        before = f"A run of {oldest.rule_id} before {oldest.run_id} was delivered, and it is not here."
        if from_first:
            report.wrong(oldest.run_id, before, "Ask for the runs before it.")
        else:
            report.note(oldest.run_id, before)
    for manifest in chain[1:]:
        if not manifest.previous:
            report.note(
                manifest.run_id, f"{manifest.run_id} names no run before it; it was planned beside another one."
            )
        elif manifest.previous not in here and manifest.previous != oldest.previous:
            report.wrong(manifest.run_id, _missing(manifest, chain), "Ask for that run again.")


def _missing(manifest: Manifest, chain: Sequence[Manifest]) -> str:
    """Where the missing run must have been: between what is here and was planned around it."""
    earlier = [m for m in chain if m.planned_at < manifest.planned_at]
    since = f"after that of {earlier[-1].window} and " if earlier else ""
    return (
        f"A run of {manifest.rule_id} is missing: the one that was delivered {since}before that of {manifest.window}."
        f" Its manifest has the SHA-256 {manifest.previous}."
    )
