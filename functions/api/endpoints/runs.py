"""Runs: the log of what was exported, and the files of each run with their receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import AwareDatetime, BaseModel

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging
from endpoints.reach import own_run, rules_in_reach
from waybill.core.access import Caller, Permission
from waybill.core.again import retry
from waybill.core.cancel import Records, cancel
from waybill.core.dispatch import is_large
from waybill.core.layout import below
from waybill.core.manifest import PackagedFile
from waybill.core.plan import Plan, plan_if_staged
from waybill.core.rule_settings import LogKept
from waybill.core.run import Run, RunKey, RunState
from waybill.core.seal import Sealed, sealed_key
from waybill.core.window import stamp
from waybill.wiring import buckets, buses, clock, starting, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class ProgressView(BaseModel):
    """Sums so far; `parts` is None until the run is planned."""

    parts_done: int
    parts: int | None
    rows: int
    packaged_bytes: int
    files_delivered: int
    delivered_bytes: int


class NoteView(BaseModel):
    time: str
    step: str
    message: str


class RunView(BaseModel):
    run_id: str
    rule_id: str
    rule_name: str
    state: str
    trigger: str
    window_start: str
    window_end: str
    generation: int
    attempt: int
    amends: bool
    carried_by: str
    backfill: str
    log_kept: LogKept
    scheduled_for: str
    started_at: str | None
    finished_at: str | None
    rows: int | None
    bytes: int | None
    files: int | None
    rejects: int | None
    message: str


class RunDetail(RunView):
    progress: ProgressView
    log: list[NoteView]


class RunList(BaseModel):
    items: list[RunView]
    cursor: NextCursor


class ReceiptView(BaseModel):
    destination_id: str
    size: int
    checksum: str
    version: str
    compared: str
    time: str


class FileView(BaseModel):
    """`name` is the path below the destination's root."""

    name: str
    kind: str
    size: int
    sha256: str
    rows: int | None
    receipts: list[ReceiptView]


class FileList(BaseModel):
    items: list[FileView]
    cursor: NextCursor


