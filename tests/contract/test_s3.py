"""What only S3 has: sums of sums, services that keep none, answers that were lost."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import JSONFileLoader

from tests.contract.rigs import Kept, Rig, deliver, outgoing
from waybill.core.deliver import OutgoingFile
from waybill.core.errors import NameTaken, TransientError
from waybill.destinations import s3
from waybill.destinations.s3_objects import Bucket

pytestmark = pytest.mark.real
CONTENT = bytes(17 * 1024 * 1024)


@pytest.fixture
def bucket(s3_rig: Rig) -> Bucket:
    destination = s3_rig.destination()
    assert isinstance(destination, s3.S3)
    return destination._bucket()


def test_objects_tell_their_sum_and_type(s3_rig: Rig, bucket: Bucket) -> None:
    deliver(s3_rig.destination(), "a.csv", b"1")
    head = bucket.client.head_object(Bucket=bucket.name, Key="a.csv")
    assert head["Metadata"] == {"waybill-sha256": hashlib.sha256(b"1").hexdigest()}
    assert head["ContentType"] == "application/octet-stream"


def test_the_sum_of_sums_is_compared(s3_rig: Rig) -> None:
    receipt = deliver(s3_rig.destination(), "big.bin", CONTENT)
    parts = [CONTENT[: 16 << 20], CONTENT[16 << 20 :]]
    sums = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    # S3 adds the number of parts to the sum; moto leaves it out.
    assert receipt.checksum in (f"sha256-of-2-parts:{sums}", f"sha256:{sums}")
    assert receipt.compared == "checksum"


def test_metadata_that_lies_is_not_believed(s3_rig: Rig, bucket: Bucket) -> None:
    """Somebody's file of the same size, with our sum in its metadata and its own sum kept by S3."""
    claimed = {"waybill-sha256": hashlib.sha256(b"ours").hexdigest()}
    bucket.client.put_object(Bucket=bucket.name, Key="a", Body=b"hers", Metadata=claimed, ChecksumAlgorithm="SHA256")
    with pytest.raises(NameTaken):
        deliver(s3_rig.destination(), "a", b"ours")
    assert s3_rig.view.files() == {"a": b"hers"}


def test_the_same_bytes_from_somebody_else_are_fine(s3_rig: Rig, bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="a", Body=b"same", ChecksumAlgorithm="SHA256")
    assert deliver(s3_rig.destination(), "a", b"same").compared == "checksum"


def test_a_service_that_keeps_no_sums(s3_rig: Rig, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waybill.destinations.s3_objects._kept_sum", lambda head: "")
    assert deliver(s3_rig.destination(), "a", b"1").compared == "size"
    assert deliver(s3_rig.destination(), "a", b"1").compared == "size"
    with pytest.raises(NameTaken):
        deliver(s3_rig.destination(), "a", b"2")


def test_a_conflict_starts_the_whole_upload_again(s3_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Kept()
    destination = s3_rig.destination()
    assert isinstance(destination, s3.S3)
    client = destination._bucket().client

    def conflict(**_: Any) -> None:
        answer: Any = {"Error": {"Code": "ConditionalRequestConflict"}, "ResponseMetadata": {"HTTPStatusCode": 409}}
        raise ClientError(answer, "CompleteMultipartUpload")

    monkeypatch.setattr(client, "complete_multipart_upload", conflict)
    with pytest.raises(TransientError):
        deliver(destination, "big.bin", CONTENT, ledger)
    assert s3_rig.view.leftovers() == []
    anew = s3_rig.destination().open(outgoing("big.bin", CONTENT), ledger.point)
    assert anew.offset == 0
    anew.abort()


def test_storage_class_and_key_go_with_every_write(s3_rig: Rig) -> None:
    destination = s3_rig.destination(storage_class="STANDARD_IA")
    deliver(destination, "a.csv", b"1")
    deliver(destination, "big.bin", CONTENT)
    view: Any = s3_rig.view
    listed = view.client.list_objects_v2(Bucket=view.bucket)["Contents"]
    assert {each["StorageClass"] for each in listed} == {"STANDARD_IA"}


def test_another_regions_answer_names_the_region(s3_rig: Rig, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(**_: Any) -> None:
        answer: Any = {"Error": {"Code": "PermanentRedirect"}, "ResponseMetadata": {"HTTPStatusCode": 301}}
        raise ClientError(answer, "PutObject")

    destination = s3_rig.destination()
    assert isinstance(destination, s3.S3)
    monkeypatch.setattr(destination._bucket().client, "put_object", elsewhere)
    file = OutgoingFile("a", 1, hashlib.sha256(b"1").hexdigest(), "token")
    transfer = destination.open(file, None)
    transfer.put(b"1")
    with pytest.raises(Exception, match="region us-east-1"):
        transfer.commit()


def test_a_service_that_would_replace_a_file_is_refused_by_the_probe(s3rver_rig: Rig) -> None:
    """It ignores `If-None-Match`: nothing else would tell until a file of somebody else's is lost."""
    steps = list(s3rver_rig.destination().probe())
    assert (steps[-1].step, steps[-1].ok) == ("write", False)
    assert "replaces an object" in steps[-1].message
    assert s3rver_rig.view.files() == {}


@pytest.mark.parametrize("size", [1, 17 * 1024 * 1024], ids=["put", "parts"])
def test_the_sum_of_what_is_sent_is_signed_and_hashed_once(s3_rig: Rig, size: int) -> None:
    destination: Any = s3_rig.destination()
    signed: list[str] = []

    def note(request: Any, **_: Any) -> None:
        if request.method == "PUT":
            assert request.headers["X-Amz-Content-SHA256"] in ("UNSIGNED-PAYLOAD", b"UNSIGNED-PAYLOAD")
            signed.append(str(request.headers["Authorization"]).partition("SignedHeaders=")[2].partition(",")[0])

    destination._bucket().client.meta.events.register_first("before-send.s3", note)
    deliver(destination, "a.bin", bytes(size))
    assert signed
    assert all("x-amz-checksum-sha256" in one.split(";") for one in signed)


def test_a_second_client_reads_nothing_anew(s3_rig: Rig, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that stays warm makes a client for each delivery: botocore's files on S3 are read by the first alone."""
    read: list[str] = []
    load = JSONFileLoader.load_file

    def noted(loader: JSONFileLoader, path: str) -> Any:
        read.append(path)
        return load(loader, path)

    monkeypatch.setattr(JSONFileLoader, "load_file", noted)
    deliver(s3_rig.destination(), "a.csv", b"1")
    assert read == []
