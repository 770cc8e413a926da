"""What a caller of user level reaches: rows that are theirs or their groups'. Administrators reach all rows of the tenant.

The dataset says which of its fields name users and groups (`Dataset.people`). Of a dataset that does not, users reach nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from waybill.core.access import Caller
from waybill.core.assigned import Assigned
from waybill.core.catalog import Catalog, Dataset
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.rule_settings import DataChoice


def reached(caller: Caller, assigned: Assigned | None, dataset: Dataset, field: str) -> Assigned | None:
    """To whom the rows must belong that the caller gets: what was asked for, where they reach that; all that they reach, where
    nothing was. Raises InvalidInput on `field`, or where the dataset does not say whose its rows are.
    """
    if caller.reaches_all:
        return assigned
    people = dataset.people
    users = (caller.user,) if people and people.users else ()
    groups = caller.groups if people and people.groups else ()
    if not users and not groups:
        said = f"{dataset.name} does not say whose its rows are; only an administrator can look into it"
        raise InvalidInput([FieldError(field, said)])
    if assigned is None:
        return Assigned(users=users, groups=groups)
    if assigned.extensions or not {*assigned.users} <= {*users} or not {*assigned.groups} <= {*groups}:
        said = f"you reach your own rows ({caller.user}) and those of your groups ({', '.join(groups) or 'none'})"
        raise InvalidInput([FieldError(field, said)])
    return assigned


def reached_data(caller: Caller, data: Sequence[DataChoice], catalog: Catalog) -> tuple[DataChoice, ...]:
    """The same for each dataset of a rule; one that there is not is left for the check of the settings."""
    return tuple(
        choice.model_copy(
            update={"assigned": reached(caller, choice.assigned, catalog[choice.dataset], f"data.{n}.assigned")}
        )
        if choice.dataset in catalog
        else choice
        for n, choice in enumerate(data)
    )
