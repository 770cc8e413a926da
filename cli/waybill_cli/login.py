"""`waybill login` and `waybill logout`: the key of one platform, kept on this machine for its owner alone."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer
from rich.text import Text

from waybill_cli.calling.account import ADDRESS, Account, NoAccount, checked_address, checked_key, forget, keep
from waybill_cli.calling.api import Api, Refused, Unreachable
from waybill_cli.calling.command import FAILED, Profile
from waybill_cli.terminal import console

Address = Annotated[
    str, typer.Argument(envvar=ADDRESS, help="The API's address, as https://export.example.com/v1.", show_default=False)
]


def login(address: Address, profile: Profile = "") -> None:
    """Keep an API key for the other commands. It is asked for, or read from standard input; never an argument, which others
    on this machine could see.
    """
    try:
        asked = sys.stdin.readline() if not sys.stdin.isatty() else getpass.getpass("API key: ")
        given = Account(checked_address(address), checked_key(asked))
        with Api(given) as api:
            api.get("/rules", limit=1)
        path = keep(given, profile)
    except NoAccount as wrong:
        raise typer.BadParameter(str(wrong)) from None
    except Unreachable as silent:
        raise _failed(str(silent)) from None
    except Refused as refused:
        if refused.status == 403:  # a key that may write and not read is a key all the same
            path = keep(given, profile)
        else:
            raise _failed(f"{given.api} does not take this key: {refused}") from None
    console().print(Text(f"Logged in to {given.api}; the key is in {path}."))


def logout(profile: Profile = "") -> None:
    """Forget the key that is kept here. It stays valid; the platform can revoke it."""
    try:
        there = forget(profile)
    except NoAccount as wrong:
        raise typer.BadParameter(str(wrong)) from None
    console().print(Text("The key is forgotten here." if there else "There was no key to forget."))


def _failed(said: str) -> typer.Exit:
    console(stderr=True).print(Text(said, style="bold red"))
    return typer.Exit(FAILED)
