"""A large file into a container on Azurite, each block with its MD5, against what Azure's own library does by itself."""

from __future__ import annotations

import hashlib
import importlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from azure.storage.blob import BlobClient, ContainerClient

from bench.measure import Bench, Mismatch, PeerMissing, Side
from bench.uploads import SOURCE, make, megabytes, send_by, wanted
from tests.contract import servers
from waybill.destinations import azure_blob

importlib.import_module("requests")  # the adapter loads it at its first use, which is timed

CONTAINER, MIB = "bench", 512
PLACE = "server.txt"


def prepare(folder: Path, size: float) -> str:
    if not shutil.which("npm"):
        raise PeerMissing("npm, which brings Azurite; run bash tests/programs.sh")
    return f"{make(folder, size * MIB)}, to Azurite over loopback without TLS"


@contextmanager
def around(folder: Path) -> Iterator[None]:
    with servers.azurite(folder) as server:
        place = folder / PLACE
        place.touch(mode=0o600)
        place.write_text(server.connection_string())
        ContainerClient.from_connection_string(server.connection_string(), CONTAINER).create_container()
        yield


def ours(folder: Path) -> float:
    with _blob(folder, "ours") as blob:
        if blob.exists():
            blob.delete_blob()
    settings = {"container": CONTAINER, "connection_string": (folder / PLACE).read_text()}
    send_by(azure_blob, settings, folder, "ours")
    return megabytes(folder)


def theirs(folder: Path) -> float:
    with _blob(folder, "peer") as blob, (folder / SOURCE).open("rb") as file:
        blob.upload_blob(file, overwrite=True)
    return megabytes(folder)


def check(folder: Path) -> None:
    for side in ("ours", "peer"):
        digest = hashlib.sha256()
        with _blob(folder, side) as blob:
            for chunk in blob.download_blob().chunks():
                digest.update(chunk)
        if digest.hexdigest() != wanted(folder):
            raise Mismatch(f"what {side} sent arrived with other bytes")


def _blob(folder: Path, name: str) -> BlobClient:
    return BlobClient.from_connection_string((folder / PLACE).read_text(), CONTAINER, name)


BENCH = Bench("azure_upload", "MB/s", Side("waybill", ours), Side("azure-storage-blob", theirs), prepare, check, around)
