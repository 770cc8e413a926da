"""Alarms and the dashboard name metrics that exist: CloudWatch takes any name, and a misspelled one is silent for ever."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.gates.test_template import RESOURCES, ROOT
from waybill.core.hole import HoleKind
from waybill.core.run import RunState

ALARMS = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
BODY: str = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Sub"]
SERVICE = "waybill-${Stage}"
VALUES = {"kind": {k.value for k in HoleKind}, "outcome": {s.value for s in RunState}, "trigger": {"schedule", "event"}}


def emitted() -> dict[str, set[str]]:
    """The dimensions of every metric of ours, by its name, as the functions measure it."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "functions").glob("*/app.py"):
        for call in ast.walk(ast.parse(Path(path).read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "measured":
                assert isinstance(call.args[0], ast.Constant)
                found[str(call.args[0].value)] = {str(k.arg) for k in call.keywords} | {"service"}
    return found


def test_functions_measure_something() -> None:
    assert emitted().keys() >= {"RunsEnded", "RunsToLookAt", "SecondsToReceipt", "WindowsClaimed", "HolesFound"}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_what_is_there_and_says_why(name: str) -> None:
    alarm = ALARMS[name]
    dimensions = {d["Name"]: d["Value"] for d in alarm["Dimensions"]}
    assert alarm["AlarmDescription"]
    assert f"`{name}`" in (ROOT / "docs/operate.md").read_text(), "the operator's guide says what to do"
    if alarm["Namespace"] == "Waybill":
        assert dimensions.keys() == emitted()[alarm["MetricName"]]
        assert dimensions.pop("service") == {"Sub": SERVICE}
        for dimension, value in dimensions.items():
            assert value in VALUES[dimension]
    else:
        assert alarm["Namespace"] in {"AWS/Lambda", "AWS/States", "AWS/SQS", "AWS/ApiGateway"}
        for value in dimensions.values():
            target = value.get("Ref") or value.get("GetAtt", "").split(".")[0]
            assert not target or target in RESOURCES or target == "Stage"


def test_the_dashboard_is_json_and_shows_what_is_measured() -> None:
    widgets = json.loads(BODY)["widgets"]
    shown: set[str] = set()
    for widget in widgets:
        for metric in widget["properties"]["metrics"]:
            plain = [part for part in metric if isinstance(part, str)]
            namespace, name, dimensions = plain[0], plain[1], dict(zip(plain[2::2], plain[3::2], strict=True))
            if namespace == "Waybill":
                shown.add(name)
                assert dimensions.keys() == emitted()[name]
                assert dimensions.pop("service") == SERVICE
                assert all(value in VALUES[dimension] for dimension, value in dimensions.items())
    assert shown == emitted().keys() - {"RunsToLookAt"}
    for named in re.findall(r"\$\{([A-Za-z]+)(?:\.[A-Za-z]+)?\}", BODY):
        assert named in RESOURCES or named == "Stage", named


def test_widgets_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in json.loads(BODY)["widgets"]:
        place: dict[str, Any] = widget
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["width"])
            for y in range(place["y"], place["y"] + place["height"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
