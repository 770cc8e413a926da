"""The platform's API over HTTPS: an answer, or what it refused and why."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from waybill_cli.calling.account import Account

Json = dict[str, Any]
SECONDS = 40.0
"""API Gateway answers within 29; a function that starts cold needs some of them."""
_PAGE = 200


class Refused(Exception):
    """`problem` is the API's problem+json (RFC 9457), or what stands for it where none came."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status, self.problem = status, problem
        super().__init__(str(problem.get("detail") or problem.get("title") or f"The platform answered {status}."))


class Unreachable(Exception):
    """No answer came; the text says what to look at."""


class Api:
    """Redirects are not followed: a key goes to the address that it was given for, and nowhere else. Close after use."""

    def __init__(self, account: Account, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {account.key}", "Accept": "application/json, application/problem+json"}
        self._address = account.api
        self._client = httpx.Client(headers=headers, timeout=SECONDS, transport=transport)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **asked: object) -> Any:
        """Asked twice where no answer came: reading changes nothing."""
        given = {name: str(value) for name, value in asked.items() if value not in (None, "")}
        try:
            return self._call("GET", path, params=given)
        except Unreachable:
            return self._call("GET", path, params=given)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._call("POST", path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})

    def change(self, path: str, body: Mapping[str, Any]) -> Any:
        """Replaces what is there now. Refused (412) where somebody else changes it at the same moment."""
        tag = self._answer("GET", path).headers.get("ETag", "*")
        return self._call("PUT", path, json=body, headers={"If-Match": tag})

    def delete(self, path: str) -> None:
        self._call("DELETE", path)

    def items(self, path: str, most: int, **asked: object) -> Iterator[Json]:
        """At most so many of a list, page by page."""
        cursor, left = "", most
        while left > 0:
            page = self.get(path, **asked, limit=min(left, _PAGE), cursor=cursor)
            found = page["items"][:left]
            yield from found
            left -= len(found)
            cursor = page.get("cursor", "")
            if not cursor:
                return

    def _call(self, method: str, path: str, **request: Any) -> Any:
        return _document(self._answer(method, path, **request), {})

    def _answer(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, self._address + path, **request)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise Unreachable(
                f"{self._address} does not answer: {said}. Is the address right, and the network up?"
            ) from None
        if answer.is_success:
            return answer
        raise Refused(answer.status_code, _document(answer, {"detail": f"The platform answered {answer.status_code}."}))


def _document(answer: httpx.Response, otherwise: Json) -> Any:
    try:
        found = json.loads(answer.content) if answer.content else otherwise
    except ValueError:
        if answer.is_success:
            raise Refused(
                answer.status_code, {"detail": "What answered is not Waybill's API: it sent no JSON."}
            ) from None
        return otherwise
    return found if isinstance(found, dict) or answer.is_success else otherwise
