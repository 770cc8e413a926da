"""Transactions over several items: all of their writes or none, made again while the tables have no write units left."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from waybill.aws.tables.refusals import busy, contended, failed_condition, tables, throttled

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 1.6, 1.6, 1.6, 1.6)
"""At most so long, in seconds, after a transaction for which the tables had no write units left. No client tries it again by
itself: such a transaction counts as cancelled, not as throttled.
"""


def together(connection: Connection, doing: str, writes: Callable[[TransactWrite], None]) -> bool:
    """Whether all `writes` were made; False, with nothing changed, where a condition did not hold or another transaction
    touched an item of them at the same moment. Raises TransientError where there were no write units for a dozen seconds.
    """
    for pause in PAUSES:
        made = _tried(connection, doing, writes)
        if made is not None:
            return made
        time.sleep(random.uniform(0, pause))  # noqa: S311 - spreads writers, keeps no secret
    raise busy(doing)


def _tried(connection: Connection, doing: str, writes: Callable[[TransactWrite], None]) -> bool | None:
    """None where the tables had no write units left in this second."""
    with tables(doing):
        try:
            with TransactWrite(connection=connection) as transaction:
                writes(transaction)
        except TransactWriteError as error:
            if failed_condition(error) or contended(error):
                return False
            if throttled(error):
                return None
            raise
    return True
