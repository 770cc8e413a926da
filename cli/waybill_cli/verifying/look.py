"""What lies in the given places: manifests, what they list, and what nobody lists."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from waybill_cli.verifying.archive import Archive, Broken, Locked
from waybill_cli.verifying.chain import check_chains
from waybill_cli.verifying.finding import PASSWORD, Finding, Progress, Report, wrong
from waybill_cli.verifying.manifest import LARGEST, NAME, SIGNATURE_NAME, Listed, Manifest, Unreadable, read_manifest
from waybill_cli.verifying.reading import difference, read_through
from waybill_cli.verifying.signature import Forged, Keys, check_signature

AT_ONCE = 4
"""Files read side by side: hashing leaves the processor to others while it waits for the disk."""
_VOLUME = re.compile(r"-(\d{3,})\.zip$")
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

    @property
    def size(self) -> int:
        """How many bytes are still to be read."""
        return sum(check.size for check in self.checks)

    def into(self, place: Path) -> None:
        """A folder of one run or of many, a manifest, or an archive."""
        if place.is_dir():
            self._folder(place)
        elif place.name == NAME:
            self._manifest(place.parent, place, set())
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
        files = sorted(Path(folder) / name for folder, _, names in os.walk(root) for name in names)
        manifests = [path for path in files if path.name == NAME]
        listed: set[Path] = set()
        for path in manifests:
            self._manifest(root, path, listed)
        if not manifests:
            archives = [path for path in files if path.suffix.lower() == ".zip"]
            self._archives(root, archives)
            listed.update(archives)
            if not archives:
                self.report.wrong(str(root), f"There is no {NAME} and no ZIP in {root}.", "Give the folder of a run.")
        for path in files:
            if path not in listed and path.name not in (NAME, SIGNATURE_NAME):
                self.report.note(_below(root, path), f"{path.name} is in no manifest.")

    def _manifest(self, root: Path, path: Path, listed: set[Path]) -> None:
        place = _below(root, path)
        try:
            data = _small(path)
        except (OSError, ValueError) as error:
            self.report.wrong(place, f"{place} cannot be read: {error}.")
            return
        signature = path.with_name(SIGNATURE_NAME)
        manifest = self._read(place, data, _small(signature) if signature.is_file() else None)
        if manifest is None:
            return
        self._delivered.append(manifest)
        base = _base(path, manifest)
        if not _within(root, base):
            said = f"The files that {place} lists lie above the given folder and were not read."
            self.report.unchecked(place, said, f"Verify {base}.")
            return
        for file in manifest.files:
            listed.add(base / file.name)
            self._file(root, base / file.name, file)

    def _read(self, place: str, data: bytes, signature: bytes | None) -> Manifest | None:
        try:
            manifest = read_manifest(data)
        except Unreadable as unreadable:
            self.report.wrong(place, f"{place} {unreadable}.")
            return None
        self.report.runs += 1
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
        place = _below(root, path)

        def made(progress: Progress) -> Iterator[Finding]:
            said = _difference(root, path, file, progress)
            if said:
                yield wrong(place, f"{place} {said}.")
            elif self.given.entries and file.entries:
                yield from self._entries(path, place, file.entries, progress)

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
        for stem in dict.fromkeys(_VOLUME.sub("", str(path)) for path in paths):
            volumes = sorted(Path(stem).parent.glob(f"{_escaped(Path(stem).name)}-[0-9]*.zip"), key=_number)
            self._package(root, volumes or [Path(stem)])

    def _package(self, root: Path, volumes: Sequence[Path]) -> None:
        last = volumes[-1]
        place = _below(root, last)
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
            self._volumes(root, volumes, manifest)

    def _volumes(self, root: Path, volumes: Sequence[Path], manifest: Manifest) -> None:
        here = {_number(path): path for path in volumes}
        wanted: dict[int, list[Listed]] = {number: [] for number in here}
        for entry in manifest.files:
            wanted.setdefault(entry.volume or 1, []).append(entry)
        self.report.note(
            _below(root, volumes[-1]),
            f"{volumes[-1].name} was verified by the manifest inside; the one beside it links runs to each other.",
        )
        for number, entries in sorted(wanted.items()):
            self.report.files += len(entries)
            self.report.size += sum(e.size for e in entries)
            if number not in here:
                missing = _VOLUME.sub(f"-{number:03d}.zip", volumes[-1].name)
                self.report.wrong(missing, f"{missing} is missing: {len(entries)} files of the package lie in it.")
            else:
                self._volume(_below(root, here[number]), here[number], entries)

    def _volume(self, place: str, path: Path, entries: Sequence[Listed]) -> None:
        size = sum(e.size for e in entries)
        self.checks.append(Check(size, lambda progress: self._entries(path, place, entries, progress)))


def _number(path: Path) -> int:
    found = _VOLUME.search(path.name)
    return int(found[1]) if found else 1


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _base(path: Path, manifest: Manifest) -> Path:
    """The folder of the manifest's run: above the path that it says of itself, or its own where it was moved."""
    steps = manifest.path.split("/")
    return path.parents[len(steps) - 1] if path.parts[-len(steps) :] == tuple(steps) else path.parent


def _within(root: Path, path: Path) -> bool:
    """Also of where links lead."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _small(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    return data


def _difference(root: Path, path: Path, file: Listed, progress: Progress) -> str:
    if not _within(root, path):
        return "is a link that leads out of the given folder"
    if not path.exists():
        return "is missing"
    if not path.is_file():
        return "is no file"
    try:
        with path.open("rb") as opened:
            return difference(file, read_through(opened, file, progress))
    except OSError as error:
        return f"cannot be read ({error.strerror})"
