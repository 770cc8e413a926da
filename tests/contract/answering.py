"""Servers that a test writes by hand, on loopback: HTTP that answers everything in one way, and what listens in a thread."""

from __future__ import annotations

import http.server
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Said:
    """An answer; `reason` stands behind the code, empty for the usual one."""

    code: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


class Answering(http.server.BaseHTTPRequestHandler):
    """Gives `said()` to every request, whatever its method, without a word in a log."""

    def said(self) -> Said:
        raise NotImplementedError

    def answer(self) -> None:
        said, silent = self.said(), self.command == "HEAD"
        self.send_response(said.code, said.reason or None)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0" if silent else str(len(said.body)))
        self.end_headers()
        if not silent:
            self.wfile.write(said.body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        del format, args


@contextmanager
def listening(server: socketserver.TCPServer) -> Iterator[int]:
    """The port of a server that listens meanwhile."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(str(server.server_address[1]))
    finally:
        server.shutdown()
        server.server_close()
