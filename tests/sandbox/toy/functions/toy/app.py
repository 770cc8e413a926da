"""One function that does what its event says, and keeps what it was told by the services in its bucket."""

import base64
import importlib.util
import json
import os
import time
from typing import Any

import boto3


class TransientError(Exception):
    """Named as Waybill names it."""


class PermanentError(Exception):
    """Named as Waybill names it."""


s3 = boto3.client("s3")
BUCKET = os.environ["BUCKET"]


def handle(event: dict[str, Any], _context: object) -> Any:
    if "httpMethod" in event:
        return {
            "statusCode": 200,
            "headers": {"Content-Type": "application/octet-stream"},
            "isBase64Encoded": True,
            "body": base64.b64encode(bytes(range(256))).decode(),
        }
    if "how" not in event:
        return keep("told/" + str(time.time_ns()), event)
    return {"fine": fine, "transient": transient, "permanent": permanent, "exit": leave, "sleep": sleep, "mail": mail,
            "put": put, "batch": batch, "packages": packages}[event["how"]](event)  # fmt: skip


def authorize(event: dict[str, Any], _context: object) -> Any:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    good = headers.get("authorization") == "Bearer good"
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow" if good else "Deny", "Resource": event["methodArn"]}
    return {"principalId": "toy", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def keep(key: str, what: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(what))


def count(event: dict[str, Any]) -> int:
    keep(f"tries/{event['key']}/{time.time_ns()}", {})
    return int(s3.list_objects_v2(Bucket=BUCKET, Prefix=f"tries/{event['key']}/")["KeyCount"])


def fine(_event: dict[str, Any]) -> dict[str, Any]:
    return {"pid": os.getpid()}


def transient(event: dict[str, Any]) -> int:
    tries = count(event)
    if tries < 2:
        raise TransientError(f"try {tries}")
    return tries


def permanent(_event: dict[str, Any]) -> None:
    raise PermanentError("it can not be")


def leave(event: dict[str, Any]) -> int:
    tries = count(event)
    if tries < 2:
        os._exit(1)
    return tries


def sleep(event: dict[str, Any]) -> int:
    tries = count(event)
    if tries < 2:
        time.sleep(15)
    return tries


def mail(event: dict[str, Any]) -> str:
    message = {"Simple": {"Subject": {"Data": "toy"}, "Body": {"Text": {"Data": "toy"}}}}
    client: Any = boto3.client("sesv2")
    to = {"ToAddresses": ["receiver@example.com"]}
    return str(client.send_email(FromEmailAddress=event["from"], Destination=to, Content=message)["MessageId"])


def batch(_event: dict[str, Any]) -> int:
    client: Any = boto3.client("sqs")
    entries = [{"Id": "1", "MessageBody": "x"}]
    return len(client.send_message_batch(QueueUrl=os.environ["QUEUE"], Entries=entries)["Successful"])


def put(event: dict[str, Any]) -> None:
    keep(event["key"], {})


def packages(_event: dict[str, Any]) -> list[str]:
    looked_for = ("boto3", "ministack", "cryptography", "pydantic", "sandbox", "waybill")
    return [name for name in looked_for if importlib.util.find_spec(name)]
