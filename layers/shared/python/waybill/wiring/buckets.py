"""The buckets."""

from __future__ import annotations

from functools import cache

from waybill.aws.hosted_files import HostedFiles
from waybill.aws.lake import Lake
from waybill.aws.stage import Stage
from waybill.wiring.environment import client, settings


@cache
def lake() -> Lake:
    return Lake(client("s3"), settings().need("lake_bucket"))


@cache
def stage() -> Stage:
    return Stage(client("s3"), settings().need("stage_bucket"))


@cache
def hosted_files() -> HostedFiles:
    return HostedFiles(client("s3"), settings().need("hosted_bucket"))
