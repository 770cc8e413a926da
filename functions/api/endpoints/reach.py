"""What the caller reaches of the tenant's things: administrators all, users what they made or what is shared with them.

What is out of reach is not there: the same answer as for another tenant's.
"""

from __future__ import annotations

from collections.abc import Callable

from endpoints.paging import all_of
from waybill.core.access import Caller
from waybill.core.errors import NotFound
from waybill.core.ports import SavedDestination
from waybill.core.rule import Rule
from waybill.core.run import RunKey, parse_run_id
from waybill.core.sharing import EVERYBODY, Sharing
from waybill.wiring import stores


def own_rule(caller: Caller, rule_id: str) -> Rule:
    """Raises NotFound."""
    rule = stores.rules().get(caller.tenant, rule_id)
    if not caller.made(rule.created_by):
        raise NotFound(f"There is no rule {rule_id}.", "See GET /rules.")
    return rule


def own_run(caller: Caller, run_id: str) -> RunKey:
    """The key of a run of a rule that the caller reaches. Raises NotFound; whether there is such a run, the table says."""
    key = parse_run_id(caller.tenant, run_id)
    if key is None:
        raise NotFound(f"There is no run {run_id!r}.", "See GET /runs.")
    if not caller.reaches_all:
        own_rule(caller, key.rule_id)
    return key


def rules_in_reach(caller: Caller) -> Callable[[str], bool] | None:
    """Whether a rule of that id is the caller's. None: every one is."""
    if caller.reaches_all:
        return None
    page = stores.rules().page
    own = all_of(lambda cursor, limit: page(caller.tenant, cursor, limit, lambda rule: caller.made(rule.created_by)))
    return frozenset(rule.rule_id for rule in own).__contains__


def may_use(caller: Caller, destination: SavedDestination) -> bool:
    """Whether the caller may deliver there."""
    limited = destination.limited_to
    return (EVERYBODY if limited is None else Sharing.model_validate(limited)).reaches(caller)


def own_destination(caller: Caller, destination_id: str) -> SavedDestination:
    """Raises NotFound."""
    saved = stores.destinations().get(caller.tenant, destination_id)
    if not may_use(caller, saved):
        raise NotFound(f"There is no destination {destination_id}.", "See GET /destinations.")
    return saved
