"""What all commands that ask the platform share: their options, the opened API, and how a refusal is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from waybill_cli.calling.account import NoAccount, account
from waybill_cli.calling.api import Api, Json, Refused, Unreachable
from waybill_cli.terminal import console, plain, say_json, table

AsJson = Annotated[bool, typer.Option("--json", help="The API's answer as one JSON document.")]
Profile = Annotated[
    str, typer.Option("--profile", help="The login to use, as `waybill login --profile` named it.", show_default=False)
]
Most = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Document = Annotated[Path, typer.Argument(help="A JSON file with what docs/api.md describes; - reads standard input.")]

FAILED, WRONG_COMMAND = 1, 2


@contextmanager
def asking(profile: str, *, as_json: bool = False) -> Iterator[Api]:
    """The API. What is refused, and what cannot be reached, ends the command with a sentence on standard error: exit code 1;
    2 where nobody is logged in.
    """
    try:
        with Api(account(profile)) as api:
            yield api
    except NoAccount as none:
        raise _ended(str(none), WRONG_COMMAND) from None
    except Unreachable as silent:
        raise _ended(str(silent), FAILED) from None
    except Refused as refused:
        if as_json:
            typer.echo(json.dumps(refused.problem, ensure_ascii=False, indent=2), err=True)
            raise typer.Exit(FAILED) from None
        raise _ended(_told(refused), FAILED) from None


def document(path: Path) -> Json:
    """A JSON object out of a file; ends the command where there is none."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {error}.") from None
    except ValueError as error:
        raise typer.BadParameter(f"{path} is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{path} has to hold one JSON object.")
    return found


def listed(
    place: str,
    limit: int,
    profile: str,
    *,
    as_json: bool,
    heads: Sequence[str],
    row: Callable[[Json], Sequence[object]],
    empty: str,
) -> None:
    """A list of the API's, as a table with a row for each item; `empty` says what to do where there is none."""
    with asking(profile, as_json=as_json) as api:
        found = list(api.items(place, limit))
    if as_json:
        say_json(found)
    else:
        table(heads, [row(item) for item in found], empty)


def deleted(place: str, name: str, profile: str, *, yes: bool, as_json: bool) -> None:
    """Delete what has that name below the place, once the person is sure, and say so."""
    sure(f"Delete {name}?", yes=yes)
    with asking(profile, as_json=as_json) as api:
        api.delete(f"{place}/{name}")
    if not as_json:
        console().print(Text(f"{name} is deleted."))


def sure(question: str, *, yes: bool) -> None:
    """Ends the command unless the person says yes; asks nobody where nobody is there."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("Nobody is there to be asked. Say --yes.", param_hint="--yes")
    typer.confirm(question, abort=True, err=True)


def _ended(said: str, code: int) -> typer.Exit:
    console(stderr=True).print(Text(said, style="bold red"))
    return typer.Exit(code)


def _told(refused: Refused) -> str:
    """The sentence, and each field with what to do (`problem.errors`)."""
    errors: Any = refused.problem.get("errors", [])
    return "\n".join([plain(str(refused)), *(plain(f"  {e['field']}: {e['message']}") for e in errors)])
