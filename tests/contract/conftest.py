"""The kinds of destinations that the hostile suite runs over. A new kind is one fixture and one name in `RIGS`."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import asyncssh
import boto3
import pytest
from azure.storage.blob import ContainerClient

from sandbox import mail_sink
from sandbox.mail_sink import Sink
from tests.contract import servers
from tests.contract.rigs import LOOPBACK, Rig, memory_rig
from waybill.destinations import azure_blob, hosted, s3, sftp, smtp
from waybill.destinations.dial import HostedFolder, Surroundings

RIGS = (
    "memory",
    "s3",
    "s3_sse_s3",
    "s3_sse_kms",
    "s3_locked",
    "s3_sandbox",
    "s3rver",
    "hosted",
    "azure_blob",
    "sftp_embedded",
    "sftp_openssh",
    "smtp_starttls",
    "smtp_tls",
)


@pytest.fixture(params=[pytest.param(n, marks=() if n == "memory" else pytest.mark.real) for n in RIGS])
def rig(request: pytest.FixtureRequest) -> Rig:
    made: Rig = request.getfixturevalue(f"{request.param}_rig")
    if reason := made.lacks.get(request.function.__name__):
        pytest.skip(f"{request.param}: {reason}")
    return made


@pytest.fixture(name="memory_rig")
def _memory_rig() -> Rig:
    return memory_rig()


# -- S3


class S3View:
    def __init__(self, server: servers.S3Server, bucket: str, **options: Any) -> None:
        self.bucket = bucket
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=server.endpoint,
            region_name="us-east-1",
            aws_access_key_id=server.access_key_id,
            aws_secret_access_key=server.secret_access_key,
        )
        self.client.create_bucket(Bucket=bucket, **options)

    def files(self) -> dict[str, bytes]:
        keys = [o["Key"] for o in self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])]
        return {key: self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def plant(self, name: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=name, Body=content)

    def leftovers(self) -> list[str]:
        uploads = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        return [upload["Key"] for upload in uploads]

    def forget(self) -> None:
        for upload in self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []):
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.S3Server]:
    with servers.s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3_rig(s3_server: servers.S3Server) -> Rig:
    return s3_rig_of(s3_server)


def s3_rig_of(server: servers.S3Server, **options: Any) -> Rig:
    """With a bucket of its own, made with these options."""
    bucket = f"contract-{secrets.token_hex(6)}"
    return Rig(
        module=s3,
        settings={
            "bucket": bucket,
            "region": "us-east-1",
            "access_key_id": server.access_key_id,
            "secret_access_key": server.secret_access_key,
            "endpoint_url": server.endpoint,
        },
        view=S3View(server, bucket, **options),
        wrong_secret=("secret_access_key", "canary-secret-0123456789"),
        missing_place={"bucket": "contract-absent"},
        missing_step="authenticate",
        unreachable={"endpoint_url": f"http://{LOOPBACK}:{servers.free_port()}"},
        canaries=(server.secret_access_key, "canary-secret"),
    )


@pytest.fixture
def s3_sse_s3_rig(s3_rig: Rig) -> Rig:
    return replace(s3_rig, settings={**s3_rig.settings, "encryption": "sse_s3"})


@pytest.fixture
def s3_sse_kms_rig(s3_rig: Rig) -> Rig:
    return replace(s3_rig, settings={**s3_rig.settings, "encryption": "sse_kms", "bucket_key": True})


@pytest.fixture
def s3_locked_rig(s3_server: servers.S3Server) -> Rig:
    rig = s3_rig_of(s3_server, ObjectLockEnabledForBucket=True)
    return replace(rig, settings={**rig.settings, "lock_mode": "GOVERNANCE", "lock_days": 3})


_SUMS, _REPLACES = "it keeps no checksums", "it replaces objects; the probe refuses it for that (test_s3.py)"
_UPLOADS, _KEYS = "it neither lists nor aborts uploads of parts", "it takes any secret of its one access key"
LACKS_OF_S3RVER = {
    "test_small_files": _SUMS,
    "test_files_about_one_part_long": _UPLOADS,
    "test_a_cut_upload_resumes": _UPLOADS,
    "test_a_resume_point_that_the_server_forgot_starts_anew": _UPLOADS,
    "test_the_same_file_twice_is_one_success": _REPLACES,
    "test_a_taken_name_is_left_as_it_is": _REPLACES,
    "test_a_name_taken_during_a_large_upload_is_left_as_it_is": _REPLACES,
    "test_abort_leaves_nothing": _UPLOADS,
    "test_wrong_credentials_name_their_field": _KEYS,
    "test_a_probe_of_a_good_destination": _REPLACES,
    "test_a_probe_with_a_wrong_secret": _KEYS,
    "test_no_secret_shows_anywhere": "its one secret is also the name of its access key",
    "test_every_step_of_a_good_destination_has_its_time": _REPLACES,
    "test_what_a_failure_keeps_from_being_tried_is_listed": _KEYS,
}


@pytest.fixture(scope="session")
def s3_sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.S3Server]:
    with servers.sandbox_s3(tmp_path_factory.mktemp("engine")) as server:
        yield server


@pytest.fixture
def s3_sandbox_rig(s3_sandbox_server: servers.S3Server) -> Rig:
    return s3_rig_of(s3_sandbox_server)


@pytest.fixture(scope="session")
def s3rver_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.S3Server]:
    with servers.s3rver(tmp_path_factory.mktemp("s3rver")) as server:
        yield server


@pytest.fixture
def s3rver_rig(s3rver_server: servers.S3Server) -> Rig:
    return replace(s3_rig_of(s3rver_server), lacks=LACKS_OF_S3RVER)


# -- hosted

HOSTED_PREFIX = "acme/dst_1"


class HostedView(S3View):
    """The tenant's folder in a bucket that holds others' as well."""

    def files(self) -> dict[str, bytes]:
        return {name.removeprefix(f"{HOSTED_PREFIX}/"): content for name, content in super().files().items()}

    def plant(self, name: str, content: bytes) -> None:
        super().plant(f"{HOSTED_PREFIX}/{name}", content)


@pytest.fixture
def hosted_rig(s3_server: servers.S3Server) -> Rig:
    bucket = f"contract-{secrets.token_hex(6)}"
    view = HostedView(s3_server, bucket)
    folder = HostedFolder(view.client, bucket, "us-east-1", HOSTED_PREFIX, {"stage": f"{bucket}-stage"})
    return Rig(
        module=hosted,
        settings={},
        view=view,
        wrong_secret=None,
        missing_place={},
        missing_step=None,
        unreachable=None,
        canaries=(s3_server.secret_access_key,),
        surroundings=Surroundings(hosted=folder),
    )


# -- Azure


class AzureView:
    def __init__(self, connection_string: str, container: str) -> None:
        self.client = ContainerClient.from_connection_string(connection_string, container)
        self.client.create_container()

    def files(self) -> dict[str, bytes]:
        names = [str(blob.name) for blob in self.client.list_blobs()]
        return {name: self.client.download_blob(name).readall() for name in names}

    def plant(self, name: str, content: bytes) -> None:
        self.client.upload_blob(name, content, overwrite=True)

    def leftovers(self) -> list[str]:
        return []  # uncommitted blocks are no blob, and Azure drops them

    def forget(self) -> None:
        self.client.delete_container()
        self.client.create_container()


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.AzuriteServer]:
    with servers.azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture
def azure_blob_rig(azurite: servers.AzuriteServer) -> Rig:
    container = f"contract-{secrets.token_hex(6)}"
    wrong_key = base64.b64encode(b"canary" * 8).decode()
    port = servers.free_port()
    elsewhere = azurite.connection_string(BlobEndpoint=f"http://{LOOPBACK}:{port}/{azurite.account}")
    return Rig(
        module=azure_blob,
        settings={"container": container, "connection_string": azurite.connection_string()},
        view=AzureView(azurite.connection_string(), container),
        wrong_secret=("connection_string", azurite.connection_string(AccountKey=wrong_key)),
        missing_place={"container": "contract-absent"},
        missing_step="authenticate",
        unreachable={"connection_string": elsewhere},
        canaries=(azurite.key, wrong_key),
    )


# -- SFTP


class FolderView:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".part")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}

    def plant(self, name: str, content: bytes) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(content)

    def leftovers(self) -> list[str]:
        return [path.name for path in self.folder.rglob("*.part")]

    def forget(self) -> None:
        for path in self.folder.rglob("*.part"):
            path.unlink()


def sftp_rig(server: servers.SshServer, wrong_secret: tuple[str, str], canaries: tuple[str, ...]) -> Rig:
    folder = secrets.token_hex(6)
    return Rig(
        module=sftp,
        settings={
            "host": LOOPBACK,
            "port": server.port,
            "host_key": server.host_key,
            "path": f"{server.path.rstrip('/')}/{folder}",
            **server.login,
        },
        view=FolderView(server.root / folder),
        wrong_secret=wrong_secret,
        missing_place={"path": f"{server.path.rstrip('/')}/absent"},
        missing_step="write",
        unreachable={"port": servers.free_port()},
        canaries=canaries,
        last_steps=("rename", "delete"),
    )


@pytest.fixture(scope="session")
def embedded_ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.SshServer]:
    with servers.embedded_ssh(tmp_path_factory.mktemp("sftp"), f"ssh-canary-{secrets.token_hex(8)}") as server:
        yield server


@pytest.fixture
def sftp_embedded_rig(embedded_ssh: servers.SshServer) -> Rig:
    return sftp_rig(embedded_ssh, ("password", "ssh-canary-wrong"), ("ssh-canary",))


@pytest.fixture(scope="session")
def openssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.SshServer]:
    with servers.openssh(tmp_path_factory.mktemp("openssh")) as server:
        yield server


@pytest.fixture
def sftp_openssh_rig(openssh: servers.SshServer) -> Rig:
    wrong = asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh").decode()
    lines = (openssh.login["private_key"].splitlines()[2], wrong.splitlines()[2])
    return sftp_rig(openssh, ("private_key", wrong), lines)


# -- SMTP


class MailView:
    """An archive of mails: each message once, the file that it carries by the name that it tells."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    def files(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for message in self.sink.messages():
            (carried,) = message.iter_attachments()
            name = str(message["X-Waybill-File"])
            assert carried.get_filename() == name.rpartition("/")[2]
            found[f"{name} again" if name in found else name] = bytes(carried.get_payload(decode=True))
        return found

    def plant(self, name: str, content: bytes) -> None:
        message = EmailMessage()
        message["Message-ID"], message["X-Waybill-File"] = "<theirs@example.com>", name
        message.add_attachment(content, "application", "octet-stream", filename=name)
        self.sink.taken.append(("them@example.com", (), message.as_bytes()))

    def leftovers(self) -> list[str]:
        return []  # what was cut off is no mail

    def forget(self) -> None:
        """There is nothing to forget."""


