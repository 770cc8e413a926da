from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.made import CATALOG, NOW, rule
from tests.integration.conftest import REGION
from waybill.aws.tables.access import AccessTable
from waybill.aws.tables.destinations import DestinationsTable
from waybill.aws.tables.rule_item import RuleItem
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.run_log import RunLogTable
from waybill.aws.tables.runs import RunsTable
from waybill.aws.tables.shards import DUE_SHARDS, due_shard
from waybill.core.access import AccessKey, Caller, Permission
from waybill.core.deliver import ProbeStep, Receipt
from waybill.core.dispatch import Tick, claim_due
from waybill.core.drift import Columns
from waybill.core.errors import Conflict, InvalidInput, NotFound, PermanentError
from waybill.core.ports import Progress, SavedDestination
from waybill.core.rule import Rule, RuleRef, RuleState, deactivated, paused
from waybill.core.run import Failure, Outcome, Run, RunState, SequenceRange, Trigger
from waybill.core.window import Window

LATER = NOW + timedelta(days=1)
TICK = Tick(time=LATER, now=LATER, trigger=Trigger.SCHEDULE, tzdata="2026.6")
HOUR = timedelta(hours=1)
CONSIDERED = {"chat_tickets": SequenceRange(after=0, upto=7)}
TOTALS = {"rows": 1, "bytes": 2, "files": 3, "rejects": 0}


def claimed(rules: RulesTable, runs: RunsTable, made: Rule | None = None) -> Run:
    made = made or rule()
    rules.add(made)
    return next(iter(claim_due(made, runs, CATALOG, TICK)))


def test_a_rule_comes_back_as_it_went_in(rules: RulesTable) -> None:
    made = rule(data=[{"dataset": "chat_tickets", "filter": "status = 'open'", "fields": ["ticket_id"]}])
    rules.add(made)
    assert rules.get("acme", made.rule_id) == made
    assert rules.find(made.rule_id) == made
    with pytest.raises(Conflict):
        rules.add(made)


def test_another_tenants_rule_is_not_there(rules: RulesTable) -> None:
    rules.add(rule())
    with pytest.raises(NotFound):
        rules.get("zeta", rule().rule_id)
    assert rules.page("zeta", "", 10).items == []


def test_pages_follow_each_other_and_a_foreign_cursor_is_refused(rules: RulesTable) -> None:
    for n in range(5):
        rules.add(rule(rule_id=f"rul_{n:016x}"))
    first = rules.page("acme", "", 3)
    second = rules.page("acme", first.cursor, 3)
    assert [r.rule_id[-1] for r in [*first.items, *second.items]] == list("01234")
    with pytest.raises(InvalidInput):
        rules.page("zeta", first.cursor, 3)
    with pytest.raises(InvalidInput):
        rules.page("acme", "nonsense", 3)


def test_only_active_rules_whose_time_has_come_are_due(rules: RulesTable) -> None:
    rules.add(rule())
    rules.add(deactivated(rule(rule_id="rul_00000000000000aa"), NOW))
    rules.add(rule(rule_id="rul_00000000000000bb", schedule={"frequency": "yearly"}))
    found = [ref for shard in range(rules.shards) for ref in rules.due(LATER, shard)]
    assert found == [RuleRef("acme", rule().rule_id)]
    assert list(rules.all(found)) == [rule()]
    assert not any(rules.due(NOW, shard) for shard in range(rules.shards))


def test_a_change_needs_the_version_that_was_read(rules: RulesTable) -> None:
    made = rule()
    rules.add(made)
    columns = {"chat_tickets": Columns(written={"ticket_id": "string"}, seen={"ticket_id": "string|null"})}
    rules.delivered("acme", made.rule_id, "ab" * 32, 77, columns)
    rules.late_checked(made, {"chat_tickets": 12})
    rules.replace(deactivated(made, NOW), made.version)
    with pytest.raises(Conflict):
        rules.replace(deactivated(made, NOW), made.version)
    kept = rules.get("acme", made.rule_id)
    assert (kept.last_manifest, kept.last_bytes) == ("ab" * 32, 77)
    assert (kept.last_columns, kept.late_checked) == (columns, {"chat_tickets": 12})
    rules.delivered("acme", made.rule_id, "cd" * 32, 1, None)
    amended = rules.get("acme", made.rule_id)
    assert (amended.last_manifest, amended.last_bytes, amended.last_columns) == ("cd" * 32, 77, columns)
    assert kept.next_run is None


