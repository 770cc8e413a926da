"""Where a tenant may try to lead us: inner addresses in every notation that some program reads, and names that lead to them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

INNER = (
    "0.0.0.0",
    "10.0.0.1",
    "10.255.255.254",
    "100.64.0.1",
    "100.100.100.200",  # Alibaba's metadata
    "127.0.0.1",
    "127.0.1.3",
    "127.255.255.254",
    "168.63.129.16",  # Azure's wire server
    "169.254.169.254",  # most clouds' metadata
    "169.254.170.2",  # credentials of ECS and Lambda
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.192",  # Oracle's metadata
    "192.168.0.1",
    "192.168.255.254",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
)
INNER_V6 = (
    *("::", "::1", "[::1]", "0:0:0:0:0:0:0:1", "::0001", "::1%1", "::1%lo", "[::1%25lo]", "fe80::1", "fe80::1%eth0"),
    *("[fe80::1%25eth0]", "fe80::a9fe:a9fe%2", "fd00:ec2::254", "[fd00:ec2::254]", "fc00::1", "fd12:3456:789a::1"),
    *("fec0::1", "ff02::1", "ff05::1:3", "2001:db8::1", "3fff::1", "2001:2::1", "2001:10::1", "5f00::1", "4000::1"),
    *("2001:0:7f00:1::", "100::1", "::ffff:0:127.0.0.1", "64:ff9b:1:ffff::7f00:1", "[::ffff:7f00:1%25lo]"),
)
LOCAL_NAMES = (
    *("localhost", "LOCALHOST", "LocalHost", "localhost.", "localhost.localdomain", "localhost6", "ip6-localhost"),
    *("ip6-loopback", "loopback", "a.localhost", "a.b.localhost", "foo.localhost.", "localhost.localdomain."),
    *("ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "loca\u00adlhost", "local\u200bhost", "ⅼocalhost", "𝗅𝗈𝖼𝖺𝗅𝗁𝗈𝗌𝗍"),  # noqa: RUF001
    *("lоcalhost", "localhost。", "ſocalhost", "localhost\u3002localdomain", "kubernetes.default.svc"),  # noqa: RUF001
)
INNER_NAMES = (
    *("metadata", "metadata.google.internal", "metadata.google.internal.", "METADATA.google.internal", "metadata.goog"),
    *("instance-data", "instance-data.ec2.internal", "instance-data.eu-west-1.compute.internal", "metadata.azure.com"),
    *("metadata.azure.internal", "metadata.packet.net", "metadata.platformequinix.com", "rancher-metadata"),
    *("169.254.169.254.nip.io", "a9fea9fe.nip.io", "127.0.0.1.nip.io", "10.0.0.1.sslip.io", "localtest.me"),
    *(
        "lvh.me",
        "vcap.me",
        "lacolhost.com",
        "customer1.app.localhost.my.company.example",
        "spoofed.burpcollaborator.net",
    ),
    *("inner.example", "inner.example.", "xn--bcher-kva.inner.example", "bücher.inner.example", "a_b.inner.example"),
    *(
        "vpce-0a1b2c3d.s3.eu-west-1.vpce.amazonaws.com",
        "db.internal",
        "host.docker.internal",
        "gateway.docker.internal",
    ),
    *("1.0.0.127.in-addr.arpa", "router.home.arpa", "printer.local", "intranet", "wpad", "consul.service.consul"),
)
URL_TRICKS = (
    *(
        "public.example@127.0.0.1",
        "user:secret@169.254.169.254",
        "127.0.0.1#public.example",
        "127.0.0.1?public.example",
    ),
    *(
        "127.0.0.1\\@public.example",
        "public.example\\@127.0.0.1",
        "public.example%2f@127.0.0.1",
        "127.0.0.1%00.example",
    ),
    *(
        "public.example%0d%0aHost:127.0.0.1",
        "127.0.0.1\t",
        "127.0.0.1\r\n",
        " 127.0.0.1",
        "127.0.0.1 ",
        "127.0.0.1/path",
    ),
    *("127.0.0.1:80", "[::1]:22", "//127.0.0.1", "http://127.0.0.1", "gopher://127.0.0.1", "file:///etc/passwd", ""),
    *(
        "127%2e0%2e0%2e1",
        "%6c%6f%63%61%6c%68%6f%73%74",
        "127.0.0.1\x00.example",
        "127.0.0.1,public.example",
        "unix:/tmp/x",
    ),
)


def notations(address: str) -> Iterator[str]:
    """An IPv4 address as C libraries, browsers, people and IPv6 write it."""
    number, octets = int(IPv4Address(address)), [int(part) for part in address.split(".")]
    a, b, c, d = octets
    high, low = number >> 16, number & 0xFFFF
    yield address
    yield f"{address}."
    yield str(number)
    yield f"{number:#x}"
    yield f"{number:#X}"
    yield f"0{number:o}"
    yield ".".join(f"0{octet:o}" for octet in octets)
    yield ".".join(f"{octet:#x}" for octet in octets)
    yield ".".join(f"{octet:04d}" for octet in octets)
    yield f"{a:#x}.0{b:o}.{c}.{d}"
    yield f"{a}.{number & 0xFFFFFF}"
    yield f"{a}.{b}.{low}"
    yield f"{a:#x}.{number & 0xFFFFFF:#x}"
    yield "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in address)  # full-width digits
    yield address.replace(".", "。")
    yield address.replace(".", "．")  # noqa: RUF001
    yield f"::ffff:{address}"
    yield f"[::ffff:{high:x}:{low:x}]"
    yield f"0:0:0:0:0:ffff:{address}"
    yield f"::{address}"
    yield f"64:ff9b::{address}"
    yield f"64:ff9b:1::{high:x}:{low:x}"
    yield f"2002:{high:x}:{low:x}::1"
    yield f"2001:0:{high:x}:{low:x}::1"


TARGETS = tuple(
    dict.fromkeys(
        [
            *(written for address in INNER for written in notations(address)),
            *INNER_V6,
            *LOCAL_NAMES,
            *INNER_NAMES,
            *URL_TRICKS,
        ]
    )
)
