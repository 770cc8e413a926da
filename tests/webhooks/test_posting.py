"""One POST to a receiver that may be slow, broken, hostile or somebody else: it ends in time, and leads nowhere else."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import mail_sink
from tests.webhooks.receiver import HOST, Receiver, receiving
from waybill.core.errors import ConfigurationError, TransientError
from waybill.destinations.dial import Dialer, Surroundings
from waybill.webhooks import posting
from waybill.webhooks.posting import HttpWebhooks

HERE = Surroundings(allowed_networks=("127.0.0.0/8",))
OUTSIDE = Surroundings()
BODY = '{"type":"test","data":{"message":"Grüße"}}'.encode()
HEADERS = {"webhook-id": "msg_1", "content-type": "application/json; charset=utf-8"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(posting, "ANSWER_SECONDS", 0.4)
    return 0.4


def webhooks(around: Surroundings = HERE, trusting: Path | None = None) -> HttpWebhooks:
    tls = ssl.create_default_context(cafile=str(trusting)) if trusting else None
    return HttpWebhooks(lambda: Dialer(around), tls)


def post(receiver: Receiver, path: str = "/hooks?a=1", *, trusting: Path | None = None) -> int:
    return webhooks(trusting=trusting).post(f"{receiver.url}{path}", HEADERS, BODY)


def test_what_was_given_arrives_as_it_is(receiver: Receiver) -> None:
    assert post(receiver) == 200
    ((path, headers, body),) = receiver.got
    assert (path, body) == ("/hooks?a=1", BODY)
    assert headers["host"] == receiver.url.removeprefix("http://")
    assert headers["webhook-id"] == "msg_1"
    assert headers["content-length"] == str(len(BODY))
    assert post(receiver, "") == 200
    assert receiver.got[1][0] == "/"


@pytest.mark.parametrize("status", [204, 299, 400, 410, 500, 503])
def test_the_answers_status_is_what_is_told(receiver: Receiver, status: int) -> None:
    receiver.answers = [status]
    assert post(receiver) == status


def test_no_redirect_is_followed_and_no_proxy_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://10.9.9.9:3128")
    receiver.headers = {"Location": f"{receiver.url}/elsewhere"}
    receiver.answers = [301, 302, 303, 307, 308]
    assert [post(receiver, "/here") for _ in range(5)] == [301, 302, 303, 307, 308]
    assert [path for path, _, _ in receiver.got] == ["/here"] * 5


@pytest.mark.parametrize(
    ("say", "error"),
    [
        (b"", TransientError),  # it hangs up
        (b"SSH-2.0-OpenSSH_9.6\r\n", ConfigurationError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000, ConfigurationError),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200, ConfigurationError),
    ],
)
def test_what_is_no_answer_is_told_by_a_sentence(receiver: Receiver, say: bytes, error: type[Exception]) -> None:
    receiver.say = say
    with pytest.raises(error, match=HOST):
        post(receiver)


def test_a_huge_answer_is_not_read(receiver: Receiver) -> None:
    receiver.say = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 50_000_000
    started = time.monotonic()
    assert post(receiver) == 200
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 50, id="a byte now and then"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 100, id="for ever to be continued"),
    ],
)
def test_a_receiver_that_never_comes_to_its_end_is_cut_off_in_time(
    receiver: Receiver, quick: float, say: bytes
) -> None:
    receiver.say, receiver.pause = say, 0.02
    started = time.monotonic()
    with pytest.raises(TransientError, match="did not answer within"):
        post(receiver)
    assert time.monotonic() - started < quick + 1


def test_a_receiver_that_takes_a_connection_and_says_nothing(quick: float) -> None:
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        for scheme in ("http", "https"):
            with pytest.raises(TransientError, match="did not answer within"):
                webhooks().post(f"{scheme}://{HOST}:{port}/", HEADERS, BODY)
    with pytest.raises(TransientError, match="refuses connections"):
        webhooks().post(f"http://{HOST}:{port}/", HEADERS, BODY)


def test_a_certificate_is_trusted_for_its_name_alone(tmp_path: Path) -> None:
    authority, chain, key = mail_sink.certificates(tmp_path)
    with receiving((chain, key)) as receiver:
        assert post(receiver, trusting=authority) == 200
        with pytest.raises(ConfigurationError, match="not trusted for this name"):
            post(receiver)  # an authority that nobody knows
        receiver.url = receiver.url.replace(HOST, "localhost")
        with pytest.raises(ConfigurationError, match="not trusted for this name"):
            post(receiver, trusting=authority)
        assert len(receiver.got) == 1


def test_tls_is_spoken_or_nothing(receiver: Receiver) -> None:
    receiver.url = receiver.url.replace("http://", "https://")
    with pytest.raises(TransientError):
        post(receiver)
    assert receiver.got == []


def test_only_what_the_operator_allows_is_dialled(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("somebody was dialled"))
    for url in (
        receiver.url,
        "https://127.0.0.1/",
        "https://localhost/",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
    ):
        with pytest.raises(ConfigurationError):
            webhooks(OUTSIDE).post(url, HEADERS, BODY)


def test_plain_http_goes_to_no_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: public)
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("somebody was dialled"))
    with pytest.raises(ConfigurationError, match="not encrypted"):
        webhooks().post("http://public.example/", HEADERS, BODY)


def test_a_name_is_looked_up_once_and_the_checked_address_is_dialled(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes its mind between the check and the connection leads nowhere else (DNS rebinding)."""
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    dialled: list[str] = []

    def look(host: str, *_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in answers.pop(0)]

    def dial(address: tuple[str, int], *_: object) -> socket.socket:
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look)
    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(TransientError):
        webhooks(OUTSIDE).post("https://rebind.example/", HEADERS, BODY)
    assert dialled == ["93.184.215.14"]
    with pytest.raises(ConfigurationError, match="loopback"):
        webhooks(OUTSIDE).post("https://rebind.example/", HEADERS, BODY)
    assert dialled == ["93.184.215.14"]
