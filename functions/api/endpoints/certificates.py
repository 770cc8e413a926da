"""Certificates: what decrypts media and verifies their signatures. A private key comes in once and never goes out."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging
from waybill.core.access import Permission
from waybill.core.certificates import SavedCertificate
from waybill.core.errors import WaybillError
from waybill.core.window import stamp
from waybill.wiring import clock, media, stores, vault

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
_LONGEST = 32_000


class NewCertificate(BaseModel):
    """Without `private_key` it only verifies signatures. `allow_expired`: files of its time shall be read with it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    certificate: Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST)]
    private_key: SecretStr = SecretStr("")
    passphrase: SecretStr = SecretStr("")
    allow_expired: bool = False


class CertificateView(BaseModel):
    """`sha256` is the certificate's id. `decrypts`: its private key is kept. `authority`: what it issued is trusted as well."""

    sha256: str
    sha1: str
    name: str
    subject: str
    not_before: str
    not_after: str
    expired: bool
    decrypts: bool
    authority: bool
    created_at: str
    created_by: str


class CertificateList(BaseModel):
    items: list[CertificateView]
    cursor: NextCursor


@router.get("/certificates", **operation(Permission.READ))
def list_certificates(limit: Limit = 50, cursor: Cursor = "") -> CertificateList:
    caller = calling(router)
    paging = Paging(caller, "certificates")
    page = stores.certificates().page(caller.tenant, paging.inner(cursor), limit)
    return CertificateList(items=[_view(c) for c in page.items], cursor=paging.outer(page.cursor))


@router.get("/certificates/<sha256>", **operation(Permission.READ))
def get_certificate(sha256: str) -> CertificateView:
    caller = calling(router)
    return _view(stores.certificates().get(caller.tenant, sha256))


@router.post("/certificates", **operation(Permission.MANAGE_CREDENTIALS, HTTPStatus.CREATED, changes=True))
def add_certificate(body: NewCertificate) -> Response[CertificateView]:
    """Refused, and nothing kept, where it has expired, or where the key is not its own."""
    caller = calling(router)
    now = clock.now()
    facts, pem, key = media.examined_certificate(
        body.certificate,
        body.private_key.get_secret_value(),
        body.passphrase.get_secret_value(),
        now,
        expired_too=body.allow_expired,
    )
    name = f"certificate-{secrets.token_hex(8)}"
    reference = vault.secrets().create(caller.tenant, name, {"private_key": key}) if key else ""
    saved = SavedCertificate(
        tenant=caller.tenant,
        name=body.name,
        facts=facts,
        pem=pem,
        secret_ref=reference,
        created_at=now,
        created_by=caller.name,
    )
    try:
        stores.certificates().add(saved)
    except WaybillError:
        if reference:
            vault.secrets().remove(reference)
        raise
    return Response(HTTPStatus.CREATED.value, "application/json", _view(saved))


@router.delete(
    "/certificates/<sha256>", **operation(Permission.MANAGE_CREDENTIALS, HTTPStatus.NO_CONTENT, changes=True)
)
def delete_certificate(sha256: str) -> Response[str]:
    """Its private key goes with it: what is encrypted for it is delivered as it is from then on."""
    caller = calling(router)
    saved = stores.certificates().get(caller.tenant, sha256)
    stores.certificates().remove(caller.tenant, sha256)
    if saved.secret_ref:
        vault.secrets().remove(saved.secret_ref)
    return Response(HTTPStatus.NO_CONTENT.value, body="")


def _view(saved: SavedCertificate) -> CertificateView:
    facts = saved.facts
    return CertificateView(
        sha256=facts.sha256,
        sha1=facts.sha1,
        name=saved.name,
        subject=facts.subject,
        not_before=stamp(facts.not_before),
        not_after=stamp(facts.not_after),
        expired=facts.not_after <= clock.now(),
        decrypts=bool(saved.secret_ref),
        authority=facts.authority,
        created_at=stamp(saved.created_at),
        created_by=saved.created_by,
    )
