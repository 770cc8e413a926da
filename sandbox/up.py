"""`python -m sandbox.up`: all of Waybill on this machine until Ctrl-C or `python -m sandbox.stop`."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from rich.table import Table

from sandbox import azurite, deploy, engine, node, sftp_server, site
from sandbox import receivers as receiving
from sandbox.only_one import AlreadyRunning, only_one
from sandbox.places import ROOT, Places, ToolMissing
from sandbox.processes import ChildFailed, Children
from sandbox.progress import console, waiting
from sandbox.surroundings import Surroundings

TEMPLATE = ROOT / "template.yaml"
SENDER = "notices@waybill.example"
PARAMETERS: Mapping[str, str] = {
    "Stage": deploy.STAGE,
    "AllowedNetworks": "127.0.0.0/8",
    "NotificationSender": SENDER,
}
Prepare = Callable[[Surroundings], dict[str, str]]


@contextmanager
def running(
    places: Places | None = None, *, template: Path = TEMPLATE, parameters: Mapping[str, str] = PARAMETERS,
    prepare: Prepare | None = None,
) -> Iterator[Surroundings]:  # fmt: skip
    """A deployed and seeded sandbox; `places.env_file` describes it to shells. On leaving, nothing of it runs any more.

    `AlreadyRunning`, `ToolMissing` and `ChildFailed` carry a sentence for the person who started it.
    """
    places = places or Places()
    with only_one(places.pid_file):
        places.prepare()
        # The children end first, so that no thread waits for one of them.
        with ThreadPoolExecutor() as pool, Children() as children:
            built = pool.submit(_built, children, places, template, parameters)
            aws_up = pool.submit(_engine, children, places)
            azure_up = pool.submit(_azurite, children, places)
            sftp_up = pool.submit(_sftp, children, places)
            aws, azure, sftp = aws_up.result(), azure_up.result(), sftp_up.result()
            outputs = deploy.deploy(children, places, built.result(), parameters, aws)
            surroundings = Surroundings(aws, azure, sftp, parameters["Stage"], outputs)
            receiving.aws_client("sesv2", surroundings).create_email_identity(EmailIdentity=SENDER)
            with waiting("the demo tenant and its API key"):
                seeded = (prepare or _seed())(surroundings)
            surroundings = dataclasses.replace(surroundings, seeded=seeded)
            _write_private(places.env_file, surroundings.shell_lines())
            try:
                yield surroundings
            finally:
                places.env_file.unlink(missing_ok=True)


def _built(children: Children, places: Places, template: Path, parameters: Mapping[str, str]) -> Path:
    site.build(children, places)
    return deploy.build(children, places, template, parameters)


def _engine(children: Children, places: Places) -> engine.Engine:
    started = engine.start(children, places)
    engine.ready(started)
    return started


def _azurite(children: Children, places: Places) -> azurite.Azurite:
    started = azurite.start(children, places, node.find(children, places))
    azurite.ready(started)
    return started


def _sftp(children: Children, places: Places) -> sftp_server.SftpServer:
    started = sftp_server.start(children, places)
    sftp_server.ready(started)
    return started


def _seed() -> Prepare:
    from sandbox.seed import prepare  # noqa: PLC0415 (the tests bring their own)

    return prepare


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _show(surroundings: Surroundings, places: Places) -> None:
    table = Table(title="Waybill's sandbox is up", show_header=False, title_justify="left")
    table.add_column()
    table.add_column(overflow="fold")  # an address is of use only whole
    for what, where in (
        ("console", surroundings.console),
        ("API", surroundings.api),
        ("AWS endpoint", surroundings.engine.endpoint),
        ("mail that was sent", f"{surroundings.engine.endpoint}/_ministack/ses/messages"),
        ("SFTP receives in", str(surroundings.sftp.folder)),
        ("logs", f"{places.state}/*.log"),
        ("use it in a shell", f". {places.env_file}"),
        ("stop it", "Ctrl-C, or: make sandbox-stop"),
    ):
        table.add_row(what, where)
    console.print(table)


def _asked_to_end(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, _asked_to_end)
    places = Places()
    try:
        with running(places) as surroundings:
            _show(surroundings, places)
            while True:
                time.sleep(0.5)
                surroundings.check()
    except KeyboardInterrupt:
        console.print("The sandbox is down.")
        return 0
    except (AlreadyRunning, ToolMissing, ChildFailed) as failure:
        console.print(str(failure), style="red", markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())
