from __future__ import annotations

import hashlib
import random
from typing import Any

import boto3
import pytest

from tests.integration.conftest import REGION
from waybill.aws.lake import Lake
from waybill.aws.stage import PART, Stage
from waybill.core.compose import Literal, Piece, compose

MIB = 1024 * 1024


@pytest.fixture
def stage(bucket: str) -> Stage:
    return Stage(boto3.client("s3", region_name=REGION), bucket)


def test_nothing_staged_is_overwritten(stage: Stage) -> None:
    stage.put("a", b"first")
    stage.put("a", b"other")
    assert stage.read("a") == b"first"
    assert stage.read_if_there("b") is None


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART + 5])
def test_a_stream_becomes_one_object_with_its_hash(stage: Stage, size: int) -> None:
    data = random.Random(size).randbytes(size)
    chunks = (data[n : n + 700_001] for n in range(0, size, 700_001))
    staged = stage.put_stream("stream", chunks)
    assert (staged.size, staged.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert stage.read("stream") == data
    assert stage.sha256("stream") == (size, staged.sha256)


def test_a_stream_that_breaks_leaves_nothing(stage: Stage) -> None:
    def breaks() -> Any:
        yield b"x" * (PART + 1)
        raise RuntimeError("the worker broke")

    with pytest.raises(RuntimeError, match="broke"):
        stage.put_stream("broken", breaks())
    assert stage.read_if_there("broken") is None
    client: Any = boto3.client("s3", region_name=REGION)
    assert "Uploads" not in client.list_multipart_uploads(Bucket="stage")


def test_pieces_are_composed_within_s3s_rules(stage: Stage) -> None:
    sizes = [3, 6 * MIB, 1, 12 * MIB + 3, 100]
    pieces = [random.Random(n).randbytes(size) for n, size in enumerate(sizes)]
    segments: list[Literal | Piece] = [Literal(b"[\n")]
    for number, data in enumerate(pieces):
        stage.put(f"p{number}", data)
        segments.append(Piece(f"p{number}", len(data)))
    segments.append(Literal(b"\n]\n"))
    stage.compose("whole", compose(segments))
    assert stage.read("whole") == b"[\n" + b"".join(pieces) + b"\n]\n"
    assert stage.read_range("whole", 2, 3) == pieces[0]
    assert stage.read_range("whole", 2, 0) == b""


def test_the_lake_keeps_versions_apart(bucket: str, tmp_path: Any) -> None:
    lake = Lake(boto3.client("s3", region_name=REGION), "lake")
    assert lake.put("tenant=acme/x", b"one")
    assert not lake.put("tenant=acme/x", b"two")
    first = lake.head("tenant=acme/x")
    assert first is not None
    client: Any = boto3.client("s3", region_name=REGION)
    client.put_object(Bucket="lake", Key="tenant=acme/x", Body=b"three")
    lake.download("tenant=acme/x", first.version, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"one"
    assert lake.read_range("tenant=acme/x", "", 1, 3) == b"hre"
    assert lake.head("tenant=acme/nothing") is None
