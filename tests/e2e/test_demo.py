from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import demo
from sandbox.receivers import BUCKET, PREFIX, Receivers, aws_client
from sandbox.surroundings import Surroundings
from tests.sandboxed import PLACES

pytestmark = pytest.mark.sandbox


def test_the_demo_holds_all_its_checks(surroundings: Surroundings, receivers: Receivers) -> None:
    """Its files are looked at once more, from its report alone."""
    assert demo.play(surroundings, receivers, PLACES)
    report = json.loads((PLACES.state / "demo.json").read_text())
    assert [r["state"] for r in report["runs"]] == ["success", "success", "success", "failure"]
    assert len(report["files"]) == 11
    for file in report["files"]:
        data = Path(file["local"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])
    archive = next(f["local"] for f in report["files"] if f["name"].endswith(".zip"))
    program = shutil.which("7z")
    if program is None:
        pytest.skip("7z is not installed: the archive was opened by pyzipper alone")
    for password, opens in ((report["archive_password"], True), ("another password", False)):
        done = subprocess.run([program, "t", f"-p{password}", archive], capture_output=True, check=False)
        assert (done.returncode == 0) is opens


def test_the_receivers_own_program_fetches_what_was_delivered(receivers: Receivers, tmp_path: Path) -> None:
    """s3cmd, with the receiver's keys, reads the demo's JSON from the receiver's bucket."""
    program = shutil.which("s3cmd")
    if program is None:
        pytest.skip("s3cmd is not installed: the bucket was read by boto3 alone")
    report = json.loads((PLACES.state / "demo.json").read_text())
    file = next(f for f in report["files"] if f["destination"] == "s3" and f["name"].endswith(".json"))
    host = receivers.surroundings.engine.endpoint.removeprefix("http://")
    config = tmp_path / "s3cfg"
    config.write_text(
        f"[default]\naccess_key = {receivers.s3_key_id}\nsecret_key = {receivers.s3_secret}\n"
        f"host_base = {host}\nhost_bucket = {host}\nuse_https = False\nsignature_v2 = False\n"
    )
    source = f"s3://{BUCKET}/{PREFIX}/{file['name']}"
    done = subprocess.run(
        [program, f"--config={config}", "get", source, str(tmp_path / "fetched")], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert hashlib.sha256((tmp_path / "fetched").read_bytes()).hexdigest() == file["sha256"]


def test_no_secret_is_in_the_logs_the_tables_or_the_answers(surroundings: Surroundings) -> None:
    """Runs after the demo: everything that the engine and the functions wrote down is searched."""
    secrets = [
        surroundings.sftp.password,
        surroundings.azurite.key,
        demo.ARCHIVE_PASSWORD,
        surroundings.seeded["WAYBILL_API_KEY"],
    ]
    written = [(PLACES.state / "engine.log").read_text()]
    logs = aws_client("logs", surroundings)
    for group in logs.describe_log_groups()["logGroups"]:
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]:
            events = logs.get_log_events(logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"])
            written += [e["message"] for e in events["events"]]
    tables = aws_client("dynamodb", surroundings)
    for name in tables.list_tables()["TableNames"]:
        written += [json.dumps(i, default=str) for i in tables.scan(TableName=name)["Items"]]
    machines = aws_client("stepfunctions", surroundings)
    for machine in machines.list_state_machines()["stateMachines"]:
        for execution in machines.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
            told = machines.describe_execution(executionArn=execution["executionArn"])
            written += [told["input"], told.get("output") or ""]
    everything = "\n".join(written)
    assert len(everything) > 10_000
    assert [s for s in secrets if s in everything] == []
    assert replace(surroundings, seeded={}).sftp.password not in repr(surroundings)