def smtp_rig(sink: Sink, security: str) -> Rig:
    return Rig(
        module=smtp,
        settings={
            "host": LOOPBACK,
            "port": sink.port,
            "security": security,
            "username": mail_sink.USER,
            "password": sink.password,
            "sender": "export@waybill.example",
            "recipients": ["journal@archive.example", "second@archive.example"],
        },
        view=MailView(sink),
        wrong_secret=("password", "smtp-canary-wrong"),
        missing_place={"recipients": ["journal@archive.example", f"{mail_sink.ABSENT}@archive.example"]},
        missing_step="recipients",
        unreachable={"port": servers.free_port()},
        canaries=("smtp-canary",),
        part_size=smtp.CAPABILITIES.part_size,
        last_steps=("authenticate", "recipients"),
    )


@pytest.fixture
def smtp_starttls_rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with mail_sink.running(tmp_path, f"smtp-canary-{secrets.token_hex(8)}", "starttls", servers.free_port()) as sink:
        monkeypatch.setenv("SSL_CERT_FILE", str(sink.authority))
        yield smtp_rig(sink, "starttls")


@pytest.fixture
def smtp_tls_rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with mail_sink.running(tmp_path, f"smtp-canary-{secrets.token_hex(8)}", "tls", servers.free_port()) as sink:
        monkeypatch.setenv("SSL_CERT_FILE", str(sink.authority))
        yield smtp_rig(sink, "tls")
