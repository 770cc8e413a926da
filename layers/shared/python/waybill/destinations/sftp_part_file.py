"""A file on its way to an SFTP server, written beside its place and renamed into it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager

from waybill.core.deliver import OutgoingFile, Receipt, ResumePoint
from waybill.destinations.failures import taken
from waybill.destinations.parts import MIB, PART_SIZE
from waybill.destinations.sftp_failures import Refused, changed, full
from waybill.destinations.sftp_files import Remote
from waybill.destinations.sftp_lane import pieces_of
from waybill.destinations.sftp_writes import Lanes

READ_BACK_LIMIT = 64 * MIB


class PartFile:
    """One file on its way, as `.<token>.part`. It is written in place and never truncated.

    Up to byte `doubtful` the server may hold the right bytes already: they are read back, and sent where they differ.
    """

    part_size = PART_SIZE

    def __init__(
        self,
        remote: Remote,
        lanes: Lanes,
        file: OutgoingFile,
        target: str,
        part_file: str,
        offset: int,
        doubtful: int,
        verify: str,
    ) -> None:
        self._remote, self._lanes, self._file = remote, lanes, file
        self._target, self._part_file = target, part_file
        self.offset, self._doubtful = offset, doubtful
        self._reads_back = verify == "read_back" and file.size <= READ_BACK_LIMIT

    def put(self, part: bytes) -> None:
        with self._told_when_full():
            self._put(part)

    @contextmanager
    def _told_when_full(self) -> Iterator[None]:
        try:
            yield
        except Refused:
            self._lanes.close()  # asking needs the first channel
            room = self._remote.room(posixpath.dirname(self._part_file))
            if room is not None and room < self._remote.request:
                raise full(posixpath.dirname(self._target)) from None
            raise

    def _put(self, part: bytes) -> None:
        compared = min(max(self._doubtful - self.offset, 0), len(part))
        if compared:
            self._put_where_it_differs(part[:compared])
        if compared < len(part):
            self._lanes.put(self.offset + compared, memoryview(part)[compared:])
        self.offset += len(part)

    def _put_where_it_differs(self, part: bytes) -> None:
        self._lanes.settle()  # reading needs the first channel
        held = memoryview(self._remote.held(self._part_file, self.offset, len(part)))
        for piece in pieces_of(self.offset, part, self._remote.request):
            at = piece.offset - self.offset
            if held[at : at + len(piece.content)] == piece.content:
                self._lanes.has(piece.offset, piece.end)
            else:
                self._lanes.put(piece.offset, piece.content)

    def settle(self) -> None:
        with self._told_when_full():
            self._lanes.settle()

    def resume_point(self) -> ResumePoint:
        broke = {"broke_after": self._lanes.carried} if self._lanes.broken else {}
        return {"sent": self._lanes.arrived, **broke}

    def commit(self) -> Receipt:
        with self._told_when_full():
            self._lanes.finish()
        remote, file = self._remote, self._file
        # Before the rename, so that a damaged file is never seen under its name.
        good = remote.holds(self._part_file, file) if self._reads_back else remote.size(self._part_file) == file.size
        if not good:
            remote.discard(self._part_file)
            raise changed()
        if remote.size(self._target) is None and remote.rename(self._part_file, self._target):
            return self._receipt_read(read=self._reads_back)
        ours = remote.holds(self._target, file)
        remote.discard(self._part_file)
        if not ours:
            raise taken(file.name)
        return self._receipt_read(read=self._reads_back)

    def _receipt_read(self, read: bool) -> Receipt:
        if self._remote.size(self._target) != self._file.size:
            raise changed()
        return receipt(self._file, read)

    def abort(self) -> None:
        self._lanes.close()
        self._remote.discard(self._part_file)

    def close(self) -> None:
        self._lanes.close()


def receipt(file: OutgoingFile, read: bool) -> Receipt:
    checksum = f"sha256:{file.sha256}" if read else ""
    return Receipt(file.name, file.size, checksum, "", "checksum" if read else "size")
