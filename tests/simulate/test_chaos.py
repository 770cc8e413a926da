"""The chaos at a small size, and that it would say so if something broke."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulate import chaos
from tests.core.stores import MemoryRuns
from waybill.core.rule import Rule
from waybill.core.run import Run, SequenceRange


@pytest.mark.parametrize("seed", [1, 2, 3, 15])
def test_no_invariant_breaks_and_the_same_seed_lives_the_same_life(seed: int) -> None:
    found = chaos.lived(seed)
    assert {name: found[name] for name in chaos.WRONG if found[name]} == {}
    assert found["deaths"] > 20
    assert found["rows"] > 200
    assert found["slowest backlog, minutes"] <= 15
    if seed == 1:
        assert chaos.lived(seed) == found


def test_on_tables_no_invariant_breaks_either() -> None:
    found = chaos.lived_on_tables(1, chaos.SHORTEST)
    assert {name: found[name] for name in chaos.WRONG if found[name]} == {}
    assert found["windows"] > 0


def broken(*seeds: int) -> bool:
    return any(chaos.lived(seed)[name] for seed in seeds for name in chaos.WRONG)


def test_a_claim_without_its_conditions_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two dispatchers that read the same rule then make two runs of a window."""
    honest = MemoryRuns.claim

    def careless(self: MemoryRuns, rule: Rule, run: Run, moved: Rule) -> bool:
        if run.key not in self.kept:
            return honest(self, self._rules.kept[rule.tenant, rule.rule_id], run, moved)
        self.add(replace(run, key=replace(run.key, generation=2 + len(self.kept))))
        return True

    monkeypatch.setattr(MemoryRuns, "claim", careless)
    assert broken(1, 2, 3)


def test_a_step_that_forgets_what_was_delivered_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a window that a late run takes along once more."""
    monkeypatch.setattr("waybill.core.late.holes", lambda covered, upto: [SequenceRange(after=0, upto=upto)])
    assert broken(1, 2, 3)
