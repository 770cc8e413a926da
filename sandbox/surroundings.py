"""All that a program needs to know of a running sandbox."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.azurite import Azurite
from sandbox.engine import Engine
from sandbox.sftp_server import SftpServer

REPLACED = frozenset({"ApiUrl", "ConsoleUrl"})  # outputs that name AWS's own hosts, which are elsewhere here


@dataclass(frozen=True)
class Surroundings:
    """`outputs` are the stack's, `seeded` is what `sandbox.seed.prepare` returned."""

    engine: Engine
    azurite: Azurite
    sftp: SftpServer
    stage: str
    outputs: Mapping[str, str]
    seeded: Mapping[str, str] = field(default_factory=dict)

    @property
    def api(self) -> str:
        """The REST API's address, without a slash at its end; empty when the stack has none."""
        api = self.outputs.get("ApiId")
        return f"{self.engine.endpoint}/_aws/execute-api/{api}/{self.stage}" if api else ""

    @property
    def console(self) -> str:
        return f"{self.api}/console" if self.api else ""

    def environment(self) -> dict[str, str]:
        """The variables that the CLI, the tests and any AWS client read."""
        return {
            "WAYBILL_API": self.api,
            "WAYBILL_CONSOLE": self.console,
            **self.engine.environment(),
            "WAYBILL_SFTP_HOST": self.sftp.host,
            "WAYBILL_SFTP_PORT": str(self.sftp.port),
            "WAYBILL_SFTP_USER": self.sftp.user,
            "WAYBILL_SFTP_PASSWORD": self.sftp.password,
            "WAYBILL_SFTP_KEY_FILE": str(self.sftp.key_file),
            "WAYBILL_SFTP_HOST_KEY": self.sftp.fingerprint,
            "WAYBILL_SFTP_FOLDER": str(self.sftp.folder),
            "WAYBILL_AZURE_CONNECTION_STRING": self.azurite.connection_string,
            **{variable(key): value for key, value in self.outputs.items() if key not in REPLACED},
            **self.seeded,
        }

    @contextmanager
    def operated(self) -> Iterator[None]:
        """Within it this process is the account's operator: clients that know their AWS by the environment alone find it."""
        before = dict(os.environ)
        os.environ.update(self.engine.environment())
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def shell_lines(self) -> str:
        """`environment` as lines for `. .sandbox/env`."""
        return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in self.environment().items())

    def check(self) -> None:
        """`ChildFailed` when a part of the sandbox is no longer there."""
        for child in (self.engine.child, self.azurite.child, self.sftp.child):
            if not child.alive():
                raise child.failure()


def variable(output: str) -> str:
    """`LakeBucketName` is `WAYBILL_LAKE_BUCKET`, `ApiId` is `WAYBILL_API_ID`."""
    words = re.findall(r"[A-Z0-9]+(?![a-z])|[A-Z]?[a-z0-9]+", output.removesuffix("Name"))
    return "_".join(["WAYBILL", *(word.upper() for word in words)])
