"""What the environment says, and the clients of AWS that are made by it."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from waybill.settings import Settings, from_environment


@cache
def settings() -> Settings:
    return from_environment(os.environ)


def region() -> str:
    """The region of the deployment."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


@cache
def client(service: str) -> Any:
    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=20,
        signature_version="s3v4" if service == "s3" else None,  # a link that is signed otherwise may not end
    )
    return boto3.client(service, region_name=region(), config=config)  # type: ignore[call-overload]
