from __future__ import annotations

import time
from typing import Any

import boto3

from tests.integration.conftest import REGION
from waybill.aws.lake import Lake


def test_lines_are_read_in_blocks_and_not_byte_by_byte(bucket: str) -> None:
    client: Any = boto3.client("s3", region_name=REGION)
    client.put_object(Bucket="lake", Key="tenant=acme/lines", Body=b"a line of the lake\n" * 200_000)
    began = time.process_time()
    with Lake(client, "lake").open("tenant=acme/lines", "") as file:
        assert sum(1 for _ in iter(file.readline, b"")) == 200_000
    # Byte by byte it takes about five seconds of processor time, in blocks a tenth of one.
    assert time.process_time() - began < 1.5
