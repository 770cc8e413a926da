from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.core.made import CATALOG, NOW, lake_object, rule
from tests.core.stores import MemoryRules, MemoryRuns
from waybill.core import parts
from waybill.core.dispatch import Tick, claim_due
from waybill.core.errors import ConfigurationError
from waybill.core.lake_object import LakeObject
from waybill.core.parts import Share
from waybill.core.plan import Plan, PlannedDestination, make_plan
from waybill.core.rule import Rule
from waybill.core.run import Run, SequenceRange, Trigger

DAY = datetime(2026, 3, 9, 23, tzinfo=UTC)
WHERE = [PlannedDestination(destination_id="dst_one", name="One", kind="memory")]


def claimed(made: Rule) -> Run:
    rules = MemoryRules()
    rules.add(made)
    tick = Tick(time=NOW + timedelta(days=1), now=NOW, trigger=Trigger.SCHEDULE, tzdata="2026.6")
    return next(iter(claim_due(made, MemoryRuns(rules), CATALOG, tick)))


def planned(objects: list[LakeObject], **changes: Any) -> Plan:
    made = rule(**changes)
    run = claimed(made)
    sequences = {"chat_tickets": SequenceRange(after=0, upto=len(objects))}
    return make_plan(made, run, CATALOG, Share(run.window, {"chat_tickets": objects}, sequences), WHERE, NOW)


def test_a_plan_holds_the_objects_whose_events_can_lie_in_the_window() -> None:
    hour = timedelta(hours=1)
    objects = [
        lake_object(1, DAY - hour, DAY - timedelta(seconds=1)),
        lake_object(2, DAY - hour, DAY),
        lake_object(3, DAY + hour, DAY + 2 * hour),
        lake_object(4, DAY + 24 * hour, DAY + 25 * hour),
    ]
    plan = planned(objects)
    assert [o.sequence for p in plan.parts for o in p.objects] == [2, 3]
    assert plan.sequences["chat_tickets"].upto == 4
    assert plan.folder == f"Daily tickets/{plan.run_id}"


def test_parts_are_bounded_and_outside_an_archive_write_one_file() -> None:
    size = parts.PART_BYTES // 2 - 1
    plan = planned([lake_object(n, DAY, DAY, size=size) for n in range(1, 6)])
    assert [len(p.objects) for p in plan.parts] == [2, 2, 1]
    assert [p.index for p in plan.parts] == [0, 1, 2]
    assert {p.name.whole for p in plan.parts} == {"chat_tickets.json"}


def test_in_an_archive_each_part_is_a_file_of_its_own() -> None:
    size = parts.PART_BYTES
    plan = planned([lake_object(n, DAY, DAY, size=size) for n in (1, 2)], archive={"method": "zip"})
    assert [p.name.numbered(p.number) for p in plan.parts] == [
        "chat_tickets-part-0001.json",
        "chat_tickets-part-0002.json",
    ]


def test_a_plan_too_large_for_one_run_is_refused_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MOST_PARTS", 2)
    with pytest.raises(ConfigurationError, match="shorter window"):
        planned([lake_object(n, DAY, DAY, size=parts.PART_BYTES) for n in range(1, 5)])


def test_a_plan_survives_the_stage_unchanged() -> None:
    plan = planned([lake_object(1, DAY, DAY)], data=[{"dataset": "chat_tickets", "filter": "status = 'open'"}])
    read = Plan.model_validate_json(plan.model_dump_json())
    assert read == plan
    assert read.window == plan.window


def test_an_empty_window_is_planned_as_the_rule_says() -> None:
    assert planned([]).parts == ()
    empty = planned([], empty_window="empty_file")
    assert [(p.name.whole, p.objects) for p in empty.parts] == [("chat_tickets.json", ())]


