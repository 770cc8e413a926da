"""The README's page for newcomers: its blocks are run as they stand, in one shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time

import pytest

from sandbox.places import ROOT
from sandbox.surroundings import Surroundings
from tests.sandboxed import PLACES

pytestmark = pytest.mark.sandbox
_BLOCK = re.compile(r"<!-- tested: tests/e2e/test_readme\.py[^>]*-->\n```sh\n(.*?)```", re.DOTALL)


def test_the_readmes_commands_deliver(surroundings: Surroundings) -> None:
    first, second = _BLOCK.findall((ROOT / "README.md").read_text())
    first = first.replace(".sandbox/env", str(PLACES.env_file))
    wait = """
for _ in $(seq 120); do
  api "$WAYBILL_API/rules/$rule/runs" | grep -q '"state": *"success"' && break; sleep 0.5
done
"""
    (surroundings.sftp.folder / "tickets").mkdir(exist_ok=True)
    began = time.monotonic()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{first}\n{wait}\n{second}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 180
    delivered = [line for line in done.stdout.splitlines() if line.startswith(str(surroundings.sftp.folder))]
    assert sorted({line.rsplit("/", 1)[1] for line in delivered}) == [
        "chat_tickets.csv",
        "chat_tickets.schema.json",
        "waybill.json",
        "waybill.json.jws",
    ]
    manifest = next(line for line in delivered if line.endswith("waybill.json"))
    assert json.loads(open(manifest).read())["totals"]["rows"] == 2  # noqa: SIM115


def test_the_two_commands_of_the_readme_are_make_targets() -> None:
    made = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", made, re.MULTILINE), target
