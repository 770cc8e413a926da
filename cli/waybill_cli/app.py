"""`waybill`: the command line."""

from __future__ import annotations

import typer

from waybill_cli.destinations import destinations
from waybill_cli.login import login, logout
from waybill_cli.rules import backfill, preview, rules
from waybill_cli.runs import runs
from waybill_cli.verify import verify

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
for command in (login, logout, preview, backfill, verify):
    app.command()(command)
for name, group in {"rules": rules, "runs": runs, "destinations": destinations}.items():
    app.add_typer(group, name=name)


@app.callback()
def main() -> None:
    """Waybill delivers data; this makes and follows its rules, and proves that all of it arrived."""
