"""Serves the console, as `make console` built it into `site/`: it holds no data, and calls the API in its user's name."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler

_SITE = Path(__file__).with_name("site")
_KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_FOREVER = "public, max-age=31536000, immutable"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    asset = (event.get("pathParameters") or {}).get("asset")
    if asset is None:
        return _answer("index.html", _page(_asked(event).endswith("/")), "no-cache")
    text = _assets().get(asset)
    if text is None:
        return _answer("missing.html", "There is no such part of the console. Load the page again.", "no-store", 404)
    return _answer(asset, text, _FOREVER)


def _asked(event: Event) -> str:
    """The path as the browser has it: what is relative in the page is relative to that."""
    return str(event["requestContext"].get("path") or event["path"])


def _page(at_slash: bool) -> str:
    page = (_SITE / "index.html").read_text(encoding="utf-8")
    return page if at_slash else page.replace('"./', '"console/')


@cache
def _assets() -> dict[str, str]:
    """By name; each name has a hash of what it holds, so that nothing ever changes under it."""
    return {file.name: file.read_text(encoding="utf-8") for file in (_SITE / "assets").iterdir()}


def _answer(name: str, text: str, kept: str, status: int = HTTPStatus.OK) -> dict[str, Any]:
    return {
        "statusCode": int(status),
        "headers": {
            "Content-Type": f"{_KINDS[Path(name).suffix]}; charset=utf-8",
            "Cache-Control": kept,
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        },
        "body": text,
    }
