"""A connection to an SFTP server: handshake, login, what may be asked of its files, and what its errors mean."""

from __future__ import annotations

import hashlib
import io
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from waybill.core.deliver import OutgoingFile
from waybill.core.errors import AccessDenied, ConfigurationError, PermanentError, TransientError, WaybillError
from waybill.destinations.dial import READ_SECONDS, Dialer
from waybill.destinations.failures import CUT, OUR_FAULT, SILENT, Meaning, explained, lineage
from waybill.destinations.sftp_writes import Lanes, request_size

if TYPE_CHECKING:
    import paramiko

HANDSHAKE_SECONDS = 20.0
FAST_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
# Ours, so that a new version of the library does not let a server show another of its keys than the confirmed one.
KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")


@dataclass(frozen=True)
class Login:
    username: str
    password: str | None = field(repr=False)
    private_key: str | None = field(repr=False)
    passphrase: str | None = field(repr=False)

    @property
    def credential(self) -> str:
        return "password" if self.private_key is None else "private_key"


@contextmanager
def translated(facts: Mapping[str, str]) -> Iterator[None]:
    from paramiko import SFTPError, SSHException

    try:
        yield
    except (SSHException, SFTPError, OSError, EOFError) as failed:
        raise explained(ERRORS, lineage(failed), facts=facts) from None


def handshake(dialer: Dialer, host: str, port: int, confirmed: str | None) -> paramiko.Transport:
    """Up to the server's host key; nothing of the tenant's has been sent then. The caller closes it."""
    import paramiko

    socket = dialer.reach(host, port)
    try:
        with translated({}):
            transport = paramiko.Transport(socket)
            options = transport.get_security_options()
            options.ciphers = _first(FAST_CIPHERS, options.ciphers)
            options.key_types = _of_type(confirmed, _first(KEY_TYPES, options.key_types))
            transport.start_client(timeout=HANDSHAKE_SECONDS)
    except WaybillError:
        socket.close()
        raise
    return transport


def _first(preferred: tuple[str, ...], offered: Sequence[str]) -> tuple[str, ...]:
    known = tuple(one for one in preferred if one in offered)
    return known + tuple(one for one in offered if one not in known)


def _of_type(confirmed: str | None, key_types: tuple[str, ...]) -> tuple[str, ...]:
    wanted = confirmed.split()[0] if confirmed and " " in confirmed else ""
    same = tuple(t for t in key_types if t == wanted or (wanted == "ssh-rsa" and t.startswith("rsa-")))
    return same or key_types


class Session:
    """A logged-in connection. Raises what `Destination` promises; takes over the transport, also when login fails."""

    def __init__(self, transport: paramiko.Transport, login: Login, path: str) -> None:
        self._transport = transport
        self._facts = {"credential": login.credential, "username": login.username, "path": path}
        try:
            _log_in(transport, login, self._facts)
            self._client = self._channel()
            with self._translated():
                self._request = request_size(self._client, transport.remote_version)
        except WaybillError:
            transport.close()
            raise

    @property
    def alive(self) -> bool:
        return bool(self._transport.is_active())

    def remote(self) -> Remote:
        return Remote(self._client, self._facts, self._request)

    def lanes(self, part_file: str, left: int, channels: int) -> Lanes:
        """Channels that write the part file, opened where it is and made where it is not."""
        with self._translated():
            first = _opened(self._client, part_file)
        lanes = Lanes(self._client, first, self._request, self._translated)
        for _ in range(min(channels, lanes.useful(left)) - 1):
            try:
                client = self._channel()
            except WaybillError:
                break  # a server may allow one channel only
            with self._translated():
                lanes.add(client, client.open(part_file, "r+b"))
        return lanes

    def close(self) -> None:
        self._transport.close()

    def _channel(self) -> paramiko.SFTPClient:
        import paramiko

        with self._translated():
            client = paramiko.SFTPClient.from_transport(self._transport)
            channel = client.get_channel() if client else None
            if client is None or channel is None:
                raise EOFError
            channel.settimeout(READ_SECONDS)
        return client

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self._facts):
            yield


def _opened(client: paramiko.SFTPClient, path: str) -> paramiko.SFTPFile:
    try:
        return client.open(path, "r+b")
    except FileNotFoundError:
        return client.open(path, "x+b")


def _log_in(transport: paramiko.Transport, login: Login, facts: Mapping[str, str]) -> None:
    with translated(facts):
        if login.private_key is not None:
            missing = transport.auth_publickey(login.username, _private_key(login))
        else:
            missing = transport.auth_password(login.username, login.password or "")
    if missing:
        raise AccessDenied(
            "The server wants a second proof besides " + login.credential + ".",
            "Give Waybill a user that one proof is enough for.",
        )


def _private_key(login: Login) -> paramiko.PKey:
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(login.private_key or ""), login.passphrase)
        except paramiko.PasswordRequiredException:
            raise AccessDenied("private_key is encrypted and passphrase is not set.", "Save its passphrase.") from None
        except (paramiko.SSHException, ValueError, IndexError):
            continue  # another kind of key, or none
    raise AccessDenied(
        "private_key cannot be read: its text is damaged, it is not Ed25519, ECDSA or RSA, or passphrase is wrong.",
        "Save the whole private key file and its passphrase.",
    )


