"""What the benches of SFTP share: OpenSSH's server, a line of any length to it, our side and OpenSSH's client."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.line import LOOPBACK, apart
from bench.measure import Bench, Mismatch, PeerMissing, Side
from bench.uploads import SOURCE, digest, make, megabytes, send_by, wanted
from tests.contract import servers
from waybill.destinations import sftp

importlib.import_module("paramiko")  # the adapter loads it at its first use, which is timed


def upload(name: str, round_trip: float, mib: int) -> Bench:
    """One file to OpenSSH's server, log-in and rename included, over a line with that round trip, which both sides share. It
    is received in memory: the disk is nobody's merit.
    """

    def prepare(folder: Path, size: float) -> str:
        for command in ("sftp", "sshd"):
            if not shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
                raise PeerMissing(f"{command}; run bash tests/programs.sh")
        line = f"a round trip of {round_trip * 1000:.0f} ms" if round_trip else "loopback"
        return f"{make(folder, size * mib)}, over {line}"

    ours, theirs = Side("waybill", _ours), Side("OpenSSH sftp", _theirs)
    return Bench(name, "MB/s", ours, theirs, prepare, _check, _standing(round_trip))


def _standing(round_trip: float) -> Callable[[Path], AbstractContextManager[None]]:
    """A server and the line to it; `server.json` tells both sides of it."""

    @contextmanager
    def around(folder: Path) -> Iterator[None]:
        with (
            tempfile.TemporaryDirectory(prefix="bench-sftp-", dir="/dev/shm") as memory,
            servers.openssh(Path(memory)) as server,
            apart(server.port, round_trip) as far,
        ):
            port = far if round_trip else server.port
            told = {"port": port, "host_key": server.host_key, "root": str(server.root), **server.login}
            _private(folder / "server.json", json.dumps(told))
            _private(folder / "key", server.login["private_key"])
            (folder / "known_hosts").write_text(f"[{LOOPBACK}]:{port} {_host_key(server)}\n")
            yield

    return around


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _host_key(server: servers.SshServer) -> str:
    command = ["ssh-keygen", "-y", "-f", str(server.root.parent / "keys" / "host")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _ours(folder: Path) -> float:
    told = json.loads((folder / "server.json").read_text())
    Path(told["root"], "ours").unlink(missing_ok=True)
    settings = {name: told[name] for name in ("port", "host_key", "username", "private_key")}
    send_by(sftp, {"host": LOOPBACK, "path": told["root"], **settings}, folder, "ours")
    return megabytes(folder)


def _theirs(folder: Path) -> float:
    told = json.loads((folder / "server.json").read_text())
    root = Path(told["root"])
    (root / "peer").unlink(missing_ok=True)
    batch = f"put {folder / SOURCE} {root}/peer.part\nrename {root}/peer.part {root}/peer\n"
    command = ["sftp", "-F", "none", "-q", "-b", "-", "-P", str(told["port"]), "-i", str(folder / "key")]
    for option in (f"UserKnownHostsFile={folder / 'known_hosts'}", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"):
        command += ["-o", option]
    command.append(f"{told['username']}@{LOOPBACK}")
    subprocess.run(command, input=batch.encode(), check=True, stdout=subprocess.DEVNULL)
    return megabytes(folder)


def _check(folder: Path) -> None:
    root = Path(json.loads((folder / "server.json").read_text())["root"])
    for side in ("ours", "peer"):
        if digest(root / side) != wanted(folder):
            raise Mismatch(f"what {side} sent arrived with other bytes")
