"""How functions run here: in an interpreter that has what AWS's runtime has, from code that is unpacked once.

Runs on the engine's own interpreter, before the engine starts.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import tempfile
import threading
import types
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from sandbox.fits import replaced, takes

_unpacking = threading.Lock()


class SharedZip(zipfile.ZipFile):
    """`extractall` makes the (empty) target a link to the shared copy, and drops the archive once it is unpacked.

    The interpreter leaves its compiled modules in the shared copy, so a second worker starts without compiling.
    """

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        archive, target = Path(str(self.filename)), Path(path)
        # Told by its directory: to hash all of its bytes took a good part of a worker's start.
        content = repr([(entry.filename, entry.file_size, entry.CRC) for entry in self.infolist()])
        shared = Path(tempfile.gettempdir()) / "unpacked" / hashlib.sha256(content.encode()).hexdigest()
        with _unpacking:
            if not shared.exists():
                partial = shared.with_suffix(".partial")
                super().extractall(partial, members, pwd)
                partial.rename(shared)
        target.rmdir()
        target.symlink_to(shared, target_is_directory=True)
        os.unlink(archive)


def functions_run_apart() -> None:
    """A function sees its code, its layers and the packages of AWS's runtime, not the engine's (which hide a lack)."""
    takes(lambda_runtime._detect_runtime_binary, "runtime")
    detect, python = lambda_runtime._detect_runtime_binary, os.environ["SANDBOX_FUNCTION_PYTHON"]

    def detected(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (python if runtime.startswith("python") else binary), script

    lambda_runtime._detect_runtime_binary = detected


def code_is_unpacked_once() -> None:
    """The engine unpacks all layers again for every worker: seconds of CPU and some 100 MB of disk each."""
    spawn = inspect.getsource(lambda_runtime.Worker._spawn)
    for unpack in ("        zf.extractall(code_dir)", "lzf.extractall(layer_dir)"):
        replaced(spawn, unpack, "", "lambda_runtime.Worker._spawn")
    lambda_runtime.zipfile = types.SimpleNamespace(
        ZipFile=SharedZip, BadZipFile=zipfile.BadZipFile, LargeFileError=zipfile.LargeZipFile
    )
