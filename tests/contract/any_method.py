"""A server over HTTP that answers a request of any method alike."""

from __future__ import annotations

import http.server
from typing import Any


class AnyMethod(http.server.BaseHTTPRequestHandler):
    """`answer` sends status and headers, and ends with `body`. Nothing is logged."""

    def answer(self) -> None:
        raise NotImplementedError

    def body(self, content: bytes = b"") -> None:
        self.send_header("Content-Length", "0" if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _answer(self) -> None:
        self.answer()

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        del format, args
