"""Telling whoever wants to know: who gets a notice, how it is sent, and what becomes of one that fails.

Each notice is sent at least once, under an id of its own that stays the same. A receiver that fails holds back no other.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from waybill.core.errors import ConfigurationError, NotFound, PermanentError, WaybillError
from waybill.core.notice import Attempt, Attempts, Mail, Mails, Notice, Outbox, Result, Webhooks
from waybill.core.notify_settings import MailWords
from waybill.core.notify_text import message_of, subject_of, values_of
from waybill.core.occasion import TEST, Occasion, occasion_of
from waybill.core.ports import Rules, RunLog, Secrets
from waybill.core.rule import Rule
from waybill.core.rule_settings import LogKept
from waybill.core.run import known_key
from waybill.core.signed_webhook import body_of, headers_of
from waybill.core.subscription import DISABLED_AFTER, MailTarget, Subscription, Subscriptions, WebhookTarget

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=8),
    timedelta(hours=9),
)
"""Between the attempts at one notice: about a day. None is longer than a queue can hold a message back, 12 hours, with its
jitter."""
JITTER = 0.2
GONE = 410
"""The receiver wants no more (RFC 9110, 15.5.11)."""


@dataclass(frozen=True)
class Post:
    """By what notices go out. `mails` is None where the operator sends none; `mail_wait` takes one mail from what a tenant may
    send, or says in how many seconds there may be one; `console` is its address.
    """

    secrets: Secrets
    webhooks: Webhooks
    mails: Mails | None
    mail_wait: Callable[[str], int]
    console: str


@dataclass(frozen=True)
class Desk:
    """What telling somebody touches."""

    rules: Rules
    subscriptions: Subscriptions
    attempts: Attempts
    log: RunLog
    outbox: Outbox
    post: Post


@dataclass(frozen=True)
class Sent:
    """What came of one attempt. `final`: another one would be in vain; `gone`: the receiver wants nothing any more."""

    delivered: bool
    message: str
    status: int | None = None
    final: bool = False
    gone: bool = False


def fan_out(event: Mapping[str, Any], desk: Desk) -> int:
    """One notice for each who wants to know of an event of the bus; returns how many. May be done twice: each notice has the
    same id then.
    """
    occasion = occasion_of(event)
    if occasion is None:
        return 0
    rule = _rule_of(occasion, desk.rules)
    notices = [
        notice for notice in _notices(occasion, rule, desk.subscriptions) if desk.post.mails or notice.mail is None
    ]
    desk.outbox.put(notices)
    return len(notices)


def _rule_of(occasion: Occasion, rules: Rules) -> Rule | None:
    try:
        return rules.get(occasion.tenant, occasion.rule_id) if occasion.rule_id else None
    except NotFound:
        return None


def _notices(occasion: Occasion, rule: Rule | None, subscriptions: Subscriptions) -> Iterator[Notice]:
    zone = rule.settings.schedule.zone if rule else "UTC"
    notify = rule.settings.notify if rule else None
    if rule is not None and notify is not None and notify.wants(occasion.kind):
        logged = bool(occasion.run_id) and rule.settings.log is LogKept.FULL
        yield from _mails(occasion, rule.rule_id, zone, notify, logged=logged)
    for one in subscriptions.all(occasion.tenant):
        if one.wants(occasion):
            yield from _of_subscription(occasion, one, zone)


def _of_subscription(occasion: Occasion, subscription: Subscription, zone: str) -> Iterator[Notice]:
    if isinstance(subscription.target, MailTarget):
        yield from _mails(occasion, subscription.subscription_id, zone, subscription.target)
    else:
        yield Notice(occasion=occasion, receiver=subscription.subscription_id, zone=zone)


def _mails(occasion: Occasion, receiver: str, zone: str, words: MailWords, *, logged: bool = False) -> Iterator[Notice]:
    """One for each address: nobody sees who else is told, and one that is wrong holds back no other."""
    for address in words.addresses:
        mail = Mail(address=address, subject=words.subject, message=words.message)
        yield Notice(occasion=occasion, receiver=receiver, zone=zone, mail=mail, logged=logged)


def deliver(notice: Notice, number: int, desk: Desk, now: datetime) -> timedelta | None:
    """The attempt of that number (from 1) at a notice; returns after which pause the next one is due, None where there is
    none. Does nothing for a notice that was delivered, and for one whose subscription is gone or disabled.
    """
    tenant = notice.occasion.tenant
    if desk.attempts.delivered(tenant, notice.receiver, notice.id):
        return None
    subscription: Subscription | None = None
    if notice.receiver.startswith("sub_"):
        try:
            subscription = desk.subscriptions.get(tenant, notice.receiver)
        except NotFound:
            return None
        if subscription.disabled_at is not None:
            return None
    sent = _sent(notice, subscription, desk.post, now)
    pause = None if sent.delivered or sent.final or sent.gone else pause_after(number, notice.id)
    attempt = _attempt(notice, number, sent, pause, now)
    desk.attempts.note(tenant, notice.receiver, attempt)
    if subscription is not None:
        _note_health(subscription, sent, pause, desk.subscriptions, now)
    elif pause is None and notice.logged:
        key = known_key(tenant, notice.occasion.run_id)
        told = "was told" if sent.delivered else f"was not told: {sent.message}"
        desk.log.note(key, now, "notify", f"{notice.to} {told}")
    return pause


def try_now(subscription: Subscription, desk: Desk, now: datetime) -> list[Attempt]:
    """One test event to each of the subscription's receivers, at once and once. It is listed with the attempts, and changes
    nothing else.
    """
    said = "Somebody tried this subscription. Nothing has happened."
    data = {"subscription_id": subscription.subscription_id, "message": said}
    moment = now.isoformat(timespec="microseconds")
    at = f"{moment.partition('.')[0]}Z"
    occasion = Occasion(kind=TEST, id=moment, at=at, tenant=subscription.tenant, data=data)
    found = []
    for notice in _of_subscription(occasion, subscription, "UTC"):
        sent = _sent(notice, subscription, desk.post, now)
        attempt = _attempt(notice, 1, sent, None, now)
        desk.attempts.note(subscription.tenant, subscription.subscription_id, attempt)
        found.append(attempt)
    return found


def pause_after(number: int, notice_id: str) -> timedelta | None:
    """How long to wait after the attempt of that number; None after the last one. Notices that failed together are not tried
    again together.
    """
    if number > len(PAUSES):
        return None
    share = zlib.crc32(f"{notice_id}.{number}".encode()) / 2**32
    return PAUSES[number - 1] * (1 + JITTER * share)


def _attempt(notice: Notice, number: int, sent: Sent, pause: timedelta | None, now: datetime) -> Attempt:
    failed = Result.GIVEN_UP if pause is None else Result.RETRIED
    return Attempt(
        notice_id=notice.id,
        event=notice.occasion.kind,
        run_id=notice.occasion.run_id,
        to=notice.to,
        number=number,
        at=now,
        result=Result.DELIVERED if sent.delivered else failed,
        status=sent.status,
        message=sent.message,
        next_at=now + pause if pause is not None else None,
    )


def _note_health(
    subscription: Subscription, sent: Sent, pause: timedelta | None, subscriptions: Subscriptions, now: datetime
) -> None:
    since = subscription.failing_since
    if sent.delivered:
        if since is not None:
            subscriptions.recovered(subscription)
    elif sent.gone:
        subscriptions.disable(subscription, now, sent.message)
    elif pause is None and since is not None and now - since >= DISABLED_AFTER:
        said = f"Nothing arrived for {(now - since).days} days. The last attempt said: {sent.message}"
        subscriptions.disable(subscription, now, said)
    elif pause is None:
        subscriptions.fails(subscription, now, sent.message)


def _sent(notice: Notice, subscription: Subscription | None, post: Post, now: datetime) -> Sent:
    try:
        if notice.mail is not None:
            return _mailed(notice, notice.mail, post)
        if subscription is None or not isinstance(subscription.target, WebhookTarget):
            return Sent(False, "The subscription has no webhook any more.", final=True)
        return _posted(notice, subscription, subscription.target.url, post, now)
    except WaybillError as error:
        return Sent(False, str(error), final=notice.mail is not None and isinstance(error, PermanentError))


def _mailed(notice: Notice, mail: Mail, post: Post) -> Sent:
    if post.mails is None:
        return Sent(False, "The platform's operator has not set up mails.", final=True)
    if post.mail_wait(notice.occasion.tenant):
        return Sent(False, "More mails are to be sent than a tenant may at one time; it is sent later.")
    values = values_of(notice.occasion, notice.zone, post.console)
    post.mails.send(mail.address, subject_of(mail.subject, values), message_of(mail.message, values), notice.id)
    return Sent(True, "The mail service took it.")


def _posted(notice: Notice, subscription: Subscription, url: str, post: Post, now: datetime) -> Sent:
    body = body_of(notice.occasion)
    try:
        secrets = [post.secrets.read(reference)["secret"] for reference in subscription.signs_with(now)]
    except ConfigurationError:
        advice = f"Make a new one: POST /subscriptions/{subscription.subscription_id}/secret."
        return Sent(False, f"The subscription's secret is gone. {advice}")
    status = post.webhooks.post(url, headers_of(notice.id, now, body, secrets), body)
    if 200 <= status < 300:
        return Sent(True, f"The receiver answered {status}.", status)
    if status == GONE:
        return Sent(False, f"The receiver answered {status}: it wants no more.", status, gone=True)
    if 300 <= status < 400:
        return Sent(
            False, f"The receiver answered {status}; a redirect is not followed. Give the final address.", status
        )
    return Sent(False, f"The receiver answered {status}; only 2xx says that it took the event.", status)
