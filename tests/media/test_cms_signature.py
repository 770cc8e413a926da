"""Detached signatures as openssl makes them, against registered certificates and authorities."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.openssl import EC, RSA, Identity, identity, issued, mangled, signature
from waybill.core.prepared import Unprepared
from waybill.media.cms_signature import DetachedSignature

DATA = b"what was recorded" * 1_000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signed")


@pytest.fixture(scope="module")
def signer(place: Path) -> Identity:
    return identity(place, "signer")


@pytest.fixture(scope="module")
def made(place: Path, signer: Identity) -> bytes:
    return signature(place, DATA, signer)


def fault(made: bytes, data: bytes, *registered: Identity) -> str:
    check = DetachedSignature(made, [one.public for one in registered])
    for n in range(0, len(data), 777):
        check.add(data[n : n + 777])
    return check.fault()


@pytest.mark.parametrize("kind", [RSA, EC], ids=["rsa", "ec"])
@pytest.mark.parametrize(
    "options",
    [(), ("-noattr",), ("-md", "sha512"), ("-nocerts",), ("-keyid",), ("-outform", "PEM"), ("-stream",)],
    ids=lambda o: "_".join(o) or "plain",
)
def test_a_right_signature_is_valid(place: Path, kind: tuple[str, ...], options: tuple[str, ...]) -> None:
    by = identity(place, "by", kind)
    made = signature(place, DATA, by, *options)
    assert fault(made, DATA, by) == ""
    assert "was changed" in fault(made, DATA + b"!", by) or "not made by" in fault(made, DATA + b"!", by)


def test_pss(place: Path, signer: Identity) -> None:
    made = signature(place, DATA, signer, "-keyopt", "rsa_padding_mode:pss")
    assert fault(made, DATA, signer) == ""


def test_a_stranger_is_not_trusted(place: Path, signer: Identity, made: bytes) -> None:
    assert "none of the registered" in fault(made, DATA, identity(place, "stranger"))
    assert "none of the registered" in fault(made, DATA)


def test_one_that_a_registered_authority_issued_is_trusted(place: Path) -> None:
    authority = identity(place, "authority")
    by = issued(place, "issued", authority)
    made = signature(place, DATA, by)
    assert fault(made, DATA, authority) == ""
    below = issued(place, "below", by)
    assert "none of the registered" in fault(signature(place, DATA, below), DATA, by), "it is no authority"


def test_a_weak_digest_is_refused(place: Path, signer: Identity) -> None:
    assert "too weak" in fault(signature(place, DATA, signer, "-md", "sha1"), DATA, signer)


def test_what_is_no_signature_is_told() -> None:
    with pytest.raises(Unprepared, match="damaged"):
        DetachedSignature(b"nonsense", [])


@given(at=st.integers(0, 10**9), bit=st.integers(0, 7))
def test_a_damaged_signature_never_makes_other_bytes_valid(made: bytes, signer: Identity, at: int, bit: int) -> None:
    damaged = bytearray(made)
    damaged[at % len(damaged)] ^= 1 << bit
    try:
        assert fault(bytes(damaged), DATA + b"!", signer) != ""
    except Unprepared:
        return


@given(st.integers(0, 2**32))
def test_a_mangled_signature_is_told_and_makes_nothing_valid(made: bytes, signer: Identity, seed: int) -> None:
    try:
        assert fault(mangled(made, random.Random(seed)), b"other bytes", signer) != ""
    except Unprepared:
        return
