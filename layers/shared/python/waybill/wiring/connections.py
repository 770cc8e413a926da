"""Destinations, ready for use."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence

from waybill.core import ports
from waybill.core.deliver import Destination, ProbeStep
from waybill.core.errors import ConfigurationError, TransientError
from waybill.core.folder_access import HOSTED, folder_of
from waybill.core.pace import UNHURRIED, Pace, TokenBucket
from waybill.core.plan import PlannedDestination
from waybill.destinations import registry
from waybill.destinations.probing import completed
from waybill.wiring import stores, vault
from waybill.wiring.environment import client, region, settings


def planned_destinations(tenant: str, ids: Sequence[str]) -> list[PlannedDestination]:
    """Destinations as a plan sees them. Raises NotFound for one that the tenant has not."""
    return [_planned(stores.destinations().get(tenant, one)) for one in ids]


def _planned(saved: ports.SavedDestination) -> PlannedDestination:
    able = registry.capabilities(saved.kind)
    return PlannedDestination(
        destination_id=saved.destination_id,
        name=saved.name,
        kind=saved.kind,
        largest_file=able.largest_file,
        longest_name=able.longest_name,
        forbidden=able.forbidden,
        limited=any((saved.settings.get("limits") or {}).values()),
    )


def destination_kinds() -> Collection[str]:
    """The kinds of destination that there are."""
    return registry.kinds()


def destination_config(kind: str) -> type[registry.DestinationConfig]:
    """What a kind's settings are checked against; needs none of its heavy libraries."""
    return registry.config_model(kind)


def dial(saved: ports.SavedDestination, session: str) -> Destination:
    """A saved destination with its secret, ready for use. `session` names what for, in the logs of a tenant's role."""
    secret = _secret_of(saved) if saved.secret_ref else {}
    config = registry.config_model(saved.kind).model_validate({**saved.settings, **secret})
    surroundings = registry.Surroundings(
        allowed_networks=settings().allowed_networks,
        hosted=_folder(saved) if saved.kind == HOSTED else None,
        trust=registry.Trust(client("sts"), saved.external_id, session) if saved.external_id else None,
    )
    return registry.connect(saved.kind, config, surroundings)


def pace(saved: ports.SavedDestination) -> Pace:
    """How fast a saved destination may be sent to."""
    rate = (saved.settings.get("limits") or {}).get("bytes_per_second")
    return TokenBucket(rate, time.monotonic, time.sleep) if rate else UNHURRIED


def probed(saved: ports.SavedDestination, seconds: float) -> Sequence[ProbeStep]:
    """Every step of a saved destination's connection test, within that time."""
    return completed(dial(saved, "probe"), seconds)


def _secret_of(saved: ports.SavedDestination) -> Mapping[str, str]:
    try:
        return vault.secrets().read(saved.secret_ref)
    except ConfigurationError:
        latest = stores.destinations().find(saved.tenant, saved.destination_id)
        if latest is None or latest.secret_ref == saved.secret_ref:
            raise
        advice = "It is tried again by itself."
        raise TransientError("The destination got new credentials at this moment.", advice) from None


def _folder(saved: ports.SavedDestination) -> registry.HostedFolder:
    s = settings()
    return registry.HostedFolder(
        client=client("s3"),
        bucket=s.need("hosted_bucket"),
        region=region(),
        prefix=folder_of(saved.tenant, saved.destination_id),
        origins={"stage": s.stage_bucket, "lake": s.lake_bucket},
    )
