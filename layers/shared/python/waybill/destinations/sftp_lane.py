"""One SFTP channel with a file open: large requests, many on their way, answers in any order."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import paramiko

# OpenSSH takes packets of 256 KiB with their headers; the standard asks for 32 KiB.
LARGE_REQUEST = 255 * 1024
SMALL_REQUEST = 32 * 1024
WRITE, EXTENDED = 6, 200


def round_trip(client: paramiko.SFTPClient) -> float:
    """Seconds from a question to its answer: the quicker of two, since a busy server only makes it longer."""

    def once() -> float:
        start = time.monotonic()
        with suppress(OSError):  # a refusal is an answer
            client.stat(".")
        return time.monotonic() - start

    return min(once(), once())


def request_size(client: paramiko.SFTPClient, server: str) -> int:
    """How much one request may carry: what the server says (`limits@openssh.com`), what its kind is known to take, else
    what the standard asks of all. A trial is no way: servers cut the connection on a request that is too long for them.
    """
    try:
        _, limits = client._request(EXTENDED, "limits@openssh.com")  # type: ignore[attr-defined]
    except OSError:
        return LARGE_REQUEST if server.startswith("SSH-2.0-OpenSSH") else SMALL_REQUEST
    limits.get_int64()  # of a packet
    limits.get_int64()  # of a reading request
    return min(LARGE_REQUEST, limits.get_int64() or LARGE_REQUEST)


@dataclass(frozen=True)
class Piece:
    """What one request writes."""

    offset: int
    content: memoryview

    @property
    def end(self) -> int:
        return self.offset + len(self.content)


def pieces_of(offset: int, content: bytes | memoryview, size: int) -> Iterator[Piece]:
    """The content, which goes to `offset`, in pieces of that size."""
    view = memoryview(content)
    return (Piece(offset + at, view[at : at + size]) for at in range(0, len(view), size))


class Lane:
    """One channel with the file open; used by one thread at a time.

    paramiko's own pipelining loses answers that come in another order than asked, and copies each request many times: so
    the requests are made here, and their answers counted.
    """

    def __init__(self, client: paramiko.SFTPClient, opened: paramiko.SFTPFile) -> None:
        self.client: Any = client
        self._opened: Any = opened
        self._channel: Any = client.get_channel()
        self._asked: dict[int, Piece] = {}
        self._answered: list[Piece] = []
        self._failure: OSError | EOFError | None = None

    @property
    def unanswered(self) -> int:
        return len(self._asked)

    def write(self, piece: Piece) -> None:
        """Ask for it; `answers` tells when it was done."""
        with self.client._lock:
            number = self.client.request_number
            self.client.request_number += 1
            self.client._expecting[number] = self
        self._asked[number] = piece
        handle, size = self._opened.handle, len(piece.content)
        packet = struct.pack(
            f">IBII{len(handle)}sQI",
            21 + len(handle) + size,
            WRITE,
            number,
            len(handle),
            handle,
            piece.offset,
            size,
        )
        try:
            self._channel.sendall(memoryview(packet + piece.content))
        except TimeoutError:
            raise
        except OSError:  # paramiko's word for a channel that is gone; from the server itself it means a refusal
            raise EOFError from None

    def answers(self, *, wait: bool) -> list[Piece]:
        """What was confirmed since the last call."""
        if wait:
            self.client._read_response()
        while self._asked and self._channel.recv_ready():
            self.client._read_response()
        answered, self._answered = self._answered, []
        return answered

    def check(self) -> None:
        """Raises what the server said that it could not do."""
        if self._failure is not None:
            raise self._failure

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        """paramiko calls it with the answer to a request of this object's."""
        del kind
        piece = self._asked.pop(number)
        try:
            self.client._convert_status(message)
        except (OSError, EOFError) as failure:
            self._failure = self._failure or failure
        else:
            self._answered.append(piece)

    def close(self) -> None:
        from paramiko import SSHException

        with suppress(SSHException):  # the connection is gone, and the handle with it
            self._opened.close()

    def sync(self) -> None:
        """Ask the server to write to its disk; many cannot."""
        with suppress(OSError):
            self.client._request(EXTENDED, "fsync@openssh.com", self._opened.handle)
