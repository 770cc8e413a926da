"""The calendar of a rule, saved or not: its next runs in UTC and local time, and where the clocks change one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.reach import own_rule
from waybill.core.access import Permission
from waybill.core.calendar import Entry, MarkKind, calendar_from
from waybill.core.errors import InvalidInput
from waybill.core.rule import jitter, settle_time
from waybill.core.rule_checks import no_dataset
from waybill.core.schedule import first_boundary
from waybill.core.schedule_settings import AnySchedule, Schedule
from waybill.core.window import local_time, stamp
from waybill.wiring import catalogs, clock

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
Count = Annotated[int, Query(ge=1, le=100, description="How many runs at most.")]


class CalendarRequest(BaseModel):
    """A rule's schedule and the names of its datasets: no window is due before all of them have settled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schedule: Schedule
    datasets: Annotated[tuple[str, ...], Field(min_length=1, max_length=50)]


class InstantView(BaseModel):
    """One instant; `local` is as the schedule's zone writes it, with the offset."""

    utc: str
    local: str


class MarkView(BaseModel):
    kind: MarkKind
    sentence: str


class EntryView(BaseModel):
    start: InstantView
    end: InstantView
    due: InstantView
    seconds: Annotated[int, Field(description="The window's length.")]
    marks: list[MarkView]


class CalendarView(BaseModel):
    """The runs to come, the next one first; none for a schedule without a clock or a rule that is not active."""

    zone: str
    items: list[EntryView]


@router.post("/rules/calendar", **operation(Permission.READ))
def calendar_of_settings(body: CalendarRequest, count: Count = 10) -> CalendarView:
    """What the calendar of a rule made now would be. Nothing is saved."""
    caller = calling(router)
    catalog = catalogs.catalog(caller.tenant)
    wrong = [no_dataset(f"datasets.{n}", d, catalog) for n, d in enumerate(body.datasets) if d not in catalog]
    if wrong:
        raise InvalidInput(wrong)
    settle = timedelta(seconds=max(catalog[name].settle_seconds for name in body.datasets))
    return _view(body.schedule, first_boundary(body.schedule, clock.now()), settle, count, timedelta())


@router.get("/rules/<rule_id>/calendar", **operation(Permission.READ))
def calendar_of_rule(rule_id: str, count: Count = 10) -> CalendarView:
    caller = calling(router)
    rule = own_rule(caller, rule_id)
    schedule = rule.settings.schedule
    if rule.next_run is None:
        return CalendarView(zone=schedule.zone, items=[])
    settle = settle_time(rule.settings, catalogs.catalog(caller.tenant))
    return _view(schedule, rule.cursor, settle, count, jitter(rule))


def _view(schedule: AnySchedule, start: datetime, settle: timedelta, count: int, late: timedelta) -> CalendarView:
    """`late`: how much later than due the rule's runs start."""
    entries = calendar_from(schedule, start, settle, count)
    return CalendarView(zone=schedule.zone, items=[_entry(one, schedule.zone, late) for one in entries])


def _entry(entry: Entry, zone: str, late: timedelta) -> EntryView:
    return EntryView(
        start=_instant(entry.window.start, zone),
        end=_instant(entry.window.end, zone),
        due=_instant(entry.due + late, zone),
        seconds=(entry.window.end - entry.window.start) // timedelta(seconds=1),
        marks=[MarkView(kind=mark.kind, sentence=mark.sentence) for mark in entry.marks],
    )


def _instant(moment: datetime, zone: str) -> InstantView:
    return InstantView(utc=stamp(moment), local=local_time(moment, zone, "seconds"))
