"""Hundreds of ways to lead the platform into its own house, for each setting that names a host: none opens a socket.

What is watched is the socket layer itself, below every library. Nothing leaves the machine, and nothing is looked up.
"""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sandbox import mail_sink
from tests.contract.any_method import AnyMethod
from tests.contract.rigs import LOOPBACK, deliver
from tests.contract.targets import TARGETS
from waybill.core.deliver import Destination
from waybill.core.errors import ConfigurationError, TransientError, WaybillError
from waybill.destinations import azure_blob, s3, sftp, smtp, smtp_session
from waybill.destinations.dial import Surroundings

pytestmark = pytest.mark.real  # half a minute of sockets: not for the fast lane

PUBLIC, INNER = "93.184.215.14", "10.9.8.7"
OUTSIDE = Surroundings()
"""No allowed network: as the platform runs, and not as the sandbox does."""
S3 = {"bucket": "bucket-1", "region": "eu-central-1", "access_key_id": "AKIA", "secret_access_key": "s"}
AZURE = "AccountName=account1;AccountKey=a2V5"
MAIL = {"sender": "a@b.example", "recipients": ["c@d.example"]}
Make = Callable[[str], Destination]


class Net:
    """Sockets and the name service. Numbers are read as the C library reads them; every other name leads to `answers`."""

    def __init__(self) -> None:
        self.dialled: list[str] = []
        self.asked: list[str] = []
        self.answers: Callable[[str], list[str]] = lambda host: [INNER]
        self.reaches: dict[tuple[str, int], int] = {}
        """Where a dialled address and port really is: a port on this machine."""
        self._connect, self._look = socket.socket.connect, socket.getaddrinfo

    def connect(self, sock: socket.socket, address: Any) -> None:
        if address[:2] in {(LOOPBACK, port) for port in self.reaches.values()}:  # a server of the test's own
            return self._connect(sock, address)
        self.dialled.append(str(address[0]))
        if address[:2] in self.reaches:
            return self._connect(sock, (LOOPBACK, self.reaches[address[:2]]))
        raise ConnectionRefusedError

    def getaddrinfo(self, host: Any, port: Any, *args: Any, **options: Any) -> list[Any]:
        del args, options
        try:
            return self._look(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except (socket.gaierror, UnicodeError):
            self.asked.append(str(host))
        found: list[Any] = []
        for answer in self.answers(str(host)):
            found += self._look(answer, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return found


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """S3's model and the list of authorities are large, and here are hundreds of clients, each made by our own code still."""
    kept, trusted = s3._session(s3.Config.model_validate(S3), None), smtp_session.trusted()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "_session", lambda config, role: kept)
        patch.setattr(smtp_session, "trusted", lambda: trusted)
        yield


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    net = Net()

    def refused(*args: Any, **options: Any) -> Any:
        raise AssertionError("a way past the dialer")

    def connect(sock: socket.socket, address: Any) -> None:
        net.connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    for name in ("connect_ex", "sendto", "sendmsg"):
        monkeypatch.setattr(socket.socket, name, refused)
    monkeypatch.setattr(socket, "getaddrinfo", net.getaddrinfo)
    for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getfqdn"):
        monkeypatch.setattr(socket, name, refused)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between the libraries' attempts
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://10.9.9.9:3128")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://10.8.8.8:4566")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254")
    return net


def s3_at(host: str, **changes: Any) -> Destination:
    config = s3.Config.model_validate({**S3, "endpoint_url": f"https://{host}", **changes})
    return s3.connect(config, OUTSIDE)


def azure_with(connection_string: str) -> Destination:
    config = {"container": "container", "connection_string": connection_string}
    return azure_blob.connect(azure_blob.Config.model_validate(config), OUTSIDE)


KINDS: dict[str, Make] = {
    "s3 endpoint_url": s3_at,
    "s3 endpoint_url, plain": lambda host: s3_at("", endpoint_url=f"http://{host}"),
    "s3 endpoint_url, virtual": lambda host: s3_at(host, addressing="virtual"),
    "s3 region": lambda host: s3_at("", endpoint_url=None, region=host),
    "s3 bucket": lambda host: s3_at("", endpoint_url=None, bucket=host),
    "azure BlobEndpoint": lambda host: azure_with(f"{AZURE};BlobEndpoint=https://{host}/account1"),
    "azure AccountName": lambda host: azure_with(f"AccountName={host};AccountKey=a2V5"),
    "azure EndpointSuffix": lambda host: azure_with(f"{AZURE};EndpointSuffix={host}"),
    "sftp host": lambda host: sftp.connect(
        sftp.Config.model_validate({"host": host, "username": "u", "password": "p"}), OUTSIDE
    ),
    "smtp host": lambda host: smtp.connect(smtp.Config.model_validate({**MAIL, "host": host}), OUTSIDE),
    "smtp host, plain": lambda host: smtp.connect(
        smtp.Config.model_validate({**MAIL, "host": host, "security": "none"}), OUTSIDE
    ),
}


def test_there_are_five_hundred_of_them() -> None:
    assert len(TARGETS) >= 500


ALWAYS_REFUSED = {"azure EndpointSuffix"}
FEW = {"s3 endpoint_url, virtual"}
"""The same way through the client as another one; a client takes long to make."""


@pytest.mark.parametrize("kind", KINDS)
def test_no_target_is_reached(net: Net, kind: str) -> None:
    """Refused at the edge, or at its first use by a sentence; the probe says so as well, and neither names an address."""
    refused, targets = 0, TARGETS[:: 7 if kind in FEW else 1]
    for target in targets:
        try:
            destination = KINDS[kind](target)
        except ValidationError:
            refused += 1
            continue
        with pytest.raises(ConfigurationError) as raised:
            deliver(destination, "a.csv", b"1")
        steps = list(destination.probe())
        destination.close()
        assert (steps[-1].step, steps[-1].ok) == ("resolve", False), (target, steps)
        assert INNER not in f"{raised.value} {steps}"
        assert net.dialled == [], target
    assert (refused == len(targets)) is (kind in ALWAYS_REFUSED)


REBINDING: dict[str, Callable[[int], list[str]]] = {
    "at the second look": lambda look: [PUBLIC] if look == 0 else [INNER],
    "at each other look": lambda look: [INNER] if look % 2 else [PUBLIC],
    "both at once": lambda look: [INNER, PUBLIC, "169.254.169.254"],
    "v6 beside v4": lambda look: ["::1", "fe80::1%1", "::ffff:127.0.0.1", PUBLIC],
    "many": lambda look: ["127.0.0.1"] * 9 + [PUBLIC],
}


@pytest.mark.parametrize("answers", REBINDING.values(), ids=REBINDING)
@pytest.mark.parametrize("kind", ["s3 endpoint_url", "s3 endpoint_url, virtual", "sftp host", "smtp host"])
def test_a_name_that_changes_its_mind_leads_nowhere_else(
    net: Net, kind: str, answers: Callable[[int], list[str]]
) -> None:
    net.answers = lambda host: answers(len(net.asked) - 1)
    destination = KINDS[kind]("rebind.example")
    for _ in range(3):
        with pytest.raises(TransientError):
            deliver(destination, "a.csv", b"1")
        list(destination.probe())
    assert set(net.dialled) == {PUBLIC}
    assert len(net.asked) == 1


# -- redirects: a public server of the tenant's choice sends us on, over TLS that we trust

CODES = (300, 301, 302, 303, 307, 308)
AIMS = ("http://169.254.169.254/latest/meta-data/", "https://127.0.0.1/", "http://[::1]/", "//10.0.0.1/x", "/elsewhere")


class SendingOn(AnyMethod):
    protocol_version = "HTTP/1.1"
    code, aim = 307, ""

    def answer(self) -> None:
        body = b"<Error><Code>TemporaryRedirect</Code><Endpoint>169.254.169.254</Endpoint></Error>"
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.code)
        self.send_header("Location", self.aim)
        self.send_header("x-amz-bucket-region", "x.evil.example/")
        self.send_header("x-ms-error-code", "TemporaryRedirect")
        self.body(body)