def test_event_rules_are_found_by_their_dataset(rules: RulesTable) -> None:
    rules.add(rule(schedule={"frequency": "event"}))
    rules.add(rule(rule_id="rul_00000000000000aa"))
    assert [r.rule_id for r in rules.listening("acme", "chat_tickets")] == [rule().rule_id]
    assert list(rules.listening("acme", "recordings")) == []
    assert list(rules.listening("zeta", "chat_tickets")) == []


def test_a_claim_is_all_or_nothing(rules: RulesTable, runs: RunsTable) -> None:
    made = rule()
    run = claimed(rules, runs, made)
    assert runs.get(run.key) == run
    moved = rules.get("acme", made.rule_id)
    assert moved.cursor == run.window.end
    assert moved.version == made.version + 1
    assert list(claim_due(made, runs, CATALOG, TICK)) == []
    assert rules.get("acme", made.rule_id) == moved


def test_a_claim_notes_the_run_and_the_record_of_what_is_left_out_does_not(rules: RulesTable, runs: RunsTable) -> None:
    made = rule(schedule={"frequency": "hourly"}, overlap="skip")
    run = claimed(rules, runs, replace(made, next_run=made.cursor))
    later = replace(TICK, time=LATER + timedelta(hours=3), now=LATER + timedelta(hours=3))
    assert list(claim_due(rules.get("acme", made.rule_id), runs, CATALOG, TICK)) == []
    runs.begin(run.key, 1, LATER, parts=1, estimated_bytes=10, sequences=CONSIDERED, lasts=HOUR)
    last = run
    while last.window.end < LATER.replace(minute=0, second=0):
        runs.end(last.key, 1, LATER, Outcome(RunState.SUCCESS, ""), TOTALS)
        (last,) = claim_due(rules.get("acme", made.rule_id), runs, CATALOG, TICK)
    assert list(claim_due(rules.get("acme", made.rule_id), runs, CATALOG, later)) == []
    kept = rules.get("acme", made.rule_id)
    assert kept.newest_run == last.key.run_id
    left_out = runs.of_rule("acme", made.rule_id, "", 1).items[0]
    assert (left_out.state, left_out.finished_at, left_out.window.end) == (RunState.CANCELLED, later.now, kept.cursor)
    assert "Left out" in left_out.message
    assert [r.key for r in runs.waiting(later.now + timedelta(days=1))] == [last.key]


def test_a_window_that_has_a_run_is_not_claimed_again(rules: RulesTable, runs: RunsTable) -> None:
    made = rule()
    run = claimed(rules, runs, made)
    moved = rules.get("acme", made.rule_id)
    runs.begin(run.key, 1, LATER, parts=1, estimated_bytes=10, sequences=CONSIDERED, lasts=HOUR)
    assert not runs.claim(moved, run, replace(moved, version=moved.version + 1))
    assert runs.get(run.key).state is RunState.ONGOING
    assert rules.get("acme", made.rule_id) == moved


def test_failures_in_a_row_are_counted_and_forgotten(rules: RulesTable) -> None:
    made = rule()
    rules.add(made)
    assert [rules.failed("acme", made.rule_id) for _ in range(3)] == [1, 2, 3]
    assert rules.get("acme", made.rule_id).failures == 3
    rules.recovered("acme", made.rule_id)
    assert rules.failed("acme", made.rule_id) == 1
    rules.replace(paused(rules.get("acme", made.rule_id), "It failed.", NOW), made.version)
    kept = rules.get("acme", made.rule_id)
    assert (kept.state, kept.paused_because, kept.failures) == (RuleState.PAUSED, "It failed.", 1)
    rules.remove("acme", made.rule_id)
    assert rules.failed("acme", made.rule_id) == 0


def test_a_claim_of_a_rule_that_changed_leaves_no_run(rules: RulesTable, runs: RunsTable) -> None:
    made = rule()
    rules.add(made)
    rules.replace(deactivated(made, NOW), made.version)
    assert list(claim_due(made, runs, CATALOG, TICK)) == []
    assert runs.of_rule("acme", made.rule_id, "", 10).items == []


