"""The SFTP server: who comes in, and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from sandbox import sftp_server
from sandbox.places import Places
from sandbox.processes import Children
from sandbox.sftp_server import SftpServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    places = Places(state=tmp_path_factory.mktemp("sandbox"))
    places.prepare()
    with Children() as children:
        started = sftp_server.start(children, places)
        sftp_server.ready(started)
        yield started


async def session(server: SftpServer, **login: object) -> tuple[str, list[str]]:
    """Upload, rename over an older file, list; returns the host key's fingerprint and the names."""
    options: dict[str, Any] = {"known_hosts": None, "username": server.user, "agent_path": None, "config": [], **login}
    async with asyncssh.connect(server.host, server.port, **options) as connection:
        key = connection.get_server_host_key()
        async with connection.start_sftp_client() as sftp:
            for name in ("new", "old"):
                async with sftp.open(f"/{name}", "wb") as file:
                    await file.write(name.encode())
                    await file.fsync()
            await sftp.posix_rename("/new", "/old")
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await sftp.stat("/../../etc/passwd")
            assert key is not None
            return key.get_fingerprint("sha256"), sorted(set(await sftp.listdir("/")) - {".", ".."})


@pytest.mark.parametrize("by", ["password", "key"])
def test_its_user_comes_in_and_sees_one_folder(server: SftpServer, by: str) -> None:
    login = (
        {"password": server.password, "client_keys": None}
        if by == "password"
        else {"client_keys": [str(server.key_file)]}
    )
    fingerprint, names = asyncio.run(session(server, **login))
    assert fingerprint == server.fingerprint
    assert names == ["old"]
    assert (server.folder / "old").read_bytes() == b"new"


def test_nobody_else_comes_in(server: SftpServer, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    for login in (
        {"password": "guess", "client_keys": None},
        {"client_keys": [other]},
        {"username": "root", "password": server.password, "client_keys": None},
    ):
        with pytest.raises(asyncssh.PermissionDenied):
            asyncio.run(session(server, **login))


def test_keys_are_private(server: SftpServer) -> None:
    assert server.key_file.stat().st_mode & 0o077 == 0
    assert server.key_file.parent.stat().st_mode & 0o077 == 0
