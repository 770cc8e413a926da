"""The state machines' definitions: the sandbox's engine accepts broken ones, AWS does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from waybill.core.errors import RECOVERIES
from waybill.core.seal import WORKERS_AT_ONCE

ROOT = Path(__file__).resolve().parents[2]
MACHINES = sorted((ROOT / "functions").glob("*.asl.yaml"))
OURS = {r.__name__ for r in RECOVERIES}


def definition(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


def levels(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine and, inside it, every Map's own."""
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from levels(state["ItemProcessor"])


@pytest.mark.parametrize("path", MACHINES, ids=lambda p: p.stem)
def test_states_have_names_of_their_own_and_lead_somewhere(path: Path) -> None:
    machine = definition(path)
    names = [name for level in levels(machine) for name in level["States"]]
    assert len(set(names)) == len(names), "a state's name is unique in the whole machine"
    for level in levels(machine):
        states = level["States"]
        reached = {level["StartAt"]}
        for name, state in states.items():
            targets = [state.get("Next"), state.get("Default")]
            targets += [c["Next"] for c in state.get("Choices", [])] + [c["Next"] for c in state.get("Catch", [])]
            found = {t for t in targets if t}
            assert found <= set(states), f"{name} leads to {found - set(states)}"
            ends = state.get("End") or state["Type"] in {"Succeed", "Fail", "Choice"}
            assert bool(state.get("Next")) != bool(ends), f"{name} neither ends nor goes on, or both"
            reached |= found
        assert reached == set(states), f"nothing leads to {set(states) - reached}"


@pytest.mark.parametrize("path", MACHINES, ids=lambda p: p.stem)
def test_errors_of_ours_are_matched_by_names_that_the_boundary_lets_out(path: Path) -> None:
    for level in levels(definition(path)):
        for name, state in level["States"].items():
            for rule in [*state.get("Retry", []), *state.get("Catch", [])]:
                for error in rule["ErrorEquals"]:
                    known = error in OURS or error.split(".")[0] in {"States", "Lambda", "Runtime", "Sandbox", "Sfn"}
                    assert known, f"{name} waits for {error}, which nothing raises"
                    if error == "States.ALL":
                        assert rule["ErrorEquals"] == ["States.ALL"], "States.ALL stands alone"
                        assert rule is (state.get("Catch") or state["Retry"])[-1] or rule is state["Retry"][-1]


def test_every_step_of_a_run_retries_what_passes_and_ends_in_finish() -> None:
    machine = definition(ROOT / "functions/export_run.asl.yaml")
    tasks = [(n, s) for level in levels(machine) for n, s in level["States"].items() if s["Type"] == "Task"]
    assert len(tasks) == 8
    for name, state in tasks:
        retried = {e for r in state["Retry"] for e in r["ErrorEquals"]}
        assert {"TransientError", "Runtime.ExitError", "Sandbox.Timedout", "Lambda.TooManyRequestsException"} <= retried
        assert not retried & {"PermanentError", "ConfigurationError", "States.ALL"}, name
    for name, state in machine["States"].items():
        if name != "Finish" and state["Type"] != "Choice":
            assert [c["Next"] for c in state["Catch"]] == ["Finish"], name


def test_every_shard_of_a_run_has_its_turn_at_once() -> None:
    states = definition(ROOT / "functions" / "export_run.asl.yaml")["States"]
    for name in ("Deliver", "DeliverManifests"):
        assert states[name]["MaxConcurrency"] == WORKERS_AT_ONCE
