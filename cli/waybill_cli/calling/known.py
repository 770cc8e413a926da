"""What a shell may complete: ids of the tenant's own things. A shell waits for it: it asks once, and never fails."""

from __future__ import annotations

from collections.abc import Callable

from waybill_cli.calling.account import NoAccount, account
from waybill_cli.calling.api import Api, Json, Refused, Unreachable
from waybill_cli.terminal import plain

_MOST = 50


def rule_ids(incomplete: str) -> list[tuple[str, str]]:
    return _known("/rules", incomplete, lambda r: (r["rule_id"], r["settings"]["name"]))


def run_ids(incomplete: str) -> list[tuple[str, str]]:
    return _known("/runs", incomplete, lambda r: (r["run_id"], f"{r['rule_name']}, {r['state']}"))


def destination_ids(incomplete: str) -> list[tuple[str, str]]:
    return _known("/destinations", incomplete, lambda d: (d["destination_id"], d["name"]))


def _known(path: str, incomplete: str, named: Callable[[Json], tuple[str, str]]) -> list[tuple[str, str]]:
    """Ids that begin so, each with what it is called."""
    try:
        with Api(account()) as api:
            found = [named(item) for item in api.items(path, _MOST)]
    except (NoAccount, Unreachable, Refused):
        return []
    return [(one, plain(said)) for one, said in found if one.startswith(incomplete)]
