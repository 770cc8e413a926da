from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from simulate import aws_limits, load
from simulate.crowd import crowd, sizes
from simulate.row import Row
from simulate.shares import waits, worst
from simulate.starts import started
from simulate.throttle import Bucket, Keys
from tests.core.stores import MemoryRuns
from waybill.core import doors


@pytest.fixture(scope="module")
def few() -> dict[str, Row]:
    return {row.name: row for row in load.rows(due=2_000, seed=3)}


def wrong(due: int) -> set[str]:
    return {row.name for row in load.rows(due, seed=3) if not row.ok}


def test_the_hour_of_some_rules_is_as_promised(few: dict[str, Row]) -> None:
    assert [row.name for row in few.values() if not row.ok] == []
    assert few["rules there are"].figure == 20_000
    assert few["rules due on the hour"].figure == 2_000


def test_where_tenants_take_no_turns_the_small_ones_wait_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_limits, "CLAIM_CPU", 0.5)  # so that few rules take as long as many
    assert wrong(2_000) == set()
    rules = Counter(ref.tenant for ref in crowd(2_000, seed=3).due)
    monkeypatch.setattr(doors, "fairly", lambda due: sorted(due, key=lambda ref: -rules[ref.tenant]))
    assert wrong(2_000) == {"longest wait of a tenant, in its fair waits"}


def test_a_claim_that_looks_at_nothing_makes_runs_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue delivers some messages twice; only the claim's condition sees it."""

    def claim(self: MemoryRuns, rule: object, run: object, moved: object) -> bool:
        return True

    monkeypatch.setattr(MemoryRuns, "claim", claim)
    assert {"rules claimed twice", "runs handed on twice"} <= wrong(2_000)


def test_the_largest_tenant_has_a_twentieth_and_most_have_one_rule() -> None:
    found = list(sizes(100_000))
    assert sum(found) == 100_000
    assert max(found) == 5_000
    assert found.count(1) > 5_000


def test_a_wait_is_fair_where_whoever_waits_is_served_equally() -> None:
    in_turns = [(float(n), tenant) for n, tenant in enumerate("abababaa", start=1)]
    assert waits(in_turns) == {"a": (8.0, 8.0), "b": (6.0, 6.0)}
    one_by_one = [(float(n), tenant) for n, tenant in enumerate("aaaaaaab", start=1)]
    assert waits(one_by_one) == {"a": (7.0, 8.0), "b": (8.0, 2.0)}
    assert worst(one_by_one) == 4.0


def test_a_partition_takes_a_thousand_writes_a_second_and_a_table_forty_thousand() -> None:
    keys = Keys("rules", 4_000)
    assert [keys.write("one", 4, 5.0) for _ in range(251)] == [True] * 250 + [False]
    assert keys.write("one", 4, 6.0)
    many = Keys("runs", 100_000)
    assert sum(many.write(str(n), 10, 5.0) for n in range(9_000)) == 4_000


def test_a_bucket_fills_again() -> None:
    bucket = Bucket(2, 10)
    assert [bucket.take(now) for now in (0, 0, 0, 0.1, 0.1)] == [True, True, False, True, False]
    assert bucket.wait(10, 0.1) == pytest.approx(1.1)


def test_runs_start_as_fast_as_their_machines_allow() -> None:
    chance = Random(1)
    batches = [(0.0, [False] * 500)] * 20
    assert max(started(batches, chance).at) < 12
    assert len(started(batches, chance).at) == 10_000
    large = started([(0.0, [True] * 500)] * 20, chance)
    assert max(large.at) > (10_000 - 1_300) / 300
    assert len(large.at) + large.left == 10_000
