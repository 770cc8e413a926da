"""Rules: what leaves, when, in which shape and to where."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from endpoints.caller import calling, permitted
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging, all_of
from endpoints.precondition import check_match
from endpoints.reach import may_use, own_rule
from endpoints.rule_runs import by_hand
from endpoints.rule_views import RuleView, answer_of_rule, etag_of_rule, view_of_rule
from endpoints.runs import RunView, view_of_run
from waybill.core import rule as rules
from waybill.core.access import Caller, Permission
from waybill.core.arrival import marked
from waybill.core.dispatch import is_large
from waybill.core.errors import WaybillError
from waybill.core.late import newest_numbers
from waybill.core.ordering import ordered
from waybill.core.reach import reached_data
from waybill.core.reactivation import Missed, reactivate
from waybill.core.rule import Rule, RuleState
from waybill.core.rule_checks import ArchivePassword, check_settings
from waybill.core.rule_settings import Archive, RuleSettings
from waybill.core.schedule_settings import OnDemand
from waybill.wiring import catalogs, clock, starting, stores, vault

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class ArchiveRequest(Archive):
    """`password` is written only. On an update, none means: keep the one there is."""

    password: SecretStr | None = Field(default=None, max_length=256)

    @property
    def given(self) -> str:
        return self.password.get_secret_value() if self.password else ""


class RuleRequest(RuleSettings):
    archive: ArchiveRequest = ArchiveRequest()

    def settings(self) -> RuleSettings:
        """What is kept in the table: all but the password."""
        plain = self.model_dump(mode="json", exclude={"archive": {"password"}})
        return RuleSettings.model_validate(plain)


class Activation(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    missed: Missed | None = None


class RuleOrder(StrEnum):
    ID = "id"
    NAME = "name"
    NAME_DOWN = "-name"
    CREATED = "created_at"
    CREATED_DOWN = "-created_at"
    NEXT_RUN = "next_run"
    NEXT_RUN_DOWN = "-next_run"

    def of(self, rule: Rule) -> tuple[str, str]:
        """What is compared; a rule without a next run is the last one due."""
        match self.value.removeprefix("-"):
            case "name":
                return rule.settings.name.casefold(), rule.rule_id
            case "created_at":
                return rule.created_at.isoformat(timespec="microseconds"), rule.rule_id
            case _:
                return rule.next_run.isoformat(timespec="microseconds") if rule.next_run else "~", rule.rule_id


class RuleList(BaseModel):
    items: list[RuleView]
    cursor: NextCursor


@router.get("/rules", **operation(Permission.READ))
def list_rules(
    limit: Limit = 50,
    cursor: Cursor = "",
    state: RuleState | None = None,
    dataset: Annotated[str, Query(description="Rules over this dataset alone.")] = "",
    destination: Annotated[str, Query(description="Rules that deliver to the destination of this id.")] = "",
    name: Annotated[str, Query(description="Rules with this in their name, in whatever letter case.")] = "",
    order: Annotated[RuleOrder, Query(description="A minus turns it round.")] = RuleOrder.ID,
    last_run: Annotated[bool, Query(description="With each rule's newest run.")] = False,
) -> RuleList:
    """By id, or in another order; then all of the tenant's rules are read for each page."""
    caller = calling(router)
    paging = Paging(caller, "rules", state=state, data=dataset, to=destination, name=name, order=order)

    def wanted(rule: Rule) -> bool:
        s = rule.settings
        return (
            caller.made(rule.created_by)
            and state in {None, rule.state}
            and (not dataset or any(choice.dataset == dataset for choice in s.data))
            and (not destination or destination in s.destinations)
            and name.casefold() in s.name.casefold()
        )

    keep = wanted if state or dataset or destination or name or not caller.reaches_all else None
    if order is RuleOrder.ID:
        page = stores.rules().page(caller.tenant, paging.inner(cursor), limit, keep)
    else:
        found = all_of(lambda start, size: stores.rules().page(caller.tenant, start, size, keep))
        page = ordered(found, order.of, paging.inner(cursor), limit, descending=order.value.startswith("-"))
    items = [view_of_rule(r, _last_run(r) if last_run else None) for r in page.items]
    return RuleList(items=items, cursor=paging.outer(page.cursor))


def _last_run(rule: Rule) -> RunView | None:
    newest = next(iter(stores.runs().of_rule(rule.tenant, rule.rule_id, "", 1).items), None)
    return view_of_run(newest) if newest else None


@router.get("/rules/<rule_id>", **operation(Permission.READ))
def get_rule(rule_id: str) -> Response[RuleView]:
    """With the window that it runs next."""
    caller = calling(router)
    return answer_of_rule(own_rule(caller, rule_id))


