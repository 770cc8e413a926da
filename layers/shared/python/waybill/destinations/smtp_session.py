"""A conversation with a mail server: dialled, encrypted, logged in, one message after another, and what its replies mean."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from waybill.core.errors import AccessDenied, ConfigurationError, PermanentError, TransientError
from waybill.destinations.dial import READ_SECONDS, Dialer, certificate_facts
from waybill.destinations.failures import BUSY, CUT, OUR_FAULT, SILENT, UNTRUSTED, Meaning, explained, lineage

Security = Literal["starttls", "tls", "none"]
REPLY_SECONDS = 300.0
"""For the reply to a whole message: a server that is given up too early delivers it all the same (RFC 1047)."""


@dataclass(frozen=True)
class Login:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    security: Security
    login: Login | None
    sender: str
    recipients: tuple[str, ...]

    @property
    def facts(self) -> Mapping[str, str]:
        return {"host": self.host, "sender": self.sender}


class _Dialled(smtplib.SMTP):
    """smtplib's client over a socket of the dialer's; with `tls`, encrypted from its first byte."""

    def __init__(self, server: Server, dialer: Dialer, tls: ssl.SSLContext) -> None:
        self._server, self._dialer, self._tls = server, dialer, tls
        # A name of its own: smtplib would look the machine's up.
        name = server.sender.rpartition("@")[2]
        super().__init__(server.host, server.port, local_hostname=name, timeout=READ_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        dialled = self._dialer.reach(host, port)
        dialled.settimeout(timeout)
        if self._server.security != "tls":
            return dialled
        try:
            return self._tls.wrap_socket(dialled, server_hostname=host)
        except OSError:
            dialled.close()
            raise


class Session:
    """One connection, ready to take messages. Raises what `core.deliver.Destination` allows."""

    def __init__(self, server: Server, dialer: Dialer) -> None:
        """Connects and encrypts; nothing of the tenant's has been sent then."""
        self._server = server
        if server.security == "none" and not dialer.inside_allowed(server.host):
            raise ConfigurationError(
                f"{server.host} is not in a network that the operator allows, so mail is sent to it encrypted only.",
                "Set security to starttls or tls.",
            )
        tls = trusted()
        with self._translated("greeting"):
            self._client = _Dialled(server, dialer, tls)
            try:
                if server.security == "starttls":
                    self._client.starttls(context=tls)
                self._client.ehlo_or_helo_if_needed()
            except BaseException:
                self._client.close()
                raise

    def certificate(self) -> Mapping[str, str]:
        """Of the server, for a person to look at; empty without encryption."""
        held = self._client.sock
        return certificate_facts(held) if isinstance(held, ssl.SSLSocket) else {}

    def log_in(self) -> None:
        """Nothing where the server asks for no login."""
        login = self._server.login
        if login is not None:
            with self._translated("login"):
                self._client.login(login.username, login.password)

    def address(self, size: int) -> None:
        """The envelope of a message of about so many bytes. Every recipient must be taken, else none is."""
        with self._translated("sender"):
            limit = self._client.esmtp_features.get("size", "")
            if limit.isdigit() and 0 < int(limit) < size:
                raise smtplib.SMTPSenderRefused(552, b"", self._server.sender)
            options = [f"SIZE={size}"] if "size" in self._client.esmtp_features else []
            _expect(250, self._client.mail(self._server.sender, options))
        for number, recipient in enumerate(self._server.recipients):
            with self._translated("recipient", place=str(number)):
                reply = self._client.rcpt(recipient)
                if reply[0] not in (250, 251):
                    raise smtplib.SMTPResponseException(*reply)

    def reset(self) -> None:
        """Forget the envelope; nothing was sent."""
        with self._translated("reset"):
            _expect(250, self._client.rset())

    def begin(self) -> None:
        with self._translated("data"):
            _expect(354, self._client.docmd("DATA"))

    def write(self, data: bytes) -> None:
        """Bytes of the message, as they go over the wire: whole lines, none of them begins with a dot that is its own."""
        with self._translated("data"):
            self._client.send(data)

    def finish(self) -> str:
        """End the message; what the server says on taking it."""
        with self._translated("data"):
            if self._client.sock is not None:
                self._client.sock.settimeout(REPLY_SECONDS)
            self._client.send(b".\r\n")
            code, text = self._client.getreply()
            if code != 250:
                raise smtplib.SMTPResponseException(code, text)
            if self._client.sock is not None:
                self._client.sock.settimeout(READ_SECONDS)
        return self._shown(text)

    @property
    def usable(self) -> bool:
        """Whether it is connected still, as far as we know."""
        return self._client.sock is not None

    def close(self, *, at_once: bool = False) -> None:
        """Say goodbye; `at_once`: in the middle of a message, which the server then forgets."""
        if not at_once:
            with suppress(smtplib.SMTPException, OSError):
                self._client.quit()
        self._client.close()

    def _shown(self, text: bytes) -> str:
        """A server's words, without what we told it in secret."""
        said = re.sub(r"[^ -~]+", " ", text.decode("ascii", "replace")).strip()
        login = self._server.login
        return "250" if login and login.password in said else f"250 {said}"[:200]

    @contextmanager
    def _translated(self, step: str, **facts: str) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPResponseException as refused:
            code = refused.smtp_code
            known = [f"{step} {code}", str(code), f"{step} {code // 100}xx", f"{code // 100}xx"]
            raise explained(ERRORS, known, facts={**self._server.facts, **facts}) from None
        except (smtplib.SMTPException, OSError) as failed:
            raise explained(ERRORS, lineage(failed), facts={**self._server.facts, **facts}) from None


