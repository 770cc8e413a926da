"""A rule as the API shows it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from endpoints.precondition import etag
from endpoints.runs import RunView
from waybill.core import rule as rules
from waybill.core.rule import Rule
from waybill.core.rule_settings import RuleSettings
from waybill.core.rule_warnings import rule_warnings
from waybill.core.window import stamp
from waybill.wiring import catalogs, clock, notices


class WindowView(BaseModel):
    start: str
    end: str


class RuleView(BaseModel):
    """`last_run` is the newest run of the newest window, where it was asked for."""

    rule_id: str
    settings: RuleSettings
    state: str
    paused_because: str
    next_run: str | None
    next_window: WindowView | None
    version: int
    created_at: str
    updated_at: str
    created_by: str
    warnings: list[str]
    last_run: RunView | None = None


def view_of_rule(rule: Rule, last_run: RunView | None = None) -> RuleView:
    upcoming = rules.occurrence_at(rule, rule.cursor, catalogs.catalog(rule.tenant))
    window = upcoming.window if upcoming and rule.next_run else None
    values: dict[str, Any] = {"created_at": stamp(rule.created_at), "updated_at": stamp(rule.updated_at)}
    return RuleView(
        rule_id=rule.rule_id,
        settings=rule.settings,
        state=rule.state.value,
        paused_because=rule.paused_because,
        next_run=stamp(rule.next_run) if rule.next_run else None,
        next_window=WindowView(start=stamp(window.start), end=stamp(window.end)) if window else None,
        version=rule.version,
        created_by=rule.created_by,
        warnings=rule_warnings(
            rule.settings, catalogs.catalog(rule.tenant), clock.now(), mails=notices.mails_are_sent()
        ),
        last_run=last_run,
        **values,
    )


def answer_of_rule(rule: Rule, status: HTTPStatus = HTTPStatus.OK) -> Response[RuleView]:
    return Response(status.value, "application/json", view_of_rule(rule), headers={"ETag": etag_of_rule(rule)})


def etag_of_rule(rule: Rule) -> str:
    """Of what its owner set: that its windows move on is no change of theirs."""
    return etag(rule.settings.model_dump_json(), rule.state.value, rule.password_ref, rule.updated_at.isoformat())
