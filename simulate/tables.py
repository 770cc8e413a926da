"""Stores on DynamoDB's tables, by moto: the claim's own conditions are tried, not their likeness in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from moto import mock_aws

from tests.integration.tables import REGION, create_tables
from waybill.aws.tables import shards
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.runs import RunsTable


@contextmanager
def tables() -> Iterator[tuple[RulesTable, RunsTable]]:
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}
    with mock_aws(), _few_shards():
        made = create_tables()
        yield RulesTable(made["RulesTable"], REGION), RunsTable(made["RunsTable"], made["RulesTable"], REGION)


@contextmanager
def _few_shards() -> Iterator[None]:
    """Each shard costs a query a minute, and moto is slow."""
    before = shards.DUE_SHARDS
    vars(shards)["DUE_SHARDS"] = 2
    try:
        yield
    finally:
        vars(shards)["DUE_SHARDS"] = before
