"""With whom a thing is shared: users and groups of its tenant, or everybody. Administrators have all."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from waybill.core.access import Caller
from waybill.core.assigned import Person


class Sharing(BaseModel):
    """`everybody` of the tenant, or these users and groups; nobody where nothing is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    everybody: bool = False
    users: tuple[Person, ...] = Field(default=(), max_length=500)
    groups: tuple[Person, ...] = Field(default=(), max_length=500)

    def reaches(self, caller: Caller) -> bool:
        return (
            caller.reaches_all
            or self.everybody
            or caller.user in self.users
            or not frozenset(caller.groups).isdisjoint(self.groups)
        )


EVERYBODY = Sharing(everybody=True)
