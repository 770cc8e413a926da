"""Uploads that are cut, starved and refused midway: what arrives is the file, and little of it goes twice."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from bench.line import Line
from tests.contract import servers
from tests.contract.conftest import FolderView, sftp_rig
from tests.contract.rigs import Bytes, Kept, Rig, deliver, outgoing
from waybill.core.deliver import Paused, Receipt, send
from waybill.core.errors import AccessDenied, ConfigurationError, TransientError
from waybill.destinations import sftp_lane, sftp_session, sftp_writes

pytestmark = pytest.mark.real
MIB = 1024 * 1024
LARGE = bool(os.environ.get("WAYBILL_LARGE"))
SIZE, CUTS = (500 * MIB, 200) if LARGE else (24 * MIB, 5)
REQUEST = sftp_lane.LARGE_REQUEST
LOST = 2 * MIB + REQUEST
"""What a cut may lose of each channel: what the server's window lets be on its way, and a request that came in part."""
Cut = Callable[[], int | None]


@functools.cache
def noise(size: int) -> bytes:
    rng = random.Random(size)
    return b"".join(rng.randbytes(MIB) for _ in range(size // MIB))


@pytest.fixture
def rig(openssh: servers.SshServer) -> Rig:
    return sftp_rig(openssh, ("private_key", ""), ())


@pytest.fixture
def channels(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Have every session find the line as long as so many channels ask for."""

    def fixed(count: int) -> None:
        monkeypatch.setattr(sftp_session, "channels_for", lambda seconds: count)

    return fixed


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """From where how many bytes of content were handed to the line."""
    noted: list[tuple[int, int]] = []
    write = sftp_lane.Lane.write

    def note(lane: sftp_lane.Lane, piece: sftp_lane.Piece) -> None:
        noted.append((piece.offset, len(piece.content)))
        write(lane, piece)

    monkeypatch.setattr(sftp_lane.Lane, "write", note)
    return noted


def stubborn(rig: Rig, line: Line, name: str, content: bytes) -> int:
    """Deliver over the line, each time with a new session as a new worker has; how often it took."""
    file, ledger = outgoing(name, content), Kept()
    for attempt in range(1, 10 * CUTS):
        destination = rig.destination(port=line.port)
        try:
            answer = send(destination, file, Bytes(content), ledger, lambda: False)
        except TransientError:
            continue
        finally:
            destination.close()
        assert isinstance(answer, Receipt)
        assert digest(rig, name) == file.sha256
        return attempt
    raise AssertionError("it never arrived")


def digest(rig: Rig, name: str) -> str:
    assert isinstance(rig.view, FolderView)
    path = rig.view.folder / name
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    path.unlink()
    assert rig.view.leftovers() == []
    return found


def told(what: str, again: int, of: int) -> None:
    """For who runs it at full size."""
    print(f"{what}: {again / MIB:.2f} MiB again, {again / of:.3%}")  # noqa: T201


@pytest.mark.parametrize("count", [1, 4])
def test_uploads_that_are_cut_once_send_little_again(
    rig: Rig, channels: Callable[[int], None], sent: list[tuple[int, int]], count: int
) -> None:
    channels(count)
    rng, content = random.Random(count), noise(SIZE)
    uploads = CUTS // 10 if LARGE else CUTS
    for number in range(uploads):
        places = iter([rng.randrange(1, SIZE)])
        line = Line(int(rig.settings["port"]), cut_after=lambda places=places: next(places, None))  # type: ignore[misc]
        assert stubborn(rig, line, f"{number}.bin", content) == 2
        assert line.cuts == 1
        line.close()
    again = sum(size for _, size in sent) - uploads * SIZE
    told(f"{uploads} uploads of {SIZE // MIB} MiB, {count} channels, cut once each", again, uploads * SIZE)
    assert again <= uploads * count * LOST
    if LARGE and count == 1:  # as many as a line without length gets
        assert again <= uploads * SIZE / 100


def test_an_upload_that_is_cut_again_and_again_goes_on_where_it_was(
    rig: Rig, channels: Callable[[int], None], sent: list[tuple[int, int]]
) -> None:
    """The first cut costs what was under way; from then on little is under way at once."""
    channels(1)
    rng, content = random.Random(7), noise(SIZE)
    places = iter([rng.randrange(1, 2 * SIZE // CUTS) for _ in range(CUTS)])
    line = Line(int(rig.settings["port"]), cut_after=lambda: next(places, None))
    attempts = stubborn(rig, line, "often.bin", content)
    line.close()
    again = sum(size for _, size in sent) - SIZE
    told(f"{line.cuts} cuts of one upload of {SIZE // MIB} MiB", again, SIZE)
    assert attempts == line.cuts + 1
    assert line.cuts >= CUTS // 2
    assert again <= LOST + 2 * SIZE / sftp_writes.SHARE_UNDER_WAY + line.cuts * sftp_writes.LEAST_UNDER_WAY
    if LARGE:
        assert again <= SIZE / 100


# -- several channels


class Held:
    """What a server does with writes from some byte on, while `told` is not set: it keeps them waiting."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last, self.told, self.met = first, last, threading.Event(), threading.Event()

    def server(self) -> type[asyncssh.SFTPServer]:
        held = self

        class Slow(asyncssh.SFTPServer):
            async def write(self, file_obj: Any, offset: int, data: bytes) -> int:
                if held.first <= offset < held.last and not held.told.is_set():
                    held.met.set()
                    while not held.told.is_set():
                        await asyncio.sleep(0.01)
                written = super().write(file_obj, offset, data)
                assert isinstance(written, int)
                return written

        return Slow


def part_file(rig: Rig) -> Path:
    assert isinstance(rig.view, FolderView)
    (found,) = rig.view.folder.rglob("*.part")
    return found


def test_a_hole_does_not_count_as_arrived(tmp_path: Path, channels: Callable[[int], None]) -> None:
    """One channel hangs while the others go on: the server's size is far beyond what may be believed."""
    channels(4)
    content, held, ledger = noise(16 * MIB), Held(3 * REQUEST, 4 * REQUEST), Kept()
    with servers.embedded_ssh(tmp_path, "p", sftp=held.server()) as server:
        rig = sftp_rig(server, ("password", ""), ())
        first = rig.destination()
        transfer = first.open(outgoing("a.bin", content), None)
        transfer.put(content)
        assert held.met.wait(20)
        until(lambda: part_file(rig).stat().st_size == len(content))
        until(lambda: transfer.resume_point()["sent"] == 3 * REQUEST)
        ledger.save(transfer.resume_point())
        first._session()._transport.close()  # type: ignore[attr-defined]
        with pytest.raises(TransientError):
            transfer.settle()
        transfer.close()
        assert transfer.resume_point()["sent"] == 3 * REQUEST

        held.first = held.last  # the new worker is not kept waiting; the old write is still to come
        put = sent_of(rig.destination(), content, ledger)
        assert put[0] == (3 * REQUEST, REQUEST)
        assert sum(size for _, size in put) < len(content) / 2  # the hole, and what waited behind it in its channel
        held.told.set()
        assert rig.view.files() == {"a.bin": content}


def sent_of(destination: Any, content: bytes, ledger: Kept) -> list[tuple[int, int]]:
    """Deliver the rest; from where how much of it was sent."""
    sent: list[tuple[int, int]] = []
    write = sftp_lane.Lane.write

    def noted(lane: sftp_lane.Lane, piece: sftp_lane.Piece) -> None:
        sent.append((piece.offset, len(piece.content)))
        write(lane, piece)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sftp_lane.Lane, "write", noted)
        deliver(destination, "a.bin", content, ledger)
    destination.close()
    return sent


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("count", [1, 4, 8])
def test_near_its_time_limit_it_stops_where_all_has_arrived(
    rig: Rig, channels: Callable[[int], None], count: int
) -> None:
    channels(count)
    content, ledger, asked = noise(66 * MIB), Kept(), iter([False, False, True])
    first = rig.destination()
    answer = send(first, outgoing("a.bin", content), Bytes(content), ledger, lambda: next(asked))
    first.close()
    assert answer == Paused(32 * MIB)
    assert ledger.point == {"sent": 32 * MIB}
    assert part_file(rig).read_bytes() == content[: 32 * MIB]
    put = sent_of(rig.destination(), content, ledger)
    assert sorted(put)[0][0] == 32 * MIB
    assert sum(size for _, size in put) == 34 * MIB
    assert rig.view.files() == {"a.bin": content}


def test_the_last_mib_that_a_server_lost_is_sent_again(rig: Rig) -> None:
    """The server crashed: it has the size, but not the bytes that it had not written to its disk."""
    content, ledger, asked = noise(20 * MIB), Kept(), iter([False, True])
    first = rig.destination()
    send(first, outgoing("a.bin", content), Bytes(content), ledger, lambda: next(asked))
    first.close()
    with part_file(rig).open("r+b") as file:
        file.seek(15 * MIB + 5)
        file.write(bytes(MIB - 5))
    deliver(rig.destination(), "a.bin", content, ledger)
    assert rig.view.files() == {"a.bin": content}


def test_who_may_not_read_sends_the_last_mib_again(tmp_path: Path) -> None:
    """It is asked to let us read once: questions that are still being sent would fall between what is written next."""
    reads: list[int] = []

    class DropBox(asyncssh.SFTPServer):
        def read(self, file_obj: Any, offset: int, size: int) -> bytes:
            reads.append(offset)
            raise asyncssh.SFTPPermissionDenied("a drop box")

    content, ledger, asked = noise(66 * MIB), Kept(), iter([False, True])
    with servers.embedded_ssh(tmp_path, "p", sftp=DropBox) as server:
        rig = sftp_rig(server, ("password", ""), ())
        first = rig.destination()
        send(first, outgoing("a.bin", content), Bytes(content), ledger, lambda: next(asked))
        first.close()
        assert deliver(rig.destination(), "a.bin", content, ledger).compared == "size"
        assert rig.view.files() == {"a.bin": content}
    assert len(reads) == 1


@pytest.mark.parametrize("most", [1, 2])
def test_a_server_that_allows_few_channels(tmp_path: Path, channels: Callable[[int], None], most: int) -> None:
    channels(8)
    content = noise(40 * MIB)
    with servers.openssh(tmp_path, f"MaxSessions {most}") as server:
        rig = sftp_rig(server, ("private_key", ""), ())
        for name in ("a.bin", "b.bin"):  # the second over the channels of the first
            deliver(rig.destination(), name, content)
        assert rig.view.files() == {"a.bin": content, "b.bin": content}


def test_the_longer_the_line_the_more_channels() -> None:
    found = [sftp_writes.channels_for(ms / 1000) for ms in (0, 1, 8, 20, 40, 100, 300)]
    assert found == [1, 1, 2, 4, 4, 8, 8]


def test_the_round_trip_is_measured(rig: Rig) -> None:
    line = Line(int(rig.settings["port"]), one_way=0.03)
    with closing(rig.destination(port=line.port)) as far:
        far.stat("a")
        assert far._session()._channels == 8  # type: ignore[attr-defined]
    line.close()
    with closing(rig.destination()) as near:
        near.stat("a")
        assert near._session()._channels <= 2  # type: ignore[attr-defined]


# -- refusals midway


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("count", [1, 4])
def test_a_full_disk_is_told_and_once_there_is_room_it_goes_on(
    openssh: servers.SshServer, rig: Rig, channels: Callable[[int], None], count: int
) -> None:
    channels(count)
    content, ledger = noise(40 * MIB), Kept()
    with small_disk(openssh.root / f"small-{count}", 24) as disk:
        destination = rig.destination(path=str(disk))
        with pytest.raises(ConfigurationError, match="disk is full") as raised:
            deliver(destination, "a.bin", content, ledger)
        destination.close()
        assert "retry the run" in raised.value.advice
        assert ledger.point is not None
        assert 20 * MIB < ledger.point["sent"] <= 24 * MIB
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        put = sent_of(rig.destination(path=str(disk)), content, ledger)
        assert min(offset for offset, _ in put) >= 20 * MIB
        assert [path.name for path in disk.iterdir()] == ["a.bin"]
        assert (disk / "a.bin").read_bytes() == content


def refusing(error: Callable[[str], Exception], after: int) -> type[asyncssh.SFTPServer]:
    class Refusing(asyncssh.SFTPServer):
        def write(self, file_obj: Any, offset: int, data: bytes) -> int:
            if offset >= after:
                raise error("said the server of user:password@host")
            written = super().write(file_obj, offset, data)
            assert isinstance(written, int)
            return written

    return Refusing


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (asyncssh.SFTPPermissionDenied, AccessDenied, "may not read and write in the folder"),
        (asyncssh.SFTPFailure, TransientError, "could not do it and does not say why"),
        (asyncssh.SFTPNoSpaceOnFilesystem, TransientError, "disk or the user's quota is full"),
    ],
    ids=["permission", "failure", "no space"],
)
def test_a_refusal_midway_is_told_and_what_arrived_is_kept(
    tmp_path: Path,
    channels: Callable[[int], None],
    count: int,
    error: Callable[[str], Exception],
    kind: type[Exception],
    said: str,
) -> None:
    channels(count)
    content, ledger = noise(40 * MIB), Kept()
    with servers.embedded_ssh(tmp_path, "p", sftp=refusing(error, 9 * MIB)) as server:
        rig = sftp_rig(server, ("password", ""), ())
        with pytest.raises(kind, match=said) as raised:
            deliver(rig.destination(), "a.bin", content, ledger)
        assert "password@host" not in str(raised.value)
        refused = -(-9 * MIB // REQUEST) * REQUEST
        assert ledger.point is not None
        assert refused - (count - 1) * LOST <= ledger.point["sent"] <= refused
        assert rig.view.files() == {}


class NoPosixRename(asyncssh.SFTPServer):
    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("no")


class NoRename(NoPosixRename):
    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("no")


def test_a_server_without_posix_rename(tmp_path: Path) -> None:
    with servers.embedded_ssh(tmp_path, "p", sftp=NoPosixRename) as server:
        rig = sftp_rig(server, ("password", ""), ())
        deliver(rig.destination(), "a.bin", b"1")
        assert rig.view.files() == {"a.bin": b"1"}


def test_a_server_that_renames_nothing(tmp_path: Path) -> None:
    with servers.embedded_ssh(tmp_path, "p", sftp=NoRename) as server:
        rig = sftp_rig(server, ("password", ""), ())
        with pytest.raises(TransientError, match="could not do it"):
            deliver(rig.destination(), "a.bin", b"1")
        assert rig.view.files() == {}
