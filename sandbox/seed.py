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
    """What `.sandbox/env` says beside the addresses: the demo tenant and its key."""
    return {"WAYBILL_TENANT": TENANT, "WAYBILL_API_KEY": issue_key(surroundings, TENANT)}


def issue_key(surroundings: Surroundings, tenant: str, *permissions: str) -> str:
    """A new API key of a tenant; all permissions where none is named."""
    command = [sys.executable, "-m", "ops.api_key", "--stack", STACK, "--tenant", tenant, "--name", f"{tenant} sandbox"]
    if permissions:
        command += ["--permissions", *permissions]
    environment = {
        **outside_environment(),
        **surroundings.engine.environment(),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "layers/shared/python"), str(ROOT)]),
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"no API key could be issued: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()
