"""A thin client of Waybill's REST API, as a user's own script would have one."""

from __future__ import annotations

import gzip
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """The API did not take the request; `problem` is its problem+json."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status}: {problem.get('detail', '')} {problem.get('errors', '')}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True)
class Api:
    base: str
    key: str

    def call(
        self, method: str, path: str, body: object = None, data: bytes | None = None, *, if_match: str = ""
    ) -> Any:
        """The answer's JSON, None for an empty one. Raises Refused for every status from 400 on."""
        headers = {"Authorization": f"Bearer {self.key}"} | ({"If-Match": if_match} if if_match else {})
        if data is not None:
            headers |= {"Content-Type": "application/gzip", "Content-Encoding": "gzip"}
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _json_or_text(error.read())) from None
        return json.loads(text) if text else None

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: object) -> Any:
        return self.call("POST", path, body)

    def put_records(self, dataset: str, rows: list[dict[str, Any]]) -> Any:
        """Records as gzipped NDJSON."""
        lines = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
        return self.call("POST", f"/datasets/{dataset}/records", data=gzip.compress(lines))


def _json_or_text(body: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except ValueError:
        return {"detail": body.decode(errors="replace")}


def wait_until(what: str, ready: Callable[[], Any], seconds: float = 60.0, every: float = 0.25) -> Any:
    """What `ready` answers once it is true; TimeoutError names what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ready():
            return answer
        time.sleep(every)
    raise TimeoutError(f"waited {seconds:.0f} s for {what}")
