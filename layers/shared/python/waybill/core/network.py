"""Which of the hosts that tenants name may be dialled: global addresses, and networks that an operator allows.

Everything else is inside somebody's house: ours, or the cloud's. What a name resolves to counts, not the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from waybill.core.errors import ConfigurationError, PermanentError

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

GLOBAL_IPV6 = IPv6Network("2000::/3")

# The registries of special-purpose addresses (IANA), and what hides another address inside itself: Python's own
# `is_global` differs between its versions, and lets some of these through.
SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), name)
    for network, name in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud-internal"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)

_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
_HERE = ("localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback", "loopback")


def parse_networks(cidrs: Iterable[str]) -> tuple[Network, ...]:
    """The operator's allowed networks. Raises PermanentError for one that is none, or that allows everything."""
    networks = []
    for cidr in cidrs:
        try:
            network = ip_network(cidr)
        except ValueError:
            raise PermanentError(
                f"{cidr!r} is no network.", "Write allowed networks as 192.0.2.0/24; separate them by commas."
            ) from None
        if network.prefixlen == 0:
            raise PermanentError(f"{cidr} allows every address.", "Name the networks that you mean.")
        networks.append(network)
    return tuple(networks)


def is_allowed(address: str, allowed: Sequence[Network]) -> bool:
    """Whether the operator's networks hold the address."""
    parsed = ip_address(address)
    return any(parsed in network for network in allowed if network.version == parsed.version)


def refusal(address: str, allowed: Sequence[Network]) -> str | None:
    """Why an address may not be dialled, as its kind (`loopback`); None where it may."""
    parsed = ip_address(address)
    if is_allowed(address, allowed):
        return None
    for network, name in SPECIAL:
        if network.version == parsed.version and parsed in network:
            return name
    return None if isinstance(parsed, IPv4Address) or parsed in GLOBAL_IPV6 else "reserved"


def checked_host(host: str, allowed: Sequence[Network]) -> str:
    """The host in its plain form (ASCII, lower case), before it is resolved. Raises ConfigurationError.

    Refused: what is no host name; numbers that a C library reads as an address but a person does not (`0x7f.1`,
    `017700000001`, `2130706433`); names of this machine, unless the operator allows a loopback network.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    literal = _literal(bare)
    if literal is not None:
        return str(literal)
    try:
        plain = bare.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise _no_host() from None
    labels = plain.removesuffix(".").split(".")
    if len(plain) > 253 or not all(_NAME.fullmatch(label) and len(label) < 64 for label in labels):
        raise _no_host()
    if _NUMBER.fullmatch(labels[-1]) and _literal(plain) is None:
        raise ConfigurationError(
            "The host is an address in an unusual notation.",
            "Write it as four decimal numbers, for example 198.51.100.7, or use the host's name.",
        )
    here = plain.removesuffix(".") in _HERE or labels[-1] == "localhost"
    if here and not any(network.is_loopback for network in allowed):
        raise _inside("loopback")
    return plain


def checked_addresses(addresses: Sequence[str], allowed: Sequence[Network]) -> tuple[str, ...]:
    """Those of a host's addresses that may be dialled, in their order. Raises ConfigurationError where none may.

    The message names the address's kind only: what a name resolves to inside our network is not the tenant's to know.
    """
    reasons = {address: refusal(address, allowed) for address in addresses}
    good = tuple(address for address, reason in reasons.items() if reason is None)
    if not good:
        raise _inside(next((r for r in reasons.values() if r), "unknown"))
    return good


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _no_host() -> ConfigurationError:
    return ConfigurationError(
        "The host is no host name.",
        "Give the name alone, for example sftp.example.com, without a scheme, user or path.",
    )


def _inside(kind: str) -> ConfigurationError:
    article = "an" if kind[0].lower() in "aeiou" else "a"
    return ConfigurationError(
        f"The host has {article} {kind} address; only public addresses may be reached.",
        "Use a host that the internet can reach, or ask the platform's operator to allow its network.",
    )