def test_a_run_goes_through_its_states_once(rules: RulesTable, runs: RunsTable) -> None:
    run = claimed(rules, runs)
    assert [r.key for r in runs.waiting(LATER + timedelta(minutes=3))] == [run.key]
    runs.begin(run.key, 1, LATER, parts=2, estimated_bytes=10, sequences=CONSIDERED, lasts=HOUR)
    runs.begin(run.key, 1, LATER + timedelta(minutes=1), parts=2, estimated_bytes=10, sequences=CONSIDERED, lasts=HOUR)
    begun = runs.get(run.key)
    assert (begun.state, begun.started_at, begun.parts) == (RunState.ONGOING, LATER, 2)
    assert list(runs.waiting(LATER + timedelta(minutes=3))) == []
    assert list(runs.waiting(LATER + HOUR)) == []
    assert [r.key for r in runs.waiting(LATER + HOUR + timedelta(minutes=2))] == [run.key]
    with pytest.raises(Conflict):
        runs.begin(run.key, 2, LATER, parts=2, estimated_bytes=10, sequences=CONSIDERED, lasts=HOUR)
    assert not runs.end(run.key, 2, LATER, Outcome(RunState.FAILURE, "late"), TOTALS)
    assert runs.end(run.key, 1, LATER, Outcome(RunState.SUCCESS, "done"), TOTALS)
    assert not runs.end(run.key, 1, LATER, Outcome(RunState.FAILURE, "again"), TOTALS)
    ended = runs.get(run.key)
    assert (ended.state, ended.message, ended.rows) == (RunState.SUCCESS, "done", 1)
    with pytest.raises(Conflict):
        runs.begin(run.key, 1, LATER, parts=2, estimated_bytes=10, sequences=CONSIDERED, lasts=HOUR)


def test_a_run_is_cancelled_unless_its_manifest_is_held_and_retried_as_its_next_epoch(
    rules: RulesTable, runs: RunsTable
) -> None:
    run = claimed(rules, runs)
    runs.begin(run.key, 1, LATER, parts=2, estimated_bytes=10, sequences=CONSIDERED, lasts=HOUR)
    with pytest.raises(Conflict):
        runs.retry(run.key, 1, LATER)
    assert not runs.hold_manifest(run.key, 2, LATER + timedelta(minutes=16))
    assert runs.hold_manifest(run.key, 1, LATER + timedelta(minutes=16))
    assert not runs.cancel(run.key, 1, LATER + timedelta(minutes=15), "stop")
    assert not runs.cancel(run.key, 2, LATER + timedelta(minutes=17), "stop")
    assert runs.cancel(run.key, 1, LATER + timedelta(minutes=17), "stop")
    assert not runs.cancel(run.key, 1, LATER + timedelta(minutes=17), "stop")
    assert not runs.hold_manifest(run.key, 1, LATER + timedelta(minutes=33))
    ended = runs.get(run.key)
    assert (ended.state, ended.message, ended.files) == (RunState.CANCELLED, "stop", 0)
    assert list(runs.waiting(LATER + timedelta(days=9))) == []
    again = runs.retry(run.key, 1, LATER + timedelta(hours=1))
    assert (again.state, again.epoch, again.message, again.finished_at) == (RunState.SCHEDULED, 2, "", None)
    assert (again.sequences, again.started_at, again.rows) == (CONSIDERED, None, None)
    assert [r.key for r in runs.waiting(LATER + timedelta(days=9))] == [run.key]
    with pytest.raises(Conflict):
        runs.retry(run.key, 1, LATER)
    with pytest.raises(Conflict):
        runs.begin(run.key, 1, LATER, parts=2, estimated_bytes=10, sequences=CONSIDERED, lasts=HOUR)
    runs.begin(run.key, 2, LATER, parts=2, estimated_bytes=10, sequences=CONSIDERED, lasts=HOUR)
    assert runs.cancel(run.key, 2, LATER, "the lease of the first attempt is gone")


