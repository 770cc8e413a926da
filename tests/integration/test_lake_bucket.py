"""The lake's bucket: how it is listed and written, and that a cut connection is no end of a file."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ResponseStreamingError
from botocore.response import StreamingBody

from tests.core.lake import TICKETS, lines, ticket
from tests.integration.conftest import REGION
from waybill.aws.lake import Lake
from waybill.core.errors import TransientError
from waybill.core.lake_keys import Listed
from waybill.core.rows import SourceFormat
from waybill.core.survey import survey


@pytest.fixture
def lake(bucket: str) -> Lake:
    client: Any = boto3.client("s3", region_name=REGION)
    return Lake(client, "lake")


def test_folders_and_objects_are_listed_in_the_order_of_their_keys(lake: Lake) -> None:
    keys = [
        "tenant=a-b/dataset=x/dt=1",
        "tenant=a/dataset=x/dt=1",
        "tenant=a/dataset=x/dt=2",
        "tenant=a/dataset=y/dt=1",
    ]
    for key in reversed(keys):
        assert lake.put(key, key.encode())
    assert list(lake.folders("tenant=")) == ["tenant=a-b/", "tenant=a/"]
    assert list(lake.folders("tenant=a/dataset=")) == ["tenant=a/dataset=x/", "tenant=a/dataset=y/"]
    there = lake.head(keys[2])
    assert there is not None
    assert list(lake.listing("tenant=a/dataset=x/", keys[1])) == [Listed(keys[2], there.etag, there.size)]


def test_a_key_is_written_once_from_bytes_or_from_a_file(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"second")
    assert lake.put("a", b"first")
    assert not lake.put("a", b"second")
    assert not lake.put_file("a", path)
    assert lake.put_file("b", path)
    assert [b"".join(lake.stream(key, "")) for key in ("a", "b")] == [b"first", b"second"]


def test_a_connection_that_is_cut_while_a_gzip_is_read_is_tried_again_and_no_reject(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put("x", gzip.compress(lines(*(ticket(n) for n in range(100)))))
    with lake.open("x", "") as file:
        assert survey(file, SourceFormat.NDJSON_GZ, TICKETS).rows == 100

    def cut(body: StreamingBody, buffer: object) -> int:
        raise ResponseStreamingError(error="connection reset")

    monkeypatch.setattr(StreamingBody, "readinto", cut)
    with pytest.raises(TransientError), lake.open("x", "") as file:
        survey(file, SourceFormat.NDJSON_GZ, TICKETS)
