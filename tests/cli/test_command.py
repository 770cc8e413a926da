"""`waybill verify` as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.deliveries import Sender
from tests.engines.test_package import PASSWORD
from waybill_cli.app import app
from waybill_cli.verify import _password

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Sender:
    sender = Sender(tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("to"))
    sender.deliver([0, 1], archive={"method": "zip_aes256"})
    return sender


def typed(*words: object, said: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["verify", *map(str, words)], input=said, env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output


def test_all_that_arrived_is_proven(sender: Sender) -> None:
    code, output = typed(sender.to, "--keys", sender.keys())
    assert code == 0
    assert "2 runs, 2 files" in output
    assert "2 signatures checked" in output
    assert "PROVEN: everything that was sent is here" in output


def test_without_keys_it_is_not_proven(sender: Sender) -> None:
    code, output = typed(sender.to)
    assert code == 3
    assert "NOT PROVEN" in output
    assert "give it: --keys" in output


def test_what_is_wrong_is_told_with_what_to_do_and_as_json(sender: Sender) -> None:
    archive = next(sender.to.rglob("*.zip"))
    kept = archive.read_bytes()
    archive.write_bytes(kept[:-1])
    try:
        code, output = typed(sender.to, "--keys", sender.keys())
        assert code == 1
        assert "WRONG: something is missing" in output
        assert "it was cut" in output
        code, output = typed(sender.to, "--keys", sender.keys(), "--json")
    finally:
        archive.write_bytes(kept)
    assert code == 1
    document = json.loads(output)
    assert (document["result"], document["runs"], document["signatures"]) == ("wrong", 2, 2)
    (found,) = document["findings"]
    assert found["place"] == archive.relative_to(sender.to).as_posix()
    assert found["verdict"] == "wrong"
    assert found["advice"] == "Ask for this delivery again."


def test_a_zip_is_opened_with_the_first_line_of_the_password_file(sender: Sender, tmp_path: Path) -> None:
    archive = next(sender.to.rglob("*.zip"))
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    assert typed(archive, "--keys", sender.keys(), "--password-file", file)[0] == 0
    assert typed(archive, "--keys", sender.keys())[0] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "does not exist"),
        ([".", "--keys", "nowhere"], "cannot be read"),
        ([".", "--keys", "pyproject.toml"], "neither a JWKS nor a PEM file"),
        ([".", "--password-file", "nowhere"], "cannot be read"),
        ([".", "--password-file", "/dev/null"], "The first line of /dev/null is empty"),
        ([], "Missing argument"),
        ([".", "--key"], "No such option"),
    ],
)
def test_a_wrong_command_says_what_is_wrong_with_it(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    code, output = typed(*words)
    assert code == 2
    assert said in " ".join(output.replace("│", " ").split())


def test_a_file_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "waybill.json").write_bytes(b'{"waybill": 1, "run": {"\\u001b]0;owned\\u0007": 1}}')
    (tmp_path / "\x1b[31mred").write_text("x")
    code, output = typed(tmp_path)
    assert code == 1
    assert "\x1b" not in output


def test_nothing_of_the_platform_is_loaded() -> None:
    asked = "import sys, waybill_cli.app; print(sorted({'waybill', 'boto3', 'pydantic'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT / "cli")
    assert found.stdout == "[]\n"


@pytest.mark.parametrize("password", ["line\u2028and\u0085next\x0bof it", "\u00e9\u0301 \U0001f511 e\u0301"])
@pytest.mark.parametrize("written", ["{}", "{}\n", "{}\r\nsecond line\n", "\ufeff{}\r\n"])
def test_a_password_of_any_text_is_read_from_a_file(tmp_path: Path, password: str, written: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(written.format(password).encode())
    assert _password(path) == password
