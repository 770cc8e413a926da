"""Addresses of webhooks: refused at the edge where that can be told without looking anything up."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.contract.targets import TARGETS
from waybill.core.network import parse_networks
from waybill.core.webhook_url import WebhookUrl, refused_url

URL: TypeAdapter[str] = TypeAdapter(WebhookUrl)
NOWHERE = parse_networks([])
HERE = parse_networks(["127.0.0.0/8"])


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "example.com/hooks",
            "ftp://example.com",
            "https://",
            "https:///x",
            "//example.com/x",
            "https://example.com/a b",
        ),
        *(
            "https://user:pw@example.com/",
            "https://example.com/#x",
            "https://example.com\\@evil.example/",
            "https://exämple.com",
        ),
        *(
            "https://example.com/\r\nX: y",
            "https://example.com:99999/",
            "https://example.com:x/",
            "https://[::1/",
            "javascript:1",
        ),
        f"https://example.com/{'a' * 2000}",
    ],
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        URL.validate_python(url)


def test_what_leads_inside_is_refused_before_anything_is_looked_up() -> None:
    for url in (
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/x",
        "https://10.0.0.1",
        "https://2130706433/",
    ):
        assert refused_url(URL.validate_python(url), NOWHERE), url
    assert refused_url("https://localhost/", NOWHERE)
    assert refused_url("https://hooks.example.com/x?token=1", NOWHERE) == ""
    assert refused_url("https://127.0.0.1:8443/", HERE) == ""


def test_plain_http_stays_inside_the_operators_networks() -> None:
    assert refused_url("http://127.0.0.1:8080/x", HERE) == ""
    for url in ("http://hooks.example.com/", "http://198.18.0.1/", "http://93.184.215.14/"):
        assert refused_url(url, HERE), url
    assert "https://" in refused_url("http://93.184.215.14/", HERE)


def test_whatever_is_refused_as_a_host_is_refused_as_a_receiver() -> None:
    for target in TARGETS:
        try:
            url = URL.validate_python(f"https://{target}/")
        except ValidationError:
            continue
        # What is neither refused here is a name, which is judged when it is dialled (tests/webhooks).
        if not refused_url(url, NOWHERE):
            assert not target.strip("[]").replace(".", "").replace(":", "").isdigit(), target
