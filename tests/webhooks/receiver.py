"""A receiver of webhooks on loopback, as good or as bad as it is told to be."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"


@dataclass
class Receiver:
    """`answers` are statuses, in order, then 200; `say` is what goes over the wire in place of an answer, `pause` seconds
    after each of its bytes.
    """

    url: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    say: bytes | None = None
    pause: float = 0.0


@contextmanager
def receiving(tls: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    """`tls`: its certificate and key."""
    receiver = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if receiver.say is not None:
                self._say(receiver.say)
                return
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            for name, value in {"Content-Length": "0", **receiver.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def _say(self, words: bytes) -> None:
            self.close_connection = True
            try:
                for byte in words if receiver.pause else [words]:
                    self.wfile.write(bytes([byte]) if isinstance(byte, int) else byte)
                    self.wfile.flush()
                    time.sleep(receiver.pause)
            except OSError:
                return  # the sender has had enough

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    class Server(http.server.ThreadingHTTPServer):
        block_on_close = False  # nobody waits for one that is slow on purpose

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that is cut is what these tests are about."""

    server = Server((HOST, 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.url = f"http{'s' if tls else ''}://{HOST}:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
