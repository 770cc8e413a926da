"""Preparing a batch of media: decrypted, verified, stitched, transcoded, and staged. One bad file never fails a run.

A file that cannot be prepared is delivered as it lies in the lake, and the manifest says why; one that was decrypted, but
not transcoded, in the clear. Bytes count only once all checks of them are over: what was staged before is never named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, Protocol

from waybill.core.media_settings import MediaSettings, VoiceFormat
from waybill.core.plan import Plan
from waybill.core.prepared import (
    Batch,
    Cut,
    ListedMedia,
    MediaKind,
    MediaList,
    Prepared,
    Results,
    Unprepared,
    list_key,
    results_key,
)
from waybill.core.workshop import StageForParts

LARGEST_LOCAL = 400 * 1024 * 1024
"""Bytes of a file that is transcoded, which needs seeking; what comes of it has at most as many, so that both fit on a
worker's disk of 1 GiB. What is only decrypted or verified may have any size.
"""
LARGEST_SIGNATURE = 1024 * 1024
RESULTS = 50
"""So many files' results are staged together; a worker that dies repeats at most as many."""
MOST_TRIES = 3
"""A file that ended its worker so often is left as it is."""
_FIRST = 64 * 1024
_LOOKS_UP = 64
"""After so many chunks, of at most a MiB, somebody looks at the clock."""


class TimeIsUp(Exception):
    """The work was stopped where it was: the invocation's time is nearly over."""


