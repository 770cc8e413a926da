"""What all benches of uploads share: the file, our way to send it, and the sum that must arrive."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.measure import Mismatch, peak_memory_mib
from waybill.core.deliver import OutgoingFile, Receipt, send
from waybill.destinations.dial import Surroundings

SOURCE = "noise.bin"
MOST_MEMORY_MIB = 256


@dataclass(frozen=True)
class Staged:
    """The file as the stage gives it: by ranges."""

    path: Path

    def read(self, offset: int, length: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


class Forgetful:
    """A ledger for an upload that nobody cuts."""

    def load(self) -> None:
        return None

    def save(self, point: object) -> None:
        del point


def make(folder: Path, mib: float) -> str:
    content = hashlib.shake_128(b"waybill").digest(int(mib * 2**20))
    (folder / SOURCE).write_bytes(content)
    (folder / "sha256").write_text(hashlib.sha256(content).hexdigest())
    return f"{mib:,.0f} MiB of random bytes from a file"


def wanted(folder: Path) -> str:
    return (folder / "sha256").read_text()


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def megabytes(folder: Path) -> float:
    return (folder / SOURCE).stat().st_size / 1e6


def send_by(kind: ModuleType, settings: Mapping[str, Any], folder: Path, name: str) -> None:
    """As `deliver` does: connect, send, read the receipt. Raises Mismatch where it takes more memory than it may."""
    destination = kind.connect(kind.Config.model_validate(settings), Surroundings(allowed_networks=("127.0.0.0/8",)))
    file = OutgoingFile(name, (folder / SOURCE).stat().st_size, wanted(folder), "bench")
    receipt = send(destination, file, Staged(folder / SOURCE), Forgetful(), lambda: False)
    destination.close()
    if not isinstance(receipt, Receipt):
        raise Mismatch("it stopped on the way")
    if peak_memory_mib() > MOST_MEMORY_MIB:
        raise Mismatch(f"it took {peak_memory_mib():.0f} MiB of memory, more than {MOST_MEMORY_MIB}")
