"""`waybill runs`: the log of what was exported, and a run followed to its end."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from waybill_cli.calling.api import Api, Json
from waybill_cli.calling.command import FAILED, AsJson, Most, Profile, Yes, asking, listed, sure
from waybill_cli.calling.known import run_ids
from waybill_cli.terminal import console, facts, moment, plain, say_json, size, table

ENDED = {"success", "partial", "failure", "cancelled"}
EVERY = 2.0
"""Seconds between two looks at a run that is followed."""

runs = typer.Typer(no_args_is_help=True, help="What was exported: runs, their files and receipts.")
RunId = Annotated[str, typer.Argument(help="A run's id, run_...", autocompletion=run_ids)]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Show the progress until the run has ended.")]


@runs.command("list")
def list_runs(
    rule: Annotated[str, typer.Option(help="Only runs of this rule.")] = "",
    limit: Most = 20,
    profile: Profile = "",
    as_json: AsJson = False,
) -> None:
    """The newest runs first."""
    place = f"/rules/{rule}/runs" if rule else "/runs"
    heads = ("Run", "Rule", "Window (UTC)", "State", "Rows", "Size", "Message")
    empty = "There are no runs yet. `waybill rules run RULE` starts one."
    listed(place, limit, profile, as_json=as_json, heads=heads, row=_line, empty=empty)


@runs.command()
def show(run: RunId, follow: Follow = False, profile: Profile = "", as_json: AsJson = False) -> None:
    """One run with its progress and its log. With --follow, exit code 0 means that everything was delivered."""
    with asking(profile, as_json=as_json) as api:
        found = followed(api, run, quiet=as_json) if follow else api.get(f"/runs/{run}")
    show_run(found, as_json=as_json)
    if follow:
        raise typer.Exit(0 if found["state"] == "success" else FAILED)


@runs.command()
def files(run: RunId, profile: Profile = "", as_json: AsJson = False) -> None:
    """Every file with its SHA-256 and the places where a receipt was read back."""
    with asking(profile, as_json=as_json) as api:
        found = api.get(f"/runs/{run}/files")["items"]
    if as_json:
        say_json(found)
        return
    rows = [(f["name"], size(f["size"]), f["rows"], f["sha256"], len(f["receipts"])) for f in found]
    table(("File", "Size", "Rows", "SHA-256", "Receipts"), rows, "This run has no files (yet).")


@runs.command()
def retry(run: RunId, follow: Follow = False, profile: Profile = "", as_json: AsJson = False) -> None:
    """Let a run that failed, is partial or was cancelled go on: the same plan, and only what has no receipt."""
    with asking(profile, as_json=as_json) as api:
        started(api, api.post(f"/runs/{run}/retry", {}), follow=follow, as_json=as_json)


@runs.command()
def cancel(run: RunId, yes: Yes = False, profile: Profile = "", as_json: AsJson = False) -> None:
    """End a run at once. What arrived stays; a manifest never follows."""
    sure(f"Cancel {run}?", yes=yes)
    with asking(profile, as_json=as_json) as api:
        show_run(api.post(f"/runs/{run}/cancel", {}), as_json=as_json)


def started(api: Api, run: Json, *, follow: bool, as_json: bool) -> None:
    """Tell of a run that begins; with `follow`, until it has ended, and by the exit code how."""
    if follow:
        run = followed(api, run["run_id"], quiet=as_json)
    show_run(run, as_json=as_json)
    if follow:
        raise typer.Exit(0 if run["state"] == "success" else FAILED)


def show_run(run: Json, *, as_json: bool) -> None:
    if as_json:
        say_json(run)
        return
    facts(
        [
            ("Run", run["run_id"]),
            ("Rule", f"{run['rule_name']} ({run['rule_id']})"),
            ("Window (UTC)", _window(run)),
            ("State", run["state"]),
            ("Message", run["message"]),
            ("Rows", run["rows"]),
            ("Size", size(run["bytes"])),
            ("Files", run["files"]),
            ("Rejects", run["rejects"]),
            ("Attempt", run["attempt"]),
        ]
    )
    for note in run.get("log", []):
        console().print(Text(plain(f"{note['time'][:19].replace('T', ' ')}  {note['step']:<10} {note['message']}")))


def followed(api: Api, run_id: str, *, quiet: bool) -> Json:
    """The run once it has ended; its progress goes to standard error. A look that gets no answer is taken once more."""
    shown = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=shown, disable=quiet or not shown.is_terminal, transient=True) as bar:
        task = bar.add_task("waiting", total=None, said="")
        while True:
            run: Json = api.get(f"/runs/{run_id}")
            bar.update(task, description=run["state"], **_done(run["progress"]))
            if run["state"] in ENDED:
                return run
            time.sleep(EVERY)


def _done(progress: Json) -> dict[str, Any]:
    """Packaging is the first half of the bar, delivering the second: how many bytes will leave is known only in between."""
    parts, packaged, delivered = progress["parts"], progress["packaged_bytes"], progress["delivered_bytes"]
    said = f"{progress['rows']:,} rows, {size(delivered)} delivered" if delivered else f"{progress['rows']:,} rows"
    if not parts:
        return {"said": said}
    half = 50 * progress["parts_done"] / parts
    sent = 50 * min(1.0, delivered / packaged) if packaged and progress["parts_done"] == parts else 0
    return {"said": said, "total": 100, "completed": half + sent}


def _line(run: Json) -> tuple[object, ...]:
    return (
        run["run_id"], run["rule_name"], _window(run), run["state"], run["rows"], size(run["bytes"]), run["message"],
    )  # fmt: skip


def _window(run: Json) -> str:
    return f"{moment(run['window_start'])} to {moment(run['window_end'])}"
