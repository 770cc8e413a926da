"""The tables of template.yaml, for whoever runs inside of moto."""

from __future__ import annotations

from typing import Any

import boto3

from tests.gates.test_template import RESOURCES

REGION = "us-east-1"


def create_tables() -> dict[str, str]:
    """Every table of the template, by its logical name."""
    client: Any = boto3.client("dynamodb", region_name=REGION)
    made = {}
    for name, resource in RESOURCES.items():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        wanted = {
            k: v
            for k, v in resource["Properties"].items()
            if k in {"AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"}
        }
        client.create_table(TableName=name, **wanted)
        made[name] = name
    return made


def named_in_settings(tables: dict[str, str]) -> dict[str, str]:
    """The settings by which functions know these tables, as template.yaml has them: RulesTable is WAYBILL_RULES_TABLE."""
    return {"WAYBILL" + "".join(f"_{c}" if c.isupper() else c.upper() for c in name): tables[name] for name in tables}
