"""The lake objects table: registrations, with numbers that are published one after another.

A registration is one transaction over three items: the dataset's counter moves from n to n+1, the object is put under n+1,
and a marker of its key and version is put if absent. Two writers that read the same n cannot both succeed, so n+1 is
visible before anyone can take n+2.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator

from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, TransactWriteError
from pynamodb.transactions import TransactWrite

from waybill.aws.tables.items import LakeObjectItem, bind, busy, contended, failed_condition, tables
from waybill.core.plan import LakeObject

_ATTEMPTS = 12
_COUNTER = "counter"


class LakeObjectsTable:
    def __init__(self, table: str, region: str) -> None:
        bind(LakeObjectItem, table, region)
        self._connection = Connection(region=region)

    def register(self, tenant: str, dataset: str, found: LakeObject) -> LakeObject:
        owner = f"{tenant}#{dataset}"
        for attempt in range(_ATTEMPTS):
            known = self._registered(owner, found)
            if known is not None:
                return known
            numbered = found.model_copy(update={"sequence": self.newest(tenant, dataset) + 1})
            if self._publish(owner, numbered):
                return numbered
            time.sleep(random.uniform(0, 0.02 * 2 ** min(attempt, 6)))  # noqa: S311 - spreads writers, keeps no secret
        raise busy("registering a lake object")

    def newest(self, tenant: str, dataset: str) -> int:
        with tables("reading a dataset's counter"):
            try:
                return int(LakeObjectItem.get(f"{tenant}#{dataset}", _COUNTER, consistent_read=True).sequence)
            except DoesNotExist:
                return 0

    def upto(self, tenant: str, dataset: str, sequence: int) -> Iterator[LakeObject]:
        with tables("listing lake objects"):
            found = LakeObjectItem.query(
                f"{tenant}#{dataset}",
                LakeObjectItem.entry.between(_entry(0), _entry(sequence)),
                consistent_read=True,
            )
            for item in found:
                yield LakeObject.model_validate_json(item.body)

    def _registered(self, owner: str, found: LakeObject) -> LakeObject | None:
        with tables("looking for a lake object"):
            try:
                marker = LakeObjectItem.get(owner, _marker(found), consistent_read=True)
                item = LakeObjectItem.get(owner, _entry(int(marker.sequence)), consistent_read=True)
            except DoesNotExist:
                return None
        return LakeObject.model_validate_json(item.body)

    def _publish(self, owner: str, numbered: LakeObject) -> bool:
        number = numbered.sequence
        first = number == 1
        counter = LakeObjectItem(owner, _COUNTER, sequence=number)
        before = LakeObjectItem.entry.does_not_exist() if first else LakeObjectItem.sequence == number - 1
        absent = LakeObjectItem.entry.does_not_exist()
        with tables("registering a lake object"):
            try:
                with TransactWrite(connection=self._connection) as transaction:
                    transaction.save(counter, condition=before)
                    transaction.save(
                        LakeObjectItem(owner, _entry(number), sequence=number, body=numbered.model_dump_json()),
                        condition=absent,
                    )
                    transaction.save(LakeObjectItem(owner, _marker(numbered), sequence=number), condition=absent)
            except TransactWriteError as error:
                if failed_condition(error) or contended(error):
                    return False
                raise
        return True


def _entry(sequence: int) -> str:
    return f"object#{sequence:012d}"


def _marker(found: LakeObject) -> str:
    return "key#" + hashlib.sha256(f"{found.key}\0{found.version}".encode()).hexdigest()
