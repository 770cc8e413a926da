"""Subscriptions: who of the tenant is told of what, by mail or webhook. A webhook's secret goes out once, when it is made."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging, all_of
from endpoints.precondition import check_match, etag
from waybill.core.access import Caller, Permission
from waybill.core.errors import Conflict, FieldError, InvalidInput, NotFound, WaybillError
from waybill.core.notice import Attempt, Result
from waybill.core.occasion import EventKind
from waybill.core.rule_settings import Title
from waybill.core.rule_warnings import NO_MAILS
from waybill.core.signed_webhook import SECRET_BYTES, secret_of
from waybill.core.subscription import (
    MOST,
    EventKinds,
    RuleIds,
    Subscription,
    SubscriptionState,
    Target,
    WebhookTarget,
)
from waybill.core.window import stamp
from waybill.wiring import clock, notices, remote, stores, vault

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
WEEK_HOURS = 7 * 24


class SubscriptionRequest(BaseModel):
    """`rules` narrows the events that are about a rule; null is all."""

    model_config = ConfigDict(extra="forbid")

    name: Title
    events: EventKinds
    rules: RuleIds | None = None
    target: Target


class SubscriptionView(BaseModel):
    """`because` says why it is `failing` or `disabled`. `previous_secret_until`: so long the secret before signs as well."""

    subscription_id: str
    name: str
    events: list[EventKind]
    rules: list[str] | None
    target: Target
    state: SubscriptionState
    because: str
    failing_since: str | None
    disabled_at: str | None
    previous_secret_until: str | None
    created_at: str
    updated_at: str
    created_by: str
    warnings: list[str]


class NewSubscriptionView(SubscriptionView):
    """`secret` is a webhook's, shown this once."""

    secret: str | None


class SubscriptionList(BaseModel):
    items: list[SubscriptionView]
    cursor: NextCursor


class SecretRequest(BaseModel):
    """`overlap_hours`: so long webhooks are signed with the old secret as well."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: Annotated[int, Field(ge=0, le=WEEK_HOURS)] = 24


class SecretView(BaseModel):
    subscription_id: str
    secret: str
    previous_secret_until: str | None


class AttemptView(BaseModel):
    """`number` counts the attempts at one notice from 1; `notice_id` is a webhook's `webhook-id`; `status` is of its answer."""

    notice_id: str
    event: str
    run_id: str
    to: str
    number: int
    at: str
    result: Result
    status: int | None
    message: str
    next_at: str | None


class AttemptList(BaseModel):
    items: list[AttemptView]
    cursor: NextCursor


class TrialView(BaseModel):
    """`delivered`: every receiver took it."""

    delivered: bool
    attempts: list[AttemptView]


_MAY = Permission.MANAGE_SUBSCRIPTIONS


@router.get("/subscriptions", **operation(_MAY))
def list_subscriptions(limit: Limit = 50, cursor: Cursor = "") -> SubscriptionList:
    """By id."""
    caller = calling(router)
    paging = Paging(caller, "subscriptions")
    page = stores.subscriptions().page(caller.tenant, paging.inner(cursor), limit)
    return SubscriptionList(items=[_view(s) for s in page.items], cursor=paging.outer(page.cursor))


@router.get("/subscriptions/<subscription_id>", **operation(_MAY))
def get_subscription(subscription_id: str) -> Response[SubscriptionView]:
    """With how it fares."""
    return _answered(stores.subscriptions().get(calling(router).tenant, subscription_id))


@router.post("/subscriptions", **operation(_MAY, HTTPStatus.CREATED, changes=True))
def create_subscription(body: SubscriptionRequest) -> Response[NewSubscriptionView]:
    """A webhook's answer has its `secret`, this once. At most fifty of a tenant."""
    caller, now = calling(router), clock.now()
    _check(caller, body)
    if sum(1 for _ in all_of(lambda cursor, limit: stores.subscriptions().page(caller.tenant, cursor, limit))) >= MOST:
        raise Conflict(f"There are {MOST} subscriptions already.", "Delete one, or let one be told of more.")
    subscription = Subscription(
        tenant=caller.tenant,
        subscription_id=f"sub_{secrets.token_hex(8)}",
        name=body.name,
        events=body.events,
        rules=body.rules,
        target=body.target,
        created_at=now,
        updated_at=now,
        created_by=caller.name,
    )
    secret = None
    if isinstance(body.target, WebhookTarget):
        secret = secret_of(secrets.token_bytes(SECRET_BYTES))
        subscription = subscription.model_copy(update={"secret_ref": _kept(subscription, secret)})
    try:
        stores.subscriptions().add(subscription)
    except WaybillError:
        _forget(subscription.secret_ref)
        raise
    view = NewSubscriptionView(**_view(subscription).model_dump(), secret=secret)
    headers = {"ETag": _etag(subscription), **({"Cache-Control": "no-store"} if secret else {})}
    return Response(HTTPStatus.CREATED.value, "application/json", view, headers=headers)


@router.put("/subscriptions/<subscription_id>", **operation(_MAY, changes=True, if_match=True))
def change_subscription(subscription_id: str, body: SubscriptionRequest) -> Response[SubscriptionView]:
    """Replaces all settings but the secret; one that was disabled is active again. Its kind stays."""
    caller = calling(router)
    before = stores.subscriptions().get(caller.tenant, subscription_id)
    check_match(router, _etag(before))
    if body.target.kind != before.target.kind:
        said = f"a subscription of kind {before.target.kind} stays one; make another one"
        raise InvalidInput([FieldError("target.kind", said)])
    _check(caller, body)
    said_now = {"name": body.name, "events": body.events, "rules": body.rules, "target": body.target}
    fares = {"failing_since": None, "disabled_at": None, "because": ""}
    changed = before.model_copy(update={**said_now, **fares, "updated_at": clock.now()})
    stores.subscriptions().replace(before, changed)
    return _answered(changed)


