"""Servers on loopback for the hostile suite: S3 by moto, s3rver and the sandbox's engine; Azurite; two SFTP servers."""

from __future__ import annotations

import asyncio
import base64
import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import boto3
import pytest

from sandbox import engine
from sandbox.places import Places
from sandbox.processes import Children
from tests.contract.rigs import LOOPBACK

AZURITE = "azurite@3.37.0"
S3RVER = "s3rver@3.7.1"
ROOT = Path(__file__).parents[2]
DAWDLE_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        return int(taken.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + DAWDLE_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection((LOOPBACK, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")


@contextmanager
def running(command: list[str], port: int, folder: Path, **environment: str) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True)
class S3Server:
    endpoint: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    role_arn: str = ""


@contextmanager
def s3_server(scratch: Path) -> Iterator[S3Server]:
    """The one of S3_ENDPOINT (with S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY), else moto with rights enforced."""
    if endpoint := os.environ.get("S3_ENDPOINT"):
        yield S3Server(endpoint, os.environ["S3_ACCESS_KEY_ID"], os.environ["S3_SECRET_ACCESS_KEY"])
        return
    port = free_port()
    endpoint = f"http://{LOOPBACK}:{port}"
    # A process of its own: moto's rights are switched on for a whole process. The owner's calls go before them.
    command = [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)]
    with running(command, port, scratch, INITIAL_NO_AUTH_ACTION_COUNT="5"):
        yield _with_tenant(endpoint, "owner")


@contextmanager
def sandbox_s3(scratch: Path) -> Iterator[S3Server]:
    """The sandbox's engine with its rights enforced."""
    places = Places(state=scratch)
    places.prepare()
    with Children() as children:
        started = engine.start(children, places)
        engine.ready(started)
        yield _with_tenant(started.endpoint, started.access_key_id)


def _with_tenant(endpoint: str, owner: str) -> S3Server:
    """With a user who may use S3, and a role that anybody may assume."""
    iam = boto3.client(
        "iam",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=owner,
        aws_secret_access_key=owner,
    )
    iam.create_user(UserName="tenant")
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","sts:*"],"Resource":"*"}]}'
    iam.put_user_policy(UserName="tenant", PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName="tenant")["AccessKey"]
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
    )
    role = iam.create_role(RoleName="tenant", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="tenant", PolicyName="all", PolicyDocument=policy)
    return S3Server(endpoint, key["AccessKeyId"], key["SecretAccessKey"], role)


@dataclass(frozen=True)
class AzuriteServer:
    port: int
    key: str = field(repr=False)
    account: str = "waybilltest"

    def connection_string(self, **changes: str) -> str:
        fields = {
            "AccountName": self.account,
            "AccountKey": self.key,
            "BlobEndpoint": f"http://{LOOPBACK}:{self.port}/{self.account}",
            **changes,
        }
        return ";".join(f"{name}={value}" for name, value in fields.items() if value)


@contextmanager
def azurite(scratch: Path) -> Iterator[AzuriteServer]:
    key, port = base64.b64encode(secrets.token_bytes(64)).decode(), free_port()
    command = [
        "node",
        str(_from_npm(AZURITE, "dist/src/blob/main.js")),
        "--blobHost",
        LOOPBACK,
        "--blobPort",
        str(port),
    ]
    command += ["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent"]
    with running(command, port, scratch, AZURITE_ACCOUNTS=f"waybilltest:{key}"):
        yield AzuriteServer(port, key)


def _from_npm(package: str, script: str) -> Path:
    """A script of an npm package, installed once."""
    name = package.partition("@")[0]
    place = ROOT / ".tools" / name
    found = place / "node_modules" / name / script
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip(f"npm is not installed, so {name} cannot run")
    place.mkdir(parents=True, exist_ok=True)
    with (ROOT / ".tools" / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test runs beside this one, and the sandbox, install it too
        if not found.exists():
            subprocess.run([npm, "install", "--no-audit", "--no-fund", "--prefix", str(place), package], check=True)
    return found


@contextmanager
def s3rver(scratch: Path) -> Iterator[S3Server]:
    """S3 by s3rver, which keeps objects as files and knows one access key."""
    port = free_port()
    (scratch / "data").mkdir()
    command = ["node", str(_from_npm(S3RVER, "bin/s3rver.js")), "-d", str(scratch / "data"), "-a", LOOPBACK]
    with running([*command, "-p", str(port), "--silent"], port, scratch):
        yield S3Server(f"http://{LOOPBACK}:{port}", "S3RVER", "S3RVER")


@dataclass(frozen=True)
class SshServer:
    """`login`: the settings that log in; `root` holds the destinations' folders, as the server calls it in `path`."""

    port: int
    host_key: str
    login: dict[str, str] = field(repr=False)
    root: Path
    path: str


class _OneUser(asyncssh.SSHServer):
    def __init__(self, password: str) -> None:
        self._password = password

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return username == "receiver" and secrets.compare_digest(password.encode(), self._password.encode())


@contextmanager
def embedded_ssh(
    root: Path, password: str, port: int = 0, sftp: type[asyncssh.SFTPServer] = asyncssh.SFTPServer
) -> Iterator[SshServer]:
    """An SFTP server in this process. Every start has a new host key."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop, started = asyncio.new_event_loop(), threading.Event()
    acceptors: list[Any] = []

    async def listen() -> None:
        acceptors.append(
            await asyncssh.listen(
                LOOPBACK,
                port,
                server_host_keys=[key],
                server_factory=lambda: _OneUser(password),
                sftp_factory=lambda channel: sftp(channel, chroot=os.fsencode(root)),
            )
        )
        started.set()

    async def shut() -> None:
        acceptors[0].close()
        await acceptors[0].wait_closed()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for one in rest:
            one.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(listen(), loop)
    assert started.wait(DAWDLE_SECONDS)
    try:
        login = {"username": "receiver", "password": password}
        yield SshServer(acceptors[0].get_port(), key.get_fingerprint("sha256"), login, root, "/")
    finally:
        asyncio.run_coroutine_threadsafe(shut(), loop).result(DAWDLE_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DAWDLE_SECONDS)
        loop.close()


@contextmanager
def openssh(root: Path, *options: str) -> Iterator[SshServer]:
    """OpenSSH's own server as the current user, with key login. `options` are lines of its configuration."""
    sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if sshd is None:
        pytest.skip("sshd is not installed")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as Debian's own service does before each start
    keys, port = root / "keys", free_port()
    (root / "files").mkdir()
    keys.mkdir(mode=0o700)
    host_key, client_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    for name, key in (("host", host_key), ("client", client_key)):
        (keys / name).touch(mode=0o600)
        key.write_private_key(str(keys / name))
    client_key.write_public_key(str(keys / "authorized"))
    (keys / "config").write_text(
        f"ListenAddress {LOOPBACK}\nPort {port}\nHostKey {keys}/host\nAuthorizedKeysFile {keys}/authorized\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\nPidFile none\n"
        "PermitRootLogin prohibit-password\nMaxStartups 100\nSubsystem sftp internal-sftp\n" + "\n".join(options)
    )
    command = [sshd, "-D", "-f", str(keys / "config")]
    patient = ["-o", "PerSourcePenalties=no"]  # wrong logins must not lock us out; versions before 9.8 know no penalty
    if subprocess.run([*command, "-t", *patient], capture_output=True, check=False).returncode == 0:
        command += patient
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    with running(command, port, root):
        login = {"username": user, "private_key": client_key.export_private_key("openssh").decode()}
        yield SshServer(port, host_key.get_fingerprint("sha256"), login, root / "files", str(root / "files"))
