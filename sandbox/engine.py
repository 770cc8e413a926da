"""The embedded AWS: ministack, patched, on loopback, with IAM enforced; its state is in memory and ends with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.installed import python_environment
from sandbox.places import Places
from sandbox.processes import LOOPBACK, Child, Children, free_port
from sandbox.progress import waiting

HERE = Path(__file__).parent
REGION = "us-east-1"
ROOT_KEY = "test"  # the engine's name for the account's root, whatever else it is told
START_SECONDS = 30


@dataclass(frozen=True)
class Engine:
    """Where the embedded AWS answers, and the keys of its account's root."""

    port: int
    child: Child
    region: str = REGION
    access_key_id: str = ROOT_KEY
    secret_access_key: str = ROOT_KEY

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def environment(self) -> dict[str, str]:
        """What any AWS client needs to talk to this engine."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # `sync-127.0.0.1` is no host
        }


def install(children: Children, places: Places) -> tuple[Path, Path]:
    """The interpreters of the engine and of the functions, apart from each other; nothing to do the second time."""
    engine = python_environment(children, places, "engine", HERE / "engine-requirements.txt")
    functions = python_environment(children, places, "functions", HERE / "function-requirements.txt")
    return engine, functions


def start(children: Children, places: Places) -> Engine:
    """Start it and return at once; `ready` waits."""
    python, function_python = install(children, places)
    port = free_port()
    # Functions inherit this environment, so it holds what they need and nothing of this shell's.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(places.scratch),
        "TMPDIR": str(places.scratch),
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SFTP_HOST": LOOPBACK,
        "SANDBOX_FUNCTION_PYTHON": str(function_python),
    }
    command = [str(python), "-m", "sandbox.engine_main"]
    child = children.start("the engine", command, log=places.log("engine"), env=environment, cwd=places.root)
    return Engine(port, child)


def ready(engine: Engine) -> None:
    with waiting(f"the engine (embedded AWS) on {engine.endpoint}"):
        engine.child.wait_for_port(engine.port, START_SECONDS)
