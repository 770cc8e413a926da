"""One hostile suite for every kind of destination: what `core.deliver` promises, tried on servers that run."""

from __future__ import annotations

import functools
import logging
import random
import time
import traceback
import unicodedata
from dataclasses import replace

import pytest

from tests.contract.rigs import Kept, Rig, deliver, outgoing
from waybill.core.deliver import Transfer
from waybill.core.errors import AccessDenied, ConfigurationError, NameTaken, TransientError, WaybillError

LONG = "a-rather-long-name-" * 12 + ".csv"
NAMES = (
    "plain.csv",
    "two words  and three.csv",
    'folder one/sub folder/tom\'s "quoted" file.csv',
    "a+b&c=d;e,f@g!h$i(j)[k]{l}^~`.csv",
    "50%/%41%2F%00.csv",
    "#hash?question.csv",
    "dt=2026-03-29/hr=02/2026-03-29T02:30:00Z.ndjson.gz",
    "-leading-hyphen.csv",
    LONG,
    "ελληνικά/кириллица/日本語/한국어/العربية/עברית/हिन्दी/ไทย/ქართული/Հայերեն/🚚.csv",
    unicodedata.normalize("NFC", "Überprüfung é.csv"),
    unicodedata.normalize("NFD", "Überprüfung é.csv"),
)
EVERY_BYTE = bytes(range(256)) * 5


@functools.cache
def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def sentences(error: WaybillError) -> None:
    assert error.message.endswith(".")
    assert error.advice.endswith((".", "..."))


def secret_of(rig: Rig) -> tuple[str, str]:
    if rig.wrong_secret is None:
        pytest.skip("this kind has no secret")
    return rig.wrong_secret


def place_of(rig: Rig) -> str:
    if not rig.missing_place:
        pytest.skip("this kind's place is the platform's")
    (field,) = rig.missing_place
    return str(field)


def put_parts(transfer: Transfer, content: bytes, parts: int) -> None:
    for _ in range(parts):
        transfer.put(content[transfer.offset : transfer.offset + transfer.part_size])


def test_names_arrive_as_they_are(rig: Rig) -> None:
    destination = rig.destination()
    for name in NAMES:
        assert deliver(destination, name, name.encode()).name == name
    destination.close()
    assert rig.view.files() == {name: name.encode() for name in NAMES}


def test_a_prefix_goes_before_the_name(rig: Rig) -> None:
    if "prefix" not in type(rig.config()).model_fields:
        pytest.skip("this kind has no prefix")
    deliver(rig.destination(prefix="/exports/daily/"), "a.csv", b"1")
    assert list(rig.view.files()) == ["exports/daily/a.csv"]


@pytest.mark.parametrize("size", [0, 1, len(EVERY_BYTE)])
def test_small_files(rig: Rig, size: int) -> None:
    content = EVERY_BYTE[:size]
    receipt = deliver(rig.destination(), "small.bin", content)
    assert rig.view.files() == {"small.bin": content}
    assert (receipt.size, receipt.compared) == (size, "checksum" if rig.able.reads_back else "accepted")
    stat = rig.destination().stat("small.bin")
    if rig.able.reads_back:
        assert stat is not None
        assert stat.size == size
    else:
        assert stat is None
        assert (receipt.checksum, receipt.version[:4]) == ("", "250 ")


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_files_about_one_part_long(rig: Rig, beyond: int) -> None:
    content = noise(rig.part_size + beyond)
    deliver(rig.destination(), "part.bin", content)
    assert rig.view.files() == {"part.bin": content}
    assert rig.view.leftovers() == []


