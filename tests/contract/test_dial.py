"""What leaves the machine: refused hosts open no socket, whatever library dials."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.contract.answering import Answering, Said
from tests.contract.rigs import HERE, LOOPBACK, deliver
from waybill.core.errors import ConfigurationError, TransientError, WaybillError
from waybill.destinations import azure_blob, s3
from waybill.destinations.dial import Dialer, Surroundings

PUBLIC = "93.184.215.14"
NOWHERE = Surroundings()
S3 = {"bucket": "bucket-1", "region": "eu-central-1", "access_key_id": "AKIA", "secret_access_key": "s"}
AZURE = "AccountName=account1;AccountKey=a2V5"


class Net:
    """Sockets and the name service, recorded: every connection is refused."""

    def __init__(self) -> None:
        self.dialled: list[str] = []
        self.asked: list[str] = []
        self.answers: list[str] = [PUBLIC]

    def connect(self, address: tuple[str, int]) -> None:
        self.dialled.append(address[0])
        raise ConnectionRefusedError

    def getaddrinfo(self, host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        if host.replace(".", "").isdigit():
            answer = host
        else:
            self.asked.append(host)
            answer = self.answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port or 0))]


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    net = Net()
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: net.connect(address))
    monkeypatch.setattr(socket, "getaddrinfo", net.getaddrinfo)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between the libraries' attempts
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://10.9.9.9:3128")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://10.8.8.8:4566")
    return net


def test_the_clouds_own_names_are_dialled_without_a_proxy(net: Net) -> None:
    net.answers = [PUBLIC] * 9
    azure = azure_blob.Config.model_validate({"container": "container", "connection_string": AZURE})
    for destination in (s3.connect(s3.Config.model_validate(S3), NOWHERE), azure_blob.connect(azure, NOWHERE)):
        with pytest.raises(TransientError):
            deliver(destination, "a.csv", b"1")
    assert set(net.asked) == {"bucket-1.s3.eu-central-1.amazonaws.com", "account1.blob.core.windows.net"}
    assert set(net.dialled) == {PUBLIC}


def test_plain_http_stays_inside_allowed_networks(net: Net) -> None:
    with pytest.raises(ConfigurationError, match="https"):
        deliver(s3.connect(s3.Config.model_validate({**S3, "endpoint_url": "http://s3.example"}), HERE), "a", b"1")
    assert net.dialled == []


def test_what_does_not_resolve(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise socket.gaierror(codes.pop(0), "")

    codes = [socket.EAI_AGAIN, socket.EAI_NONAME]
    monkeypatch.setattr(socket, "getaddrinfo", fails)
    dialer = Dialer(NOWHERE)
    with pytest.raises(TransientError, match=r"a\.example"):
        dialer.resolve("a.example")
    with pytest.raises(ConfigurationError, match="spelling"):
        dialer.resolve("a.example")
    assert net.dialled == []


class Redirect(Answering):
    """Sends everybody on to another port."""

    target = ""

    def said(self) -> Said:
        return Said(307, b"", {"Location": self.target, "x-amz-bucket-region": "us-west-2"})


@pytest.fixture
def redirecting() -> Iterator[tuple[int, list[int]]]:
    """The port that redirects, and the connections that came where it redirects to."""
    came: list[int] = []
    aim = socket.create_server((LOOPBACK, 0))

    def listen() -> None:
        while True:
            try:
                came.append(aim.accept()[1][1])
            except OSError:
                return

    threading.Thread(target=listen, daemon=True).start()
    handler = type("To", (Redirect,), {"target": f"http://{LOOPBACK}:{aim.getsockname()[1]}/stolen"})
    server = http.server.ThreadingHTTPServer((LOOPBACK, 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], came
    server.shutdown()
    server.server_close()
    aim.shutdown(socket.SHUT_RDWR)
    aim.close()


def test_redirects_are_not_followed(redirecting: tuple[int, list[int]]) -> None:
    port, came = redirecting
    endpoint = f"http://{LOOPBACK}:{port}"
    azure = {"container": "container", "connection_string": f"{AZURE};BlobEndpoint={endpoint}/account1"}
    for destination in (
        s3.connect(s3.Config.model_validate({**S3, "endpoint_url": endpoint}), HERE),
        azure_blob.connect(azure_blob.Config.model_validate(azure), HERE),
    ):
        with pytest.raises(WaybillError):
            deliver(destination, "a.csv", b"1")
        destination.close()
    assert came == []


@pytest.fixture
def untrusted(tmp_path: Path) -> Iterator[int]:
    """The port of a TLS server with a certificate of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, LOOPBACK)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "server.pem").write_bytes(secret + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    server = http.server.ThreadingHTTPServer((LOOPBACK, 0), Redirect)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_vouches_for(untrusted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    endpoint = f"https://{LOOPBACK}:{untrusted}"
    azure = {"container": "container", "connection_string": f"{AZURE};BlobEndpoint={endpoint}/account1"}
    for destination in (
        s3.connect(s3.Config.model_validate({**S3, "endpoint_url": endpoint}), HERE),
        azure_blob.connect(azure_blob.Config.model_validate(azure), HERE),
    ):
        with pytest.raises(ConfigurationError, match="certificate"):
            deliver(destination, "a.csv", b"1")
        destination.close()
