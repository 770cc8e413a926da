"""SAM's command line for this machine: `python -P sandbox/sam.py build ...`, and `deploy`.

SAM takes packages by pip, for the C library of the image that the runtime's name stands for. The sandbox's functions run here:
uv, which has most of them in its cache, installs the same versions for this machine in a tenth of the time.
"""

from __future__ import annotations

import subprocess
import sys
import types
import zipfile

from aws_lambda_builders.workflows.python_pip import packager  # type: ignore[import-untyped]
from samcli.cli.main import cli  # type: ignore[import-untyped]
from samcli.lib.package import utils  # type: ignore[import-untyped]


def install_by_uv() -> None:
    packager.DependencyBuilder.build_site_packages = _installed


def _installed(_builder: object, requirements: str, target: str, _scratch: str) -> None:
    command = ["uv", "pip", "install", "--python", sys.executable, "--target", target, "--requirement", requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise packager.PackagerError(done.stderr)


def pack_without_squeezing() -> None:
    """Code goes to a neighbour on loopback: deflating 260 MB for it would be most of a deployment's time."""
    if utils.zipfile is not zipfile:
        raise RuntimeError(
            "SAM packs functions in another way than this sandbox knows; pin aws-sam-cli or mend sandbox/sam.py"
        )
    stored = types.ModuleType("zipfile")
    vars(stored).update(vars(zipfile), ZIP_DEFLATED=zipfile.ZIP_STORED)
    utils.zipfile = stored


if __name__ == "__main__":
    install_by_uv()
    pack_without_squeezing()
    sys.exit(cli(prog_name="sam"))
