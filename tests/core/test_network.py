"""The guard against tenants who name hosts inside our house."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.errors import ConfigurationError, PermanentError
from waybill.core.network import checked_addresses, checked_host, is_allowed, parse_networks, refusal

LOOPBACK = parse_networks(["127.0.0.0/8"])

REFUSED = {
    "0.0.0.0": "unspecified",
    "10.1.2.3": "private",
    "100.64.0.1": "carrier-grade NAT",
    "100.100.100.200": "carrier-grade NAT",
    "127.0.0.1": "loopback",
    "127.255.255.255": "loopback",
    "168.63.129.16": "cloud-internal",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.192": "reserved",
    "192.88.99.1": "6to4",
    "192.168.0.1": "private",
    "198.19.0.1": "benchmarking",
    "203.0.113.9": "documentation",
    "224.0.0.1": "multicast",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "::8.8.8.8": "IPv4-compatible",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b:1::1": "NAT64",
    "2001::1": "Teredo",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4",
    "3fff::1": "documentation",
    "4000::1": "reserved",
    "5f00::1": "reserved",
    "fc00::1": "unique local",
    "fd00:ec2::254": "unique local",
    "fe80::1%eth0": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
}


@pytest.mark.parametrize(("address", "kind"), REFUSED.items())
def test_inner_addresses_are_refused(address: str, kind: str) -> None:
    assert refusal(address, ()) == kind
    with pytest.raises(ConfigurationError, match=kind) as raised:
        checked_addresses([address], ())
    assert address not in str(raised.value)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "2a00::1"])
def test_global_addresses_may_be_dialled(address: str) -> None:
    assert refusal(address, ()) is None


@given(st.ip_addresses(v=4))
def test_nothing_that_python_calls_private_passes(address: IPv4Address) -> None:
    if not address.is_global or address.is_multicast:
        assert refusal(str(address), ())


@given(st.ip_addresses(v=6))
def test_no_inner_ipv6_passes(address: IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.ipv4_mapped or address.sixtofour or address.teredo:
        assert refusal(str(address), ())


def test_an_allowed_network_lets_only_itself_in() -> None:
    assert checked_addresses(["::1", "127.0.0.1", "10.0.0.1"], LOOPBACK) == ("127.0.0.1",)
    assert refusal("::ffff:127.0.0.1", LOOPBACK) == "IPv4-mapped"
    assert is_allowed("127.0.0.9", LOOPBACK)
    assert not is_allowed("8.8.8.8", LOOPBACK)


def test_of_many_addresses_the_inner_ones_are_left_out() -> None:
    assert checked_addresses(["10.0.0.1", "8.8.8.8"], ()) == ("8.8.8.8",)


@pytest.mark.parametrize(
    "host",
    [
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "2130706433",
        "0x7f000001",
        "127.1",
        "127.0.1",
        "8.8.8.0x8",
        "1.2.3.4.",
    ],
)
def test_unusual_notations_are_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match="unusual notation"):
        checked_host(host, LOOPBACK)


@pytest.mark.parametrize("host", ["１２７。0。0。1", "①②⑦.0.0.1"])  # noqa: RUF001
def test_unicode_digits_are_seen_through(host: str) -> None:
    assert checked_host(host, ()) == "127.0.0.1"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "a.b.localhost", "ip6-localhost"])
def test_names_of_this_machine(host: str) -> None:
    with pytest.raises(ConfigurationError, match="loopback"):
        checked_host(host, ())
    assert checked_host(host, LOOPBACK) == host.lower()


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        "a b",
        "http://a",
        "a/b",
        "user@a",
        "a:22",
        "a\n",
        "a?b",
        "a#b",
        "x" * 64,
        "-a.com",
        "[::1",
        "a\0b",
    ],
)
def test_what_is_no_host(host: str) -> None:
    with pytest.raises(ConfigurationError, match="no host name"):
        checked_host(host, ())


def test_plain_hosts_stay() -> None:
    assert checked_host("SFTP.Example.com", ()) == "sftp.example.com"
    assert checked_host("my_box.example.com.", ()) == "my_box.example.com."
    assert checked_host("bücher.example", ()) == "xn--bcher-kva.example"
    assert checked_host("[2606:4700::1111]", ()) == "2606:4700::1111"


def test_networks_of_the_operator() -> None:
    with pytest.raises(PermanentError, match="no network"):
        parse_networks(["10.0.0.0/33"])
    with pytest.raises(PermanentError, match="every address"):
        parse_networks(["0.0.0.0/0"])
