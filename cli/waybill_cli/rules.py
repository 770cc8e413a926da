"""`waybill rules`: what leaves, when, in which shape and to where; tried by `preview`, run later by `backfill`."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.text import Text

from waybill_cli.calling.api import Json
from waybill_cli.calling.command import FAILED, AsJson, Document, Most, Profile, Yes, asking, deleted, document, listed
from waybill_cli.calling.known import rule_ids
from waybill_cli.runs import EVERY, Follow, started
from waybill_cli.terminal import console, facts, moment, plain, say_json, size, table, warn

rules = typer.Typer(no_args_is_help=True, help="What leaves, when, in which shape and to where.")
RuleId = Annotated[str, typer.Argument(help="A rule's id, rul_...", autocompletion=rule_ids)]


@rules.command("list")
def list_rules(limit: Most = 50, profile: Profile = "", as_json: AsJson = False) -> None:
    """All rules with their next run."""

    def row(r: Json) -> tuple[object, ...]:
        settings = r["settings"]
        return r["rule_id"], settings["name"], r["state"], settings["schedule"]["frequency"], moment(r["next_run"])

    heads = ("Rule", "Name", "State", "Frequency", "Next run (UTC)")
    empty = "There are no rules yet. `waybill rules create FILE` makes one."
    listed("/rules", limit, profile, as_json=as_json, heads=heads, row=row, empty=empty)


@rules.command()
def show(rule: RuleId, profile: Profile = "", as_json: AsJson = False) -> None:
    """One rule with its settings."""
    with asking(profile, as_json=as_json) as api:
        _show(api.get(f"/rules/{rule}"), as_json=as_json)


@rules.command()
def create(file: Document, profile: Profile = "", as_json: AsJson = False) -> None:
    """Make a rule; it is active at once."""
    settings = document(file)
    with asking(profile, as_json=as_json) as api:
        _show(api.post("/rules", settings), as_json=as_json)


@rules.command()
def update(rule: RuleId, file: Document, profile: Profile = "", as_json: AsJson = False) -> None:
    """Replace all settings of a rule. What was claimed runs as it was planned."""
    settings = document(file)
    with asking(profile, as_json=as_json) as api:
        _show(api.change(f"/rules/{rule}", settings), as_json=as_json)


@rules.command()
def activate(
    rule: RuleId,
    missed: Annotated[
        str, typer.Option(help="What becomes of windows that passed meanwhile: all, latest, merge or skip.")
    ] = "",
    profile: Profile = "",
    as_json: AsJson = False,
) -> None:
    """Let a rule go on where it stopped."""
    with asking(profile, as_json=as_json) as api:
        _show(api.post(f"/rules/{rule}/activate", {"missed": missed} if missed else {}), as_json=as_json)


@rules.command()
def deactivate(rule: RuleId, profile: Profile = "", as_json: AsJson = False) -> None:
    """Run no window of a rule until it is activated."""
    with asking(profile, as_json=as_json) as api:
        _show(api.post(f"/rules/{rule}/deactivate", {}), as_json=as_json)


@rules.command()
def run(
    rule: RuleId,
    window: Annotated[str, typer.Option(help="The start of a window that is over, as an instant: once more.")] = "",
    follow: Follow = False,
    profile: Profile = "",
    as_json: AsJson = False,
) -> None:
    """Run a rule now: its next window if that is over, else the latest once more."""
    with asking(profile, as_json=as_json) as api:
        begun = api.post(f"/rules/{rule}/run", {"window_start": window} if window else {})
        started(api, begun, follow=follow, as_json=as_json)


@rules.command()
def calendar(
    rule: RuleId,
    count: Annotated[int, typer.Option(min=1, max=100, help="How many runs.")] = 10,
    profile: Profile = "",
    as_json: AsJson = False,
) -> None:
    """The next runs, with a mark wherever a clock change alters one."""
    with asking(profile, as_json=as_json) as api:
        found = api.get(f"/rules/{rule}/calendar", count=count)
    if as_json:
        say_json(found)
        return
    rows = [
        (
            moment(e["start"]["utc"]),
            moment(e["end"]["utc"]),
            e["due"]["local"],
            " ".join(m["sentence"] for m in e["marks"]),
        )
        for e in found["items"]
    ]
    table(("From (UTC)", "To (UTC)", "Delivered (local)", "Clock changes"), rows, "This rule has no runs to come.")


@rules.command()
def delete(rule: RuleId, yes: Yes = False, profile: Profile = "", as_json: AsJson = False) -> None:
    """Delete a rule. Its runs and their log stay."""
    deleted("/rules", rule, profile, yes=yes, as_json=as_json)


def preview(file: Document, profile: Profile = "", as_json: AsJson = False) -> None:
    """What a rule would deliver: rows, bytes, names, its first rows. Nothing is saved and nothing leaves.

    FILE holds the rule's settings, or {"rule": ..., "span": {"start", "end"}}.
    """
    given = document(file)
    with asking(profile, as_json=as_json) as api:
        found = api.post("/preview", given if "rule" in given else {"rule": given})
    if as_json:
        say_json(found)
        return
    facts([("Window (UTC)", f"{moment(found['window']['start'])} to {moment(found['window']['end'])}")])
    rows = [(d["dataset"], d["rows"], size(d["bytes"]), "" if d["exact"] else "an estimate") for d in found["data"]]
    table(("Dataset", "Rows", "Size", ""), rows, "There is nothing in this window.")
    more = [f"and {found['more_names']:,} more"] if found["more_names"] else []
    for line in [*found["names"], *more, *(f"Mind: {w}" for w in found["warnings"])]:
        console().print(Text(plain(line)))


def backfill(
    rule: RuleId,
    start: Annotated[str, typer.Option("--from", help="An instant with its offset, 2026-01-01T00:00:00+01:00.")],
    end: Annotated[str, typer.Option("--to", help="An instant; windows that end by then are run.")],
    order: Annotated[str, typer.Option(help="oldest_first or newest_first.")] = "oldest_first",
    at_once: Annotated[int, typer.Option(min=1, max=5, help="Runs at a time.")] = 1,
    only: Annotated[str, typer.Option(help="missing, or all to deliver once more what was.")] = "missing",
    follow: Follow = False,
    profile: Profile = "",
    as_json: AsJson = False,
) -> None:
    """Run past windows of a rule. With --follow, exit code 0 means that each was delivered."""
    asked = {"from": start, "to": end, "order": order, "at_once": at_once, "only": only}
    with asking(profile, as_json=as_json) as api:
        found: Json = api.post(f"/rules/{rule}/backfills", asked)
        place = f"/rules/{rule}/backfills/{found['backfill_id']}"
        while follow and found["state"] == "active":
            time.sleep(EVERY)
            found = api.get(place)
    _show_backfill(found, as_json=as_json)
    if follow and set(found.get("states", {})) - {"success"}:
        raise typer.Exit(FAILED)


def _show(rule: Json, *, as_json: bool) -> None:
    if as_json:
        say_json(rule)
        return
    settings = rule["settings"]
    facts(
        [
            ("Rule", rule["rule_id"]),
            ("Name", settings["name"]),
            ("State", rule["state"]),
            ("Paused because", rule["paused_because"]),
            ("Data", ", ".join(d["dataset"] for d in settings["data"])),
            ("Schedule", f"{settings['schedule']['frequency']} ({settings['schedule'].get('zone', 'UTC')})"),
            ("Next run (UTC)", moment(rule["next_run"])),
            ("Format", settings["format"]),
            ("Destinations", ", ".join(settings["destinations"])),
            ("Version", rule["version"]),
        ]
    )
    warn(rule["warnings"])


def _show_backfill(found: Json, *, as_json: bool) -> None:
    if as_json:
        say_json(found)
        return
    facts(
        [
            ("Backfill", found["backfill_id"]),
            ("State", found["state"]),
            ("Range (UTC)", f"{moment(found['start'])} to {moment(found['end'])}"),
            ("Windows", found["total"]),
            ("Done", found.get("done")),
            ("Runs", ", ".join(f"{count} {state}" for state, count in found.get("states", {}).items())),
            ("Rows", found.get("rows")),
            ("Message", found["message"]),
        ]
    )
