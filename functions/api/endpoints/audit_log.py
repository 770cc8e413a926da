"""The audit log: who did what to which thing."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging
from waybill.core.access import Permission
from waybill.core.audit_log import Entry
from waybill.wiring import stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class AuditLogPage(BaseModel):
    items: list[Entry]
    cursor: NextCursor


@router.get("/audit-log", **operation(Permission.AUDIT))
def list_audit_log(
    limit: Limit = 50,
    cursor: Cursor = "",
    by: Annotated[str, Query(description="Entries of the caller of this name.")] = "",
    thing: Annotated[str, Query(description="Entries about the thing of this id.")] = "",
) -> AuditLogPage:
    """The newest first. Each entry's `previous` is the `sha256` of the one before: what was changed or taken out can be
    told.
    """
    caller = calling(router)
    paging = Paging(caller, "audit-log", by=by, thing=thing)
    page = stores.audit_log().page(caller.tenant, paging.inner(cursor), limit, by, thing)
    return AuditLogPage(items=list(page.items), cursor=paging.outer(page.cursor))
