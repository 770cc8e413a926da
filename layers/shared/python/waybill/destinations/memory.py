"""Memory: files in a dictionary of this process, for tests, faults on demand. The pattern for a new destination."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import Field, SecretStr

from waybill.core.deliver import Capabilities, OutgoingFile, ProbeStep, Receipt, ResumePoint, Stat
from waybill.core.errors import AccessDenied, ConfigurationError, TransientError, WaybillError
from waybill.destinations.config import DestinationConfig, Prefix, joined
from waybill.destinations.dial import Surroundings
from waybill.destinations.failures import BUSY, CUT, Meaning, explained, taken
from waybill.destinations.parts import Arrived
from waybill.destinations.probing import CONTENT, OBJECT, probe_name, told

# -- config


class Config(DestinationConfig):
    box: str = Field(min_length=1, description="The name of the box that holds the files; it must exist.")
    password: SecretStr = Field(description="The box's password.")
    prefix: Prefix = Field("", description="A folder in the box below which all files are put.")

    def _place(self) -> tuple[str, ...]:
        return (self.box, self.prefix)


# -- capabilities

CAPABILITIES = Capabilities(part_size=64 * 1024, largest_file=1024**3, longest_name=1024)


# -- what stands for the vendor


@dataclass
class Faults:
    """What goes wrong next. `cut_after`: bytes that are taken before the connection drops, once; `busy`: so many calls
    fail; `wrong_checksum`: files change when they are committed.
    """

    cut_after: int | None = None
    busy: int = 0
    wrong_checksum: bool = False


@dataclass
class Box:
    """One server: committed files, and uploads by their id."""

    password: str = field(repr=False)
    files: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)


class VendorError(Exception):
    """What a vendor's library would raise: its code."""


BOXES: dict[str, Box] = {}

# -- the destination


def connect(config: Config, surroundings: Surroundings) -> Memory:
    del surroundings  # nothing is dialled
    return Memory(config)


class Memory:
    """Atomic: `commit` moves the upload under its name. Idempotent: the same bytes under the name count as ours."""

    capabilities = CAPABILITIES
    probe_order = OBJECT

    def __init__(self, config: Config) -> None:
        self._config = config

    def probe(self) -> Iterator[ProbeStep]:
        key = joined(self._config.prefix, probe_name())
        return told(OBJECT, self._steps(key), lambda: self._forget(key))

    def _steps(self, key: str) -> Iterator[ProbeStep]:
        box = self._box()
        yield ProbeStep("authenticate", True, "The password fits.")
        box.files[key] = CONTENT
        yield ProbeStep("write", True, "A small file was written.")
        yield ProbeStep("read_back", box.files[key] == CONTENT, "It reads back the same.")
        self._forget(key)
        yield ProbeStep("delete", True, "It was deleted.")

    def open(self, file: OutgoingFile, resume: ResumePoint | None) -> Upload | Arrived:
        box, key = self._box(), joined(self._config.prefix, file.name)
        if resume and file.token not in box.uploads and box.files.get(key) is not None:
            there = _receipt(file, box.files[key])
            if there.checksum == f"sha256:{file.sha256}":
                return Arrived(there, CAPABILITIES.part_size, resume)
        sent = box.uploads.setdefault(file.token, bytearray())
        confirmed = min(len(sent), int(resume["sent"]) if resume else 0)
        return Upload(box, key, file, confirmed - confirmed % CAPABILITIES.part_size)

    def stat(self, name: str) -> Stat | None:
        content = self._box().files.get(joined(self._config.prefix, name))
        return None if content is None else Stat(len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")

    def close(self) -> None:
        """Nothing is open."""

    def _box(self) -> Box:
        box = BOXES.get(self._config.box)
        if box is None:
            raise _meant(VendorError("no_box"))
        if box.password != self._config.password.get_secret_value():
            raise _meant(VendorError("bad_password"))
        _busy(box)
        return box

    def _forget(self, key: str) -> None:
        if self._config.box in BOXES:
            BOXES[self._config.box].files.pop(key, None)


class Upload:
    """One file on its way into a box."""

    part_size = CAPABILITIES.part_size

    def __init__(self, box: Box, key: str, file: OutgoingFile, offset: int) -> None:
        self._box, self._key, self._file = box, key, file
        self.offset = offset

    def put(self, part: bytes) -> None:
        _busy(self._box)
        sent, cut = self._box.uploads[self._file.token], self._box.faults.cut_after
        if cut is not None and self.offset + len(part) > cut:
            sent[self.offset :] = part[: cut - self.offset]
            self._box.faults.cut_after = None
            raise _meant(VendorError("cut"))
        sent[self.offset : self.offset + len(part)] = part
        self.offset += len(part)

    def settle(self) -> None:
        """Nothing is under way."""

    def resume_point(self) -> ResumePoint:
        return {"sent": self.offset}

    def commit(self) -> Receipt:
        _busy(self._box)
        content = bytes(self._box.uploads.pop(self._file.token))
        if self._box.faults.wrong_checksum:
            content = content[:-1] + b"!"
        if self._box.files.setdefault(self._key, content) != content:
            raise taken(self._file.name)
        receipt = _receipt(self._file, content)
        if receipt.checksum != f"sha256:{self._file.sha256}":
            del self._box.files[self._key]
            raise _meant(VendorError("changed"))
        return receipt

    def abort(self) -> None:
        self._box.uploads.pop(self._file.token, None)

    def close(self) -> None:
        """Nothing is open."""


def _receipt(file: OutgoingFile, content: bytes) -> Receipt:
    return Receipt(file.name, len(content), f"sha256:{hashlib.sha256(content).hexdigest()}", "", "checksum")


def _busy(box: Box) -> None:
    if box.faults.busy > 0:
        box.faults.busy -= 1
        raise _meant(VendorError("busy"))


# -- error map

ERRORS: Mapping[str, Meaning] = {
    "bad_password": Meaning(AccessDenied, "The password is wrong.", "Save the right password."),
    "no_box": Meaning(ConfigurationError, "There is no such box.", "Correct box, or make the box."),
    "cut": CUT,
    "busy": BUSY,
    "changed": Meaning(TransientError, "The file arrived with other bytes.", "Waybill sends it again."),
}


def _meant(error: VendorError) -> WaybillError:
    return explained(ERRORS, [str(error)])