class RunOrder(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"


State = Annotated[RunState | None, Query(description="Runs in this state alone.")]
Since = Annotated[AwareDatetime | None, Query(alias="from", description="Runs whose window ends after this instant.")]
Upto = Annotated[AwareDatetime | None, Query(alias="to", description="Runs whose window starts before this instant.")]


@router.get("/runs", **operation(Permission.READ))
def list_runs(
    limit: Limit = 50,
    cursor: Cursor = "",
    state: State = None,
    since: Since = None,
    upto: Upto = None,
    order: RunOrder = RunOrder.NEWEST,
) -> RunList:
    """Of all rules, by when they were made."""
    return listed(calling(router), "", limit, cursor, state, since, upto, order)


@router.get("/runs/<run_id>", **operation(Permission.READ))
def get_run(run_id: str) -> RunDetail:
    key = _key(run_id)
    run = stores.runs().get(key)
    progress = stores.run_log().progress(key)
    return RunDetail(
        **view_of_run(run).model_dump(),
        progress=ProgressView(
            parts_done=progress.parts_done,
            parts=run.parts,
            rows=progress.rows,
            packaged_bytes=progress.packaged_bytes,
            files_delivered=progress.files_delivered,
            delivered_bytes=progress.delivered_bytes,
        ),
        log=[NoteView(**note) for note in stores.run_log().notes(key)],
    )


@router.get("/runs/<run_id>/files", **operation(Permission.READ))
def list_files(run_id: str, limit: Limit = 200, cursor: Cursor = "") -> FileList:
    """By number, from 0. Empty until the run has packaged its files."""
    key = _key(run_id)
    stores.runs().get(key)
    plan, sealed = plan_if_staged(buckets.stage(), key), buckets.stage().read_if_there(sealed_key(key))
    if not plan or not sealed:
        return FileList(items=[], cursor="")
    paging = Paging(calling(router), "files", run=run_id)
    start = int(paging.inner(cursor) or 0)
    files = Sealed.model_validate_json(sealed).files
    more = paging.outer(str(start + limit)) if len(files) > start + limit else ""
    return FileList(items=_files(plan, files[start : start + limit], start, key), cursor=more)


@router.post("/runs/<run_id>/cancel", **operation(Permission.EXPORT, HTTPStatus.ACCEPTED, changes=True))
def cancel_run(run_id: str) -> Response[RunView]:
    """At once; what was delivered before stays. The same again changes nothing."""
    caller = calling(router)
    run = stores.runs().get(_key(run_id))
    return _accepted(cancel(run, records(), caller.name, clock.now()))


@router.post("/runs/<run_id>/retry", **operation(Permission.EXPORT, HTTPStatus.ACCEPTED, changes=True))
def retry_run(run_id: str) -> Response[RunView]:
    """The same run goes on: its frozen plan, its names, and only the files that have no receipt."""
    run = retry(stores.runs().get(_key(run_id)), stores.runs(), buckets.stage(), clock.now())
    starting.workflow().start(run, is_large(run))
    return _accepted(run)


def records() -> Records:
    return Records(
        stores.runs(), stores.rules(), stores.run_log(), buckets.stage(), starting.workflow(), buses.events()
    )


def listed(
    caller: Caller,
    rule_id: str,
    limit: int,
    cursor: str,
    state: RunState | None,
    since: datetime | None,
    upto: datetime | None,
    order: RunOrder,
) -> RunList:
    """The runs of a rule, by window, or of the tenant, where there is no `rule_id`."""

    in_reach = None if rule_id else rules_in_reach(caller)

    def wanted(run: Run) -> bool:
        theirs = in_reach is None or in_reach(run.key.rule_id)
        in_time = (since is None or run.window.end > since) and (upto is None or run.window.start < upto)
        return theirs and in_time and state in {None, run.state}

    paging = Paging(caller, "runs", rule=rule_id, state=state, since=since, upto=upto, order=order)
    keep = wanted if state or since or upto or in_reach else None
    place, oldest = paging.inner(cursor), order is RunOrder.OLDEST
    if rule_id:
        page = stores.runs().of_rule(caller.tenant, rule_id, place, limit, keep, oldest_first=oldest)
    else:
        page = stores.runs().of_tenant(caller.tenant, place, limit, keep, oldest_first=oldest)
    return RunList(items=[view_of_run(r) for r in page.items], cursor=paging.outer(page.cursor))


def _accepted(run: Run) -> Response[RunView]:
    return Response(HTTPStatus.ACCEPTED.value, "application/json", view_of_run(run))


def _files(plan: Plan, files: Sequence[PackagedFile], start: int, key: RunKey) -> list[FileView]:
    """`start`: the number of the first of the files."""
    receipts: dict[int, list[ReceiptView]] = {}
    for (destination_id, number), body in stores.run_log().receipts(key).items():
        shown: dict[str, Any] = {k: body[k] for k in ("size", "checksum", "version", "compared", "time")}
        receipts.setdefault(number, []).append(ReceiptView(destination_id=destination_id, **shown))
    return [
        FileView(
            name=below(plan.folder, file.name),
            kind=file.kind,
            size=file.size,
            sha256=file.sha256,
            rows=file.rows,
            receipts=receipts.get(number, []),
        )
        for number, file in enumerate(files, start)
    ]


def _key(run_id: str) -> RunKey:
    return own_run(calling(router), run_id)


def view_of_run(run: Run) -> RunView:
    return RunView(
        run_id=run.key.run_id,
        rule_id=run.key.rule_id,
        rule_name=run.rule_name,
        state=run.state.value,
        trigger=run.trigger.value,
        window_start=stamp(run.window.start),
        window_end=stamp(run.window.end),
        generation=run.key.generation,
        attempt=run.epoch,
        amends=run.amends,
        carried_by=run.carried_by,
        backfill=run.backfill,
        log_kept=LogKept.MINIMAL if run.minimal_log else LogKept.FULL,
        scheduled_for=stamp(run.scheduled_for),
        started_at=stamp(run.started_at) if run.started_at else None,
        finished_at=stamp(run.finished_at) if run.finished_at else None,
        rows=run.rows,
        bytes=run.bytes,
        files=run.files,
        rejects=run.rejects,
        message=run.message,
    )