@router.post("/rules", **operation(Permission.EXPORT, HTTPStatus.CREATED, changes=True))
def create_rule(body: RuleRequest) -> Response[RuleView]:
    """Active at once."""
    return made_rule(calling(router), body)


def made_rule(caller: Caller, body: RuleRequest) -> Response[RuleView]:
    """A new rule, saved, and the answer that shows it."""
    password = ArchivePassword(body.archive.given, kept=False)
    settings = _checked(caller, body, password)
    rule_id = f"rul_{secrets.token_hex(8)}"
    rule = rules.new_rule(caller.tenant, rule_id, settings, catalogs.catalog(caller.tenant), clock.now(), caller.name)
    # Late is what is registered from now on: a run that looked first could not tell for another one under way.
    rule = replace(rule, late_checked=newest_numbers(caller.tenant, settings, stores.lake_objects()))
    rule = marked(rule, stores.lake_objects())
    if password.given:
        reference = vault.secrets().create(caller.tenant, _password_name(rule_id), {"password": password.given})
        rule = replace(rule, password_ref=reference)
    try:
        stores.rules().add(rule)
    except WaybillError:
        if rule.password_ref:
            vault.secrets().remove(rule.password_ref)
        raise
    return answer_of_rule(rule, HTTPStatus.CREATED)


@router.put("/rules/<rule_id>", **operation(Permission.EXPORT, changes=True, if_match=True))
def update_rule(rule_id: str, body: RuleRequest) -> Response[RuleView]:
    """Replaces all settings. What was claimed already runs as it was planned."""
    caller = calling(router)
    current = own_rule(caller, rule_id)
    check_match(router, etag_of_rule(current))
    password = ArchivePassword(body.archive.given, kept=bool(current.password_ref))
    settings = _checked(caller, body, password)
    changed = rules.with_settings(current, settings, catalogs.catalog(caller.tenant), clock.now())
    changed = marked(changed, stores.lake_objects())
    if password.given:
        # Another password is another secret: a run that was planned before keeps the one it was planned with.
        name = f"{_password_name(rule_id)}-{changed.version}"
        reference = vault.secrets().create(caller.tenant, name, {"password": password.given})
        changed = replace(changed, password_ref=reference)
    stores.rules().replace(changed, current.version)
    new = {**newest_numbers(caller.tenant, settings, stores.lake_objects()), **current.late_checked}
    if new != current.late_checked:
        stores.rules().late_checked(current, new)
    return answer_of_rule(changed)


@router.post("/rules/<rule_id>/deactivate", **operation(Permission.EXPORT, changes=True))
def deactivate_rule(rule_id: str) -> RuleView:
    return _changed(rule_id, lambda rule: rules.deactivated(rule, clock.now()))


@router.post("/rules/<rule_id>/activate", **operation(Permission.EXPORT, changes=True))
def activate_rule(rule_id: str, body: Activation | None = None) -> RuleView:
    """Goes on where the rule stopped. Where windows passed meanwhile, `missed` must say what becomes of them."""
    caller = calling(router)
    rule = own_rule(caller, rule_id)
    missed = body.missed if body else None
    catalog = catalogs.catalog(caller.tenant)
    active, run = reactivate(rule, missed, stores.rules(), stores.runs(), catalog, by_hand())
    if run is not None:
        starting.workflow().start(run, is_large(run))
    return view_of_rule(active)


@router.delete("/rules/<rule_id>", **operation(Permission.EXPORT, HTTPStatus.NO_CONTENT, changes=True))
def delete_rule(rule_id: str) -> Response[str]:
    """Its runs and their log stay."""
    caller = calling(router)
    rule = own_rule(caller, rule_id)
    stores.rules().remove(caller.tenant, rule_id)
    if rule.password_ref:
        vault.secrets().remove(rule.password_ref)
    return Response(HTTPStatus.NO_CONTENT.value, body="")


def _changed(rule_id: str, change: Callable[[Rule], Rule]) -> RuleView:
    caller = calling(router)
    current = own_rule(caller, rule_id)
    changed = change(current)
    stores.rules().replace(changed, current.version)
    return view_of_rule(changed)


def _checked(caller: Caller, body: RuleRequest, password: ArchivePassword) -> RuleSettings:
    catalog, given = catalogs.catalog(caller.tenant), body.settings()
    settings = given.model_copy(update={"data": reached_data(caller, given.data, catalog)})
    saved = [stores.destinations().find(caller.tenant, one) for one in settings.destinations]
    usable = {s.destination_id for s in saved if s is not None and s.usable and may_use(caller, s)}
    check_settings(settings, catalog, usable, password)
    if not isinstance(settings.schedule, OnDemand) and settings.schedule.frequency != "once":
        permitted(router, Permission.RECURRING_EXPORT)
    return settings


def _password_name(rule_id: str) -> str:
    return f"{rule_id}-archive"
