"""A connection to an SFTP server: handshake, login, and the channels that carry a file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from waybill.core.errors import AccessDenied, WaybillError
from waybill.destinations.dial import READ_SECONDS, Dialer
from waybill.destinations.sftp_failures import translated
from waybill.destinations.sftp_files import Remote
from waybill.destinations.sftp_keys import Login, private_key
from waybill.destinations.sftp_lane import Lane, request_size, round_trip
from waybill.destinations.sftp_writes import WORTH_A_CHANNEL, Lanes, channels_for

if TYPE_CHECKING:
    import paramiko

HANDSHAKE_SECONDS = 20.0
FAST_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
# Ours, so that a new version of the library does not let a server show another of its keys than the confirmed one.
KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")


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
        self._idle: deque[paramiko.SFTPClient] = deque()
        self._facts = {"credential": login.credential, "username": login.username, "path": path}
        try:
            _log_in(transport, login, self._facts)
            self._client = self._channel()
            with self._translated():
                self._request = request_size(self._client, transport.remote_version)
                self._channels = channels_for(round_trip(self._client))
        except WaybillError:
            transport.close()
            raise

    @property
    def alive(self) -> bool:
        return bool(self._transport.is_active())

    def remote(self) -> Remote:
        return Remote(self._client, self._facts, self._request)

    def lanes(self, part_file: str, start: int, size: int, most: int, broke_after: int | None) -> Lanes:
        """Channels that write the part file from byte `start` to `size`; it is opened where it is and made where it is not.
        As many as the line asks for, at most so many. `broke_after`: what the last attempt carried, if the line broke then.
        """
        with self._translated():
            first = Lane(self._client, _opened(self._client, part_file))
        count = max(1, min(most, self._channels, (size - start) // WORTH_A_CHANNEL))
        beside, keep = partial(self._beside, part_file), self._idle.append
        return Lanes(first, beside, keep, count, start, self._request, self._translated, broke_after)

    def _beside(self, part_file: str) -> Lane | None:
        """One more channel with the file open; None where the server allows no more of them."""
        try:
            client = self._idle_channel() or self._channel()
            with self._translated():
                return Lane(client, client.open(part_file, "r+b"))
        except WaybillError:
            return None  # where the connection is gone, the first channel tells

    def _idle_channel(self) -> paramiko.SFTPClient | None:
        with suppress(IndexError):
            return self._idle.pop()
        return None

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


def _log_in(transport: paramiko.Transport, login: Login, facts: dict[str, str]) -> None:
    with translated(facts):
        if login.private_key is not None:
            missing = transport.auth_publickey(login.username, private_key(login.private_key, login.passphrase))
        else:
            missing = transport.auth_password(login.username, login.password or "")
    if missing:
        raise AccessDenied(
            "The server wants a second proof besides " + login.credential + ".",
            "Give Waybill a user that one proof is enough for.",
        )
