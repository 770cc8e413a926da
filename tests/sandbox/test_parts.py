"""The sandbox's pure parts."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.azurite import Azurite
from sandbox.deploy import machine_parameters
from sandbox.engine import Engine
from sandbox.fits import TargetMissing, replaced, takes
from sandbox.installed import once, outside_environment
from sandbox.only_one import AlreadyRunning, only_one, owner
from sandbox.places import ROOT, Places, ToolMissing, program
from sandbox.processes import Child
from sandbox.sftp_server import SftpServer
from sandbox.stop import stop
from sandbox.surroundings import Surroundings, variable
from sandbox.workers import pids


def surroundings(**changed: Any) -> Surroundings:
    child = Child("it", subprocess.Popen(["true"]), Path("log"))
    sftp = SftpServer(22, "p'w $x", Path("key"), "SHA256:abc", Path("folder"), child)
    given: dict[str, Any] = {"outputs": {"ApiId": "abc", "ApiUrl": "https://aws", "LakeBucketName": "lake"}, **changed}
    return Surroundings(Engine(4000, child), Azurite(5000, "KEY==", child), sftp, "toy", **given)


@pytest.mark.parametrize(
    ("output", "name"),
    [("LakeBucketName", "WAYBILL_LAKE_BUCKET"), ("ApiId", "WAYBILL_API_ID"), ("Bus", "WAYBILL_BUS")],
)
def test_outputs_become_variables(output: str, name: str) -> None:
    assert variable(output) == name


def test_addresses_are_those_of_the_engine() -> None:
    environment = surroundings(seeded={"WAYBILL_API_KEY": "secret"}).environment()
    assert environment["WAYBILL_API"] == "http://127.0.0.1:4000/_aws/execute-api/abc/toy"
    assert environment["WAYBILL_CONSOLE"] == environment["WAYBILL_API"] + "/console"
    assert environment["WAYBILL_LAKE_BUCKET"] == "lake"
    assert environment["WAYBILL_API_KEY"] == "secret"
    assert "https://aws" not in environment.values()


def test_shell_lines_survive_a_shell() -> None:
    given = surroundings()
    script = (
        given.shell_lines()
        + f"{shlex.quote(sys.executable)} -c 'import os; print(os.environ[\"WAYBILL_SFTP_PASSWORD\"])'"
    )
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == "p'w $x\n"


def test_secrets_are_not_in_a_repr() -> None:
    text = repr(surroundings())
    assert "p'w" not in text
    assert "KEY==" not in text


def test_one_sandbox_a_folder(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    assert owner(pid_file) is None
    with only_one(pid_file):
        assert owner(pid_file) == os.getpid()
        with pytest.raises(AlreadyRunning, match="sandbox-stop"), only_one(pid_file):
            pass
    assert owner(pid_file) is None
    pid_file.write_text("1")  # left by one that was killed
    with only_one(pid_file):
        assert owner(pid_file) == os.getpid()


def test_stopping_what_does_not_run(tmp_path: Path) -> None:
    assert stop(tmp_path / "pid") is False


def test_a_sandbox_that_runs_is_stopped(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    hold = (
        "import sys, time; from pathlib import Path; from sandbox.only_one import only_one\n"
        f"with only_one(Path({str(pid_file)!r})): print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert stop(pid_file) is True
        process.wait(5)
    assert owner(pid_file) is None


def test_installed_once_and_again_when_it_changes(tmp_path: Path) -> None:
    place, calls = tmp_path / "tool", []

    def install() -> None:
        assert not place.exists()
        place.mkdir()
        calls.append(1)

    for identity in ("a==1", "a==1", "a==2"):
        once(place, identity, install)
    assert len(calls) == 2


def test_a_broken_installation_is_made_again(tmp_path: Path) -> None:
    place = tmp_path / "tool"

    def broken() -> None:
        place.mkdir()
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        once(place, "a==1", broken)
    once(place, "a==1", place.mkdir)
    assert place.exists()


def test_children_hear_nothing_of_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "WAYBILL_API_KEY"):
        monkeypatch.setenv(name, "x")
    assert "x" not in [v for k, v in outside_environment().items() if k.startswith(("AWS", "WAYBILL"))]


def test_functions_run_on_this_interpreter() -> None:
    assert machine_parameters()["PythonRuntime"] == f"python3.{sys.version_info.minor}"
    assert machine_parameters()["Architecture"] in {"arm64", "x86_64"}


def test_a_missing_tool_is_named() -> None:
    with pytest.raises(ToolMissing, match="no-such-tool"):
        program("no-such-tool")


def test_preparing_empties_the_scratch_folder(tmp_path: Path) -> None:
    places = Places(state=tmp_path / "state", tools=tmp_path / "tools")
    places.prepare()
    (places.scratch / "old").write_text("x")
    places.prepare()
    assert list(places.scratch.iterdir()) == []


def test_a_patch_that_does_not_fit_says_so() -> None:
    assert replaced("a b c", "b", "x", "here") == "a x c"
    for text in ("a c", "b b"):
        with pytest.raises(TargetMissing, match="here"):
            replaced(text, "b", "x", "here")
    takes(replaced, "text", "old")
    with pytest.raises(TargetMissing, match="replaced takes"):
        takes(replaced, "old")


def test_workers_are_found_by_their_function() -> None:
    environment = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "waybill-test-only"}
    with subprocess.Popen(["sleep", "30"], env=environment) as process:
        assert pids("waybill-test-only") == [process.pid]
        process.kill()
    assert pids("waybill-test-only") == []
