"""Under which keys of the sparse indexes items lie."""

from __future__ import annotations

import zlib

from waybill.core.run import RunKey

DUE_SHARDS = 48
"""Over how many keys the sparse indexes spread: one key of an index takes 1,000 writes a second."""
_SHARDS_OF_TENANT = 4


def due_shard(tenant: str, rule_id: str) -> str:
    """Under which key of the index of what is due a rule lies. A tenant's rules lie under a few keys: under many, it would have
    a turn at each of them while a tenant with one rule has one; under a single one, the largest would hold that up.
    """
    return str((zlib.crc32(tenant.encode()) + zlib.crc32(rule_id.encode()) % _SHARDS_OF_TENANT) % DUE_SHARDS)


def waiting_shard(key: RunKey) -> str:
    return str(zlib.crc32(key.run_id.encode()) % DUE_SHARDS)
