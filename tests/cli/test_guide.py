"""The guide's commands, as a receiver types them."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.deliveries import Sender
from tests.engines.test_package import PASSWORD
from waybill_cli.app import app

GUIDE = (Path(__file__).resolve().parents[2] / "docs/verify.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]


def test_the_guides_commands_prove_a_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender(tmp_path / "work", tmp_path / "received")
    sender.deliver([0, 1], archive={"method": "zip_aes256"})
    shutil.copy(next(sender.to.rglob("*.zip")), sender.to / "tickets.zip")
    shutil.copy(sender.keys(), tmp_path / "keys.json")
    (tmp_path / "password.txt").write_text(PASSWORD)
    monkeypatch.chdir(tmp_path)
    typed = [shlex.split(command)[1:] for command in COMMANDS if command.startswith("waybill ")]
    assert len(typed) == 2
    for words in typed:
        done = CliRunner().invoke(app, words)
        assert (done.exit_code, "PROVEN" in done.output) == (0, True), done.output


def test_the_guide_names_every_option_and_exit_code() -> None:
    shown = CliRunner().invoke(app, ["verify", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    for option in {*re.findall(r"--[a-z-]+", shown)} - {"--help"}:
        assert option in GUIDE