@pytest.fixture
def sending_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server with a certificate for whatever name the two libraries ask for."""
    names = ("redirect.example", "account1.blob.core.windows.net")
    authority, chain, key = mail_sink.certificates(tmp_path, *names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server = http.server.ThreadingHTTPServer((LOOPBACK, 0), SendingOn)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr("botocore.httpsession.where", lambda: str(authority))
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(authority))
    monkeypatch.setattr("certifi.where", lambda: str(authority))
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("aim", AIMS)
def test_no_redirect_is_followed(sending_on: int, net: Net, aim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net.answers = lambda host: [PUBLIC]
    net.reaches = {(PUBLIC, 443): sending_on}
    monkeypatch.setattr(SendingOn, "aim", aim)
    for code in CODES:
        monkeypatch.setattr(SendingOn, "code", code)
        for destination in (s3_at("redirect.example"), azure_with(AZURE)):
            with pytest.raises(WaybillError):
                deliver(destination, "a.csv", b"1")
            assert [step.step for step in destination.probe() if step.ok] == ["resolve", "connect", "tls"]
            destination.close()
    assert set(net.dialled) == {PUBLIC}
    assert set(net.asked) == {"redirect.example", "account1.blob.core.windows.net"}


def test_the_watch_sees_what_is_dialled(net: Net) -> None:
    """A watch that sees nothing would pass everything."""
    net.answers = lambda host: [PUBLIC]
    for kind in ("s3 endpoint_url", "sftp host", "smtp host"):
        net.dialled.clear()
        with pytest.raises(TransientError):
            deliver(KINDS[kind]("public.example"), "a.csv", b"1")
        assert set(net.dialled) == {PUBLIC}
    assert ip_address(PUBLIC).is_global
