"""A mail server on loopback that keeps what it takes: a receiver's archive, with certificates of its own authority."""

from __future__ import annotations

import email
import email.policy
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
USER = "waybill"
ABSENT = "nobody"
"""Every mailbox is there but this one."""


@dataclass
class Sink:
    """What was taken, each as `(sender, recipients, bytes)`. `busy`: so many messages are put off; `silent`: that many are
    kept, but the connection ends before the reply.
    """

    port: int
    password: str = field(repr=False)
    authority: Path
    taken: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    envelopes: list[tuple[str, ...]] = field(default_factory=list)
    busy: int = 0
    silent: int = 0

    def messages(self) -> list[EmailMessage]:
        """Each message once, as an archive keeps them: by its Message-ID."""
        found: dict[str, EmailMessage] = {}
        for _, _, content in self.taken:
            message = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            found.setdefault(str(message["Message-ID"]), message)
        return list(found.values())


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.startswith(f"{ABSENT}@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self._sink.busy:
            self._sink.busy -= 1
            return "451 4.3.0 later"
        self._sink.taken.append((envelope.mail_from, tuple(envelope.rcpt_tos), bytes(envelope.content)))
        if self._sink.silent:
            self._sink.silent -= 1
            server.transport.abort()
        return f"250 2.0.0 queued as Q{len(self._sink.taken)}"


@contextmanager
def running(
    folder: Path, password: str, security: Literal["starttls", "tls", "none"], port: int, largest: int = 64 << 20
) -> Iterator[Sink]:
    """Listens on that port until the end. `sink.authority` is what its clients must trust."""
    authority, chain, key = certificates(folder)
    sink = Sink(port, password, authority)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain, key)

    def knows(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        wanted = (USER.encode(), password.encode())
        return AuthResult(success=(data.login, data.password) == wanted, handled=False)

    controller = Controller(
        _Handler(sink),
        hostname=HOST,
        port=port,
        ssl_context=tls if security == "tls" else None,
        tls_context=tls if security == "starttls" else None,
        require_starttls=security == "starttls",
        authenticator=knows,
        auth_required=security != "none",
        auth_require_tls=security == "starttls",
        data_size_limit=largest,
        ready_timeout=10,
    )
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


def certificates(folder: Path, *names: str) -> tuple[Path, Path, Path]:
    """An authority, and a certificate of its for the loopback address and those names, with its key."""
    now = datetime.now(UTC)
    own, ours = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail sink")])

    def build(subject: x509.Name, public: Any, *extensions: x509.ExtensionType) -> bytes:
        made = x509.CertificateBuilder().issuer_name(issuer).subject_name(subject).public_key(public)
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
        for one in extensions:
            made = made.add_extension(one, critical=isinstance(one, x509.BasicConstraints))
        key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key())
        made = made.add_extension(key_id, critical=False)
        return made.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    paths = folder / "authority.pem", folder / "chain.pem", folder / "key.pem"
    paths[0].write_bytes(
        build(
            issuer,
            own.public_key(),
            x509.BasicConstraints(ca=True, path_length=None),
            x509.SubjectKeyIdentifier.from_public_key(own.public_key()),
        )
    )
    address = x509.IPAddress(ipaddress.ip_address(HOST))
    paths[1].write_bytes(
        build(name, ours.public_key(), x509.SubjectAlternativeName([address, *map(x509.DNSName, names)]))
    )
    paths[2].write_bytes(
        ours.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
