"""SFTP: a folder on the tenant's server, reached with a password or a private key, over a confirmed host key."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from waybill.core.deliver import Capabilities, OutgoingFile, ProbeStep, ResumePoint, Stat, StepName
from waybill.core.errors import HostKeyChanged
from waybill.destinations.config import DestinationConfig
from waybill.destinations.dial import Dialer, Surroundings
from waybill.destinations.parts import MIB, PART_SIZE, Arrived
from waybill.destinations.probing import CONTENT, probe_name, told
from waybill.destinations.sftp_failures import changed
from waybill.destinations.sftp_keys import Login, checked_key
from waybill.destinations.sftp_part_file import READ_BACK_LIMIT, PartFile, receipt
from waybill.destinations.sftp_session import Session, handshake
from waybill.destinations.sftp_writes import MOST_CHANNELS

if TYPE_CHECKING:
    import paramiko

STEP_BACK = MIB
"""How much of what a server seems to hold is not believed: a crashed server may have the size but not the bytes."""
STEPS: tuple[StepName, ...] = (
    *("resolve", "connect", "host_key", "authenticate"),
    *("write", "read_back", "rename", "delete"),
)

# -- config


class Config(DestinationConfig):
    host: str = Field(description="The server's name, for example sftp.example.com.")
    port: int = Field(22, ge=1, le=65535, description="The server's port.")
    username: str = Field(min_length=1, max_length=255, description="The user to log in as.")
    password: SecretStr | None = Field(None, description="The user's password; give this or private_key.")
    private_key: SecretStr | None = Field(None, description="The user's private key, as PEM or OpenSSH text.")
    passphrase: SecretStr | None = Field(None, description="What private_key is encrypted with, if it is.")
    path: str = Field(".", max_length=1024, description="The folder below which all files are put; it must exist.")
    host_key: str | None = Field(
        None, description="The server's confirmed host key, as SHA256:... ; a connection test shows it."
    )
    channels: int = Field(
        MOST_CHANNELS,
        ge=1,
        le=MOST_CHANNELS,
        description="How many channels may carry one file at once; Waybill opens as many as the line's round trip asks for."
        " 1 for servers that take a file only from start to end.",
    )
    verify: Literal["read_back", "size"] = Field(
        "read_back", description="How arrival is proven: reading files up to 64 MiB back, or comparing sizes only."
    )

    @field_validator("host")
    @classmethod
    def _host(cls, value: str) -> str:
        if not re.fullmatch(r"[^\s/@?#\\]{1,253}", value):
            raise ValueError("must be a name alone, such as sftp.example.com, without a scheme, user, port or path")
        return value

    @field_validator("path")
    @classmethod
    def _path(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must not hold control characters")
        return value.rstrip("/") or ("/" if value else ".")

    @field_validator("host_key")
    @classmethod
    def _fingerprint(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"((ssh|ecdsa)-[a-z0-9-]+ )?SHA256:[A-Za-z0-9+/]{43}=?", value):
            raise ValueError("must be a fingerprint such as SHA256:... with 43 characters after the colon")
        return value.rstrip("=") if value else None

    @field_validator("private_key")
    @classmethod
    def _private_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            checked_key(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if (self.password is None) == (self.private_key is None):
            raise ValueError("give password or private_key, one of the two")
        if self.passphrase is not None and self.private_key is None:
            raise ValueError("passphrase goes with private_key only")
        return self

    def _place(self) -> tuple[str, ...]:
        return (self.host.lower(), str(self.port), self.username, self.path)

    @property
    def login(self) -> Login:
        def plain(secret: SecretStr | None) -> str | None:
            return secret.get_secret_value() if secret else None

        return Login(self.username, plain(self.password), plain(self.private_key), plain(self.passphrase))


# -- capabilities

CAPABILITIES = Capabilities(part_size=PART_SIZE, largest_file=2**43, longest_name=1024, forbidden=":")


# -- the destination


def connect(config: Config, surroundings: Surroundings) -> Sftp:
    return Sftp(config, Dialer(surroundings))


class Sftp:
    """Atomic: the file is written as `.<token>.part` beside its place, then renamed, which replaces no file that is
    there. Resumes from what both the server and the ledger know.

    Content is proven by reading it back before the rename (up to 64 MiB), else by its size. A file that is there
    already is ours if it reads back the same, whatever its size.
    """

    capabilities = CAPABILITIES
    probe_order = STEPS

    def __init__(self, config: Config, dialer: Dialer) -> None:
        self._config, self._dialer = config, dialer
        self._made: Session | None = None

    def probe(self) -> Iterator[ProbeStep]:
        name = posixpath.join(self._config.path, probe_name())
        written: list[str] = []
        return told(STEPS, self._steps(name, written), lambda: self._remove(written))

    def _steps(self, name: str, written: list[str]) -> Iterator[ProbeStep]:
        config = self._config
        yield from self._dialer.steps(config.host, config.port)
        transport = handshake(self._dialer, config.host, config.port, config.host_key)
        try:
            step = _host_key_step(transport, config.host_key)
            yield step
            if not step.ok:
                return
            self._made = Session(transport, config.login, config.path)
        finally:
            if self._made is None:
                transport.close()
        remote = self._made.remote()
        yield ProbeStep("authenticate", True, f"{config.username} is logged in.")
        written.append(name)
        remote.write_new(name, CONTENT)
        yield ProbeStep("write", True, f"A small file was written to {config.path}.", facts={"file": name})
        if remote.read(name, len(CONTENT) + 1) != CONTENT:
            raise changed()
        yield ProbeStep("read_back", True, "It reads back the same.")
        written.append(f"{name}-renamed")
        remote.rename(name, f"{name}-renamed")
        yield ProbeStep("rename", True, "It was renamed.")
        remote.remove(f"{name}-renamed")
        written.clear()
        yield ProbeStep("delete", True, "It was deleted.")

    def _remove(self, written: list[str]) -> None:
        if self._made is not None:
            for name in written:
                self._made.remote().discard(name)

    def open(self, file: OutgoingFile, resume: ResumePoint | None) -> PartFile | Arrived:
        session = self._session()
        remote, target = session.remote(), posixpath.join(self._config.path, file.name)
        folder = posixpath.dirname(target)
        remote.make_folders(self._config.path, folder)
        part_file = posixpath.join(folder, f".{file.token}.part")
        held = remote.size(part_file)
        if held is None and resume and remote.holds(target, file):
            return Arrived(receipt(file, read=True), PART_SIZE, resume)
        if held is not None and held > file.size:  # not ours: nothing of this file is longer than it
            remote.discard(part_file)
            held = None
        known = min(held or 0, int(resume.get("sent", 0)) if resume else 0)
        offset = max(known - STEP_BACK, 0)
        most = self._config.connections(self._config.channels)
        lanes = session.lanes(part_file, offset, file.size, most, resume.get("broke_after") if resume else None)
        doubtful = min(held or 0, known + READ_BACK_LIMIT) if resume and self._config.verify == "read_back" else 0
        return PartFile(remote, lanes, file, target, part_file, offset, doubtful, self._config.verify)

    def stat(self, name: str) -> Stat | None:
        size = self._session().remote().size(posixpath.join(self._config.path, name))
        return None if size is None else Stat(size)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()
            self._made = None

    def _session(self) -> Session:
        if self._made is None or not self._made.alive:
            self.close()
            config = self._config
            transport = handshake(self._dialer, config.host, config.port, config.host_key)
            step = _host_key_step(transport, config.host_key)
            if not step.ok:
                transport.close()
                raise HostKeyChanged(step.message, step.advice)
            self._made = Session(transport, config.login, config.path)
        return self._made


def _host_key_step(transport: paramiko.Transport, confirmed: str | None) -> ProbeStep:
    key = transport.get_remote_server_key()
    shown, facts = key.fingerprint, {"fingerprint": key.fingerprint, "key_type": key.get_name()}
    if confirmed is None:
        return ProbeStep(
            "host_key",
            False,
            f"The server shows the host key {shown}, which nobody has confirmed yet.",
            f"Ask the server's owner whether it is theirs, then confirm it by saving host_key={shown}.",
            facts,
        )
    if confirmed.split()[-1] != shown:
        return ProbeStep(
            "host_key",
            False,
            f"The server shows another host key, {shown}, than the confirmed one, {confirmed}; nothing was sent.",
            "Ask the server's owner whether they changed it. If they did, confirm the new one; if not, somebody may be"
            " listening. For a server with several keys, put the type in front: ssh-ed25519 SHA256:...",
            {**facts, "confirmed": confirmed},
        )
    return ProbeStep("host_key", True, "The server shows the confirmed host key.", facts=facts)
