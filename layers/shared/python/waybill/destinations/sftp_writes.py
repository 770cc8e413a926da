"""Writing a file over several SFTP channels at once: large requests, many on their way, answers in any order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from waybill.destinations.parts import PART_SIZE, PartPool

if TYPE_CHECKING:
    import paramiko

# A server's window of about 2 MiB a channel is what limits a long line: so several channels. OpenSSH takes packets of
# 256 KiB with their headers; the standard asks for 32 KiB.
LARGE_REQUEST = 255 * 1024
SMALL_REQUEST = 32 * 1024
WRITE, EXTENDED = 6, 200


class Lane:
    """One channel with the file open; used by one thread at a time.

    paramiko's own pipelining loses answers that come in another order than asked, so the answers are counted here.
    """

    def __init__(self, client: paramiko.SFTPClient, opened: paramiko.SFTPFile) -> None:
        self._client: Any = client
        self.opened: Any = opened
        self._waiting = 0
        self._failure: OSError | EOFError | None = None

    def write(self, offset: int, part: bytes, request: int) -> None:
        """Returns when the server has confirmed all of it."""
        import paramiko

        self._failure = None
        for start in range(0, len(part), request):
            chunk = part[start : start + request]
            self._waiting += 1
            self._client._async_request(self, WRITE, self.opened.handle, paramiko.sftp.int64(offset + start), chunk)
        while self._waiting:
            self._client._read_response()
        if self._failure is not None:
            raise self._failure

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        """paramiko calls it with the answer to a request of this object's."""
        del kind, number
        self._waiting -= 1
        try:
            self._client._convert_status(message)
        except (OSError, EOFError) as failure:
            self._failure = self._failure or failure

    def close(self) -> None:
        from paramiko import SSHException

        with suppress(SSHException):  # the connection is gone, and the handle with it
            self.opened.close()

    def sync(self) -> None:
        """Ask the server to write to its disk; many cannot."""
        with suppress(OSError):
            self._client._request(EXTENDED, "fsync@openssh.com", self.opened.handle)


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


class Lanes:
    """All channels of one file, fed by the shared pool. `translated` turns a vendor's error into ours."""

    def __init__(
        self,
        client: paramiko.SFTPClient,
        opened: paramiko.SFTPFile,
        request: int,
        translated: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._first = Lane(client, opened)
        self._request, self._translated = request, translated
        self._extra: list[tuple[paramiko.SFTPClient, Lane]] = []
        self._free: SimpleQueue[Lane] = SimpleQueue()
        self._free.put(self._first)
        self._pool: PartPool[None] | None = None

    @staticmethod
    def useful(left: int) -> int:
        """How many channels so many bytes can keep busy."""
        return max(1, -(-left // PART_SIZE))

    def add(self, client: paramiko.SFTPClient, opened: paramiko.SFTPFile) -> None:
        lane = Lane(client, opened)
        self._extra.append((client, lane))
        self._free.put(lane)

    def put(self, offset: int, part: bytes) -> None:
        if self._pool is None:
            self._pool = PartPool(self._send, PART_SIZE, threads=1 + len(self._extra))
        self._pool.put(offset // PART_SIZE, part)

    def _send(self, number: int, part: bytes) -> None:
        lane = self._free.get()
        try:
            with self._translated():
                lane.write(number * PART_SIZE, part, self._request)
        finally:
            self._free.put(lane)

    def settle(self) -> None:
        """Wait for everything that was put."""
        if self._pool is not None:
            self._pool.settle()

    def finish(self) -> None:
        """Wait, let the server write to its disk, and close the file."""
        self.settle()
        with self._translated():
            self._first.sync()
        self.close()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None
        self._first.close()
        for client, lane in self._extra:
            lane.close()
            client.close()
        self._extra.clear()
