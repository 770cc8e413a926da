"""`python -m sandbox.site`: builds the console into `functions/console/site`, from which its function serves it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from ops import description
from sandbox import node
from sandbox.installed import once, outside_environment
from sandbox.places import ROOT, Places
from sandbox.processes import ChildFailed, Children
from sandbox.progress import console

SOURCE = ROOT / "console"
SITE = ROOT / "functions" / "console" / "site"
MADE = {"description.ts"}


def build(children: Children, places: Places) -> None:
    """Does nothing where the site is that of these sources. The packages are the lock file's, by their checksums."""
    description.write(SOURCE / "openapi.json")
    once(SITE, _sources(), lambda: run(children, places, "site"))


def run(children: Children, places: Places, script: str) -> None:
    """One of the scripts of package.json, with its packages installed. Raises ChildFailed with the end of what it said."""
    found = node.find(children, places)
    path = os.pathsep.join([str(Path(found.node).parent), os.environ.get("PATH", os.defpath)])
    environment = {**outside_environment(), "PATH": path, "NO_UPDATE_NOTIFIER": "1"}
    _packages(children, places, found, environment)
    log = places.log(f"console-{script}")
    children.run(f"npm run {script}", [*found.npm, "run", script], log=log, env=environment, cwd=SOURCE)


def _packages(children: Children, places: Places, found: node.Node, environment: dict[str, str]) -> None:
    packages = places.tools / "console"

    def install() -> None:
        packages.mkdir(parents=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(SOURCE / name, packages / name)
        log = places.log("install-console")
        children.run("npm ci", [*found.npm, "ci", "--ignore-scripts"], log=log, env=environment, cwd=packages)

    once(packages, (SOURCE / "package-lock.json").read_text(), install)
    link = SOURCE / "node_modules"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(packages / "node_modules", target_is_directory=True)


def _sources() -> str:
    """What the site is made of, as one text."""
    files = [Path(folder) / name for folder, _, names in os.walk(SOURCE) for name in names if name not in MADE]
    return "\n".join(f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in sorted(files))


def main() -> int:
    places = Places()
    places.make()
    try:
        with Children() as children:
            build(children, places)
            for script in sys.argv[1:]:
                run(children, places, script)
    except ChildFailed as failure:
        console.print(str(failure), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
