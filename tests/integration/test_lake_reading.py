from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody

from tests.integration.conftest import REGION
from waybill.aws.lake import Lake


def test_lines_are_read_in_blocks_and_not_byte_by_byte(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = boto3.client("s3", region_name=REGION)
    client.put_object(Bucket="lake", Key="tenant=acme/lines", Body=b"a line of the lake\n" * 200_000)
    reads: list[object] = []

    def counted(plain: Callable[..., Any]) -> Callable[..., Any]:
        def read(body: StreamingBody, given: object = None) -> Any:
            reads.append(given)
            return plain(body, given)

        return read

    for name in ("read", "readinto"):
        monkeypatch.setattr(StreamingBody, name, counted(getattr(StreamingBody, name)))
    with Lake(client, "lake").open("tenant=acme/lines", "") as file:
        assert sum(1 for _ in iter(file.readline, b"")) == 200_000
    assert 0 < len(reads) < 50
