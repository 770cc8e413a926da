"""The certificates table. Public facts and a reference to the private key's secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from pynamodb.exceptions import DoesNotExist, PutError

from waybill.aws.tables.items import (
    CertificateItem,
    bind,
    failed_condition,
    pack_cursor,
    read,
    read_instant,
    tables,
    unpack_cursor,
    written,
)
from waybill.core.certificates import CertificateFacts, SavedCertificate
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page


class CertificatesTable:
    def __init__(self, table: str, region: str) -> None:
        bind(CertificateItem, table, region)

    def add(self, certificate: SavedCertificate) -> None:
        taken = False
        with tables("saving a certificate"):
            try:
                _item(certificate).save(CertificateItem.sha256.does_not_exist())
            except PutError as error:
                if not failed_condition(error):
                    raise
                taken = True
        if taken:
            raise Conflict(
                f"The certificate {certificate.facts.sha256} is registered.",
                "Delete it first, where its key or name should change.",
            )

    def get(self, tenant: str, sha256: str) -> SavedCertificate:
        with tables("reading a certificate"):
            try:
                return _certificate(read(CertificateItem, tenant, sha256))
            except DoesNotExist:
                raise NotFound(f"There is no certificate {sha256}.", "See GET /certificates.") from None

    def page(self, tenant: str, cursor: str, limit: int) -> Page[SavedCertificate]:
        start = unpack_cursor(cursor, tenant=tenant)
        with tables("listing certificates"):
            found = CertificateItem.query(tenant, limit=limit, last_evaluated_key=start, consistent_read=True)
            items = [_certificate(item) for item in found]
        return Page(items, pack_cursor(found.last_evaluated_key))

    def all(self, tenant: str) -> Sequence[SavedCertificate]:
        with tables("listing certificates"):
            return [_certificate(item) for item in CertificateItem.query(tenant, consistent_read=True)]

    def remove(self, tenant: str, sha256: str) -> None:
        with tables("deleting a certificate"):
            CertificateItem(tenant, sha256).delete()


def _item(certificate: SavedCertificate) -> CertificateItem:
    body = asdict(certificate)
    body["created_at"] = written(certificate.created_at)
    for name in ("not_before", "not_after"):
        body["facts"][name] = written(body["facts"][name])
    return CertificateItem(certificate.tenant, certificate.facts.sha256, body=json.dumps(body))


def _certificate(item: CertificateItem) -> SavedCertificate:
    body = json.loads(item.body)
    body["created_at"] = read_instant(body["created_at"])
    for name in ("not_before", "not_after"):
        body["facts"][name] = read_instant(body["facts"][name])
    body["facts"] = CertificateFacts(**body["facts"])
    return SavedCertificate(**body)