class MediaThere(Protocol):
    @property
    def version(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def metadata(self) -> Mapping[str, str]: ...


class LakeForMedia(Protocol):
    def head(self, key: str, version: str = "") -> MediaThere | None: ...

    def stream(self, key: str, version: str) -> Iterator[bytes]: ...


Decrypter = Callable[[Iterator[bytes]], Iterator[bytes]]
"""Encrypted bytes in, clear ones out; raises Unprepared, at the latest at the end. What came before counts for nothing then."""


class Ciphers(Protocol):
    def decrypter(self, first: bytes, metadata: Mapping[str, str]) -> Decrypter | None:
        """For a file that starts with these bytes (some KiB, or all) and has that metadata; None where it is in no encrypted
        form that is known. No key is asked for before the decrypter is used.
        """


class SignatureCheck(Protocol):
    def add(self, chunk: bytes) -> None: ...

    def fault(self) -> str:
        """Why the signature does not hold for the bytes that were added; empty where it does."""


class Sounds(Protocol):
    """Reads and writes media. All raise Unprepared for what cannot be read, and TimeIsUp where `must_stop` says so."""

    def transcode(
        self, source: Path, target: Path, kind: MediaKind, settings: MediaSettings, must_stop: Callable[[], bool]
    ) -> str:
        """Write `target` in the format that the settings have for what the file is; returns its ending with the dot. Empty,
        and no target, where the format is to be kept or the file is no media.
        """

    def stitch(self, pieces: Iterable[Piece], target: Path, wanted: VoiceFormat, must_stop: Callable[[], bool]) -> str:
        """Join the sound of all pieces in their order; returns the ending."""


@dataclass(frozen=True)
class Piece:
    """A local file that is gone once the next piece is asked for, and what to take of it."""

    path: Path
    from_seconds: float | None
    to_seconds: float | None


@dataclass(frozen=True)
class Studio:
    """What preparing needs of the world. `checks(signature)` makes a check of a detached signature against the tenant's
    certificates; `sounds` is asked for the first file that needs it; `folder` is an empty local folder; `attempt` is unique
    to the invocation, of `[a-z0-9-]`.
    """

    stage: StageForParts
    lake: LakeForMedia
    ciphers: Ciphers
    checks: Callable[[bytes], SignatureCheck]
    sounds: Callable[[], Sounds]
    folder: Path
    attempt: str
    out_of_time: Callable[[], bool]


def prepare_batch(plan: Plan, index: int, number: int, studio: Studio) -> Literal["done", "paused"]:
    """Prepare a batch's files, or go on with them. Idempotent: results that are staged stand, whoever staged them."""
    listed = MediaList.model_validate_json(studio.stage.read(list_key(plan, index)))
    key = listed.batches[number]
    files = Batch.model_validate_json(studio.stage.read(key)).files
    work = _Work(plan.settings.media, key, studio)
    done = chunk = 0
    while done < len(files):
        place = results_key(key, chunk)
        found = studio.stage.read_if_there(place)
        if found is None:
            results = work.results(files, done)
            if not results:
                return "paused"
            studio.stage.put(place, Results(files=tuple(results)).model_dump_json().encode())
            found = studio.stage.read(place)
        done += len(Results.model_validate_json(found).files)
        chunk += 1
    return "done"


@dataclass
class _Work:
    settings: MediaSettings
    batch: str
    studio: Studio
    begun: int = 0

    def results(self, files: Sequence[ListedMedia], start: int) -> list[Prepared]:
        """Of the next files, as many as there is time for; one at least where the invocation begins with it."""
        results: list[Prepared] = []
        for number in range(start, min(len(files), start + RESULTS)):
            if self.begun and self.studio.out_of_time():
                break
            self.begun += 1
            try:
                results.append(self._result(files[number], number))
            except TimeIsUp:
                if self.begun > 1:
                    break
                results.append(Prepared(problem="its preparation takes longer than a worker has"))
        return results

    def _result(self, file: ListedMedia, number: int) -> Prepared:
        try:
            return self._stitched(file, number) if file.cuts else self._single(file, number)
        except Unprepared as reason:
            return Prepared(problem=str(reason))
        finally:
            for leftover in self.studio.folder.iterdir():
                leftover.unlink()

    def _try(self, number: int) -> None:
        """Leaves a mark, once everything is there that a library reads: what a broken file does to it is not known before.
        Raises Unprepared where there are too many.
        """
        for times in range(MOST_TRIES):
            mark = f"{self.batch.removesuffix('.json')}.{number:05d}.try-{times}"
            if self.studio.stage.read_if_there(mark) is None:
                self.studio.stage.put(mark, b"begun")
                return
        raise Unprepared(f"its preparation ended the worker {MOST_TRIES} times")

    def _opens(self, file: ListedMedia) -> bool:
        """Whether the file's format may have to be changed: what it is shows inside."""
        return bool(file.cuts) or (self.settings.transcodes and file.kind is not MediaKind.OTHER)

    def _single(self, file: ListedMedia, number: int) -> Prepared:
        source = _Source(self.settings, self.studio, file.key, file.version, file.signed_with, file.encrypted_with)
        if not self._opens(file):
            if not source.encrypted:
                source.exhaust()
                return Prepared(signature=source.signature())
            staged = self.studio.stage.put_stream(self._key(number), source.clear())
            return Prepared(staged=staged.key, size=staged.size, sha256=staged.sha256, signature=source.signature())
        path = source.local("source", file.size)
        signature, ending, problem = source.signature(), "", ""
        target = self.studio.folder / "target"
        try:
            self._try(number)
            ending = self.studio.sounds().transcode(path, target, file.kind, self.settings, self.studio.out_of_time)
        except Unprepared as reason:
            problem = str(reason)
        if not ending and not source.encrypted:
            return Prepared(signature=signature, problem=problem)
        done = self._staged(number, target if ending else path, ending)
        return done.model_copy(update={"signature": signature, "problem": problem})

    def _stitched(self, file: ListedMedia, number: int) -> Prepared:
        wanted = self.settings.voice_format
        if wanted is VoiceFormat.KEEP:
            wanted = VoiceFormat.WAV
        signatures: list[str] = []
        pieces = self._pieces(file, number, signatures)
        target = self.studio.folder / "target"
        ending = self.studio.sounds().stitch(pieces, target, wanted, self.studio.out_of_time)
        signature = "valid" if signatures and all(signatures) else ""
        return self._staged(number, target, ending).model_copy(update={"signature": signature})

    def _pieces(self, file: ListedMedia, place: int, signatures: list[str]) -> Iterator[Piece]:
        """One on the disk at a time; what cannot be had is said with its number."""
        for number, cut in enumerate(file.cuts, start=1):
            try:
                path, signature = self._fetched(cut, file.signed_with)
            except Unprepared as reason:
                raise Unprepared(f"related file {number}: {reason}") from None
            signatures.append(signature)
            if number == 1:
                self._try(place)
            yield Piece(path, cut.from_seconds, cut.to_seconds)
            path.unlink()

    def _fetched(self, cut: Cut, signed_with: str) -> tuple[Path, str]:
        source = _Source(self.settings, self.studio, cut.key, cut.version, signed_with, "")
        path = source.local("piece", cut.size)
        return path, source.signature()

    def _staged(self, number: int, path: Path, ending: str) -> Prepared:
        staged = self.studio.stage.put_stream(self._key(number), _read(path))
        return Prepared(staged=staged.key, size=staged.size, sha256=staged.sha256, ending=ending)

    def _key(self, number: int) -> str:
        return f"{self.batch.removesuffix('.json')}.{number:05d}-{self.studio.attempt}"


class _Source:
    """One file of the lake, read once: as it is stored, and in the clear. Raises Unprepared where it cannot be."""

    def __init__(
        self, settings: MediaSettings, studio: Studio, key: str, version: str, signed_with: str, encrypted_with: str
    ) -> None:
        self._studio = studio
        there = studio.lake.head(key, version)
        if there is None:
            raise Unprepared("it is not in the lake any more")
        if not there.size:
            raise Unprepared("it is empty")
        chunks = studio.lake.stream(key, there.version)
        first = b""
        for chunk in chunks:
            first += chunk
            if len(first) >= _FIRST:
                break
        self._stored: Iterator[bytes] = chain([first], chunks)
        found = studio.ciphers.decrypter(first, there.metadata)
        if found is None and encrypted_with and settings.decrypt:
            raise Unprepared("its row says that it is encrypted, and it is in no form that can be decrypted")
        self._decrypt = found if settings.decrypt else None
        self._locked = found is not None and not settings.decrypt
        self._checks = self._signature_checks(key, signed_with) if settings.verify_signatures else ()

    @property
    def encrypted(self) -> bool:
        return self._decrypt is not None

    def _signature_checks(self, key: str, signed_with: str) -> tuple[SignatureCheck, ...]:
        """Of the stored bytes, then of the clear ones: a signature is of either."""
        beside = self._studio.lake.head(f"{key}.p7s")
        if beside is None:
            if signed_with:
                raise Unprepared("its row says that it is signed, and there is no signature beside it")
            return ()
        if beside.size > LARGEST_SIGNATURE:
            raise Unprepared(f"its signature has more than {LARGEST_SIGNATURE} bytes")
        signature = b"".join(self._studio.lake.stream(f"{key}.p7s", beside.version))
        return tuple(self._studio.checks(signature) for _ in range(2 if self.encrypted else 1))

    def clear(self) -> Iterator[bytes]:
        stored = self._seen(self._stored, 0)
        return self._seen(self._decrypt(stored), 1) if self._decrypt else stored

    def _seen(self, chunks: Iterable[bytes], which: int) -> Iterator[bytes]:
        for number, chunk in enumerate(chunks, start=1):
            if which < len(self._checks):
                self._checks[which].add(chunk)
            if number % _LOOKS_UP == 0 and self._studio.out_of_time():
                raise TimeIsUp
            yield chunk

    def exhaust(self) -> None:
        """Reads what must be read of a file that stays as it is."""
        if self._checks:
            for _ in self.clear():
                pass

    def local(self, name: str, size: int) -> Path:
        if self._locked:
            raise Unprepared("it is encrypted, and the rule does not decrypt")
        too_large = Unprepared(f"it has more than {LARGEST_LOCAL} bytes, the most that is transcoded")
        if size > LARGEST_LOCAL:
            raise too_large
        path, written = self._studio.folder / name, 0
        with path.open("wb") as file:
            for chunk in self.clear():
                written += len(chunk)
                if written > LARGEST_LOCAL:
                    raise too_large
                file.write(chunk)
        return path

    def signature(self) -> str:
        """`valid`, or empty for none, once all was read. Raises Unprepared where there is one that does not hold."""
        faults = [check.fault() for check in self._checks]
        if faults and all(faults):
            raise Unprepared(f"its signature does not hold: {faults[-1]}")
        return "valid" if faults else ""


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            yield chunk
