"""Sending one staged file to one destination, and the promises that every destination makes.

A destination is a small adapter (`destinations/`): it dials, authenticates, moves bytes, and translates its vendor's
errors. What all of them need alike, reading the stage part by part, resuming, stopping in time and checking the receipt,
is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from waybill.core.errors import PermanentError, WaybillError
from waybill.core.pace import UNHURRIED, Pace

ResumePoint = dict[str, Any]
"""What an adapter needs to go on with a transfer in another process: JSON values only, no secret, under 200 KB."""


@dataclass(frozen=True)
class Capabilities:
    """What a kind of destination can do, as data.

    `part_size` bytes is how much one `put` takes of all but very large files (`Transfer.part_size` decides), `largest_file`
    bytes the most that one file may hold, `longest_name` the most characters of a whole path, `forbidden` characters that
    no name may hold.

    `keeps_names`: a file lies under its name, and no other can take it; else the name is only told. `reads_back`: what
    arrived can be looked at again, so that a receipt compares it; else the receipt is the server's word. `resumes`: a
    transfer that was cut goes on where it was; else it starts anew.
    """

    part_size: int
    largest_file: int
    longest_name: int
    forbidden: str = ""
    keeps_names: bool = True
    reads_back: bool = True
    resumes: bool = True


@dataclass(frozen=True)
class Origin:
    """Where in the platform a file's bytes lie for good: in that object, from its byte `start` on. `version` is empty where
    nothing is ever overwritten.
    """

    where: Literal["stage", "lake"]
    key: str
    version: str = ""
    start: int = 0


@dataclass(frozen=True)
class OutgoingFile:
    """One file to send. `name` is the path below the destination's root, `/` between folders, checked by `core.layout`.

    `token` is unique to the run and the file, stable over retries, of `[a-z0-9-]`: adapters name temporary objects by it.
    `run` is the run's id, for kinds that tell it.
    `origin` is for a destination that can reach the platform's own buckets.
    """

    name: str
    size: int
    sha256: str
    token: str
    media_type: str = "application/octet-stream"
    run: str = ""
    origin: Origin | None = None


@dataclass(frozen=True)
class Stat:
    """What the destination says of a name: `checksum` is `"<algorithm>:<hex>"` where it offers one, else empty."""

    size: int
    checksum: str = ""
    version: str = ""


@dataclass(frozen=True)
class Receipt:
    """Proof from the destination after the commit. `checksum` is the destination's own, `"<algorithm>:<hex>"`.

    `compared` says which comparison held: `checksum`, or `size` where the server offers no checksum. `accepted`: nothing can be
    read back, the server said that it took the file; `size` is then what it was given, and `version` its words.
    """

    name: str
    size: int
    checksum: str
    version: str
    compared: Literal["checksum", "size", "accepted"]


StepName = Literal[
    "resolve",
    "connect",
    "host_key",
    "tls",
    "assume_role",
    "external_id",
    "authenticate",
    "recipients",
    "write",
    "read_back",
    "rename",
    "delete",
]


@dataclass(frozen=True)
class ProbeStep:
    """One step of a connection test, in the order in which it ran. `advice` is empty where the step went well.

    `facts` hold what its user may want to see or confirm: the resolved address, the host key's fingerprint, the certificate.
    `milliseconds` is how long it took. One that was not `reached`, since another failed before it, is not ok either.
    """

    step: StepName
    ok: bool
    message: str
    advice: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    milliseconds: int = 0
    reached: bool = True

    @property
    def result(self) -> Literal["ok", "failed", "not_reached"]:
        if not self.reached:
            return "not_reached"
        return "ok" if self.ok else "failed"


class Transfer(Protocol):
    """One file on its way. Made by `Destination.open`; used by one thread; ended by exactly one of commit, abort, close."""

    @property
    def offset(self) -> int:
        """From which byte of the file the next `put` goes on."""

    @property
    def part_size(self) -> int:
        """How many bytes each `put` of this file takes; the last takes what is left. The same on every retry."""

    def put(self, part: bytes) -> None:
        """Take the part at `offset`. May return before the bytes have arrived; an error then shows at a later call.

        Idempotent: a part that is put again after a resume replaces itself.
        """

    def settle(self) -> None:
        """Wait until all that was put has arrived."""

    def resume_point(self) -> ResumePoint:
        """How to go on, in this or another process, from what is known to have arrived by now. Never waits, never raises,
        also after an error of another method.
        """

    def commit(self) -> Receipt:
        """Make the whole file appear under its name in one step, then read back its receipt.

        Before it, the name does not exist (or holds what it held). Raises NameTaken if the name holds other bytes;
        if it holds these very bytes, a lost earlier commit of ours, returns the receipt as if it had been this one.
        A kind that does not keep names (`Capabilities`) sends the same again, marked so that the receiver knows it.
        """

    def abort(self) -> None:
        """Remove what was sent; the name stays as it was. Never raises for something that is already gone."""

    def close(self) -> None:
        """Give up sockets and threads, leaving what was sent for a resume. Safe to call again, and after commit."""


@runtime_checkable
class Fetching(Protocol):
    """A transfer that gets its bytes from the file's origin by itself."""

    def fetch(self) -> None:
        """As `put`, of the part at `offset`, whose bytes never come here."""


