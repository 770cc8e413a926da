"""Templates: saved settings of a rule, to load into new ones. Any of a rule's fields may be in one; none must."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from waybill.core.access import Caller
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.field_words import field_words, written_path
from waybill.core.ports import Page
from waybill.core.rule_settings import RuleSettings
from waybill.core.sharing import Sharing


class Template(BaseModel):
    """`settings` hold no password: who reads a template shall not open archives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str
    template_id: str
    name: str
    settings: Mapping[str, Any]
    shared: Sharing
    created_at: datetime
    updated_at: datetime
    created_by: str

    def reaches(self, caller: Caller) -> bool:
        return caller.made(self.created_by) or self.shared.reaches(caller)


class Templates(Protocol):
    def add(self, template: Template) -> None:
        """Raises Conflict where the id is taken."""

    def get(self, tenant: str, template_id: str) -> Template:
        """Raises NotFound."""

    def replace(self, before: Template, template: Template) -> None:
        """Raises Conflict where it is not as `before` any more."""

    def page(self, caller: Caller, cursor: str, limit: int) -> Page[Template]:
        """Those that reach the caller, by id."""

    def remove(self, tenant: str, template_id: str) -> None:
        """Idempotent."""


def checked_settings(given: Mapping[str, Any], under: str = "settings") -> dict[str, Any]:
    """The settings as they are kept, each field by itself as a rule would take it. Raises InvalidInput with every field that
    is wrong. What fields say together is looked at when a rule is made of them.
    """
    kept: dict[str, Any] = {}
    errors: list[FieldError] = []
    fields = _fields()
    for name, value in given.items():
        if name not in fields:
            errors.append(FieldError(f"{under}.{name}", "is not a known field; remove it or correct its name"))
            continue
        try:
            kept[name] = fields[name].dump_python(fields[name].validate_python(value), mode="json")
        except ValidationError as wrong:
            for one in wrong.errors(include_url=False, include_input=False):
                place = ".".join([under, *written_path([name, *one["loc"]])])
                errors.append(FieldError(place, field_words(one)))
    if errors:
        raise InvalidInput(errors)
    return kept


def loaded(template: Template, given: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's settings: the template's, and in their place whatever is given besides, field by field."""
    return {**template.settings, **given}


@cache
def _fields() -> dict[str, TypeAdapter[Any]]:
    return {name: TypeAdapter(Annotated[field.annotation, field]) for name, field in RuleSettings.model_fields.items()}
