"""By what notices go out, and to whom they may."""

from __future__ import annotations

from functools import cache

from waybill.aws.mail import SesMails
from waybill.aws.outbox import QueuedOutbox
from waybill.core.network import parse_networks
from waybill.core.notice import Mails, Webhooks
from waybill.core.notify import Post
from waybill.core.rate import Rate
from waybill.core.webhook_url import refused_url
from waybill.destinations import registry
from waybill.destinations.dial import Dialer
from waybill.webhooks.posting import HttpWebhooks
from waybill.wiring import clock, stores, vault
from waybill.wiring.environment import client, settings


@cache
def outbox() -> QueuedOutbox:
    return QueuedOutbox(client("sqs"), settings().need("notices_queue"))


def mails_are_sent() -> bool:
    """Whether the operator has said from whom mails come."""
    return bool(settings().notification_sender)


@cache
def post() -> Post:
    """By what notices go out."""
    s = settings()
    mails: Mails | None = SesMails(client("sesv2"), s.notification_sender) if mails_are_sent() else None
    limit = Rate(s.mails_per_minute, 10 * s.mails_per_minute)

    def wait(tenant: str) -> int:
        return stores.rates().take(f"mails/{tenant}", limit, int(clock.now().timestamp() * 1000))

    return Post(secrets=vault.secrets(), webhooks=_webhooks(), mails=mails, mail_wait=wait, console=s.console_url)


def _webhooks() -> Webhooks:
    """A dialer of its own for each POST: a name is looked up once for it, and afresh for the next one."""
    around = registry.Surroundings(allowed_networks=settings().allowed_networks)
    return HttpWebhooks(lambda: Dialer(around))


def refused_receiver(url: str) -> str:
    """See `core.webhook_url.refused_url`."""
    return refused_url(url, parse_networks(settings().allowed_networks))
