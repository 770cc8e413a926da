"""What only the hosted folder has: files that S3 copies by itself, the tag that their life goes by."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from tests.contract.rigs import Kept, Rig, outgoing
from tests.contract.test_destinations import noise
from waybill.core.deliver import Destination, Origin, OutgoingFile, Paused, Receipt, send
from waybill.core.errors import NameTaken, PermanentError
from waybill.destinations import hosted
from waybill.destinations.dial import Surroundings

pytestmark = pytest.mark.real
MIB = 1024 * 1024
CONTENT = noise(40 * MIB)
KEY = "runs/acme/r1/big.bin"


class NoBytes:
    """A staged file that nobody may read."""

    def read(self, offset: int, length: int) -> NoReturn:
        raise AssertionError("its bytes must not come here")


@pytest.fixture
def staged(hosted_rig: Rig) -> OutgoingFile:
    view: Any = hosted_rig.view
    view.client.create_bucket(Bucket=f"{view.bucket}-stage")
    view.client.put_object(Bucket=f"{view.bucket}-stage", Key=KEY, Body=CONTENT)
    plain = outgoing("big.bin", CONTENT)
    return OutgoingFile(plain.name, plain.size, plain.sha256, plain.token, origin=Origin("stage", KEY))


def copied(destination: Destination, file: OutgoingFile, ledger: Kept, most: int = 100) -> Receipt | Paused:
    turns = iter(range(most))
    return send(destination, file, NoBytes(), ledger, lambda: next(turns, None) is None)


def test_a_large_file_is_copied_and_never_read(hosted_rig: Rig, staged: OutgoingFile) -> None:
    receipt = copied(hosted_rig.destination(), staged, Kept())
    assert isinstance(receipt, Receipt)
    assert (receipt.name, receipt.size, receipt.compared) == ("big.bin", len(CONTENT), "size")
    assert hosted_rig.view.files() == {"big.bin": CONTENT}
    assert hosted_rig.view.leftovers() == []


def test_a_file_amid_a_staged_object_is_copied_by_itself(hosted_rig: Rig, staged: OutgoingFile) -> None:
    inside = CONTENT[3 * MIB : 24 * MIB]
    plain = outgoing("inside.bin", inside)
    origin = Origin("stage", KEY, start=3 * MIB)
    file = OutgoingFile(plain.name, plain.size, plain.sha256, plain.token, origin=origin)
    assert isinstance(copied(hosted_rig.destination(), file, Kept()), Receipt)
    assert hosted_rig.view.files() == {"inside.bin": inside}


def test_a_copy_goes_on_where_it_stopped(hosted_rig: Rig, staged: OutgoingFile) -> None:
    ledger = Kept()
    assert copied(hosted_rig.destination(), staged, ledger, most=2) == Paused(32 * MIB)
    again = hosted_rig.destination().open(staged, ledger.point)
    assert again.offset == 32 * MIB
    again.close()
    assert isinstance(copied(hosted_rig.destination(), staged, ledger, most=1), Receipt)
    assert hosted_rig.view.files() == {"big.bin": CONTENT}


def test_a_copy_whose_answer_was_lost_claims_no_more_than_one_whose_answer_came(
    hosted_rig: Rig, staged: OutgoingFile
) -> None:
    ledger = Kept()
    first = copied(hosted_rig.destination(), staged, ledger)
    assert copied(hosted_rig.destination(), staged, ledger, most=0) == first


def test_a_copy_leaves_a_taken_name_as_it_is(hosted_rig: Rig, staged: OutgoingFile) -> None:
    hosted_rig.view.plant("big.bin", b"theirs")
    with pytest.raises(NameTaken):
        copied(hosted_rig.destination(), staged, Kept())
    assert hosted_rig.view.files() == {"big.bin": b"theirs"}
    assert hosted_rig.view.leftovers() == []


@pytest.mark.parametrize("size", [1, 17 * MIB])
def test_a_file_is_tagged_with_its_months(hosted_rig: Rig, size: int) -> None:
    file = outgoing("a.bin", bytes(size))
    transfer = hosted_rig.destination(retention_months=7).open(file, None)
    while transfer.offset < size:
        transfer.put(bytes(min(transfer.part_size, size - transfer.offset)))
    transfer.commit()
    transfer.close()
    view: Any = hosted_rig.view
    tags = view.client.get_object_tagging(Bucket=view.bucket, Key="acme/dst_1/a.bin")["TagSet"]
    assert tags == [{"Key": "retention-months", "Value": "7"}]


@pytest.mark.parametrize("months", [0, 121, 1.5])
def test_months_are_one_to_a_hundred_and_twenty(months: float) -> None:
    with pytest.raises(ValueError, match="retention_months"):
        hosted.Config.model_validate({"retention_months": months})


def test_what_is_wrong_with_the_platforms_bucket_is_nothing_for_a_tenant(hosted_rig: Rig) -> None:
    view: Any = hosted_rig.view
    view.client.delete_bucket(Bucket=view.bucket)
    steps = list(hosted_rig.destination().probe())
    assert [(step.step, step.ok) for step in steps] == [("write", False)]
    with pytest.raises(PermanentError, match="operator"):
        hosted_rig.destination().open(outgoing("a.bin", bytes(17 * MIB)), None)


def test_a_platform_without_a_bucket_says_so() -> None:
    with pytest.raises(PermanentError, match=r"template\.yaml"):
        hosted.connect(hosted.Config(), Surroundings())
