"""A line on loopback between a client and a server: as long as one likes, as wide as the machine, and cut where one likes.

    python -m bench.line --to PORT --round-trip SECONDS     prints its own port, and stands until it is ended

Nothing limits its rate: what comes in is let go when its time has come, however much is on the way.
"""

from __future__ import annotations

import argparse
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue

LOOPBACK = "127.0.0.1"
CHUNK = 512 * 1024
Due = tuple[float, bytes]


def forever() -> int | None:
    return None


class Line:
    """Listens on `port` once made. `cut_after()` is asked at each connection: after so many bytes to the server it breaks, both
    ways and without a goodbye; None: never.
    """

    def __init__(self, to: int, one_way: float = 0.0, cut_after: Callable[[], int | None] = forever) -> None:
        self._to, self._one_way, self._cut_after = to, one_way, cut_after
        self._door = socket.create_server((LOOPBACK, 0))
        self.port: int = self._door.getsockname()[1]
        self.carried = self.cuts = 0
        """Bytes that went to the server, and how often it broke, over all connections."""
        threading.Thread(target=self._welcome, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _welcome(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
                server = socket.create_connection((LOOPBACK, self._to))
            except OSError:
                return
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._there, client, server)
            self._start(self._back, server, client)

    @staticmethod
    def _start(
        work: Callable[[socket.socket, socket.socket], None], source: socket.socket, sink: socket.socket
    ) -> None:
        threading.Thread(target=work, args=(source, sink), daemon=True).start()

    def _there(self, client: socket.socket, server: socket.socket) -> None:
        left = self._cut_after()
        for chunk in self._late(client):
            sent = chunk if left is None else chunk[:left]
            try:
                server.sendall(sent)
            except OSError:
                break
            self.carried += len(sent)
            if left is not None:
                left -= len(sent)
                if left <= 0:
                    self.cuts += 1
                    _break(client)
                    _break(server)
                    return
        _end(server)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            for chunk in self._late(server):
                client.sendall(chunk)
        _end(client)

    def _late(self, source: socket.socket) -> Iterator[bytes]:
        """What the source says, each time when it is due."""
        if not self._one_way:
            yield from _heard(source)
            return
        under_way: SimpleQueue[Due] = SimpleQueue()

        def listen() -> None:
            for chunk in _heard(source):
                under_way.put((time.monotonic() + self._one_way, chunk))
            under_way.put((time.monotonic() + self._one_way, b""))

        threading.Thread(target=listen, daemon=True).start()
        while True:
            due, chunk = under_way.get()
            time.sleep(max(due - time.monotonic(), 0))
            if not chunk:
                return
            yield chunk


def _heard(source: socket.socket) -> Iterator[bytes]:
    with suppress(OSError):
        while chunk := source.recv(CHUNK):
            yield chunk


def _end(sink: socket.socket) -> None:
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _break(one: socket.socket) -> None:
    """A reset, as from a firewall that has forgotten the connection."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RD)
    one.close()


@contextmanager
def apart(to: int, round_trip: float) -> Iterator[int]:
    """The port of a line in a process of its own, so that it takes no time from either end's."""
    command = [sys.executable, "-m", "bench.line", "--to", str(to), "--round-trip", str(round_trip)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=int, required=True)
    parser.add_argument("--round-trip", type=float, default=0.0)
    given = parser.parse_args()
    print(Line(given.to, given.round_trip / 2).port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
