"""The public keys that manifests are signed with, for whoever checks what was delivered."""

from __future__ import annotations

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel

from endpoints.operation import Access, operation
from waybill.wiring import vault

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class KeyView(BaseModel):
    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class KeySet(BaseModel):
    keys: list[KeyView]


_AS_KEY_SET = {200: {"description": "", "content": {"application/jwk-set+json": {"model": KeySet}}}}


@router.get("/signing-keys", **operation(Access.ANY_KEY, responses=_AS_KEY_SET))
def list_signing_keys() -> Response[str]:
    """A JSON Web Key Set (RFC 7517). Whoever has a key of any kind may read it: nothing of it is secret."""
    found = KeySet(keys=[KeyView(**key) for key in vault.signing_keys()])
    # As text: what is not application/json the framework leaves as it is, and API Gateway takes texts alone.
    return Response(HTTPStatus.OK.value, "application/jwk-set+json", found.model_dump_json())
