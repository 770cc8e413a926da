"""The program as a receiver installs it: into an environment of its own, with nothing of the platform in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.deliveries import Sender

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.real
def test_it_installs_alone_and_proves_a_delivery(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    place = tmp_path / "own"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, place], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--python", place / "bin/python", ROOT / "cli"], check=True)
    sender = Sender(tmp_path / "work", tmp_path / "to")
    sender.deliver([0, 1])
    command = [str(word) for word in (place / "bin/waybill", "verify", sender.to, "--keys", sender.keys())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env={"PATH": "/usr/bin"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "PROVEN" in done.stdout
    listed = subprocess.run(
        [uv, "pip", "list", "--python", place / "bin/python"], capture_output=True, text=True, check=True
    ).stdout
    assert not {"boto3", "waybill"} & set(listed.split())
