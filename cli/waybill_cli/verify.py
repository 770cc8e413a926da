"""`waybill verify`: are these files all that was sent, and as they were sent?"""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from waybill_cli.terminal import plain
from waybill_cli.verifying.finding import Report, Verdict
from waybill_cli.verifying.look import Given, Look
from waybill_cli.verifying.signature import Keys, NoKey, read_keys

EXIT = {"proven": 0, "wrong": 1, "unproven": 3}
_COLOURS = {Verdict.WRONG: "bold red", Verdict.UNCHECKED: "yellow", Verdict.NOTE: "dim"}
_SAID = {
    "proven": ("green", "PROVEN: everything that was sent is here, as it was sent."),
    "wrong": ("bold red", "WRONG: something is missing, changed or forged."),
    "unproven": ("yellow", "NOT PROVEN: nothing wrong was found, but not everything could be checked."),
}

Paths = Annotated[
    list[Path],
    typer.Argument(exists=True, help="A run's folder, a folder of many runs, or a ZIP (or one of its volumes)."),
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--keys", help="The platform's public keys: the answer of GET /signing-keys, or a PEM file."),
]
PasswordFile = Annotated[
    Path | None, typer.Option(help="A file whose first line is the archive's password; - asks for it.")
]
Entries = Annotated[bool, typer.Option("--entries", help="Look into archives that are proven as a whole, too.")]
FromFirst = Annotated[bool, typer.Option("--from-first", help="All runs of each rule must be here, from its first on.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document in place of the table.")]


def verify(
    paths: Paths,
    keys: KeyFile = None,
    password_file: PasswordFile = None,
    entries: Entries = False,
    from_first: FromFirst = False,
    as_json: AsJson = False,
) -> None:
    """Check files against their manifests: every byte, every run, every signature. Needs no account and no network.

    Exit codes: 0 all is proven, 1 something is wrong, 2 the command was, 3 nothing is wrong but not all could be checked.
    """
    look = Look(Given(_keys(keys), _password(password_file), entries, from_first))
    for path in paths:
        look.into(path.absolute())
    report = _finished(look, quiet=as_json)
    if as_json:
        typer.echo(json.dumps(report.as_document(), ensure_ascii=False, indent=2))
    else:
        _show(report)
    raise typer.Exit(EXIT[report.result])


def _keys(path: Path | None) -> Keys | None:
    try:
        return read_keys(path) if path else None
    except NoKey as none:
        raise typer.BadParameter(str(none), param_hint="--keys") from None


def _password(path: Path | None) -> str:
    if path is None:
        return ""
    if str(path) == "-":
        return getpass.getpass("The archive's password: ")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {error}.", param_hint="--password-file") from None
    first = text.partition("\n")[0].removesuffix("\r")  # a password may hold what Unicode takes for a line's end
    if not first:
        raise typer.BadParameter(f"The first line of {path} is empty.", param_hint="--password-file")
    return first


def _finished(look: Look, *, quiet: bool) -> Report:
    console = Console(stderr=True, quiet=quiet or not sys.stderr.isatty())
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=look.size)
        return look.finish(lambda read: bar.advance(task, read))


def _show(report: Report) -> None:
    console = Console(highlight=False)
    if report.findings:
        table = Table("", "Where", "What", "What to do", title="Findings", title_justify="left")
        for finding in report.findings:
            style = _COLOURS[finding.verdict]
            cells = (finding.verdict.value, finding.place, finding.said, finding.advice)
            table.add_row(*(Text(plain(cell)) for cell in cells), style=style)
        console.print(table)
    console.print(
        f"{report.runs} runs, {report.files} files, {report.size} bytes, {report.signatures} signatures checked."
    )
    style, said = _SAID[report.result]
    console.print(Text(said, style=style))
