"""An SFTP server on loopback with one user, a password and a key of this run, shut in one folder.

    WAYBILL_SFTP_PASSWORD=... python -m sandbox.sftp_server --folder <dir> --keys <dir> --port <n> --user <name>

`start` makes the keys and the password and runs the line above as a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from sandbox.installed import outside_environment
from sandbox.places import Places
from sandbox.processes import LOOPBACK, Child, Children, free_port
from sandbox.progress import waiting

USER = "receiver"
START_SECONDS = 20
PASSWORD_VARIABLE = "WAYBILL_SFTP_PASSWORD"  # noqa: S105 (the variable's name)


@dataclass(frozen=True)
class SftpServer:
    port: int
    password: str = field(repr=False)
    key_file: Path
    fingerprint: str
    folder: Path
    child: Child
    host: str = LOOPBACK
    user: str = USER


def start(children: Children, places: Places) -> SftpServer:
    """Start it and return at once; `ready` waits. What an earlier sandbox received stays in the folder."""
    folder, keys = places.state / "sftp", places.state / "keys"
    folder.mkdir(parents=True, exist_ok=True)
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    host_key = _key(keys / "host_ed25519")
    _key(keys / "client_ed25519")
    port, password = free_port(), secrets.token_urlsafe(24)
    command = [sys.executable, "-m", "sandbox.sftp_server", "--folder", str(folder), "--keys", str(keys)]
    command += ["--port", str(port), "--user", USER]
    # Through the environment: an argument could be read by every user of this machine.
    environment = {**outside_environment(), PASSWORD_VARIABLE: password}
    child = children.start("the SFTP server", command, log=places.log("sftp"), env=environment, cwd=places.root)
    return SftpServer(port, password, keys / "client_ed25519", host_key.get_fingerprint("sha256"), folder, child)


def ready(server: SftpServer) -> None:
    with waiting(f"the SFTP server on {server.host}:{server.port}"):
        server.child.wait_for_port(server.port, START_SECONDS)


def _key(path: Path) -> asyncssh.SSHKey:
    """The key in `path`, made on first use and readable by its owner only."""
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519", comment="waybill sandbox")
        path.touch(mode=0o600)
        key.write_private_key(str(path))
        key.write_public_key(f"{path}.pub")
    return asyncssh.read_private_key(str(path))


class _OneUser(asyncssh.SSHServer):
    def __init__(self, user: str, password: str, client_key: asyncssh.SSHKey) -> None:
        self._user, self._password, self._client_key = user, password, client_key

    def begin_auth(self, username: str) -> bool:
        del username
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return username == self._user and secrets.compare_digest(password.encode(), self._password.encode())

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == self._user and key.public_data == self._client_key.public_data


async def serve(folder: Path, keys: Path, port: int, user: str, password: str) -> None:
    """Serve until cancelled; sessions see `folder` as their root and nothing else, and have no shell."""
    client_key = asyncssh.read_private_key(str(keys / "client_ed25519"))
    await asyncssh.listen(
        LOOPBACK,
        port,
        server_host_keys=[str(keys / "host_ed25519")],
        server_factory=functools.partial(_OneUser, user, password, client_key),
        sftp_factory=functools.partial(_shut_in, folder),
        allow_scp=False,
    )
    await asyncio.Event().wait()


def _shut_in(folder: Path, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
    return asyncssh.SFTPServer(channel, chroot=os.fsencode(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, kind in (("folder", Path), ("keys", Path), ("port", int), ("user", str)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    given = parser.parse_args()
    password = os.environ.pop(PASSWORD_VARIABLE)
    asyncio.run(serve(given.folder, given.keys, given.port, given.user, password))


if __name__ == "__main__":
    main()
