"""Azure Blob Storage on loopback: Azurite, in memory, with an account and a key of this run."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.installed import once, outside_environment
from sandbox.node import Node
from sandbox.places import Places
from sandbox.processes import LOOPBACK, Child, Children, free_port
from sandbox.progress import waiting

VERSION = "3.37.0"
ACCOUNT = "waybill"
START_SECONDS = 30


@dataclass(frozen=True)
class Azurite:
    port: int
    key: str = field(repr=False)
    child: Child
    account: str = ACCOUNT

    @property
    def connection_string(self) -> str:
        return (
            f"DefaultEndpointsProtocol=http;AccountName={self.account};AccountKey={self.key};"
            f"BlobEndpoint=http://{LOOPBACK}:{self.port}/{self.account};"
        )


def install(children: Children, places: Places, node: Node) -> Path:
    """Azurite's start script; nothing to do the second time."""
    place = places.tools / "azurite"

    def run() -> None:
        place.mkdir(parents=True, exist_ok=True)
        command = [*node.npm, "install", "--no-audit", "--no-fund", "--prefix", str(place), f"azurite@{VERSION}"]
        log = places.log("install-azurite")
        children.run("npm install azurite", command, log=log, env=_environment(node), cwd=places.root)

    once(place, f"azurite@{VERSION}", run)
    return place / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"


def start(children: Children, places: Places, node: Node) -> Azurite:
    """Start it and return at once; `ready` waits."""
    script, port, key = install(children, places, node), free_port(), base64.b64encode(secrets.token_bytes(64)).decode()
    command = [node.node, str(script), "--blobHost", LOOPBACK, "--blobPort", str(port)]
    command += ["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent"]
    environment = {**_environment(node), "AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"}
    child = children.start("Azurite", command, log=places.log("azurite"), env=environment, cwd=places.scratch)
    return Azurite(port, key, child)


def ready(azurite: Azurite) -> None:
    with waiting(f"Azurite (Azure Blob Storage) on {LOOPBACK}:{azurite.port}"):
        azurite.child.wait_for_port(azurite.port, START_SECONDS)


def _environment(node: Node) -> dict[str, str]:
    environment = outside_environment()
    return {**environment, "PATH": f"{Path(node.node).parent}:{environment.get('PATH', '')}"}
