"""What lies in the given places: manifests, what they list, and what nobody lists."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from waybill_cli.verifying.archive import Archive, Broken, Locked
from waybill_cli.verifying.chain import check_chains
from waybill_cli.verifying.finding import PASSWORD, Finding, Progress, Report, wrong
from waybill_cli.verifying.manifest import LARGEST, NAME, SIGNATURE_NAME, Listed, Manifest, Unreadable, read_manifest
from waybill_cli.verifying.places import Unusable, below, file_findings, opened, real, said, within
from waybill_cli.verifying.signature import LARGEST_SIGNATURE, Forged, Keys, check_signature
from waybill_cli.verifying.volumes import number_of, volume_name, volumes_beside

AT_ONCE = 4
"""Files read side by side: hashing leaves the processor to others while it waits for the disk."""
_NO_RUN, _READABLE = "Give the folder of a run.", "Let yourself read it"
_KEYS = "Save the answer of GET /signing-keys of the platform that you trust, and give it: --keys."


@dataclass(frozen=True)
class Given:
    """How to look. `keys` is None where none were given; `entries`: look into archives that are proven as a whole, too."""

    keys: Keys | None = None
    password: str = ""
    entries: bool = False
    from_first: bool = False


@dataclass(frozen=True)
class Check:
    """One file or archive to be read; `size` is what the manifest says, in bytes."""

    size: int
    made: Callable[[Progress], Iterable[Finding]]


@dataclass
class Look:
    """All that is to be verified. First `into` each place, then `finish`."""

    given: Given
    report: Report = field(default_factory=Report)
    checks: list[Check] = field(default_factory=list)
    _delivered: list[Manifest] = field(default_factory=list)
    _listed: set[Path] = field(default_factory=set)
    _looked: set[Path] = field(default_factory=set)
    _places: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many bytes are still to be read."""
        return sum(check.size for check in self.checks)

    def into(self, place: Path) -> None:
        """A folder of one run or of many, a manifest, or an archive."""
        if place.is_dir():
            self._folder(place)
        elif place.name == NAME:
            self._manifest(place.parent, place)
        else:
            self._archives(place.parent, [place])

    def finish(self, progress: Progress) -> Report:
        """Read everything once, and hold the runs against each other."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for found in pool.map(lambda check: list(check.made(progress)), self.checks):
                self.report.findings += found
        check_chains(self._delivered, self.report, from_first=self.given.from_first)
        return self.report

    def _folder(self, root: Path) -> None:
        files = self._files(root)
        there = set(files)
        for path in files:
            if path.name == NAME:
                self._manifest(root, path)
            elif path.name == SIGNATURE_NAME and path.with_name(NAME) not in there:
                place = below(root, path.with_name(NAME))
                self.report.wrong(place, f"{place} is missing.")
        if not any(path.name in (NAME, SIGNATURE_NAME) for path in files):
            archives = [path for path in files if path.suffix.lower() == ".zip"]
            self._archives(root, archives)
            self._listed.update(map(real, archives))
            if not archives:
                self.report.wrong(said(str(root)), f"There is no {NAME} and no ZIP in {said(str(root))}.", _NO_RUN)
        for path in files:
            if path.name not in (NAME, SIGNATURE_NAME) and real(path) not in self._listed:
                self.report.note(below(root, path), f"{said(path.name)} is in no manifest.")

    def _files(self, root: Path) -> list[Path]:
        """All files below; what could not be looked into is told."""

        def refused(error: OSError) -> None:
            place = below(root, Path(error.filename))
            self.report.unchecked(
                place, f"{place} was not looked into ({error.strerror}).", f"{_READABLE}, and verify again."
            )

        files: list[Path] = []
        for folder, folders, names in os.walk(root, onerror=refused):
            files += [Path(folder) / name for name in names]
            for link in (path for path in (Path(folder) / name for name in folders) if path.is_symlink()):
                place = below(root, link)
                self.report.unchecked(place, f"{place} is a link to a folder and was not followed.", f"Verify {place}.")
        return sorted(files)

    def _manifest(self, root: Path, path: Path) -> None:
        place = below(root, path)
        if self._known(path):
            return
        try:
            data = opened(root, path, LARGEST)
        except Unusable as why:
            self.report.wrong(place, f"{place} {why}.")
            return
        try:
            signature = opened(root, path.with_name(SIGNATURE_NAME), LARGEST_SIGNATURE)
        except Unusable:
            signature = None
        manifest = self._read(place, data, signature)
        if manifest is None:
            return
        if not self._is_copy(manifest, place, beside=""):
            self._delivered.append(manifest)
        base = _base(path, manifest)
        if not within(root, base):
            lie = f"The files that {place} lists lie above the given folder and were not read."
            self.report.unchecked(place, lie, f"Verify {said(str(base))}.")
            return
        for file in manifest.files:
            self._listed.add(real(base / file.name))
            self._file(root, base / file.name, file)

    def _known(self, path: Path) -> bool:
        """Whether it was looked at before: places may be given twice, or one in the other."""
        found, known = real(path), len(self._looked)
        self._looked.add(found)
        return len(self._looked) == known

    def _is_copy(self, manifest: Manifest, place: str, beside: str) -> bool:
        """Of a run that is here already, a second one proves nothing: it may stand in another run's place. `beside` tells
        manifests in archives from those in folders, which may be unpacked ones.
        """
        first = self._places.setdefault((manifest.sha256, beside), place)
        if first == place:
            self.report.runs += 1
            return False
        copy = f"{place} is the very manifest of {first}: a copy of that run, or that run in the place of another one."
        self.report.unchecked(place, copy, "Remove the copy; if another run should be there, ask for it again.")
        return True

    def _read(self, place: str, data: bytes, signature: bytes | None) -> Manifest | None:
        try:
            manifest = read_manifest(data)
        except Unreadable as unreadable:
            self.report.wrong(place, f"{place} {unreadable}.")
            return None
        if signature is None:
            self.report.wrong(place, f"{place} has no signature beside it.")
        elif self.given.keys is None:
            self.report.unchecked(place, f"The signature of {place} was not checked: there is no key.", _KEYS)
        else:
            try:
                check_signature(data, signature, self.given.keys)
                self.report.signatures += 1
            except Forged as forged:
                advice = "Do not use these files before the platform has told you that key or sent them again."
                self.report.wrong(place, f"The signature of {place} {forged}.", advice)
        return manifest

    def _file(self, root: Path, path: Path, file: Listed) -> None:
        self.report.files += 1
        self.report.size += file.size

        def made(progress: Progress) -> Iterator[Finding]:
            found = list(file_findings(root, path, file, progress))
            yield from found
            if not found and self.given.entries and file.entries:
                yield from self._entries(path, below(root, path), file.entries, progress)

        self.checks.append(Check(file.size, made))

    def _entries(self, path: Path, place: str, entries: Sequence[Listed], progress: Progress) -> Iterator[Finding]:
        try:
            archive = Archive(path, self.given.password)
        except Broken as broken:
            yield wrong(place, f"{place} {broken}.")
            return
        try:
            yield from archive.findings(place, [e for e in entries if e.name not in (NAME, SIGNATURE_NAME)], progress)
        finally:
            archive.close()

    def _archives(self, root: Path, paths: Sequence[Path]) -> None:
        """Archives without the manifest that was delivered beside them: the one inside proves what it lists."""
        for path in paths:
            group = volumes_beside(path)
            if len(group) > 1:
                alone = [one for one in group if self._stands_alone(one)]
                group = [path] if path in alone else [one for one in group if one not in alone]
            if not self._known(group[-1]):
                self._package(root, group)

    def _stands_alone(self, path: Path) -> bool:
        """Whether its name only looks like a volume's: its own manifest tells of no volumes."""
        try:
            archive = Archive(path, self.given.password)
        except Broken:
            return False
        try:
            files = read_manifest(archive.read(NAME)).files
        except (KeyError, Locked, Broken, Unreadable):
            return False
        finally:
            archive.close()
        return bool(files) and all(file.volume is None for file in files)

    def _package(self, root: Path, volumes: Sequence[Path]) -> None:
        last = volumes[-1]
        place = below(root, last)
        try:
            archive = Archive(last, self.given.password)
        except Broken as broken:
            self.report.wrong(place, f"{place} {broken}.")
            return
        try:
            data = archive.read(NAME)
            signature = archive.read(SIGNATURE_NAME) if SIGNATURE_NAME in archive.names else None
        except KeyError:
            said = f"There is no {NAME} in {place}: its last volume is missing, or it is no package of Waybill."
            self.report.wrong(place, said)
            return
        except Locked:
            self.report.unchecked(place, f"{place} is encrypted and was not looked into.", PASSWORD)
            return
        except Broken as broken:
            self.report.wrong(place, f"The manifest in {place} {broken}.")
            return
        finally:
            archive.close()
        manifest = self._read(f"{place}/{NAME}", data, signature)
        if manifest is not None:
            self._is_copy(manifest, f"{place}/{NAME}", beside="archive")
            self._volumes(root, volumes, manifest)

    def _volumes(self, root: Path, volumes: Sequence[Path], manifest: Manifest) -> None:
        numbered = any(entry.volume is not None for entry in manifest.files)
        here = {number_of(path): path for path in volumes} if numbered else {1: volumes[-1]}
        wanted: dict[int, list[Listed]] = {number: [] for number in here}
        for entry in manifest.files:
            wanted.setdefault(entry.volume or 1, []).append(entry)
        self.report.note(
            below(root, volumes[-1]),
            f"{said(volumes[-1].name)} was verified by the manifest inside; the one beside it links runs to each other.",
        )
        for number, entries in sorted(wanted.items()):
            self.report.files += len(entries)
            self.report.size += sum(e.size for e in entries)
            if number not in here:
                missing = said(volume_name(volumes[-1].name, number))
                self.report.wrong(missing, f"{missing} is missing: {len(entries)} files of the package lie in it.")
            else:
                self._volume(below(root, here[number]), here[number], entries)

    def _volume(self, place: str, path: Path, entries: Sequence[Listed]) -> None:
        size = sum(e.size for e in entries)
        self.checks.append(Check(size, lambda progress: self._entries(path, place, entries, progress)))


def _base(path: Path, manifest: Manifest) -> Path:
    """The folder of the manifest's run: above the path that it says of itself, or its own where it was moved."""
    steps = manifest.path.split("/")
    return path.parents[len(steps) - 1] if path.parts[-len(steps) :] == tuple(steps) else path.parent
