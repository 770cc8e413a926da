"""Rules that run as objects arrive: each object is taken once, whatever the times of its rows and however the triggers come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.made import CATALOG, NOW, lake_object, rule, settings
from tests.core.run_log import MemoryRunLog
from tests.core.stores import MemoryEvents
from tests.core.test_dispatch import end, tick
from tests.core.test_doors import Scene
from waybill.core import arrival
from waybill.core.again import retry, run_window
from waybill.core.arrival import LOOK_EVERY, MOST_OBJECTS, REGISTERED, announcer, marked, run_arrived
from waybill.core.audit import GRACE, holes_of
from waybill.core.backfill import BackfillRequest, new_backfill
from waybill.core.doors import runs_asked_for
from waybill.core.ending import Books, waited_for
from waybill.core.errors import Conflict, InvalidInput
from waybill.core.freeze import Registry, amend_now, staged_plan
from waybill.core.gaps import accounts
from waybill.core.hole import HoleKind
from waybill.core.parts import Part
from waybill.core.plan import Plan, PlannedDestination
from waybill.core.rule import Rule, activated, deactivated, with_settings
from waybill.core.rule_checks import check_settings
from waybill.core.run import Outcome, Run, RunState, SequenceRange, Trigger

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ARRIVAL = {"frequency": "arrival", "zone": "Europe/Berlin"}
WHERE = [PlannedDestination(destination_id="dst_one", name="SFTP", kind="sftp")]
LONG_AGO = datetime(2019, 5, 1, tzinfo=UTC)


class Place(Scene):
    """One rule that runs as tickets arrive, and the lake that they arrive in."""

    def __init__(self, already: int = 0, **changes: Any) -> None:
        super().__init__()
        self.objects = 0
        for _ in range(already):
            self.lands()
        self.made = marked(rule(schedule=ARRIVAL, **changes), self.lake)
        self.rules.add(self.made)

    @property
    def rule(self) -> Rule:
        return self.rules.get("acme", self.made.rule_id)

    def lands(self, first: datetime = NOW, last: datetime | None = None, key: str = "") -> None:
        self.objects += 1
        one = lake_object(self.objects, first, last or first)
        self.lake.register("acme", "chat_tickets", one.model_copy(update={"key": key} if key else {}))

    def told(self, time: datetime, dataset: str = "chat_tickets") -> list[Run]:
        """What ingest's event claims."""
        event = {"detail-type": REGISTERED, "detail": {"tenant": "acme", "dataset": dataset}}
        return list(runs_asked_for(event, tick(time, Trigger.EVENT), self.house))

    def beat(self, time: datetime) -> list[Run]:
        return list(runs_asked_for({}, tick(time), self.house))

    def plan(self, run: Run) -> Plan:
        registry = Registry(self.runs, self.lake, CATALOG)
        return staged_plan(run, registry, self.rules, self.stage, lambda _: WHERE, NOW)[0]


def numbers(run: Run) -> range:
    assert run.sequences is not None
    range_ = run.sequences["chat_tickets"]
    return range(range_.after + 1, range_.upto + 1)


def keys(plan: Plan) -> list[str]:
    return [one.key for part in plan.parts for one in part.objects]


def test_an_object_is_taken_by_its_number_whatever_the_times_of_its_rows() -> None:
    place = Place()
    place.lands(LONG_AGO, NOW + timedelta(days=400))
    (run,) = place.told(NOW + MINUTE)
    (part,) = place.plan(run).parts
    assert (run.trigger, list(numbers(run))) == (Trigger.ARRIVAL, [1])
    assert part.window.start <= LONG_AGO
    assert part.window.end > NOW + timedelta(days=400)


def test_what_was_there_before_the_rule_is_not_taken() -> None:
    place = Place(already=3)
    assert place.told(NOW + MINUTE) == []
    place.lands()
    (run,) = place.told(NOW + MINUTE)
    assert list(numbers(run)) == [4]


def test_a_burst_goes_together_once_the_run_before_has_ended() -> None:
    place = Place()
    place.lands()
    (first,) = place.told(NOW + SECOND)
    for n in range(500):
        place.lands()
        assert place.told(NOW + n * SECOND) == []
    end(place.runs, first)
    (second,) = place.told(NOW + MINUTE)
    assert len(numbers(second)) == 500
    assert place.told(NOW + MINUTE) == []


def test_a_run_has_a_bounded_number_of_objects_and_the_next_one_takes_the_rest() -> None:
    place = Place()
    for _ in range(MOST_OBJECTS + 7):
        place.lands()
    (first,) = place.told(NOW + SECOND)
    end(place.runs, first)
    (second,) = place.told(NOW + 2 * SECOND)
    assert [len(numbers(run)) for run in (first, second)] == [MOST_OBJECTS, 7]