def refused(objects: list[LakeObject], where: PlannedDestination, **changes: Any) -> ConfigurationError:
    made = rule(**changes)
    run = claimed(made)
    share = Share(run.window, {"chat_tickets": objects}, {"chat_tickets": SequenceRange(after=0, upto=len(objects))})
    with pytest.raises(ConfigurationError) as raised:
        make_plan(made, run, CATALOG, share, [*WHERE, where], NOW)
    return raised.value


SMALL = PlannedDestination(destination_id="dst_two", name="Two", kind="small", largest_file=2_500)


def test_a_file_that_a_destination_cannot_hold_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 1)
    objects = [lake_object(n, DAY, DAY, size=1_000) for n in (1, 2, 3)]
    error = refused(objects, SMALL)
    assert error.message.startswith(
        "A file of about 3000 bytes would be written, and Two (small) takes files of at most 2500"
    )
    assert (
        error.advice
        == "Set file_limit.bytes or archive.volume_bytes, choose a shorter window, or leave out the archive."
    )
    assert "3000 bytes" in refused(objects, SMALL, archive={"method": "zip"}).message


def test_volumes_are_what_a_destination_must_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 1)
    where = SMALL.model_copy(update={"largest_file": 12_000_000})
    whole, volumes = {"method": "zip"}, {"method": "zip", "volume_bytes": 10_000_000}
    small = [lake_object(n, DAY, DAY, size=9_000_000) for n in (1, 2)]
    assert "18000000 bytes" in refused(small, where, archive=whole).message
    share = Share(claimed(rule()).window, {"chat_tickets": small}, {"chat_tickets": SequenceRange(after=0, upto=2)})
    made = rule(archive=volumes)
    assert len(make_plan(made, claimed(made), CATALOG, share, [where], NOW).parts) == 2
    large = [*small, lake_object(3, DAY, DAY, size=13_000_000)]
    assert "13000000 bytes" in refused(large, where, archive=volumes).message


def test_a_limit_or_files_by_period_make_what_a_destination_can_hold() -> None:
    made = rule(file_limit={"bytes": 1_000_000}, layout={"preset": "data_ops"})
    run = claimed(made)
    objects = [lake_object(n, DAY, DAY, size=900_000) for n in (1, 2, 3)]
    share = Share(run.window, {"chat_tickets": objects}, {"chat_tickets": SequenceRange(after=0, upto=3)})
    where = SMALL.model_copy(update={"largest_file": 1_000_000})
    assert len(make_plan(made, run, CATALOG, share, [where], NOW).parts) == 1
    assert "2700000 bytes" in refused(objects, where, layout={"preset": "data_ops"}).message


def test_a_path_that_a_destination_cannot_take_is_refused_before_any_work() -> None:
    objects = [lake_object(1, DAY, DAY)]
    made = planned(objects)
    length = len(f"{made.folder}/{made.parts[0].name.numbered(1)}")
    where = PlannedDestination(destination_id="dst_two", name="Two", kind="short", longest_name=length - 1)
    error = refused(objects, where)
    assert error.message == (
        f"A file's path would have {length} characters, and Two (short) takes at most {length - 1}."
    )
    assert error.advice == "Shorten the layout's folder or file."


@pytest.mark.parametrize(("forbidden", "method", "colon"), [("", "none", ":"), (":", "none", "-"), ("", "zip", "-")])
def test_a_colon_gives_way_where_a_destination_or_an_archive_cannot_hold_it(
    forbidden: str, method: str, colon: str
) -> None:
    made = rule(layout={"preset": "data_ops"}, archive={"method": method})
    run = claimed(made)
    share = Share(
        run.window, {"chat_tickets": [lake_object(1, DAY, DAY)]}, {"chat_tickets": SequenceRange(after=0, upto=1)}
    )
    where = PlannedDestination(destination_id="dst_two", name="Two", kind="odd", forbidden=forbidden)
    (part,) = make_plan(made, run, CATALOG, share, [*WHERE, where], NOW).parts
    assert part.name.whole.endswith(f"/2026-03-10T00{colon}00+01{colon}00--2026-03-11T00{colon}00+01{colon}00.json")
