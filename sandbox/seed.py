"""The demo tenant: an API key of its own, made as an operator makes one."""

from __future__ import annotations

import os
import subprocess
import sys

from sandbox.deploy import STACK
from sandbox.installed import outside_environment
from sandbox.places import ROOT
from sandbox.surroundings import Surroundings

TENANT = "demo"


def prepare(surroundings: Surroundings) -> dict[str, str]:
    """What `.sandbox/env` says beside the addresses: the demo tenant and its key, with all permissions."""
    return {"WAYBILL_TENANT": TENANT, "WAYBILL_API_KEY": _issued_key(surroundings)}


def _issued_key(surroundings: Surroundings) -> str:
    command = [sys.executable, "-m", "ops.api_key", "--stack", STACK, "--tenant", TENANT, "--name", f"{TENANT} sandbox"]
    environment = {
        **outside_environment(),
        **surroundings.engine.environment(),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "layers/shared/python"), str(ROOT)]),
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"no API key could be issued: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()
