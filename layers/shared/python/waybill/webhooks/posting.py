"""Webhooks over HTTPS: one POST to an address that a tenant names, through a dialer that only reaches what is allowed."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Protocol
from urllib.parse import urlsplit

from waybill.core.errors import ConfigurationError, TransientError

CONNECT_SECONDS = 3.0
"""For each of a name's addresses, of which at most four are dialled."""
ANSWER_SECONDS = 10.0
"""From the connection to the answer's last header, however slowly it comes."""


class Dial(Protocol):
    """Resolves a host once, refuses what may not be reached, and dials the very address that was checked."""

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Raises OSError where no address answers, ConfigurationError where none may be dialled."""

    def inside_allowed(self, host: str) -> bool:
        """Whether the operator's networks hold all of its addresses."""


class HttpWebhooks:
    """Follows no redirect, heeds no proxy, and reads no more of an answer than its status and headers."""

    def __init__(self, dial: Callable[[], Dial], tls: ssl.SSLContext | None = None) -> None:
        """`dial` makes a dialer for one POST; `tls` says whom to trust, if not the public authorities."""
        self._dial, self._tls = dial, tls or _trusted()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        parts = urlsplit(url)
        host, dial = parts.hostname or "", self._dial()
        encrypted = parts.scheme == "https"
        if not encrypted and not dial.inside_allowed(host):
            raise ConfigurationError("The receiver's address is not encrypted.", "Write it with https://.")
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        port = parts.port or (443 if encrypted else 80)
        with _explained(host), _dialled(dial, host, port) as raw:
            plain = http.client.HTTPConnection(host, port)
            plain.sock = self._tls.wrap_socket(raw, server_hostname=host) if encrypted else raw
            try:
                plain.putrequest("POST", target, skip_host=True, skip_accept_encoding=True)
                plain.putheader("Host", parts.netloc)
                plain.putheader("Content-Length", str(len(body)))
                for name, value in headers.items():
                    plain.putheader(name, value)
                plain.endheaders(body)
                return plain.getresponse().status
            finally:
                plain.close()


def _trusted() -> ssl.SSLContext:
    tls = ssl.create_default_context()
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return tls


@contextmanager
def _dialled(dial: Dial, host: str, port: int) -> Iterator[socket.socket]:
    """A connection that is cut when its time is over: a socket's own time-out starts anew with each byte."""
    connected = dial.connect(host, port, CONNECT_SECONDS)
    connected.settimeout(ANSWER_SECONDS)
    handle, is_over = connected.dup(), threading.Event()  # wrapping for TLS takes the first one away
    watch = threading.Timer(ANSWER_SECONDS, _cut, [handle, is_over])
    watch.daemon = True
    watch.start()
    try:
        yield connected
        if is_over.is_set():  # the half of an answer that had come looks like a whole one
            raise TimeoutError
    except (OSError, http.client.HTTPException):
        if is_over.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()
        handle.close()
        connected.close()


def _cut(handle: socket.socket, is_over: threading.Event) -> None:
    is_over.set()
    with suppress(OSError):  # it ended at this very moment
        handle.shutdown(socket.SHUT_RDWR)


@contextmanager
def _explained(host: str) -> Iterator[None]:
    """No word of the receiver's own goes into a message."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        said = f"The certificate of {host} is not trusted for this name."
        raise ConfigurationError(said, "Give the receiver a certificate of a public authority.") from None
    except ConnectionRefusedError:
        raise TransientError(f"{host} refuses connections.", "Check that the receiver is running.") from None
    except TimeoutError:
        said = f"{host} did not answer within {ANSWER_SECONDS:.0f} seconds."
        raise TransientError(said, "Let the receiver answer first and work afterwards.") from None
    except OSError:  # RemoteDisconnected and broken TLS as well
        raise TransientError(f"{host} cut the connection.", "Check the address and the receiver.") from None
    except (http.client.HTTPException, ValueError):
        raise ConfigurationError(f"{host} answers in a way that is not HTTP.", "Correct the address.") from None
