"""The embedded AWS with its patches, against a toy stack: each test fails on the engine as it comes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
from botocore.config import Config

from sandbox import deploy, engine, workers
from sandbox.places import Places
from sandbox.processes import Children

pytestmark = pytest.mark.sandbox
T = TypeVar("T")
TOY = Path(__file__).parent / "toy"


@dataclass(frozen=True)
class Toy:
    engine: engine.Engine
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.engine.endpoint,
            region_name=self.engine.region,
            aws_access_key_id=self.engine.access_key_id,
            aws_secret_access_key=self.engine.secret_access_key,
            config=Config(retries={"max_attempts": 0}, read_timeout=60),
        )

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        answer = self.client("lambda").invoke(FunctionName=self.outputs[function], Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def run(self, machine: str, given: dict[str, Any], name: str | None = None) -> dict[str, Any]:
        states = self.client("stepfunctions")
        named = {"name": name} if name else {}
        arn = states.start_execution(stateMachineArn=self.outputs[machine], input=json.dumps(given), **named)[
            "executionArn"
        ]
        return until(lambda: _ended(states.describe_execution(executionArn=arn)), "the execution")

    def told(self, holding: str) -> str:
        """What the function was told by a service, once it holds `holding`."""
        s3, bucket = self.client("s3"), self.outputs["Bucket"]

        def look() -> str | None:
            for item in s3.list_objects_v2(Bucket=bucket, Prefix="told/").get("Contents", []):
                text: str = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
                if holding in text:
                    return text
            return None

        return until(look, f"an event with {holding}")


def _ended(execution: dict[str, Any]) -> dict[str, Any] | None:
    return None if execution["status"] == "RUNNING" else execution


def until(look: Callable[[], T | None], what: str, seconds: float = 90) -> T:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s for {what}")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    places = Places(state=tmp_path_factory.mktemp("sandbox"))
    places.prepare()
    source = tmp_path_factory.mktemp("toy") / "stack"
    shutil.copytree(TOY, source, ignore=shutil.ignore_patterns("__pycache__", ".aws-sam"))
    with Children() as children:
        built = deploy.build(children, places, source / "template.yaml", {"Stage": "toy"})
        started = engine.start(children, places)
        engine.ready(started)
        yield Toy(started, deploy.deploy(children, places, built, {"Stage": "toy"}, started))


def test_an_exception_is_named_by_its_class_and_the_worker_lives_on(toy: Toy) -> None:
    before = toy.invoke("Toy", {"how": "fine"})["pid"]
    answer = toy.invoke("Toy", {"how": "permanent"})
    assert answer["errorType"] == "PermanentError"
    assert answer["errorMessage"] == "it can not be"
    assert "in permanent" in answer["stackTrace"][-1]
    assert toy.invoke("Toy", {"how": "fine"})["pid"] == before


def test_retry_and_catch_go_by_the_class(toy: Toy) -> None:
    retried = toy.run("Run", {"how": "transient", "id": "retried", "parts": [1, 2]})
    assert json.loads(retried["output"]) == [2, 2]
    caught = toy.run("Run", {"how": "permanent", "id": "caught", "parts": [1]})
    assert json.loads(caught["output"])["cause"]["errorType"] == "PermanentError"


def test_a_worker_that_ends_itself_is_retried_in_a_new_one(toy: Toy) -> None:
    execution = toy.run("Run", {"how": "exit", "id": "left", "parts": [1]})
    assert json.loads(execution["output"]) == [2]


def test_a_worker_killed_in_the_middle_is_retried_in_a_new_one(toy: Toy) -> None:
    with ThreadPoolExecutor() as pool:
        running = pool.submit(toy.run, "Run", {"how": "sleep", "id": "killed", "parts": [1]})
        s3 = toy.client("s3")
        prefix = {"Bucket": toy.outputs["Bucket"], "Prefix": "tries/killed/"}
        until(lambda: s3.list_objects_v2(**prefix)["KeyCount"] or None, "the work to begin")
        for pid in workers.pids(toy.outputs["Toy"]):
            os.kill(pid, signal.SIGKILL)
        assert json.loads(running.result()["output"]) == [2]


def test_functions_see_the_runtimes_packages_only(toy: Toy) -> None:
    assert toy.invoke("Toy", {"how": "packages"}) == ["boto3"]


def test_a_role_without_the_permission_is_denied(toy: Toy) -> None:
    assert toy.invoke("Toy", {"how": "put", "key": "x"}) is None
    assert "AccessDenied" in toy.invoke("Powerless", {"how": "put", "key": "x"})["errorMessage"]


def test_mail_is_allowed_for_the_named_sender_only(toy: Toy) -> None:
    assert isinstance(toy.invoke("Toy", {"how": "mail", "from": "Waybill <waybill@example.com>"}), str)
    assert "AccessDenied" in toy.invoke("Toy", {"how": "mail", "from": "else@example.com"})["errorMessage"]


def test_a_batch_is_allowed_by_the_permission_for_one(toy: Toy) -> None:
    assert toy.invoke("Toy", {"how": "batch"}) == 1
    assert "AccessDenied" in toy.invoke("Powerless", {"how": "batch"})["errorMessage"]


def test_a_taken_execution_name_is_caught_by_its_name_on_aws(toy: Toy) -> None:
    assert toy.run("Twice", {"name": "taken"})["status"] == "SUCCEEDED"
    assert json.loads(toy.run("Twice", {"name": "taken"})["output"]) == "both"


def test_new_objects_and_events_reach_the_function(toy: Toy) -> None:
    toy.client("s3").put_object(Bucket=toy.outputs["Bucket"], Key="in/a b+c.json", Body=b"{}")
    entry = {
        "Source": "toy",
        "DetailType": "arrived",
        "Detail": json.dumps({"mark": "on-the-bus"}),
        "EventBusName": "toy",
    }
    toy.client("events").put_events(Entries=[entry])
    assert "in/a+b%2Bc.json" in toy.told("ObjectCreated:Put")
    assert "arrived" in toy.told("on-the-bus")


def test_a_schedule_tells_its_time(toy: Toy) -> None:
    now = datetime.now(UTC)
    toy.client("scheduler").create_schedule(
        Name="once",
        ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": toy.outputs["ToyArn"],
            "RoleArn": toy.outputs["ToyRole"],
            "Input": '{"mark": "beat", "at": "<aws.scheduler.scheduled-time>"}',
        },
    )
    at = datetime.fromisoformat(json.loads(toy.told("beat"))["at"])
    assert at.second == 0
    assert abs((at - now).total_seconds()) < 90


def test_any_route_with_authorizer_and_binary_answer(toy: Toy) -> None:
    base = f"{toy.engine.endpoint}/_aws/execute-api/{toy.outputs['ApiId']}/toy"

    def get(path: str, **headers: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(urllib.request.Request(base + path, headers=headers)) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    assert get("/v1/x", Authorization="Bearer bad")[0] == 403
    everything = (200, bytes(range(256)))
    assert get("/v1/x", Authorization="Bearer good", Accept="application/octet-stream") == everything
    assert get("/open", Accept="application/octet-stream") == everything


def test_nothing_listens_beyond_this_machine(toy: Toy) -> None:
    ours = _group(toy.engine.child.process.pid)
    sockets = {os.readlink(link) for pid in ours for link in _descriptors(pid)}
    for table, loopback in (("/proc/net/tcp", "0100007F"), ("/proc/net/tcp6", "0" * 24 + "01000000")):
        for line in Path(table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and f"socket:[{columns[9]}]" in sockets:
                assert columns[1].startswith(loopback), line


def _group(leader: int) -> list[int]:
    return [int(e.name) for e in Path("/proc").iterdir() if e.name.isdigit() and _group_of(int(e.name)) == leader]


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _descriptors(pid: int) -> list[Path]:
    return [link for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
