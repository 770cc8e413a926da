"""What is asked of an SFTP server's files."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from waybill.core.deliver import OutgoingFile
from waybill.destinations.sftp_failures import translated
from waybill.destinations.sftp_lane import EXTENDED

if TYPE_CHECKING:
    import paramiko

READS_AT_ONCE = 16


class Remote:
    """What is asked of the server's files."""

    def __init__(self, client: paramiko.SFTPClient, facts: Mapping[str, str], request: int) -> None:
        self._client, self._facts, self._request = client, facts, request

    @property
    def request(self) -> int:
        """How many bytes one request carries."""
        return self._request

    def size(self, path: str) -> int | None:
        """None where nothing is."""
        with translated(self._facts):
            try:
                return self._client.stat(path).st_size
            except FileNotFoundError:
                return None

    def holds(self, path: str, file: OutgoingFile) -> bool:
        """Whether the very bytes of the file are there, by reading all of them; quick where the size differs."""
        if self.size(path) != file.size:
            return False
        digest = hashlib.sha256()
        with translated(self._facts), self._client.open(path, "rb") as opened:
            opened.MAX_REQUEST_SIZE = self._request
            opened.prefetch(file.size, max_concurrent_requests=READS_AT_ONCE)
            while chunk := opened.read(self._request):
                digest.update(chunk)
        return digest.hexdigest() == file.sha256

    def read(self, path: str, most: int) -> bytes:
        with translated(self._facts), self._client.open(path, "rb") as opened:
            return opened.read(most)

    def held(self, path: str, offset: int, length: int) -> bytes:
        """What can be read of that range: less of it, or nothing, where the server has no more or does not let us."""
        from paramiko import SSHException

        try:
            with self._client.open(path, "rb") as opened:
                opened.MAX_REQUEST_SIZE = self._request
                opened.seek(offset)
                # The first by itself: `readv` asks from a thread that goes on after a refusal, among what is written next.
                first = opened.read(min(length, self._request))
                if len(first) in {0, length}:
                    return first
                rest = [(offset + len(first), length - len(first))]
                return first + b"".join(opened.readv(rest, READS_AT_ONCE))
        except (OSError, EOFError, SSHException):
            return b""

    def room(self, path: str) -> int | None:
        """Bytes that can still be written beside that file; None where the server does not say (`statvfs@openssh.com`)."""
        with translated(self._facts):
            try:
                _, told = self._client._request(EXTENDED, "statvfs@openssh.com", path)  # type: ignore[attr-defined]
            except OSError:
                return None
            told.get_int64()
            fragment = int(told.get_int64())
            told.get_int64(), told.get_int64()  # blocks, and those that are free for the server's owner alone
            return fragment * int(told.get_int64())

    def write_new(self, path: str, content: bytes) -> None:
        with translated(self._facts), self._client.open(path, "xb+") as opened:
            opened.write(content)

    def rename(self, source: str, target: str) -> bool:
        """False where the target is there, and stays as it was.

        Plain rename first: by the protocol it never replaces a file, where the `posix-rename` extension always does.
        """
        with translated(self._facts):
            try:
                self._client.rename(source, target)
            except OSError:
                if self._there(target):
                    return False
                # Some servers cannot rename plainly on some file systems.
                self._client.posix_rename(source, target)
        return True

    def _there(self, path: str) -> bool:
        try:
            self._client.stat(path)
        except FileNotFoundError:
            return False
        return True

    def remove(self, path: str) -> None:
        with translated(self._facts):
            self._client.remove(path)

    def discard(self, path: str) -> None:
        """Remove it if it is there."""
        with translated(self._facts), suppress(FileNotFoundError):
            self._client.remove(path)

    def make_folders(self, root: str, folder: str) -> None:
        """Make what is missing of `folder` below `root`, which must be there."""
        with translated(self._facts):
            if self._there(folder):
                return
            self._client.stat(root)
            made = root
            for step in posixpath.relpath(folder, root).split("/"):
                made = posixpath.join(made, step)
                if not self._there(made):
                    self._make(made)

    def _make(self, folder: str) -> None:
        try:
            self._client.mkdir(folder)
        except OSError:
            if not self._there(folder):  # another delivery may have been faster
                raise
