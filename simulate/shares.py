"""How long each tenant waits, against what it would wait if whoever waits were served equally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from heapq import heapify, heappop


def waits(claims: Iterable[tuple[float, str]]) -> Mapping[str, tuple[float, float]]:
    """Of each tenant: when its last rule was claimed, and when it would have been under equal shares. `claims`: moment, tenant.

    At each moment the same number of claims is made in both; under equal shares each serves all tenants that have rules
    waiting by the same part.
    """
    made = sorted(claims)
    last = {tenant: moment for moment, tenant in made}
    waiting = [(rules, tenant) for tenant, rules in Counter(tenant for _, tenant in made).items()]
    heapify(waiting)
    found, served = {}, 0.0
    for moment, _ in made:
        served += 1 / len(waiting)
        while waiting and waiting[0][0] <= served + 1e-6:
            tenant = heappop(waiting)[1]
            found[tenant] = (last[tenant], moment)
    return found


def worst(claims: Iterable[tuple[float, str]]) -> float:
    """The longest wait of a tenant as a multiple of its fair one; 0 where nothing was claimed."""
    return max((own / fair for own, fair in waits(claims).values()), default=0.0)
