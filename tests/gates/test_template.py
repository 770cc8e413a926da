"""What `sam validate --lint` lets pass and we do not: wildcards, unused permissions, tables without recovery."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from waybill.core.lake_keys import merged_key, parse_key
from waybill.core.notify import PAUSES
from waybill.core.occasion import DESTINATION_EXPIRES, HOLE_FOUND, RULE_PAUSED, RUN_ENDED
from waybill.core.rows import SourceFormat
from waybill.destinations import hosted
from waybill.settings import Settings, from_environment

ROOT = Path(__file__).resolve().parents[2]
WAYBILL = ROOT / "layers/shared/python/waybill"


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms as plain values: `!Ref X` is {"Ref": "X"}."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {suffix: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)
TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
FUNCTIONS = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(properties: dict[str, Any]) -> list[dict[str, Any]]:
    return [s for policy in properties.get("Policies", []) for s in as_list(policy["Statement"])]


def role_statements() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, resource in RESOURCES.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", []):
                found += [(name, s) for s in as_list(policy["PolicyDocument"]["Statement"])]
        if resource["Type"] == "AWS::IAM::Policy":
            found += [(name, s) for s in as_list(properties["PolicyDocument"]["Statement"])]
    return found


ALL = [(n, s) for n, p in FUNCTIONS.items() for s in statements(p)] + role_statements()


@pytest.mark.parametrize(("where", "statement"), ALL, ids=[f"{w}-{n}" for n, (w, _) in enumerate(ALL)])
def test_no_permission_is_a_wildcard(where: str, statement: dict[str, Any]) -> None:
    assert statement["Effect"] == "Allow"
    for action in as_list(statement["Action"]):
        assert "*" not in action, f"{where}: {action}"
    if as_list(statement["Action"]) == ["sts:AssumeRole"]:  # tenants' roles, which nobody can name before
        assert statement["Condition"] == {"StringNotEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}
        return
    for resource in as_list(statement["Resource"]):
        text = resource if isinstance(resource, str) else str(next(iter(resource.values())))
        # A star may end a key's, a secret's or an execution's name below one named bucket or prefix, and be nothing else.
        assert text != "*", where
        assert "*" not in text.rstrip("*"), f"{where}: {text}"
        if text.endswith("*"):
            known = (
                *("/runs/*", "/claims/*", "/lists/*", "/tenant=*", "/tenants/*", ":execution:${ExportRun.Name}:*"),
                *(
                    "${HostedBucket.Arn}/*",
                    ":user/waybill-${Stage}/hosted/*",
                    ":user/waybill-${Stage}-*",
                    ":schedule/default/waybill-${Stage}-*",
                ),
            )
            assert text.endswith(known), f"{where}: {text}"


def test_every_function_has_a_folder_with_a_small_handler_a_sample_event_and_no_shared_role() -> None:
    for name, properties in FUNCTIONS.items():
        folder = ROOT / properties["CodeUri"]
        lines = (folder / "app.py").read_text().splitlines()
        assert len(lines) <= 90, f"{name}: {len(lines)} lines"
        assert (ROOT / "events" / f"{folder.name}.json").exists(), f"events/{folder.name}.json is missing"
        assert "Role" not in properties
        assert properties.get("Description"), name


def test_tables_can_be_recovered_and_outlive_the_stack() -> None:
    tables = {n: r for n, r in RESOURCES.items() if r["Type"] == "AWS::DynamoDB::Table"}
    assert len(tables) == 15
    for name, table in tables.items():
        recovery = table["Properties"]["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": True}, name
        assert table["DeletionPolicy"] == "Retain", name


def test_buckets_are_closed_to_the_public() -> None:
    for name, bucket in ((n, r["Properties"]) for n, r in RESOURCES.items() if r["Type"] == "AWS::S3::Bucket"):
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name


# --- no unused action: each one that a function holds is one that the adapters it reaches can call -----------------------

CALLS: dict[str, set[str]] = {
    "s3:GetObject": {"get_object", "head_object", "upload_part_copy"},
    "s3:GetObjectVersion": {"get_object", "head_object"},
    "s3:PutObject": {"put_object", "create_multipart_upload"},
    "s3:AbortMultipartUpload": {"abort_multipart_upload"},
    "s3:ListBucket": {"read_if_there", "plan_if_staged", "head_object", "get_paginator"},
    "dynamodb:GetItem": {"get", "found"},
    "dynamodb:Query": {"query"},
    "dynamodb:Scan": {"scan"},
    "dynamodb:BatchGetItem": {"batch_get"},
    "dynamodb:PutItem": {"save", "saved"},
    "dynamodb:UpdateItem": {"update", "changed"},
    "dynamodb:DeleteItem": {"delete"},
    "secretsmanager:GetSecretValue": {"get_secret_value"},
    "secretsmanager:CreateSecret": {"create_secret"},
    "secretsmanager:DeleteSecret": {"delete_secret"},
    "states:StartExecution": {"start_execution"},
    "states:StopExecution": {"stop_execution"},
    "lambda:InvokeFunction": {"invoke"},
    "sqs:SendMessage": {"send_message", "send_message_batch"},
    "sqs:ChangeMessageVisibility": {"change_message_visibility"},
    "events:PutEvents": {"put_events"},
    "kms:Sign": {"sign"},
    "kms:GetPublicKey": {"get_public_key"},
    "s3:PutObjectTagging": {"create_multipart_upload"},
    "s3:ListMultipartUploadParts": {"get_paginator"},
    "sts:AssumeRole": {"assume_role"},
    "iam:CreateUser": {"create_user"},
    "iam:DeleteUser": {"delete_user"},
    "iam:PutUserPolicy": {"put_user_policy"},
    "iam:DeleteUserPolicy": {"delete_user_policy"},
    "iam:CreateAccessKey": {"create_access_key"},
    "iam:DeleteAccessKey": {"delete_access_key"},
    "iam:ListAccessKeys": {"list_access_keys"},
    "iam:GetAccessKeyLastUsed": {"get_access_key_last_used"},
    "iam:TagUser": {"tag_user"},
    "iam:UntagUser": {"untag_user"},
    "iam:ListUserTags": {"list_user_tags"},
    "iam:PassRole": {"create_schedule"},
    "scheduler:CreateSchedule": {"create_schedule"},
}

POLLED = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
"""What Lambda itself calls, under the role of a function that a queue feeds."""


def called(source: str) -> set[str]:
    """Names of methods and of functions that a module calls."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {f.attr for f in calls if isinstance(f, ast.Attribute)} | {f.id for f in calls if isinstance(f, ast.Name)}


