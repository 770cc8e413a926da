"""Sockets to hosts that tenants name: resolve once, refuse what is not public, dial the address that was checked."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from waybill.core.deliver import ProbeStep
from waybill.core.errors import ConfigurationError, TransientError
from waybill.core.network import checked_addresses, checked_host, is_allowed, parse_networks
from waybill.destinations.failures import SILENT, UNTRUSTED, explained

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient
    from urllib3.connectionpool import HTTPConnectionPool

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
MOST_ADDRESSES = 4
TRUSTED = "The server's certificate is trusted."

Pool = TypeVar("Pool", bound="type[HTTPConnectionPool]")


@dataclass(frozen=True)
class HostedFolder:
    """A folder in the platform's bucket, below `prefix`. `client` has the platform's own rights; `origins` are the buckets
    that files may be copied from, by the name of the place.
    """

    client: S3Client
    bucket: str
    region: str
    prefix: str
    origins: Mapping[str, str]


@dataclass(frozen=True)
class Trust:
    """With what a tenant's role is assumed: `sts` has the platform's own rights, `external_id` is the destination's own,
    `session` says for what run.
    """

    sts: STSClient
    external_id: str
    session: str


@dataclass(frozen=True)
class Surroundings:
    """What the operator decides. `allowed_networks`: CIDRs that may be dialled beyond the global addresses; `hosted`: the
    destination's own folder in the platform's bucket; `trust` is for who assumes a tenant's role; `now` is the clock.
    """

    allowed_networks: tuple[str, ...] = ()
    hosted: HostedFolder | None = None
    trust: Trust | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Dialer:
    """Dials for one destination. A host is resolved at its first use and never again, so no later answer can differ."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._allowed = parse_networks(surroundings.allowed_networks)
        self._resolved: dict[str, tuple[str, ...]] = {}

    def resolve(self, host: str) -> tuple[str, ...]:
        """The host's addresses that may be dialled. Raises ConfigurationError where none may or the name is unknown,
        TransientError where the name service does not answer.
        """
        plain = checked_host(host, self._allowed)
        if plain not in self._resolved:
            self._resolved[plain] = checked_addresses(_looked_up(plain), self._allowed)
        return self._resolved[plain]

    def inside_allowed(self, host: str) -> bool:
        """Whether the operator's networks hold the host's addresses, all of them. Raises what `resolve` raises."""
        return all(is_allowed(address, self._allowed) for address in self.resolve(host))

    def connect(self, host: str, port: int, timeout: float = CONNECT_SECONDS) -> socket.socket:
        """A connected socket. Raises OSError where no address answers, and what `resolve` raises."""
        last: OSError | None = None
        for address in self.resolve(host)[:MOST_ADDRESSES]:
            try:
                # A literal address: nothing is looked up again.
                dialled = socket.create_connection((address, port), timeout)
            except OSError as failure:
                last = failure
            else:
                dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                dialled.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                return dialled
        raise last or OSError("no address")

    def reach(self, host: str, port: int) -> socket.socket:
        """`connect`, its failures as TransientError that says what to look at."""
        try:
            return self.connect(host, port)
        except ConnectionRefusedError:
            raise TransientError(
                f"{host} refuses connections on port {port}.", "Check the port, and that the server is running."
            ) from None
        except OSError:
            raise TransientError(
                f"{host} does not answer on port {port}.",
                "Check the host and the port, and that its firewall lets the platform's addresses in.",
            ) from None

    def steps(self, host: str, port: int) -> Iterator[ProbeStep]:
        """The first two steps of every probe. Raises what `resolve` and `reach` raise."""
        addresses = self.resolve(host)
        yield ProbeStep("resolve", True, f"{host} has a public address.", facts={"address": addresses[0]})
        self.reach(host, port).close()
        yield ProbeStep("connect", True, f"{host} answers on port {port}.", facts={"port": str(port)})

    def tls_step(self, host: str, port: int, authorities: str) -> ProbeStep:
        """The step after these where a kind's library speaks TLS from the first byte; `authorities` is the file of those whom
        it trusts. Raises ConfigurationError, and what `reach` raises.
        """
        context = ssl.create_default_context(cafile=authorities)
        try:
            with context.wrap_socket(self.reach(host, port), server_hostname=host) as encrypted:
                return ProbeStep("tls", True, TRUSTED, facts=certificate_facts(encrypted))
        except ssl.SSLCertVerificationError:
            raise explained({"": UNTRUSTED}, [""]) from None
        except TimeoutError:
            raise explained({"": SILENT}, [""]) from None
        except OSError:
            raise ConfigurationError(f"{host} speaks no TLS on port {port}.", "Correct the host or its port.") from None


def certificate_facts(encrypted: ssl.SSLSocket) -> dict[str, str]:
    """The server's certificate, for a person to look at."""
    shown, raw = encrypted.getpeercert() or {}, encrypted.getpeercert(binary_form=True) or b""
    return {
        "certificate": hashlib.sha256(raw).hexdigest(),
        "subject": _named(shown.get("subject")),
        "issuer": _named(shown.get("issuer")),
        "valid_until": str(shown.get("notAfter", "")),
        "tls": encrypted.version() or "",
    }


def _named(names: object) -> str:
    """A certificate's subject or issuer as `commonName=mail.example.com`."""
    pairs: Sequence[tuple[str, str]] = [pair for group in names or () for pair in group]  # type: ignore[attr-defined]
    return ", ".join(f"{key}={value}" for key, value in pairs)


def _looked_up(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as failure:
        if failure.errno == socket.EAI_AGAIN:
            raise TransientError(
                f"The name service gave no answer for {host}.", "Try again; if it stays so, check the host's spelling."
            ) from None
        raise ConfigurationError(f"No host has the name {host}.", "Check the host's spelling.") from None
    return [str(answer[4][0]) for answer in found]


def guarded(pool: Pool, dialer: Dialer) -> Pool:
    """A urllib3 connection pool of that class whose sockets come from the dialer.

    The name stays what it was for TLS and the Host header. The libraries above see urllib3's own errors.
    """
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    class Connection(pool.ConnectionCls):  # type: ignore[name-defined,misc]
        def _new_conn(self) -> socket.socket:
            try:
                return dialer.connect(self.host, self.port)
            except TimeoutError as failure:
                raise ConnectTimeoutError(self, f"no answer from {self.host}") from failure
            except OSError as failure:
                raise NewConnectionError(self, f"no connection to {self.host}") from failure

    return type(f"Guarded{pool.__name__}", (pool,), {"ConnectionCls": Connection})  # type: ignore[return-value]


def guard(pools: Any, http: Any, https: Any, dialer: Dialer) -> None:
    """Let urllib3's PoolManager open its connections through the dialer; `http` and `https` are its pools' classes."""
    pools.pool_classes_by_scheme = {"http": guarded(http, dialer), "https": guarded(https, dialer)}