def test_who_looked_before_rows_were_owed_again_notes_nothing(rules: RulesTable) -> None:
    made = rule()
    rules.add(made)
    rules.late_owed("acme", made.rule_id, {"chat_tickets": 7})
    rules.late_checked(made, {"chat_tickets": 12})
    owed = rules.get("acme", made.rule_id)
    assert (owed.late_checked, owed.late_owed) == ({"chat_tickets": 7}, 1)
    rules.late_checked(owed, {"chat_tickets": 12})
    rules.late_owed("acme", made.rule_id, {"chat_tickets": 20, "recordings": 3})
    rules.late_checked(owed, {"chat_tickets": 30})
    rules.late_owed("acme", made.rule_id, {"chat_tickets": 5})
    again = rules.get("acme", made.rule_id)
    assert (again.late_checked, again.late_owed) == ({"chat_tickets": 5, "recordings": 3}, 3)
    assert again.version == made.version
    rules.late_owed("acme", "rul_ffffffffffffffff", {"chat_tickets": 5})


def test_a_rules_runs_are_read_from_a_moment_back_and_by_window(rules: RulesTable, runs: RunsTable) -> None:
    run = claimed(rules, runs)
    for days in range(1, 4):
        moved = Window(run.window.start - timedelta(days=days), run.window.start)
        runs.add(replace(run, key=replace(run.key, window_start=moved.start), window=moved))
    runs.add(replace(run, key=replace(run.key, generation=2), backfill="bkf_000001"))
    found = list(runs.before("acme", run.key.rule_id, run.window.start))
    assert [(run.window.start - r.window.start).days for r in found] == [1, 2, 3]
    assert list(runs.before("zeta", run.key.rule_id, LATER)) == []
    same = runs.of_window("acme", run.key.rule_id, run.window.start)
    assert [(r.key.generation, r.backfill) for r in same] == [(2, "bkf_000001"), (1, "")]


def test_runs_are_listed_by_rule_and_by_tenant(rules: RulesTable, runs: RunsTable) -> None:
    run = claimed(rules, runs)
    again = replace(run, key=replace(run.key, generation=2), created_at=LATER + timedelta(minutes=1))
    runs.add(again)
    with pytest.raises(Conflict):
        runs.add(again)
    assert runs.newest_generation("acme", run.key.rule_id, run.window.start) == 2
    assert [r.key.generation for r in runs.of_rule("acme", run.key.rule_id, "", 10).items] == [2, 1]
    assert [r.key.generation for r in runs.of_tenant("acme", "", 10).items] == [2, 1]
    assert runs.of_tenant("zeta", "", 10).items == []


def test_the_log_counts_a_retried_step_once(rules: RulesTable, runs: RunsTable, tables: dict[str, str]) -> None:
    key = claimed(rules, runs).key
    log = RunLogTable(tables["RunLogTable"], REGION)
    receipt = Receipt("a/b.json", 40, "sha256:00", "v1", "checksum")
    for _ in range(2):
        log.part_done(key, 0, rows=3, size=50)
        log.received(key, "dst_one", 0, receipt, NOW)
        log.sent(key, "dst_one", 1, 7)
        log.note(key, NOW, "plan", "one part")
    progress = log.progress(key)
    assert (progress.parts_done, progress.rows, progress.packaged_bytes) == (1, 3, 50)
    assert (progress.files_delivered, progress.delivered_bytes) == (1, 47)
    assert log.notes(key) == [{"time": "2026-03-10T12:30:05.000000+00:00", "step": "plan", "message": "one part"}]
    assert log.receipts(key)["dst_one", 0]["compared"] == "checksum"
    assert log.resume_point(key, "dst_one", 1) is None
    log.save_resume_point(key, "dst_one", 1, {"upload": "x"})
    assert log.resume_point(key, "dst_one", 1) == {"upload": "x"}


