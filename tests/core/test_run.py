from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from waybill.core.run import (
    DestinationOutcome,
    Failure,
    RunKey,
    RunState,
    execution_name,
    failure_of,
    outcome_of,
    parse_run_id,
)

KEY = RunKey("acme", "rul_0123456789abcdef", datetime(2026, 3, 9, 23, tzinfo=UTC), 2)


def test_a_run_id_says_its_key() -> None:
    assert KEY.run_id == "rul_0123456789abcdef.20260309T230000Z.2"
    assert parse_run_id("acme", KEY.run_id) == KEY


@pytest.mark.parametrize(
    "text", ["", "rul_x.1.1", KEY.run_id + "x", KEY.run_id.replace("0309", "0399"), "../" + KEY.run_id]
)
def test_what_is_no_run_id_is_no_run(text: str) -> None:
    assert parse_run_id("acme", text) is None


def test_execution_names_fit_step_functions_and_differ_by_tenant_generation_and_attempt() -> None:
    names = {
        execution_name(KEY, 1),
        execution_name(KEY, 2),
        execution_name(RunKey("zeta", KEY.rule_id, KEY.window_start, 2), 1),
        execution_name(RunKey("acme", KEY.rule_id, KEY.window_start, 3), 1),
    }
    assert len(names) == 4
    assert all(len(n) <= 80 and re.fullmatch(r"[A-Za-z0-9_-]+", n) for n in names)


def done(name: str, receipts: int = 3, failure: Failure | None = None) -> DestinationOutcome:
    return DestinationOutcome(name=name, files=3, receipts=receipts, failure=failure)


def test_success_needs_a_receipt_for_every_file_at_every_destination() -> None:
    assert outcome_of([done("S3"), done("SFTP")]).state is RunState.SUCCESS
    missing = outcome_of([done("S3"), done("SFTP", receipts=2)])
    assert missing.state is RunState.PARTIAL
    assert "no receipt for 1 of 3 files" in missing.message


def test_a_destination_that_failed_says_why() -> None:
    theirs = Failure("The password was refused. Save the right one.", tenants=True)
    outcome = outcome_of([done("SFTP", receipts=0, failure=theirs)])
    assert outcome.state is RunState.FAILURE
    assert "The password was refused" in outcome.message


def test_only_a_failure_that_the_tenant_alone_can_mend_is_the_tenants() -> None:
    theirs, passing = Failure("The password was refused.", tenants=True), Failure("No answer.")
    assert outcome_of([done("A", 0, theirs), done("B", 0, theirs)]).tenants
    assert not outcome_of([done("A", 0, theirs), done("B", 0, passing)]).tenants
    assert not outcome_of([done("A", 0, theirs), done("B")]).tenants
    assert not outcome_of([done("A", 0)]).tenants


def test_an_outcome_passes_only_if_all_that_is_missing_may() -> None:
    theirs, passing = Failure("The password was refused.", tenants=True), Failure("No answer.", passing=True)
    assert outcome_of([done("A", 0, passing), done("B")]).passing
    assert outcome_of([done("A", 0, passing), done("B", 0, passing)]).passing
    assert not outcome_of([done("A", 0, passing), done("B", 0, theirs)]).passing
    assert not outcome_of([done("A", 0)]).passing
    assert not outcome_of([done("A")]).passing


def test_the_sentence_of_our_errors_is_kept_and_others_are_not_shown() -> None:
    cause = json.dumps({"errorType": "ConfigurationError", "errorMessage": "The bucket is gone. Make it again."})
    said = failure_of({"Error": "ConfigurationError", "Cause": cause})
    assert said == Failure("The bucket is gone. Make it again.", tenants=True)
    assert failure_of({"Error": "PermanentError", "Cause": cause}) == Failure("The bucket is gone. Make it again.")
    hidden = failure_of({"Error": "KeyError", "Cause": json.dumps({"errorMessage": "'secret-thing'"})})
    assert hidden is not None
    assert "secret-thing" not in hidden.message
    assert "Run the rule again" in hidden.message
    assert not hidden.tenants
    assert failure_of(None) is None
    unknown = failure_of({"Cause": "not json"})
    assert unknown is not None
    assert "unknown error" in unknown.message