def reached(folder: Path) -> set[str]:
    """Methods that a function's code, the core that it imports, or an adapter that it asks `wiring` for, calls."""
    own = "".join(f.read_text() + "\n" for f in folder.rglob("*.py"))
    core = "".join(
        (WAYBILL / f"{node.module.removeprefix('waybill.').replace('.', '/')}.py").read_text() + "\n"
        for node in ast.walk(ast.parse(own))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("waybill.core.") and node.module
    )
    wiring = {file.stem: ast.parse(file.read_text()) for file in (WAYBILL / "wiring").glob("*.py")}
    wired = [(home, n) for home, tree in wiring.items() for n in tree.body if isinstance(n, ast.FunctionDef)]
    providers = {n.name: ast.unparse(n) for _, n in wired}
    assert len(providers) == len(wired), "two things of `wiring` have one name"
    asked = {n.name for home, n in wired if re.search(rf"\b{home}\.{n.name}\b", own)}
    while more := {n for n in providers for a in asked if re.search(rf"\b{n}\(", providers[a])} - asked:
        asked |= more
    adapters = [f.read_text() for f in (WAYBILL / "aws").rglob("*.py")]
    modules, waiting = [], [providers[name] for name in asked]
    while waiting:
        made = _classes(waiting.pop())
        found = [m for m in adapters if m not in modules and any(f"class {_class}" in m for _class in made)]
        modules += found
        waiting += found
    if "dial" in asked:  # these destinations act with the function's own rights
        own_rights = ("hosted", "s3_objects", "s3_uploads", "s3_role")
        modules += [(WAYBILL / f"destinations/{name}.py").read_text() for name in own_rights]
    return set().union(called(own), called(core), *(called(m) for m in modules))


