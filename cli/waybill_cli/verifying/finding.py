"""What a verification says: findings, each of one place, and what was looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """`wrong`: something is missing, changed or forged. `unchecked`: nothing wrong is known, but not all of it could be looked
    at. `note`: worth knowing, and nothing is wrong with it.
    """

    WRONG = "wrong"
    UNCHECKED = "unchecked"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """`place` is a path below what was verified, or a run's id; `said` is a sentence, `advice` what to do."""

    verdict: Verdict
    place: str
    said: str
    advice: str = ""


AGAIN = "Ask for this delivery again."
PASSWORD = "Give the archive's password: --password-file."  # noqa: S105 - a sentence, no password


def wrong(place: str, said: str) -> Finding:
    """Something that only another delivery can mend."""
    return Finding(Verdict.WRONG, place, said, AGAIN)


@dataclass
class Report:
    """All findings in the order in which they were made, and sums over what was looked at. `size` is in bytes."""

    findings: list[Finding] = field(default_factory=list)
    runs: int = 0
    files: int = 0
    size: int = 0
    signatures: int = 0

    def wrong(self, place: str, said: str, advice: str = AGAIN) -> None:
        self.findings.append(Finding(Verdict.WRONG, place, said, advice))

    def unchecked(self, place: str, said: str, advice: str) -> None:
        self.findings.append(Finding(Verdict.UNCHECKED, place, said, advice))

    def note(self, place: str, said: str) -> None:
        self.findings.append(Finding(Verdict.NOTE, place, said))

    def of(self, verdict: Verdict) -> list[Finding]:
        return [f for f in self.findings if f.verdict is verdict]

    @property
    def result(self) -> str:
        """`wrong`, `unproven` or `proven`."""
        if self.of(Verdict.WRONG):
            return "wrong"
        return "unproven" if self.of(Verdict.UNCHECKED) else "proven"

    def as_document(self) -> dict[str, Any]:
        """What `--json` prints: docs/verify.md."""
        return {
            "result": self.result,
            "runs": self.runs,
            "files": self.files,
            "bytes": self.size,
            "signatures": self.signatures,
            "findings": [
                {"verdict": f.verdict.value, "place": f.place, "said": f.said, "advice": f.advice}
                for f in self.findings
            ],
        }


Progress = Callable[[int], None]
"""Is told how many more bytes were read."""