@router.delete("/subscriptions/<subscription_id>", **operation(_MAY, HTTPStatus.NO_CONTENT, changes=True))
def delete_subscription(subscription_id: str) -> Response[str]:
    """Notices that wait for it are dropped; its secret goes with it."""
    caller = calling(router)
    found = stores.subscriptions().get(caller.tenant, subscription_id)
    stores.subscriptions().remove(caller.tenant, subscription_id)
    _forget(found.secret_ref, found.previous_ref)
    return Response(HTTPStatus.NO_CONTENT.value, body="")


@router.post("/subscriptions/<subscription_id>/secret", **operation(_MAY, HTTPStatus.CREATED, changes=True))
def renew_secret(subscription_id: str, body: SecretRequest) -> Response[SecretView]:
    """A webhook's new secret, shown this once. During the overlap each webhook has a signature of both; a secret that is older
    still ends at once.
    """
    caller, now = calling(router), clock.now()
    before = stores.subscriptions().get(caller.tenant, subscription_id)
    if not isinstance(before.target, WebhookTarget):
        raise NotFound("A subscription of kind mail has no secret.", "Make one of kind webhook.")
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    until = now + timedelta(hours=body.overlap_hours) if body.overlap_hours else None
    previous = {"previous_ref": before.secret_ref if until else "", "previous_until": until}
    changed = before.model_copy(update={"secret_ref": _kept(before, secret), **previous, "updated_at": now})
    try:
        stores.subscriptions().replace(before, changed)
    except WaybillError:
        _forget(changed.secret_ref)
        raise
    _forget(before.previous_ref, "" if until else before.secret_ref)
    view = SecretView(subscription_id=subscription_id, secret=secret, previous_secret_until=_moment(until))
    return Response(HTTPStatus.CREATED.value, "application/json", view, headers={"Cache-Control": "no-store"})


@router.post("/subscriptions/<subscription_id>/test", **operation(_MAY, changes=True))
def try_subscription(subscription_id: str) -> TrialView:
    """Sends one event of the type `test` to each receiver now, once, and answers what happened."""
    caller = calling(router)
    found = stores.subscriptions().get(caller.tenant, subscription_id)
    attempts = remote.trial().run(caller.tenant, found.subscription_id)
    delivered = all(one.result is Result.DELIVERED for one in attempts)
    return TrialView(delivered=delivered, attempts=[_shown(one) for one in attempts])


@router.get("/subscriptions/<subscription_id>/attempts", **operation(_MAY))
def list_attempts(subscription_id: str, limit: Limit = 50, cursor: Cursor = "") -> AttemptList:
    """The newest first, of the last thirty days."""
    caller = calling(router)
    found = stores.subscriptions().get(caller.tenant, subscription_id)
    paging = Paging(caller, "attempts", of=found.subscription_id)
    page = stores.attempts().page(caller.tenant, found.subscription_id, paging.inner(cursor), limit)
    return AttemptList(items=[_shown(one) for one in page.items], cursor=paging.outer(page.cursor))


def _check(caller: Caller, body: SubscriptionRequest) -> None:
    """What the types cannot tell. Raises InvalidInput with every field."""
    errors = []
    for index, rule_id in enumerate(body.rules or ()):
        try:
            stores.rules().get(caller.tenant, rule_id)
        except NotFound:
            errors.append(FieldError(f"rules.{index}", f"there is no rule {rule_id!r}; see GET /rules"))
    refused = notices.refused_receiver(body.target.url) if isinstance(body.target, WebhookTarget) else ""
    if refused:
        errors.append(FieldError("target.url", refused))
    if errors:
        raise InvalidInput(errors)


def _kept(subscription: Subscription, secret: str) -> str:
    """Where the secret is from now on: under a name of its own, since the one before may go on for a while."""
    name = f"{subscription.subscription_id}-{secrets.token_hex(4)}"
    return vault.secrets().create(subscription.tenant, name, {"secret": secret})


def _forget(*references: str) -> None:
    for reference in references:
        if reference:
            vault.secrets().remove(reference)


def _etag(subscription: Subscription) -> str:
    """Of its settings: that one fails is no change of it."""
    return etag(subscription.model_dump_json())


def _answered(subscription: Subscription) -> Response[SubscriptionView]:
    headers = {"ETag": _etag(subscription)}
    return Response(HTTPStatus.OK.value, "application/json", _view(subscription), headers=headers)


def _view(subscription: Subscription) -> SubscriptionView:
    now, until = clock.now(), subscription.previous_until
    silent = subscription.target.kind == "mail" and not notices.mails_are_sent()
    return SubscriptionView(
        subscription_id=subscription.subscription_id,
        name=subscription.name,
        events=list(subscription.events),
        rules=None if subscription.rules is None else list(subscription.rules),
        target=subscription.target,
        state=subscription.state,
        because=subscription.because,
        failing_since=_moment(subscription.failing_since),
        disabled_at=_moment(subscription.disabled_at),
        previous_secret_until=_moment(until if until is not None and now < until else None),
        created_at=stamp(subscription.created_at),
        updated_at=stamp(subscription.updated_at),
        created_by=subscription.created_by,
        warnings=[NO_MAILS] if silent else [],
    )


def _shown(attempt: Attempt) -> AttemptView:
    said = attempt.model_dump(exclude={"at", "next_at"})
    return AttemptView(**said, at=stamp(attempt.at), next_at=_moment(attempt.next_at))


def _moment(instant: datetime | None) -> str | None:
    return stamp(instant) if instant else None