def test_two_runs_within_one_second_have_windows_that_tile() -> None:
    place = Place()
    found = []
    for _ in range(3):
        place.lands()
        (run,) = place.told(NOW)
        end(place.runs, run)
        found.append(run)
    assert all(a.window.end == b.window.start for a, b in pairwise(found))
    assert holes_of(place.rule, list(place.runs.kept.values()), NOW + timedelta(days=1), timedelta()) == []


def test_an_event_of_another_dataset_and_one_that_comes_twice_claim_nothing() -> None:
    place = Place()
    place.lands()
    assert place.told(NOW, "recordings") == []
    assert len(place.told(NOW)) == 1
    assert place.told(NOW) == []


def test_a_lost_trigger_heals_within_a_look() -> None:
    place = Place()
    assert place.beat(NOW + MINUTE) == []
    place.lands()
    assert place.beat(NOW + LOOK_EVERY) == []  # looked at a minute after the rule was made
    (run,) = place.beat(NOW + MINUTE + LOOK_EVERY)
    assert list(numbers(run)) == [1]


def test_a_look_that_finds_nothing_is_not_repeated_by_every_heartbeat() -> None:
    place = Place()
    looks = []
    place.lake.newest = lambda tenant, dataset: looks.append(dataset) or 0  # type: ignore[func-returns-value,method-assign]
    for minute in range(60):
        place.beat(NOW + minute * MINUTE)
    assert len(looks) == 6


def test_a_rule_that_is_not_active_takes_nothing_and_goes_on_where_it_stopped() -> None:
    place = Place()
    place.rules.replace(deactivated(place.rule, NOW), place.rule.version)
    place.lands()
    assert (place.told(NOW + MINUTE), place.beat(NOW + MINUTE)) == ([], [])
    place.rules.replace(activated(place.rule, CATALOG, NOW), place.rule.version)
    (run,) = place.beat(NOW + MINUTE)
    assert list(numbers(run)) == [1]


def test_a_person_runs_what_has_arrived_and_is_told_where_there_is_nothing() -> None:
    place = Place()
    with pytest.raises(Conflict, match="has had its run"):
        run_arrived(place.rule, place.runs, place.lake, tick(NOW, Trigger.MANUAL))
    place.lands()
    run = run_arrived(place.rule, place.runs, place.lake, tick(NOW, Trigger.MANUAL))
    assert (run.trigger, list(numbers(run))) == (Trigger.MANUAL, [1])
    off = deactivated(place.rule, NOW)
    with pytest.raises(Conflict, match="not active"):
        run_arrived(off, place.runs, place.lake, tick(NOW, Trigger.MANUAL))


def test_a_run_that_failed_takes_the_same_objects_again_and_no_newer_ones() -> None:
    place = Place()
    place.lands()
    (run,) = place.told(NOW + SECOND)
    nothing = {"rows": 0, "bytes": 0, "files": 0, "rejects": 0}
    assert place.runs.end(run.key, 1, NOW, Outcome(RunState.FAILURE, "died before its plan"), nothing)
    place.lands()
    again = run_window(place.rule, place.runs, tick(NOW, Trigger.MANUAL), run.window.start)
    assert (again.key.generation, again.sequences) == (2, run.sequences)
    assert len(keys(place.plan(again))) == 1
    end(place.runs, again)
    other = Place()
    other.lands()
    (run,) = other.told(NOW + SECOND)
    other.runs.end(run.key, 1, NOW, Outcome(RunState.FAILURE, "died before its plan"), nothing)
    retried = retry(other.runs.get(run.key), other.runs, other.stage, NOW)
    assert (retried.epoch, retried.sequences) == (2, run.sequences)


def test_no_row_is_late_and_no_window_is_backfilled() -> None:
    place = Place()
    place.lands()
    (run,) = place.told(NOW + SECOND)
    place.plan(run)
    end(place.runs, run)
    place.lands(NOW - timedelta(days=1))  # in the window of no run, and in none that could be amended
    assert amend_now(place.rule, Registry(place.runs, place.lake, CATALOG), NOW, "x")[0] == []
    asked = BackfillRequest.model_validate({"from": LONG_AGO, "to": NOW})
    with pytest.raises(Conflict, match="runs as objects arrive"):
        new_backfill(place.rule, asked, None, place.runs, NOW, "a test")


def test_the_gap_report_has_the_runs_with_their_numbers_and_nothing_to_come() -> None:
    place = Place()
    place.lands(LONG_AGO)
    (run,) = place.told(NOW + SECOND)
    found = accounts(place.rule, place.runs, NOW - MINUTE, NOW + MINUTE, NOW + timedelta(days=3))
    assert [(a.run_ids, a.considered) for a in found] == [
        ((run.key.run_id,), {"chat_tickets": [SequenceRange(after=0, upto=1)]})
    ]


