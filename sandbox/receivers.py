"""The receivers' side of the demo and the end-to-end tests: their own bucket, container and folder, and what arrived there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from azure.storage.blob import BlobServiceClient
from botocore.config import Config

from sandbox.surroundings import Surroundings

BUCKET = "receiver-exports"
CONTAINER = "receiver-exports"
PREFIX = "from-waybill"


@dataclass(frozen=True)
class Receivers:
    """Endpoints that belong to the receiver. The S3 keys may use this bucket and nothing else."""

    surroundings: Surroundings
    s3_key_id: str
    s3_secret: str

    def s3(self) -> dict[str, Any]:
        """Settings of a destination of kind `s3`."""
        return {
            "bucket": BUCKET,
            "region": self.surroundings.engine.region,
            "prefix": PREFIX,
            "endpoint_url": self.surroundings.engine.endpoint,
            "access_key_id": self.s3_key_id,
            "secret_access_key": self.s3_secret,
        }

    def azure(self) -> dict[str, Any]:
        return {
            "container": CONTAINER,
            "prefix": PREFIX,
            "connection_string": self.surroundings.azurite.connection_string,
        }

    def sftp(self, password: str | None = None) -> dict[str, Any]:
        server = self.surroundings.sftp
        return {
            "host": server.host,
            "port": server.port,
            "username": server.user,
            "password": password or server.password,
            "path": PREFIX,
        }

    def fetch(self, kind: str, name: str) -> bytes:
        """A delivered file, read by the receiver's own means."""
        path = f"{PREFIX}/{name}"
        match kind:
            case "s3":
                return bytes(self._s3().get_object(Bucket=BUCKET, Key=path)["Body"].read())
            case "azure_blob":
                return bytes(self._azure().get_blob_client(CONTAINER, path).download_blob().readall())
            case _:
                return (self.surroundings.sftp.folder / path).read_bytes()

    def names(self, kind: str) -> Iterator[str]:
        """Every file that lies at the destination, below the prefix."""
        match kind:
            case "s3":
                found = self._s3().get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX + "/")
                yield from (o["Key"].removeprefix(PREFIX + "/") for page in found for o in page.get("Contents", []))
            case "azure_blob":
                blobs = self._azure().get_container_client(CONTAINER).list_blobs(name_starts_with=PREFIX + "/")
                yield from (b.name.removeprefix(PREFIX + "/") for b in blobs)
            case _:
                root = self.surroundings.sftp.folder / PREFIX
                yield from (str(f.relative_to(root)) for f in sorted(root.rglob("*")) if f.is_file())

    def _s3(self) -> Any:
        return aws_client("s3", self.surroundings, self.s3_key_id, self.s3_secret)

    def _azure(self) -> BlobServiceClient:
        return BlobServiceClient.from_connection_string(self.surroundings.azurite.connection_string)


def aws_client(service: str, surroundings: Surroundings, key_id: str = "", secret: str = "") -> Any:
    """A client of the embedded AWS; with the account's own keys where no others are given."""
    engine = surroundings.engine
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=engine.endpoint,
        region_name=engine.region,
        aws_access_key_id=key_id or engine.access_key_id,
        aws_secret_access_key=secret or engine.secret_access_key,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 3, "mode": "standard"}),
    )


def prepare(surroundings: Surroundings) -> Receivers:
    """Make the receiver's bucket with a user of its own, its container and its folder."""
    aws_client("s3", surroundings).create_bucket(Bucket=BUCKET)
    iam = aws_client("iam", surroundings)
    iam.create_user(UserName="receiver")
    actions = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket", "s3:AbortMultipartUpload"]
    actions += ["s3:ListMultipartUploadParts", "s3:GetBucketLocation"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": actions,
                "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
            }
        ],
    }
    iam.put_user_policy(UserName="receiver", PolicyName="own-bucket", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="receiver")["AccessKey"]
    receivers = Receivers(surroundings, key["AccessKeyId"], key["SecretAccessKey"])
    receivers._azure().create_container(CONTAINER)
    (surroundings.sftp.folder / PREFIX).mkdir(parents=True, exist_ok=True)
    return receivers


def copies(folder: Path, kind: str, name: str, data: bytes) -> Path:
    """Keep a copy of a delivered file for who wants to look at it."""
    path = folder / kind / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