@pytest.mark.parametrize("saved", [True, False], ids=["saved", "killed"])
def test_a_cut_upload_resumes(rig: Rig, saved: bool) -> None:
    """`killed`: the process died after the parts went, before the resume point was saved again."""
    content, ledger = noise(rig.part_size * 5 // 2), Kept()
    first = rig.destination()
    transfer = first.open(outgoing("big.bin", content), None)
    ledger.save(transfer.resume_point())
    put_parts(transfer, content, 2)
    transfer.settle()
    if saved:
        ledger.save(transfer.resume_point())
    transfer.close()
    first.close()
    assert rig.view.files() == {}

    second = rig.destination()
    resumed = second.open(outgoing("big.bin", content), ledger.point)
    assert resumed.offset <= 2 * rig.part_size
    if not rig.able.resumes:
        assert resumed.offset == 0
    elif saved:
        assert resumed.offset > 0
    resumed.close()
    deliver(second, "big.bin", content, ledger)
    second.close()
    assert rig.view.files() == {"big.bin": content}
    assert rig.view.leftovers() == []


def test_a_resume_point_that_the_server_forgot_starts_anew(rig: Rig) -> None:
    content, ledger = noise(rig.part_size + 7), Kept()
    transfer = rig.destination().open(outgoing("big.bin", content), None)
    put_parts(transfer, content, 1)
    transfer.settle()
    ledger.save(transfer.resume_point())
    transfer.close()
    rig.view.forget()
    anew = rig.destination().open(outgoing("big.bin", content), ledger.point)
    assert anew.offset == 0
    anew.close()
    deliver(rig.destination(), "big.bin", content, ledger)
    assert rig.view.files() == {"big.bin": content}


@pytest.mark.parametrize("parts", [0, 1])
def test_the_same_file_twice_is_one_success(rig: Rig, parts: int) -> None:
    content = noise(rig.part_size * parts + 100)
    ledger = Kept()
    first = deliver(rig.destination(), "twice.bin", content, ledger)
    # The second time the commit went well, and its answer was lost: the ledger still holds a point.
    for kept in (None, ledger):
        again = deliver(rig.destination(), "twice.bin", content, kept)
        # Where nothing can be read back, it was sent again: the view has it once, since it is known by its mark.
        assert again == (first if rig.able.reads_back else replace(first, version=again.version))
    assert rig.view.files() == {"twice.bin": content}
    assert rig.view.leftovers() == []


@pytest.mark.parametrize("theirs", [b"x" * 100, b"another length", b""], ids=["same size", "other size", "empty"])
def test_a_taken_name_is_left_as_it_is(rig: Rig, theirs: bytes) -> None:
    rig.view.plant("taken.bin", theirs)
    if not rig.able.keeps_names:
        deliver(rig.destination(), "taken.bin", b"y" * 100)
        assert sorted(rig.view.files().values()) == sorted([theirs, b"y" * 100])
        return
    with pytest.raises(NameTaken, match=r"taken\.bin") as raised:
        deliver(rig.destination(), "taken.bin", b"y" * 100)
    sentences(raised.value)
    assert rig.view.files() == {"taken.bin": theirs}
    assert rig.view.leftovers() == []


def test_a_name_taken_during_a_large_upload_is_left_as_it_is(rig: Rig) -> None:
    content = noise(rig.part_size + 1)
    transfer = rig.destination().open(outgoing("taken.bin", content), None)
    put_parts(transfer, content, 2)
    rig.view.plant("taken.bin", b"theirs")
    if rig.able.keeps_names:
        with pytest.raises(NameTaken):
            transfer.commit()
        assert rig.view.files() == {"taken.bin": b"theirs"}
    else:
        transfer.commit()
        assert sorted(rig.view.files().values()) == sorted([content, b"theirs"])
    transfer.close()
    assert rig.view.leftovers() == []


def test_the_name_is_absent_until_the_commit(rig: Rig) -> None:
    content = noise(rig.part_size + 1)
    destination = rig.destination()
    transfer = destination.open(outgoing("late.bin", content), None)
    put_parts(transfer, content, 2)
    transfer.settle()
    assert destination.stat("late.bin") is None
    assert rig.view.files() == {}
    transfer.commit()
    transfer.close()
    transfer.close()
    assert list(rig.view.files()) == ["late.bin"]


def test_abort_leaves_nothing(rig: Rig) -> None:
    content = noise(rig.part_size + 1)
    transfer = rig.destination().open(outgoing("gone.bin", content), None)
    put_parts(transfer, content, 2)
    transfer.settle()
    transfer.abort()
    transfer.abort()
    assert rig.view.files() == {}
    assert rig.view.leftovers() == []


def test_wrong_credentials_name_their_field(rig: Rig) -> None:
    name, value = secret_of(rig)
    with pytest.raises(AccessDenied, match=name) as raised:
        deliver(rig.destination(**{name: value}), "a.csv", b"1")
    sentences(raised.value)


def test_a_missing_place_is_the_tenants_to_correct(rig: Rig) -> None:
    field = place_of(rig)
    with pytest.raises(ConfigurationError, match=field) as raised:
        deliver(rig.destination(**rig.missing_place), "a/b/c.csv", b"1")
    assert not isinstance(raised.value, AccessDenied)
    sentences(raised.value)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendors' libraries wait between their attempts; nothing is gained by waiting for a port that is closed."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.mark.usefixtures("hasty")
def test_an_unreachable_server_is_tried_again(rig: Rig) -> None:
    if rig.unreachable is None:
        pytest.skip("this kind has no server")
    with pytest.raises(TransientError) as raised:
        deliver(rig.destination(**rig.unreachable), "a.csv", b"1")
    sentences(raised.value)
    steps = list(rig.destination(**rig.unreachable).probe())
    assert [step.ok for step in steps] == [True, False]
    assert steps[-1].step == "connect"


def test_a_probe_of_a_good_destination(rig: Rig) -> None:
    destination = rig.destination()
    steps = list(destination.probe())
    destination.close()
    assert all(step.ok and not step.advice and step.message.endswith(".") for step in steps), steps
    assert tuple(step.step for step in steps)[-2:] == rig.last_steps
    assert rig.view.files() == {}
    assert rig.view.leftovers() == []


def test_a_probe_with_a_wrong_secret(rig: Rig) -> None:
    name, value = secret_of(rig)
    steps = list(rig.destination(**{name: value}).probe())
    assert (steps[-1].step, steps[-1].ok) == ("authenticate", False)
    assert name in steps[-1].message + steps[-1].advice
    assert steps[-1].advice
    assert all(step.ok for step in steps[:-1])


def test_a_probe_of_a_missing_place(rig: Rig) -> None:
    field = place_of(rig)
    steps = list(rig.destination(**rig.missing_place).probe())
    assert (steps[-1].step, steps[-1].ok) == (rig.missing_step, False)
    assert field in steps[-1].message + steps[-1].advice
    assert rig.view.files() == {}


@pytest.mark.usefixtures("hasty")
def test_no_secret_shows_anywhere(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    name, value = secret_of(rig)
    for changes in ({}, {name: value}, rig.missing_place, rig.unreachable or {}):
        destination = rig.destination(**changes)
        shown += [repr(rig.config(**changes)), repr(destination), *map(repr, destination.probe())]
        try:
            deliver(destination, "a.csv", b"1")
        except WaybillError as error:
            shown += [repr(error), *traceback.format_exception(error)]
        destination.close()
    with pytest.raises(ValueError, match="unknown_field") as wrong:
        rig.config(**{name: value}, unknown_field=value)
    shown += [str(wrong.value)]
    logged = [
        record.getMessage() + str(record.exc_text or "") for record in caplog.records if record.name[:8] != "asyncssh"
    ]
    for canary in rig.canaries:
        assert not [line for line in shown + logged if canary in line]