class Destination(Protocol):
    """One saved endpoint with its secret. Used by one thread at a time. Every method raises only

    - TransientError: the network, throttling, a server's 5xx: the same call may succeed later;
    - ConfigurationError (AccessDenied, HostKeyChanged, NameTaken): the tenant must change something, and the message
      says what;
    - PermanentError: none of the two.

    No message holds a secret.
    """

    capabilities: Capabilities

    @property
    def probe_order(self) -> tuple[StepName, ...]:
        """The steps of `probe` where all goes well."""

    def probe(self) -> Iterator[ProbeStep]:
        """Test the whole way with a small object of a random name, step by step; stops after the first that fails. A kind
        that cannot take back what it sends goes as far as it can without sending.

        Leaves nothing behind where deleting is allowed. Never raises: what went wrong is the last step.
        """

    def open(self, file: OutgoingFile, resume: ResumePoint | None) -> Transfer:
        """Start to send `file`, or go on from `resume`. A resume point that the server no longer knows starts anew."""

    def stat(self, name: str) -> Stat | None:
        """What is there under `name`; None where nothing is, or where the kind cannot look (`Capabilities.reads_back`)."""

    def close(self) -> None:
        """Give up connections. Safe to call again."""


class Ledger(Protocol):
    """Where resume points survive the process. One entry a run, destination and file."""

    def load(self) -> ResumePoint | None: ...

    def save(self, point: ResumePoint) -> None: ...


class Source(Protocol):
    """A staged file, read by ranges."""

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`; raises TransientError where the stage does not answer."""


@dataclass(frozen=True)
class Paused:
    """Time ran out; the ledger holds the resume point. `sent` bytes are safe at the destination."""

    sent: int


def send(
    destination: Destination,
    file: OutgoingFile,
    source: Source,
    ledger: Ledger,
    out_of_time: Callable[[], bool],
    progress: Callable[[int], None] = lambda sent: None,
    save_every: int = 64 * 1024 * 1024,
    pace: Pace = UNHURRIED,
) -> Receipt | Paused:
    """Send one file, resumably, and prove that it arrived.

    Idempotent: sending again what has arrived returns its receipt. `out_of_time` is asked between parts; when it says
    yes, the resume point is saved and `Paused` returned. Every `save_every` bytes the resume point is saved as well, so
    that a killed process loses not much more than that. `pace` holds parts back. Raises what the destination raises; the
    resume point is saved then.
    """
    transfer = destination.open(file, ledger.load())
    try:
        ledger.save(transfer.resume_point())
        saved = transfer.offset
        while transfer.offset < file.size:
            if out_of_time():
                transfer.settle()
                ledger.save(transfer.resume_point())
                return Paused(transfer.offset)
            if not pace.ready():
                continue
            before = transfer.offset
            if isinstance(transfer, Fetching):
                transfer.fetch()
            else:
                length = min(transfer.part_size, file.size - transfer.offset)
                transfer.put(source.read(transfer.offset, length))
            pace.took(transfer.offset - before)
            progress(transfer.offset)
            if transfer.offset - saved >= save_every:
                ledger.save(transfer.resume_point())
                saved = transfer.offset
        return _proven(transfer.commit(), file)
    except WaybillError:
        ledger.save(transfer.resume_point())
        raise
    finally:
        transfer.close()


def _proven(receipt: Receipt, file: OutgoingFile) -> Receipt:
    if receipt.size != file.size:
        raise PermanentError(
            f"{file.name} arrived with {receipt.size} bytes instead of {file.size}.",
            "Run the rule again; if it happens again, the destination cuts or changes files on arrival.",
        )
    return receipt
