"""`waybill`: the command line."""

from __future__ import annotations

import typer

from waybill_cli.verify import verify

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(verify)


@app.callback()
def main() -> None:
    """Waybill delivers data; this proves that all of it arrived."""
