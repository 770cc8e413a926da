"""The certificates table. Public facts and a reference to the private key's secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from pynamodb.attributes import UnicodeAttribute

from waybill.aws.tables.item import Item, bind, found, read_instant, saved, written
from waybill.aws.tables.paging import pack_cursor, unpack_cursor
from waybill.aws.tables.refusals import tables
from waybill.core.certificates import CertificateFacts, SavedCertificate
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page


class CertificateItem(Item):
    tenant = UnicodeAttribute(hash_key=True)
    sha256 = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class CertificatesTable:
    def __init__(self, table: str, region: str) -> None:
        bind(CertificateItem, table, region)

    def add(self, certificate: SavedCertificate) -> None:
        if not saved(_item(certificate), CertificateItem.sha256.does_not_exist(), "saving a certificate"):
            raise Conflict(
                f"The certificate {certificate.facts.sha256} is registered.",
                "Delete it first, where its key or name should change.",
            )

    def get(self, tenant: str, sha256: str) -> SavedCertificate:
        item = found(CertificateItem, tenant, sha256, "reading a certificate")
        if item is None:
            raise NotFound(f"There is no certificate {sha256}.", "See GET /certificates.")
        return _certificate(item)

    def page(self, tenant: str, cursor: str, limit: int) -> Page[SavedCertificate]:
        start = unpack_cursor(cursor, tenant=tenant)
        with tables("listing certificates"):
            those = CertificateItem.query(tenant, limit=limit, last_evaluated_key=start, consistent_read=True)
            items = [_certificate(item) for item in those]
        return Page(items, pack_cursor(those.last_evaluated_key))

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
