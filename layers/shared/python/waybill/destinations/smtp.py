"""SMTP: each file is one mail to an archive of mails. A mail that is taken can neither be read back nor taken back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email.utils import formatdate
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from waybill.core.deliver import Capabilities, OutgoingFile, ProbeStep, Receipt, ResumePoint, Stat, StepName
from waybill.core.errors import PermanentError
from waybill.core.mail import (
    EOL,
    LINE,
    MESSAGE,
    base64_lines,
    base64_size,
    disposition,
    end,
    header_text,
    headers,
    is_address,
    is_unsafe,
    mailbox,
    part_head,
)
from waybill.destinations.config import DestinationConfig
from waybill.destinations.dial import TRUSTED, Dialer, Surroundings
from waybill.destinations.probing import told
from waybill.destinations.smtp_session import Login, Security, Server, Session

LONGEST_LINE = 998

# -- config


def _address(value: str) -> str:
    if not is_address(value):
        raise ValueError("must be a mail address alone, such as journal@archive.example.com, in ASCII")
    return value


Address = Annotated[str, AfterValidator(_address)]


class Config(DestinationConfig):
    host: str = Field(description="The server's name, for example smtp.example.com.")
    port: int = Field(587, ge=1, le=65535, description="The server's port: 587 with starttls, 465 with tls.")
    security: Security = Field(
        "starttls", description="starttls, tls from the first byte, or none inside networks that the operator allows."
    )
    username: str | None = Field(None, min_length=1, max_length=255, description="The user to log in as, if any.")
    password: SecretStr | None = Field(None, description="The user's password.")
    sender: Address = Field(description="The envelope's sender, to which the server sends what it cannot deliver.")
    recipients: tuple[Address, ...] = Field(
        min_length=1, max_length=50, description="The archive's journal addresses; each of them gets every mail."
    )
    subject_prefix: str = Field("", max_length=100, description="Comes before the subject of mails that carry a file.")

    @field_validator("host")
    @classmethod
    def _host(cls, value: str) -> str:
        if not re.fullmatch(r"[^\s/@?#\\]{1,253}", value):
            raise ValueError("must be a name alone, such as smtp.example.com, without a scheme, user, port or path")
        return value

    @field_validator("username", "subject_prefix")
    @classmethod
    def _one_line(cls, value: str | None) -> str | None:
        if value and is_unsafe(value):
            raise ValueError("must not hold line breaks or other control characters")
        return value

    @field_validator("recipients")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len({address.casefold() for address in value}) != len(value):
            raise ValueError("names an address twice; name each once")
        return value

    @model_validator(mode="after")
    def _login(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together; give both, or none of them")
        secret = self.password.get_secret_value() if self.password else "x"
        if not (secret and secret.isascii() and secret.isprintable()) or not (self.username or "x").isascii():
            raise ValueError("username and password must be visible ASCII characters: what mail servers agree on")
        return self

    def _place(self) -> tuple[str, ...]:
        return (self.host.lower(), *sorted(self.recipients))

    @property
    def server(self) -> Server:
        login = Login(self.username, self.password.get_secret_value()) if self.username and self.password else None
        return Server(self.host, self.port, self.security, login, self.sender, self.recipients)


# -- capabilities

CAPABILITIES = Capabilities(
    part_size=LINE * 16 * 1024,
    largest_file=25 * 1024 * 1024,  # 34 MiB as a mail; servers that take less say so by SIZE
    longest_name=1024,
    keeps_names=False,
    reads_back=False,
    resumes=False,
)


# -- the destination


def connect(config: Config, surroundings: Surroundings) -> Smtp:
    return Smtp(config, Dialer(surroundings))


class Smtp:
    """Atomic: a mail is there once the server says so after its last line; cut off before, there is none. Every recipient
    gets it, or none.

    Nothing is overwritten: a name is only told, in the mail. A file that is sent again, since the answer was lost, is a
    second mail with the same Message-ID, by which an archive knows it.
    """

    capabilities = CAPABILITIES

    def __init__(self, config: Config, dialer: Dialer) -> None:
        self._config, self._dialer = config, dialer
        self._made: Session | None = None

    @property
    def probe_order(self) -> tuple[StepName, ...]:
        encrypted: tuple[StepName, ...] = () if self._config.security == "none" else ("tls",)
        return ("resolve", "connect", *encrypted, "authenticate", "recipients")

    def probe(self) -> Iterator[ProbeStep]:
        return told(self.probe_order, self._steps(), self.close)

    def _steps(self) -> Iterator[ProbeStep]:
        yield from self._dialer.steps(self._config.host, self._config.port)
        session = self._made = Session(self._config.server, self._dialer)
        if self._config.security != "none":
            yield ProbeStep("tls", True, TRUSTED, facts=session.certificate())
        session.log_in()
        said = "The server accepts the login." if self._config.username else "The server asks for no login."
        yield ProbeStep("authenticate", True, said)
        session.address(1024)
        session.reset()
        yield ProbeStep("recipients", True, "The server takes mail for every recipient; none was sent.")

    def open(self, file: OutgoingFile, resume: ResumePoint | None) -> Mail:
        del resume  # a mail that was cut off is no mail: it starts anew
        return Mail(self._session(), self._config, file)

    def stat(self, name: str) -> Stat | None:
        del name  # nothing can be looked up
        return None

    def close(self) -> None:
        if self._made is not None:
            self._made.close()
            self._made = None

    def _session(self) -> Session:
        if self._made is None or not self._made.usable:
            self._made = Session(self._config.server, self._dialer)
            self._made.log_in()
        return self._made


class Mail:
    """One file on its way. Its bytes go to the server as they come; only the last line makes a mail of them."""

    part_size = CAPABILITIES.part_size

    def __init__(self, session: Session, config: Config, file: OutgoingFile) -> None:
        if is_unsafe(file.name):
            raise PermanentError("A file's name holds a control character, which no mail can tell.")
        self.offset = 0
        self._session, self._file = session, file
        self._digest = hashlib.sha256()
        self._writes: Carried | AsItIs = AsItIs() if file.media_type == MESSAGE else Carried(config, file)
        self._begun = False

    def put(self, part: bytes) -> None:
        self._digest.update(part)
        wire = self._writes.body(part)
        self._begin()
        self._session.write(wire)
        self.offset += len(part)

    def settle(self) -> None:
        """`put` has waited."""

    def resume_point(self) -> ResumePoint:
        return {}

    def commit(self) -> Receipt:
        if self.offset != self._file.size or self._digest.hexdigest() != self._file.sha256:
            self.abort()
            raise PermanentError(
                f"{self._file.name} was read with other bytes than it was sealed with; no mail was sent.",
                "Give the operator this run's id.",
            )
        self._begin()
        self._session.write(self._writes.tail)
        self._begun = False
        said = self._session.finish()
        return Receipt(self._file.name, self._file.size, "", said, "accepted")

    def abort(self) -> None:
        self.close()

    def close(self) -> None:
        if self._begun:
            self._session.close(at_once=True)
            self._begun = False

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True  # an envelope that was refused in part must not meet the next one
            self._session.address(self._writes.size(self._file.size))
            self._session.begin()
            self._session.write(self._writes.head)


class Carried:
    """A small mail that names the run and carries the file."""

    def __init__(self, config: Config, file: OutgoingFile) -> None:
        boundary = f"=_{file.token}"
        name = file.name.rpartition("/")[2]
        said = f"{file.name}\r\nof run {file.run}\r\n{file.size} bytes, SHA-256 {file.sha256}\r\n".encode()
        fields = [
            ("From", mailbox("", config.sender)),
            ("To", ",\r\n ".join(mailbox("", one) for one in config.recipients)),
            ("Subject", header_text(config.subject_prefix + name)),
            ("Date", formatdate()),
            ("Message-ID", f"<{file.token}@{config.sender.rpartition('@')[2]}>"),
            ("X-Waybill-Run", header_text(file.run)),
            ("X-Waybill-File", header_text(file.name)),
            ("X-Waybill-SHA256", file.sha256),
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/mixed;\r\n boundary="{boundary}"'),
        ]
        text = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "base64")]
        carried = [
            ("Content-Type", file.media_type),
            ("Content-Disposition", disposition(name)),
            ("Content-Transfer-Encoding", "base64"),
        ]
        first = part_head(boundary, text) + b"".join(base64_lines([said]))
        self.head = headers(fields) + EOL + first + part_head(boundary, carried)
        self.tail = end(boundary)

    def body(self, part: bytes) -> bytes:
        """Parts are whole lines of base64, the last one aside; none of its lines begins with a dot."""
        return b"".join(base64_lines([part]))

    def size(self, size: int) -> int:
        return len(self.head) + base64_size(size) + len(self.tail)


class AsItIs:
    """A file that is a mail: the same bytes, if they are a mail's."""

    head = b""

    def __init__(self) -> None:
        self._last = b""

    def body(self, part: bytes) -> bytes:
        """Whole lines of what came so far; those that begin with a dot get a second one (RFC 5321, 4.5.2)."""
        *lines, self._last = (self._last + part).split(EOL)
        if any(_is_wrong(line) for line in lines) or len(self._last) > LONGEST_LINE + 1:
            raise PermanentError("A mail has a line that no server has to take; none was sent.", "Report it.")
        return b"".join((b"." if line.startswith(b".") else b"") + line + EOL for line in lines)

    @property
    def tail(self) -> bytes:
        if self._last:
            raise PermanentError("A mail does not end with a line's end; none was sent.", "Report it.")
        return b""

    def size(self, size: int) -> int:
        return size


def _is_wrong(line: bytes) -> bool:
    return len(line) > LONGEST_LINE or not line.isascii() or b"\r" in line or b"\n" in line or b"\0" in line
