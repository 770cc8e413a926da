"""What sealing needs of the world: narrow ports, and the bench that holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from waybill.core.compose import Part
from waybill.core.listing import Listing
from waybill.core.ports import Signer
from waybill.core.workshop import Encoder, SecretReader, StagedBytes


class StageForSeal(Protocol):
    def put(self, key: str, data: bytes) -> object: ...

    def put_stream(self, key: str, chunks: Iterator[bytes]) -> StagedBytes: ...

    def compose(self, key: str, parts: Sequence[Part]) -> None: ...

    def sha256(self, key: str) -> tuple[int, str]: ...

    def read(self, key: str) -> bytes: ...

    def read_if_there(self, key: str) -> bytes | None: ...

    def stream(self, key: str) -> Iterator[bytes]: ...


Pdf = Callable[[Listing], Iterator[bytes]]


@dataclass(frozen=True)
class SealBench:
    """What sealing needs. `archive` makes the encoder where there is an archive, `pdf` renders a list.

    `attempt` is as a `Workshop`'s: two workers on one run never share a piece. `out_of_time` says that what takes long is
    left to the next call.
    """

    stage: StageForSeal
    signer: Signer
    secrets: SecretReader
    archive: Callable[[], Encoder]
    pdf: Pdf
    attempt: str
    out_of_time: Callable[[], bool]