class Remote:
    """What is asked of the server's files."""

    def __init__(self, client: paramiko.SFTPClient, facts: Mapping[str, str], request: int) -> None:
        self._client, self._facts, self._request = client, facts, request

    def size(self, path: str) -> int | None:
        """None where nothing is."""
        with translated(self._facts):
            try:
                return self._client.stat(path).st_size
            except FileNotFoundError:
                return None

    def holds(self, path: str, file: OutgoingFile) -> bool:
        """Whether the very bytes of the file are there, by reading all of them; quick where the size differs."""
        if self.size(path) != file.size:
            return False
        digest = hashlib.sha256()
        with translated(self._facts), self._client.open(path, "rb") as opened:
            opened.MAX_REQUEST_SIZE = self._request
            opened.prefetch(file.size, max_concurrent_requests=16)
            while chunk := opened.read(self._request):
                digest.update(chunk)
        return digest.hexdigest() == file.sha256

    def read(self, path: str, most: int) -> bytes:
        with translated(self._facts), self._client.open(path, "rb") as opened:
            return opened.read(most)

    def write_new(self, path: str, content: bytes) -> None:
        with translated(self._facts), self._client.open(path, "xb+") as opened:
            opened.write(content)

    def rename(self, source: str, target: str) -> bool:
        """False where the target is there, and stays as it was.

        Plain rename first: by the protocol it never replaces a file, where the `posix-rename` extension always does.
        """
        with translated(self._facts):
            try:
                self._client.rename(source, target)
            except OSError:
                if self._there(target):
                    return False
                # Some servers cannot rename plainly on some file systems.
                self._client.posix_rename(source, target)
        return True

    def _there(self, path: str) -> bool:
        try:
            self._client.stat(path)
        except FileNotFoundError:
            return False
        return True

    def remove(self, path: str) -> None:
        with translated(self._facts):
            self._client.remove(path)

    def discard(self, path: str) -> None:
        """Remove it if it is there."""
        with translated(self._facts), suppress(FileNotFoundError):
            self._client.remove(path)

    def make_folders(self, root: str, folder: str) -> None:
        """Make what is missing of `folder` below `root`, which must be there."""
        with translated(self._facts):
            if self._there(folder):
                return
            self._client.stat(root)
            made = root
            for step in posixpath.relpath(folder, root).split("/"):
                made = posixpath.join(made, step)
                if not self._there(made):
                    self._make(made)

    def _make(self, folder: str) -> None:
        try:
            self._client.mkdir(folder)
        except OSError:
            if not self._there(folder):  # another delivery may have been faster
                raise


def changed() -> TransientError:
    return TransientError("The file arrived with other bytes than were sent.", "Waybill sends it again by itself.")


# -- error map

_CREDENTIAL = Meaning(
    AccessDenied,
    "The server does not accept {credential} for {username}.",
    "Correct {credential}, and see that the server's owner gave {username} access.",
)

ERRORS: Mapping[str, Meaning] = {
    "PasswordRequiredException": Meaning(AccessDenied, "private_key is encrypted.", "Save its passphrase."),
    "BadAuthenticationType": Meaning(
        AccessDenied, "The server does not allow logins with {credential}.", "Use the other: password or private_key."
    ),
    "PartialAuthentication": _CREDENTIAL,
    "UnableToAuthenticate": _CREDENTIAL,
    "AuthenticationException": _CREDENTIAL,
    "BadHostKeyException": Meaning(ConfigurationError, "The server's host key is another one.", "Confirm the new one."),
    "IncompatiblePeer": Meaning(
        ConfigurationError, "The server offers only outdated encryption.", "Ask its owner to update its SSH software."
    ),
    "ChannelException": Meaning(
        ConfigurationError, "The server has no SFTP for this user.", "Ask its owner to allow the SFTP subsystem."
    ),
    "CouldNotCanonicalize": OUR_FAULT,
    "ConfigParseError": OUR_FAULT,
    "ProxyCommandFailure": OUR_FAULT,
    "MessageOrderError": CUT,
    "SSHException": CUT,
    "SFTPError": Meaning(PermanentError, "The server does not speak SFTP correctly.", "Tell the server's owner."),
    "NoValidConnectionsError": SILENT,
    "TimeoutError": SILENT,
    "ConnectionError": CUT,
    "EOFError": CUT,
    "FileNotFoundError": Meaning(
        ConfigurationError, "The folder {path} is not on the server.", "Correct path, or create the folder."
    ),
    "PermissionError": Meaning(
        AccessDenied,
        "{username} may not read and write in the folder {path}.",
        "Correct path, or give the user the right.",
    ),
    "OSError": Meaning(
        TransientError,
        "The server could not do it and does not say why.",
        "See whether its disk or the user's quota is full, whether the names are too long for it, and whether it needs"
        " channels=1; Waybill tries again by itself.",
    ),
}
