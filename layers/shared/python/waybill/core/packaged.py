"""The files of a package, and where those that are ours lie: in its folder for manifests, or in the archive's root."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from waybill.core.compose import Literal, Part, Piece, compose
from waybill.core.errors import ConfigurationError, PermanentError
from waybill.core.layout import below
from waybill.core.manifest import Kind, PackagedFile
from waybill.core.plan import Plan, stage_folder


class StageForFiles(Protocol):
    def put(self, key: str, data: bytes) -> object: ...

    def compose(self, key: str, parts: Sequence[Part]) -> None: ...

    def sha256(self, key: str) -> tuple[int, str]: ...


def own_name(plan: Plan, name: str) -> str:
    """Where a file of ours lies in what the receiver gets: an archive holds it itself, since it is kept alone."""
    return name if plan.archived else below(plan.manifest_folder, name)


def refuse_our_names(ours: Iterable[str], others: Iterable[str]) -> None:
    """Raises ConfigurationError where data or media would have the name of a file that Waybill adds. Windows takes letters of
    either case for one.
    """
    known = {name.casefold() for name in ours}
    taken = next((name for name in others if name.casefold() in known), None)
    if taken:
        raise ConfigurationError(
            f"A file of the package would be called {taken}, which is the name of one that Waybill adds.",
            "Change the rule's layout, so that data and media have other names or a folder of their own.",
        )


def staged_key(plan: Plan, name: str, *, inside: bool = False) -> str:
    """Where a file of the package, or an archive's file of ours, is staged."""
    return f"{stage_folder(plan.tenant, plan.run_id)}/{'inside' if inside else 'files'}/{name}"


def staged_file(key: str, name: str, kind: Kind, media: str, size: int, sha256: str) -> PackagedFile:
    return PackagedFile(name=name, kind=kind, media_type=media, size=size, sha256=sha256, where="stage", key=key)


def put_own(plan: Plan, stage: StageForFiles, name: str, kind: Kind, media: str, data: bytes) -> PackagedFile:
    """A file of ours from memory. Its sum, too, is of what the stage has."""
    name = own_name(plan, name)
    key = staged_key(plan, name, inside=plan.archived)
    stage.put(key, data)
    return staged_file(key, name, kind, media, *stage.sha256(key))


def composed(
    stage: StageForFiles, key: str, name: str, kind: Kind, media: str, segments: Sequence[Literal | Piece]
) -> PackagedFile:
    """A file of staged pieces. Its sum is of what the stage has, whoever composed it."""
    stage.compose(key, compose(segments))
    size, digest = stage.sha256(key)
    expected = sum(s.size for s in segments)
    if size != expected:
        raise PermanentError(
            f"{name} was composed to {size} bytes instead of {expected}.", "Give the operator this run's id."
        )
    return staged_file(key, name, kind, media, size, digest)
