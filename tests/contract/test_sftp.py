"""What only SFTP has: host keys, keys and passphrases, small requests, servers that do things their own way."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.contract import servers
from tests.contract.conftest import sftp_rig
from tests.contract.rigs import HERE, LOOPBACK, Rig, deliver, outgoing
from waybill.core.errors import AccessDenied, ConfigurationError, HostKeyChanged
from waybill.destinations import sftp, sftp_lane, sftp_session

pytestmark = pytest.mark.real
OTHER = "SHA256:" + "A" * 43


def test_an_unconfirmed_host_key_is_shown_and_goes_no_further(
    sftp_embedded_rig: Rig, embedded_ssh: servers.SshServer
) -> None:
    destination = sftp_embedded_rig.destination(host_key=None)
    steps = list(destination.probe())
    assert [(step.step, step.ok) for step in steps] == [("resolve", True), ("connect", True), ("host_key", False)]
    assert steps[-1].facts == {"fingerprint": embedded_ssh.host_key, "key_type": "ssh-ed25519"}
    assert f"host_key={embedded_ssh.host_key}" in steps[-1].advice
    with pytest.raises(HostKeyChanged, match="nobody has confirmed"):
        destination.open(outgoing("a.csv", b"1"), None)


def test_a_changed_host_key_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with servers.embedded_ssh(tmp_path / "one", "first") as first:
        rig = sftp_rig(first, ("password", "x"), ())
    tried: list[Any] = []
    monkeypatch.setattr(sftp_session, "_log_in", lambda *args: tried.append(args))
    with servers.embedded_ssh(tmp_path / "two", "first", port=first.port) as second:
        with pytest.raises(HostKeyChanged, match=second.host_key.replace("+", r"\+")):
            deliver(rig.destination(), "a.csv", b"1")
        steps = list(rig.destination().probe())
    assert (steps[-1].step, steps[-1].facts["fingerprint"]) == ("host_key", second.host_key)
    assert tried == []
    assert rig.view.files() == {}


def test_a_type_in_front_of_the_fingerprint(sftp_embedded_rig: Rig, embedded_ssh: servers.SshServer) -> None:
    deliver(sftp_embedded_rig.destination(host_key=f"ssh-ed25519 {embedded_ssh.host_key}"), "a.csv", b"1")
    with pytest.raises(HostKeyChanged):
        deliver(sftp_embedded_rig.destination(host_key=OTHER), "a.csv", b"1")


def test_a_server_without_password_logins(openssh: servers.SshServer) -> None:
    rig = sftp_rig(openssh, ("private_key", ""), ())
    with pytest.raises(AccessDenied, match="password"):
        deliver(rig.destination(private_key=None, password="p"), "x.csv", b"1")


class Strict(asyncssh.SFTPServer):
    """Takes no request over 32 KiB."""

    longest = 0

    def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        Strict.longest = max(Strict.longest, len(data))
        if len(data) > 32 * 1024:
            raise asyncssh.SFTPBadMessage("too long")
        written = super().write(file_obj, offset, data)
        assert isinstance(written, int)
        return written


def test_a_server_that_takes_small_requests_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp_lane, "EXTENDED", 250)  # no server knows it, so none tells its limits
    with servers.embedded_ssh(tmp_path, "p", sftp=Strict) as server:
        rig = sftp_rig(server, ("password", ""), ())
        deliver(rig.destination(), "a.bin", bytes(300_000))
        assert rig.view.files() == {"a.bin": bytes(300_000)}
    assert Strict.longest == 32 * 1024


class Lying(asyncssh.SFTPServer):
    """Says yes and keeps half."""

    def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        if offset == 0:
            super().write(file_obj, offset, bytes(len(data)))
        return len(data)


@pytest.mark.parametrize("verify", ["read_back", "size"])
def test_a_server_that_loses_bytes(tmp_path: Path, verify: str) -> None:
    content = random.Random(1).randbytes(600_000)
    with servers.embedded_ssh(tmp_path, "p", sftp=Lying) as server:
        rig = sftp_rig(server, ("password", ""), ())
        with pytest.raises(Exception, match="other bytes"):
            deliver(rig.destination(verify=verify), "a.bin", content)
        assert rig.view.files() == {}
        assert rig.view.leftovers() == []


class Full(asyncssh.SFTPServer):
    def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        raise asyncssh.SFTPFailure("No space left, said the disk of user:password@host")


def test_a_full_disk_gets_advice(tmp_path: Path) -> None:
    with servers.embedded_ssh(tmp_path, "p", sftp=Full) as server:
        rig = sftp_rig(server, ("password", ""), ())
        with pytest.raises(Exception, match="quota") as raised:
            deliver(rig.destination(), "a.bin", b"1")
    assert "password@host" not in str(raised.value)


class NoPlainRename(asyncssh.SFTPServer):
    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("no")


def test_posix_rename_where_the_plain_one_fails(tmp_path: Path) -> None:
    with servers.embedded_ssh(tmp_path, "p", sftp=NoPlainRename) as server:
        rig = sftp_rig(server, ("password", ""), ())
        deliver(rig.destination(), "a.bin", b"1")
        assert rig.view.files() == {"a.bin": b"1"}


def test_a_part_file_is_never_cut(sftp_embedded_rig: Rig, embedded_ssh: servers.SshServer) -> None:
    """A part file of an earlier attempt whose ledger was lost is written over in place."""
    content = random.Random(2).randbytes(100_000)
    file = outgoing("a.bin", content)
    folder = embedded_ssh.root / str(sftp_embedded_rig.settings["path"]).strip("/")
    part = folder / f".{file.token}.part"
    part.write_bytes(b"x" * 50_000)
    transfer = sftp_embedded_rig.destination().open(file, None)
    assert part.stat().st_size == 50_000
    transfer.put(content)
    assert transfer.commit().compared == "checksum"
    transfer.close()
    assert sftp_embedded_rig.view.files() == {"a.bin": content}


def test_a_folder_that_the_user_may_not_write(openssh: servers.SshServer, tmp_path: Path) -> None:
    rig = sftp_rig(openssh, ("private_key", ""), ())
    with pytest.raises(ConfigurationError, match="path"):
        deliver(rig.destination(path="/proc"), "a.csv", b"1")


def test_what_answers_but_is_no_ssh_server(s3_server: servers.S3Server) -> None:
    port = int(s3_server.endpoint.rsplit(":", 1)[1])
    config = sftp.Config.model_validate(
        {"host": LOOPBACK, "port": port, "username": "u", "password": "p", "host_key": OTHER}
    )
    destination = sftp.connect(config, HERE)
    with pytest.raises(Exception, match="connection was cut"):
        destination.stat("a")
    assert [step.ok for step in destination.probe()] == [True, True, False]