def test_a_minimal_log_keeps_what_correctness_needs(rules: RulesTable, runs: RunsTable, tables: dict[str, str]) -> None:
    run = claimed(rules, runs, rule(log="minimal"))
    assert runs.get(run.key).minimal_log is run.minimal_log is True
    log = RunLogTable(tables["RunLogTable"], REGION, minimal=True)
    log.note(run.key, NOW, "plan", "one part")
    log.part_done(run.key, 0, rows=3, size=50)
    log.sent(run.key, "dst_one", 1, 7)
    assert (log.notes(run.key), log.progress(run.key)) == ([], Progress(0, 0, 0, 0, 0))
    log.received(run.key, "dst_one", 0, Receipt("a/b.json", 40, "sha256:00", "v1", "checksum"), NOW)
    log.save_resume_point(run.key, "dst_one", 1, {"upload": "x"})
    log.failed(run.key, "dst_one", Failure("The disk is full."))
    assert log.progress(run.key) == Progress(0, 0, 0, 1, 40)
    assert log.resume_point(run.key, "dst_one", 1) == {"upload": "x"}
    assert log.failures(run.key) == {"dst_one": Failure("The disk is full.")}


def test_destinations_and_keys_come_back_as_they_went_in(tables: dict[str, str]) -> None:
    destinations = DestinationsTable(tables["DestinationsTable"], REGION)
    saved = SavedDestination(
        tenant="acme",
        destination_id="dst_one",
        name="One",
        kind="sftp",
        settings={"host": "sftp.example.com", "port": 22},
        secret_ref="waybill/acme/dst_one",
        usable=True,
        probe=(ProbeStep("resolve", True, "found", facts={"address": "192.0.2.1"}),),
        probed_at=NOW,
        created_at=NOW,
        created_by="a test",
    )
    destinations.add(saved)
    assert destinations.get("acme", "dst_one") == saved
    assert destinations.find("zeta", "dst_one") is None
    assert destinations.page("acme", "", 5).items == [saved]
    destinations.remove("acme", "dst_one")
    assert destinations.find("acme", "dst_one") is None

    access = AccessTable(tables["AccessTable"], REGION)
    caller = Caller("acme", "a test", frozenset({Permission.READ, Permission.INGEST}), "key:abcdefghij12")
    key = AccessKey("abcdefghij12", "00" * 32, caller, NOW, "another", NOW + HOUR)
    access.add(key, NOW)
    assert access.get("abcdefghij12") == key
    assert access.get("abcdefghij13") is None


def test_a_rule_that_this_version_cannot_read_holds_back_no_other(
    rules: RulesTable, caplog: pytest.LogCaptureFixture
) -> None:
    on_demand = {"frequency": "event", "zone": "UTC"}
    for rule_id in ("rul_000000000000000a", "rul_000000000000000b", "rul_000000000000000c"):
        rules.add(replace(rule(schedule=on_demand), rule_id=rule_id, next_run=NOW))
    RuleItem("acme", "rul_000000000000000b").update([RuleItem.settings.set('{"name": "of another version"}')])
    left = ["rul_000000000000000a", "rul_000000000000000c"]
    refs = [ref for shard in range(rules.shards) for ref in rules.due(NOW, shard)]
    assert len(refs) == 3
    readings: list[Callable[[], Iterable[Rule]]] = [
        lambda: rules.all(refs),
        lambda: rules.every("", 5).items,
        lambda: rules.page("acme", "", 5).items,
        lambda: rules.listening("acme", "chat_tickets"),
    ]
    for read in readings:
        caplog.clear()
        assert sorted(one.rule_id for one in read()) == left
        (told,) = caplog.messages
        assert "rul_000000000000000b of acme cannot be read by this version: data: Field required" in told
    with pytest.raises(PermanentError, match="rul_000000000000000b cannot be read by this version: data"):
        rules.get("acme", "rul_000000000000000b")


def test_a_tenants_rules_lie_under_four_keys_of_what_is_due_and_tenants_under_all() -> None:
    assert len({due_shard("acme", f"rul_{n:016x}") for n in range(200)}) == 4
    found = Counter(due_shard(f"tenant {n}", f"rul_{n:016x}") for n in range(9_600))
    assert len(found) == DUE_SHARDS
    assert max(found.values()) < 2 * 9_600 / DUE_SHARDS


@pytest.mark.parametrize("rule_id", ["", "r" * 1_025])
def test_what_can_be_no_key_is_not_there(tables: dict[str, str], rule_id: str) -> None:
    with pytest.raises(NotFound):
        RulesTable(tables["RulesTable"], REGION).get("acme", rule_id)
