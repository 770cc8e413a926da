"""`waybill destinations`: saved endpoints, and whether they can be delivered to."""

from __future__ import annotations

from typing import Annotated

import typer

from waybill_cli.calling.api import Json
from waybill_cli.calling.command import FAILED, AsJson, Document, Most, Profile, Yes, asking, deleted, document, listed
from waybill_cli.calling.known import destination_ids
from waybill_cli.terminal import facts, moment, say_json, table, warn

destinations = typer.Typer(no_args_is_help=True, help="Where exports go: saved, tested endpoints.")
DestinationId = Annotated[str, typer.Argument(help="A destination's id, dst_...", autocompletion=destination_ids)]


@destinations.command("list")
def list_destinations(limit: Most = 50, profile: Profile = "", as_json: AsJson = False) -> None:
    """All destinations, and whether rules may use them."""

    def row(d: Json) -> tuple[object, ...]:
        return d["destination_id"], d["name"], d["kind"], d["usable"], moment(d["probed_at"])

    heads = ("Destination", "Name", "Kind", "Usable", "Tested (UTC)")
    empty = "There are no destinations yet. `waybill destinations create FILE` makes one."
    listed("/destinations", limit, profile, as_json=as_json, heads=heads, row=row, empty=empty)


@destinations.command()
def show(destination: DestinationId, profile: Profile = "", as_json: AsJson = False) -> None:
    """One destination with the steps of its last test; never a secret."""
    with asking(profile, as_json=as_json) as api:
        _show(api.get(f"/destinations/{destination}"), as_json=as_json)


@destinations.command()
def create(file: Document, profile: Profile = "", as_json: AsJson = False) -> None:
    """Save and test a destination. FILE holds {"name", "kind", "settings"}; nothing is kept where the test fails."""
    given = document(file)
    with asking(profile, as_json=as_json) as api:
        made = api.post("/destinations", given)
    _show(made, as_json=as_json)


@destinations.command()
def update(destination: DestinationId, file: Document, profile: Profile = "", as_json: AsJson = False) -> None:
    """Change a destination. FILE holds {"name", "settings"}, complete with the secrets, or the name alone; what is
    new is tested first, and where the test fails nothing is changed.
    """
    given = document(file)
    with asking(profile, as_json=as_json) as api:
        changed = api.change(f"/destinations/{destination}", given)
    _show(changed, as_json=as_json)


@destinations.command()
def probe(
    destination: DestinationId,
    confirm_host_key: Annotated[
        str, typer.Option(help="The fingerprint that the last test showed, once you compared it with its owner's word.")
    ] = "",
    profile: Profile = "",
    as_json: AsJson = False,
) -> None:
    """Test a destination again: write, read back, delete. Exit code 1 where rules may not use it."""
    with asking(profile, as_json=as_json) as api:
        asked = {"confirm_host_key": confirm_host_key} if confirm_host_key else {}
        found = api.post(f"/destinations/{destination}/probe", asked)
    _show(found, as_json=as_json)
    raise typer.Exit(0 if found["usable"] else FAILED)


@destinations.command()
def delete(destination: DestinationId, yes: Yes = False, profile: Profile = "", as_json: AsJson = False) -> None:
    """Delete a destination and its secret. Refused while a rule names it."""
    deleted("/destinations", destination, profile, yes=yes, as_json=as_json)


def _show(found: Json, *, as_json: bool) -> None:
    if as_json:
        say_json(found)
        return
    facts(
        [
            ("Destination", found["destination_id"]),
            ("Name", found["name"]),
            ("Kind", found["kind"]),
            ("Usable", "yes" if found["usable"] else "no"),
            ("External id", found["external_id"]),
            ("Credentials end", moment(found["expires_at"])),
            *((f"  {name}", str(value)) for name, value in found["settings"].items()),
        ]
    )
    rows = [
        (s["step"], s["result"].replace("_", " "), " ".join(filter(None, (s["message"], s["advice"]))))
        for s in found["probe"]
    ]
    table(("Step", "", "What it found"), rows, "It was not tested yet.")
    warn(found["warnings"])