def test_the_audit_tells_an_object_that_nothing_takes_and_no_other_hole() -> None:
    place = Place()

    def holes(now: datetime) -> list[HoleKind]:
        waiting = arrival.waiting_since(place.rule, place.lake)
        runs = list(place.runs.kept.values())
        return [hole.kind for hole in holes_of(place.rule, runs, now, timedelta(minutes=5), waiting=waiting)]

    assert holes(NOW + timedelta(days=30)) == []
    place.lands(NOW)
    assert holes(NOW + GRACE - SECOND) == []
    assert holes(NOW + GRACE) == [HoleKind.UNCLAIMED]
    (run,) = place.told(NOW + GRACE)
    place.lands(NOW)
    assert holes(NOW + GRACE + MINUTE) == []  # it waits for the run before
    end(place.runs, run)
    assert holes(NOW + timedelta(hours=3)) == [HoleKind.UNCLAIMED]


def test_a_rule_neither_begins_nor_ceases_to_run_by_arrival() -> None:
    for before, after in ((rule(), settings(schedule=ARRIVAL)), (Place().rule, settings())):
        with pytest.raises(InvalidInput, match="make a rule of its own"):
            with_settings(before, after, CATALOG, NOW)


def test_a_dataset_that_is_new_to_a_rule_begins_with_what_is_registered_from_then_on() -> None:
    place = Place()
    place.lake.register("acme", "recordings", lake_object(1, NOW, NOW))
    place.lands()
    both = settings(schedule=ARRIVAL, data=[{"dataset": "chat_tickets"}, {"dataset": "recordings"}])
    changed = marked(with_settings(place.rule, both, CATALOG, NOW), place.lake)
    assert changed.arrived == {"chat_tickets": 0, "recordings": 1}
    assert marked(with_settings(changed, settings(schedule=ARRIVAL), CATALOG, NOW), place.lake).arrived == {
        "chat_tickets": 0
    }


def test_ingest_tells_dispatch_only_where_a_rule_waits() -> None:
    place, told = Place(), MemoryEvents()
    announce = announcer(place.rules, told)
    announce("acme", "recordings")
    announce("other", "chat_tickets")
    assert told.sent == []
    announce("acme", "chat_tickets")
    assert told.sent == [("waybill.lake", REGISTERED, {"tenant": "acme", "dataset": "chat_tickets"})]


# --- overlap of rules that an event sets off


@pytest.mark.parametrize(("overlap", "claimed"), [("queue", 1), ("skip", 0)])
def test_a_trigger_during_a_run_waits_for_its_end_or_counts_for_nothing(overlap: str, claimed: int) -> None:
    scene = Scene(made := rule(schedule={"frequency": "event"}, overlap=overlap))
    event = {"detail": {"tenant": "acme", "dataset": "chat_tickets"}}
    (first,) = runs_asked_for(event, tick(NOW + MINUTE), scene.house)
    assert list(runs_asked_for(event, tick(NOW + 2 * MINUTE), scene.house)) == []
    assert [r for r in runs_asked_for({}, tick(NOW + 2 * MINUTE), scene.house) if r.key != first.key] == []
    end(scene.runs, first)
    found = list(runs_asked_for({}, tick(NOW + 3 * MINUTE), scene.house))
    assert len(found) == claimed
    assert all(run.window.start == first.window.end for run in found)
    end(scene.runs, *found)
    assert list(runs_asked_for({}, tick(NOW + 4 * MINUTE), scene.house)) == []
    (after,) = runs_asked_for(event, tick(NOW + 5 * MINUTE), scene.house)
    assert after.window.end == scene.rules.get("acme", made.rule_id).cursor


# --- files by object


def by_object(file: str = "", **layout: str) -> dict[str, Any]:
    return {"layout": {"files": "object", **({"file": file} if file else {}), **layout}}


def names(parts: tuple[Part, ...]) -> list[str]:
    return [part.name.whole for part in parts]


def test_each_object_has_a_file_of_its_name_and_no_two_have_one() -> None:
    place = Place(**by_object())
    for key in ("dt=2026-03-09/hr=10/a.ndjson", "dt=2026-03-09/hr=11/a.ndjson", "dt=2026-03-09/hr=11/b c.ndjson.gz"):
        place.lands(key=f"tenant=acme/dataset=chat_tickets/{key}")
    (run,) = place.told(NOW + SECOND)
    plan = place.plan(run)
    assert names(plan.parts) == [
        "chat_tickets/a.json",
        "chat_tickets/a-000000000002.json",
        "chat_tickets/b c.json",
    ]
    assert [len(part.objects) for part in plan.parts] == [1, 1, 1]
    assert all(part.of == 1 for part in plan.parts)


