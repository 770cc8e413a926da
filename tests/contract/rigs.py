"""What the hostile suite knows of a kind of destination: how to reach it, and a view of its server past our code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

from waybill.core.deliver import Capabilities, Destination, OutgoingFile, Receipt, ResumePoint, send
from waybill.destinations import memory
from waybill.destinations.dial import Surroundings

LOOPBACK = "127.0.0.1"
HERE = Surroundings(allowed_networks=("127.0.0.0/8",))


class View(Protocol):
    """The server, seen by its owner."""

    def files(self) -> dict[str, bytes]:
        """Everything that a reader sees, by path below the destination's root."""

    def plant(self, name: str, content: bytes) -> None:
        """Somebody else writes a file."""

    def leftovers(self) -> list[str]:
        """What unfinished uploads leave, where the owner can see it."""

    def forget(self) -> None:
        """Throw all unfinished uploads away."""


@dataclass(frozen=True)
class Rig:
    """One kind on one server, with a place of its own for each test.

    `wrong_secret` names a secret field and gives a value that is well-formed but wrong (None: the kind has no secret and no
    place of the tenant's); `missing_place` settings that
    name a place which is not there, and `missing_step` the probe's step that finds out; `unreachable` settings of a
    closed port; `last_steps` with what a probe that goes well ends; `lacks` what this server cannot do, by the test that is
    left out, with the reason.
    """

    module: ModuleType
    settings: Mapping[str, Any] = field(repr=False)
    view: View
    wrong_secret: tuple[str, str] | None = field(repr=False)
    missing_place: Mapping[str, Any]
    missing_step: str | None
    unreachable: Mapping[str, Any] | None
    canaries: tuple[str, ...] = field(repr=False)
    part_size: int = 16 * 1024 * 1024
    surroundings: Surroundings = HERE
    last_steps: tuple[str, str] = ("read_back", "delete")
    lacks: Mapping[str, str] = field(default_factory=dict)

    @property
    def able(self) -> Capabilities:
        found: Capabilities = self.module.CAPABILITIES
        return found

    def destination(self, **changes: Any) -> Destination:
        made: Destination = self.module.connect(self.config(**changes), self.surroundings)
        return made

    def config(self, **changes: Any) -> Any:
        return self.module.Config.model_validate({**self.settings, **changes})


@dataclass
class Kept:
    """A ledger."""

    point: ResumePoint | None = None

    def load(self) -> ResumePoint | None:
        return self.point

    def save(self, point: ResumePoint) -> None:
        self.point = point


@dataclass(frozen=True)
class Bytes:
    """A staged file."""

    content: bytes = field(repr=False)

    def read(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length]


def outgoing(name: str, content: bytes, token: str = "") -> OutgoingFile:
    digest = hashlib.sha256(content).hexdigest()
    return OutgoingFile(
        name, len(content), digest, token or hashlib.sha256(f"{name} {digest}".encode()).hexdigest()[:24]
    )


def deliver(
    destination: Destination, name: str, content: bytes, ledger: Kept | None = None, token: str = ""
) -> Receipt:
    sent = send(destination, outgoing(name, content, token), Bytes(content), ledger or Kept(), lambda: False)
    assert isinstance(sent, Receipt)
    return sent


class _MemoryView:
    def __init__(self, box: memory.Box) -> None:
        self.box = box

    def files(self) -> dict[str, bytes]:
        return dict(self.box.files)

    def plant(self, name: str, content: bytes) -> None:
        self.box.files[name] = content

    def leftovers(self) -> list[str]:
        return list(self.box.uploads)

    def forget(self) -> None:
        self.box.uploads.clear()


def memory_rig() -> Rig:
    box = memory.BOXES["contract"] = memory.Box("memory-canary-7Q")
    return Rig(
        module=memory,
        settings={"box": "contract", "password": "memory-canary-7Q"},
        view=_MemoryView(box),
        wrong_secret=("password", "memory-canary-8Z"),
        missing_place={"box": "absent"},
        missing_step="authenticate",
        unreachable=None,
        canaries=("memory-canary",),
        part_size=memory.CAPABILITIES.part_size,
    )
