"""SAM's command line for this machine: `python -P sandbox/sam.py build ...`, and `deploy`.

SAM takes the C library of the image that the runtime's name stands for. The sandbox's functions run here, and for
python3.11 (Amazon Linux 2) it would refuse wheels that this machine and python3.13's image both run.
"""

from __future__ import annotations

import platform
import sys
import types
import zipfile

from aws_lambda_builders.workflows.python_pip.packager import DependencyBuilder  # type: ignore[import-untyped]
from samcli.cli.main import cli  # type: ignore[import-untyped]
from samcli.lib.package import utils  # type: ignore[import-untyped]


def build_for_this_machine() -> None:
    """The newest C library that SAM knows of and that this machine has."""
    here = tuple(int(part) for part in platform.libc_ver()[1].split(".")[:2])
    known = [version for version in DependencyBuilder._GLIBC_TO_LATEST_MANYLINUX if version <= here]
    if known:
        abi = f"cp{sys.version_info.major}{sys.version_info.minor}"
        DependencyBuilder._RUNTIME_GLIBC[abi] = max(known)


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
    build_for_this_machine()
    pack_without_squeezing()
    sys.exit(cli(prog_name="sam"))