def trusted() -> ssl.SSLContext:
    """How a server must prove who it is."""
    tls = ssl.create_default_context()
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return tls


def _expect(wanted: int, reply: tuple[int, bytes]) -> None:
    if reply[0] != wanted:
        raise smtplib.SMTPResponseException(*reply)


# -- error map

_PASSING = Meaning(TransientError, "{host} cannot take mail now.", "Waybill tries again by itself.")
_LOGIN = Meaning(AccessDenied, "{host} does not accept the username and the password.", "Save the right password.")
_SIZE = Meaning(
    ConfigurationError,
    "{host} takes no message of this size.",
    "Let its owner raise the limit, or set the rule's file_limit.bytes, archive.volume_bytes or journal.most_bytes.",
)
_PLAIN_ONLY = Meaning(
    ConfigurationError, "{host} offers no encryption on this port.", "Set security to tls, or correct port."
)
_FULL = Meaning(ConfigurationError, "The mailbox at {host} is full.", "Let its owner make room.")

ERRORS: Mapping[str, Meaning] = {
    "login 535": _LOGIN,
    "login 530": _LOGIN,
    "login 534": Meaning(AccessDenied, "{host} asks for a stronger login.", "Save a password for programs."),
    "login 538": Meaning(
        ConfigurationError, "{host} takes a login encrypted only.", "Set security to starttls or tls."
    ),
    "login 5xx": _LOGIN,
    "530": Meaning(AccessDenied, "{host} takes mail after a login only.", "Save username and password."),
    "552": _SIZE,
    "recipient 552": _FULL,
    "greeting 5xx": Meaning(
        ConfigurationError, "{host} takes no mail from the platform.", "Let its owner allow the platform's addresses."
    ),
    "sender 5xx": Meaning(
        ConfigurationError, "{host} takes no mail from {sender}.", "Correct sender, or let the server's owner allow it."
    ),
    "recipient 5xx": Meaning(
        ConfigurationError,
        "{host} takes no mail for recipients.{place}.",
        "Correct recipients, or let the server's owner make the mailbox.",
    ),
    "data 5xx": Meaning(
        ConfigurationError,
        "{host} refused the message after reading it.",
        "Ask its owner which rule of its own it broke.",
    ),
    "421": _PASSING,
    "4xx": _PASSING,
    "5xx": OUR_FAULT,
    "2xx": OUR_FAULT,
    "3xx": OUR_FAULT,
    "-1xx": CUT,
    "SMTPNotSupportedError": _PLAIN_ONLY,
    "SSLCertVerificationError": UNTRUSTED,
    "SSLError": Meaning(
        ConfigurationError, "{host} speaks no TLS on this port.", "Set security to starttls, or correct port."
    ),
    "TimeoutError": SILENT,
    "SMTPServerDisconnected": CUT,
    "SMTPConnectError": BUSY,
    "SMTPException": Meaning(
        PermanentError, "{host} answers in a way that is no mail server's.", "Correct host and port."
    ),
    "OSError": CUT,
}