def test_the_number_tells_files_of_all_runs_apart() -> None:
    place = Place(
        **by_object(
            "{dataset}/{rule_id}-{number}{again}{part}.{extension}", folder="in", manifest="{run}", media="{run}/{path}"
        )
    )
    place.lands()
    (run,) = place.told(NOW + SECOND)
    assert names(place.plan(run).parts) == ["chat_tickets/rul_0123456789abcdef-000000000001.json"]


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ({"file": "{dataset}/{run}/{object}{part}.{extension}"}, "set files to"),
        ({"files": "object", "file": "{dataset}/{run}{part}.{extension}"}, "must hold"),
        ({"files": "object", "folder": "in", "manifest": "{run}", "media": "{run}/{path}"}, "differ from run to run"),
    ],
)
def test_a_layout_that_names_objects_wrongly_is_refused(layout: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        settings(schedule=ARRIVAL, layout=layout)


def test_a_file_for_each_object_is_for_rules_that_run_by_arrival() -> None:
    with pytest.raises(InvalidInput, match=r"layout\.files"):
        check_settings(settings(**by_object()), CATALOG, {"dst_one"})
    with pytest.raises(InvalidInput, match="empty_window"):
        check_settings(settings(schedule=ARRIVAL, empty_window="empty_file", **by_object()), CATALOG, {"dst_one"})
    check_settings(settings(schedule=ARRIVAL, **by_object()), CATALOG, {"dst_one"})


# --- all of it together

_DAYS = st.integers(-3_000, 3_000).map(lambda days: NOW + timedelta(days=days))


@given(st.lists(st.one_of(_DAYS, st.sampled_from(["event", "beat", "end", "fail", "stale"])), max_size=60))
def test_every_object_is_in_one_plan_however_triggers_runs_and_objects_follow(steps: list[object]) -> None:
    place = Place()
    planned: list[Run] = []
    time, stale = NOW, place.rule
    for step in steps:
        time += 7 * MINUTE
        found: list[Run] = []
        if isinstance(step, datetime):
            place.lands(step, step + timedelta(hours=3))
        elif step == "event":
            found = place.told(time)
        elif step == "beat":
            found = [run for run in place.beat(time) if run.epoch == 1 and run not in planned]
        elif step == "stale":  # a dispatcher that read the rule some time ago
            run = arrival.claim_arrived(stale, place.runs, place.lake, tick(time))
            found, stale = [run] if run else [], place.rule
        else:
            outcome = Outcome(RunState.SUCCESS if step == "end" else RunState.FAILURE, "")
            for run in planned:
                place.runs.end(
                    run.key,
                    place.runs.get(run.key).epoch,
                    time,
                    outcome,
                    {"rows": 1, "bytes": 1, "files": 1, "rejects": 0},
                )
        planned += [run for run in found if run.key not in {known.key for known in planned}]
    for run in planned:
        place.runs.end(
            run.key,
            place.runs.get(run.key).epoch,
            time,
            Outcome(RunState.SUCCESS, ""),
            {"rows": 0, "bytes": 0, "files": 0, "rejects": 0},
        )
    planned += place.told(time + MINUTE)
    taken = [key for run in planned for key in keys(place.plan(replace(run, epoch=1)))]
    assert sorted(taken) == sorted(one.key for one in place.lake.kept.get(("acme", "chat_tickets"), []))
    windows = sorted(run.window for run in planned)
    assert all(a.end == b.start for a, b in pairwise(windows))


# --- a run's end


def books(place: Place, now: datetime) -> Books:
    return Books(
        runs=place.runs,
        rules=place.rules,
        backfills=place.house.backfills,
        lake=place.lake,
        log=MemoryRunLog(),
        stage=place.stage,
        events=MemoryEvents(),
        catalogs=lambda _: CATALOG,
        now=lambda: now,
    )


def test_a_runs_end_takes_what_arrived_meanwhile() -> None:
    place = Place()
    place.lands()
    (first,) = place.told(NOW + SECOND)
    place.lands()
    place.lands()
    assert list(waited_for(first.key, books(place, NOW + MINUTE), "x")) == []
    end(place.runs, first)
    (second,) = waited_for(first.key, books(place, NOW + MINUTE), "x")
    assert list(numbers(second)) == [2, 3]


def test_a_runs_end_takes_the_trigger_that_waited() -> None:
    scene = Scene(rule(schedule={"frequency": "event"}))
    event = {"detail": {"tenant": "acme", "dataset": "chat_tickets"}}
    (first,) = runs_asked_for(event, tick(NOW + MINUTE), scene.house)
    assert list(runs_asked_for(event, tick(NOW + 2 * MINUTE), scene.house)) == []
    end(scene.runs, first)
    place = Place()
    place.rules, place.runs, place.house = scene.rules, scene.runs, scene.house
    (second,) = waited_for(first.key, books(place, NOW + 2 * MINUTE + SECOND), "x")
    assert second.window.start == first.window.end
