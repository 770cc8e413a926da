"""What the benches of archives share: the inputs, our side, and the check that both archives hold the input."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from bench.measure import Bench, Mismatch, PeerMissing, Side
from bench.rows import query_of
from waybill.core.archive import BLOCK, Encryption, central_directory, derive_salt
from waybill.engines.zip_entry import entry

PASSWORD = "correct horse battery staple"
ROWS = 1_500_000
NOISE = 512 << 20
"""Bytes of what cannot be compressed; its name says so to both sides."""
AT = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
NDJSON, MEDIA = "rows.ndjson", "noise.mp3"

Check = Callable[[Path], None]


def comparison(
    name: str, source: str, encryption: Encryption, peer: tuple[str, str, Callable[[Path], None]], *also: Check
) -> Bench:
    """One file (`NDJSON` or `MEDIA`) put into an archive. `peer` is its label, the command it needs, and its work, which
    leaves `peer.zip` in the folder; `also` are checks beside that of the contents.
    """
    label, needs, work = peer

    def prepare(folder: Path, size: float) -> str:
        for command in filter(None, ("7z", needs)):
            if not shutil.which(command):
                raise PeerMissing(f"{command}; run bash tests/programs.sh")
        _make(folder / source, size)
        mib = (folder / source).stat().st_size / 2**20
        kind = "NDJSON" if source == NDJSON else "random bytes"
        return (
            f"{mib:,.0f} MiB of {kind}, read from a file and written to a file; password of {len(PASSWORD)} characters"
        )

    def ours(folder: Path) -> float:
        salt = derive_salt("bench", 1, source, "1")
        chunks = _chunks(folder / source)
        _gone(folder / "ours.zip")
        with (folder / "ours.zip").open("wb", buffering=0) as file:
            made = entry(source, AT, chunks, password=PASSWORD, encryption=encryption, salt=salt, large=True)
            for piece in made:
                file.write(piece)
            file.write(central_directory([made.entry]))
        return _megabytes(folder)

    def theirs(folder: Path) -> float:
        _gone(folder / "peer.zip")
        work(folder)
        return _megabytes(folder)

    def _megabytes(folder: Path) -> float:
        return (folder / source).stat().st_size / 1e6

    def check(folder: Path) -> None:
        same_contents(folder, source)
        for one in also:
            one(folder)

    return Bench(name, "MB/s", Side("waybill", ours), Side(label, theirs), prepare, check)


def by_program(*command: str) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    return work


def same_contents(folder: Path, source: str) -> None:
    """Raises Mismatch unless 7z reads the input out of both archives."""
    wanted = _digest(_chunks(folder / source))
    for side in ("ours", "peer"):
        command = ["7z", "x", "-so", f"-p{PASSWORD}", f"{side}.zip"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
            assert program.stdout
            found = _digest(iter(partial(program.stdout.read, BLOCK), b""))
        if program.returncode or found != wanted:
            raise Mismatch(f"7z does not read the input out of the archive of {side}")


def no_larger(folder: Path) -> None:
    """Raises Mismatch where our archive is larger than the peer's."""
    ours, peer = ((folder / f"{side}.zip").stat().st_size for side in ("ours", "peer"))
    if ours > peer:
        raise Mismatch(f"ours has {ours:,} bytes, the peer's {peer:,}")


def _gone(path: Path) -> None:
    """Both sides write a new file: ext4 writes what takes the place of a truncated one to the disk as it is closed."""
    path.unlink(missing_ok=True)


def _make(path: Path, size: float) -> None:
    if path.name == NDJSON:
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query_of(int(ROWS * size))}) TO '{path}' (FORMAT json)")
    else:
        path.write_bytes(hashlib.shake_128(b"waybill").digest(int(NOISE * size)))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        yield from iter(lambda: file.read(BLOCK), b"")


def _digest(chunks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