def _classes(source: str) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id[0].isupper()
    }


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_function_holds_an_action_that_it_cannot_use(name: str) -> None:
    properties = FUNCTIONS[name]
    can_call = reached(ROOT / properties["CodeUri"])
    mappings = [r["Properties"] for r in RESOURCES.values() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
    polled = POLLED if {"Ref": name} in [m["FunctionName"] for m in mappings] else set()
    for statement in statements(properties):
        for action in set(as_list(statement["Action"])) - polled:
            assert action in CALLS, f"say in CALLS which call needs {action}"
            assert CALLS[action] & can_call, f"{name} holds {action} and calls none of {sorted(CALLS[action])}"


def test_hosted_files_of_every_retention_end_after_it_and_no_sooner() -> None:
    rules = RESOURCES["HostedBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {r["TagFilters"][0]["Value"]: r["ExpirationInDays"] for r in rules if "TagFilters" in r}
    assert {r["TagFilters"][0]["Key"] for r in rules if "TagFilters" in r} == {hosted.RETENTION_TAG}
    field = hosted.Config.model_json_schema()["properties"]["retention_months"]
    months = range(field["minimum"], field["maximum"] + 1)
    assert list(days) == [str(n) for n in months]
    assert all(0 <= days[str(n)] - n * 365.25 / 12 < n / 12 + 1 for n in months)


def test_users_are_made_only_below_one_path_and_within_the_boundary() -> None:
    of_users = [s for s in statements(FUNCTIONS["CredentialsFunction"]) if "iam:CreateUser" in s["Action"]]
    assert [s["Condition"] for s in of_users] == [
        {"StringEquals": {"iam:PermissionsBoundary": {"Ref": "HostedReaders"}}}
    ]
    assert "iam:PutUserPolicy" in of_users[0]["Action"]
    others = [a for _, s in ALL for a in as_list(s["Action"]) if a.startswith("iam:")]
    held = [
        a for s in statements(FUNCTIONS["CredentialsFunction"]) for a in as_list(s["Action"]) if a.startswith("iam:")
    ]
    assert sorted(others) == sorted(held)


# --- queues, and what feeds the lake's functions -------------------------------------------------------------------------


def test_a_queue_waits_long_enough_is_encrypted_and_gives_up_to_another_one() -> None:
    queues = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::SQS::Queue"}
    mappings = [r["Properties"] for r in RESOURCES.values() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert mappings
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    for mapping in mappings:
        queue = queues[mapping["EventSourceArn"]["GetAtt"].removesuffix(".Arn")]
        if queue.get("MessageRetentionPeriod") == 60:
            assert mapping["BatchSize"] == 1
            continue  # what is lost there, the next heartbeat does
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert queue["VisibilityTimeout"] >= 6 * FUNCTIONS[mapping["FunctionName"]["Ref"]]["Timeout"]
        assert mapping["BatchSize"] == 1 or "Notices" not in str(mapping["EventSourceArn"]), "none waits for another"
        letters = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["GetAtt"].removesuffix(".Arn")]
        least = len(PAUSES) + 2 if "Notices" in str(mapping["EventSourceArn"]) else 5  # never before its last attempt
        assert least <= queue["RedrivePolicy"]["maxReceiveCount"] <= 12
        assert letters["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_exactly_our_own_events_of_this_deployment_are_told() -> None:
    pattern = RESOURCES["ToldEvents"]["Properties"]["EventPattern"]
    ours = [RUN_ENDED, RULE_PAUSED, HOLE_FOUND, DESTINATION_EXPIRES]
    assert set(pattern["source"]) == {source for source, _ in ours}
    assert set(pattern["detail-type"]) == {kind for _, kind in ours}
    assert pattern["detail"] == {"stage": [{"Ref": "Stage"}]}
    assert "EventBusName" not in RESOURCES["ToldEvents"]["Properties"]


def test_each_format_of_records_raises_an_event_and_what_we_merge_does_not() -> None:
    rules = RESOURCES["LakeBucket"]["Properties"]["NotificationConfiguration"]["LambdaConfigurations"]
    endings = [rule["Filter"]["S3Key"]["Rules"][0]["Value"] for rule in rules]
    places = [parse_key(f"tenant=acme/dataset=d/dt=2026-03-09/hr=00/x{ending}") for ending in endings]
    assert {place.format for place in places if place} == set(SourceFormat)
    assert not merged_key("acme", "d", "x").endswith(tuple(endings))


def test_an_operators_word_on_links_reaches_the_function_that_makes_them() -> None:
    """What it does there: tests/integration/test_destinations.py."""
    parameters, variables = TEMPLATE["Parameters"], FUNCTIONS["ApiFunction"]["Environment"]["Variables"]
    assert parameters["DirectDownload"]["AllowedValues"] == ["true", "false"]
    for name, default, given in (("DirectDownload", "true", "false"), ("NoDownloadTenants", "", "acme, zeta")):
        assert parameters[name]["Default"] == default
        (variable,) = [v for v, value in variables.items() if value == {"Ref": name}]
        assert from_environment({variable: default}) == Settings()
        assert from_environment({variable: given}) != Settings()
    makers = [n for n, p in FUNCTIONS.items() if "hosted_files().link" in _sources(ROOT / p["CodeUri"])]
    assert makers == ["ApiFunction"]


def _sources(folder: Path) -> str:
    return "".join(f.read_text() for f in folder.rglob("*.py"))
