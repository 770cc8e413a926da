"""CMS as openssl makes it is decrypted; what is damaged never passes for what it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.openssl import EC, Identity, enveloped, identity, mangled
from waybill.core.prepared import Unprepared
from waybill.media.cms_envelope import decrypted, is_envelope

CLEAR = random.Random(7).randbytes(300_001)
GCM = ("-aes-256-gcm",)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cms")


@pytest.fixture(scope="module")
def rsa_identity(place: Path) -> Identity:
    return identity(place, "rsa")


@pytest.fixture(scope="module")
def ec_identity(place: Path) -> Identity:
    return identity(place, "ec", EC)


@pytest.fixture(scope="module")
def sealed_gcm(place: Path, rsa_identity: Identity) -> bytes:
    return enveloped(place, CLEAR[:5_000], rsa_identity, *GCM)


def chunks(data: bytes, size: int = 1_000) -> Iterator[bytes]:
    return (data[n : n + size] for n in range(0, len(data), size))


def opened(data: bytes, *by: Identity, size: int = 1_000) -> bytes:
    return b"".join(decrypted(chunks(data, size), [one.held for one in by]))


@pytest.mark.parametrize("stream", [(), ("-stream",)], ids=["der", "ber"])
@pytest.mark.parametrize(
    "options",
    [
        ("-aes-128-cbc",),
        ("-aes-192-cbc",),
        ("-aes-256-cbc",),
        ("-aes-128-gcm",),
        GCM,
        ("-aes-256-cbc", "-keyid"),
        ("-aes-256-cbc", "-keyopt", "rsa_padding_mode:oaep"),
        ("-aes-256-gcm", "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"),
    ],
    ids="_".join,
)
def test_what_openssl_encrypts_is_decrypted(
    place: Path, rsa_identity: Identity, options: tuple[str, ...], stream: tuple[str, ...]
) -> None:
    sealed = enveloped(place, CLEAR, rsa_identity, *options, *stream)
    assert is_envelope(sealed[:100])
    assert opened(sealed, rsa_identity) == CLEAR


@pytest.mark.parametrize("options", [("-aes-256-cbc",), GCM, ("-aes-256-cbc", "-keyopt", "ecdh_kdf_md:sha256")])
def test_elliptic_curve_recipients(place: Path, ec_identity: Identity, options: tuple[str, ...]) -> None:
    assert opened(enveloped(place, CLEAR, ec_identity, *options, "-stream"), ec_identity) == CLEAR


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17])
@pytest.mark.parametrize("options", [("-aes-128-cbc", "-stream"), GCM])
def test_small_contents(place: Path, rsa_identity: Identity, size: int, options: tuple[str, ...]) -> None:
    if size == 0 and options == GCM:
        pytest.skip("openssl writes no empty AuthEnvelopedData")
    assert opened(enveloped(place, CLEAR[:size], rsa_identity, *options), rsa_identity, size=7) == CLEAR[:size]


def test_the_right_certificate_is_found_among_several(
    place: Path, rsa_identity: Identity, ec_identity: Identity
) -> None:
    other = identity(place, "other")
    sealed = enveloped(place, CLEAR, rsa_identity, *GCM)
    assert opened(sealed, other, ec_identity, rsa_identity) == CLEAR
    with pytest.raises(Unprepared, match="none of the certificates"):
        opened(sealed, other, ec_identity)
    with pytest.raises(Unprepared, match="none of the certificates"):
        b"".join(decrypted(chunks(sealed), [rsa_identity.public]))


def test_an_unsupported_cipher_is_named(place: Path, rsa_identity: Identity) -> None:
    with pytest.raises(Unprepared, match="not supported"):
        opened(enveloped(place, CLEAR, rsa_identity, "-des3"), rsa_identity)


@given(at=st.integers(0, 10**9), bit=st.integers(0, 7))
def test_a_flipped_bit_never_passes(sealed_gcm: bytes, rsa_identity: Identity, at: int, bit: int) -> None:
    """Bits that say nothing about the content (a version) may be ignored, but what comes out is right or nothing."""
    damaged = bytearray(sealed_gcm)
    damaged[at % len(damaged)] ^= 1 << bit
    try:
        assert opened(bytes(damaged), rsa_identity) == CLEAR[:5_000]
    except Unprepared:
        return


@given(seed=st.integers(0, 2**32), which=st.sampled_from(["rsa", "oaep", "ec"]))
def test_a_mangled_envelope_is_told(
    place: Path, sealed_gcm: bytes, rsa_identity: Identity, ec_identity: Identity, seed: int, which: str
) -> None:
    made = place / f"mangled-{which}"
    if not made.exists():
        options = ("-keyopt", "rsa_padding_mode:oaep") if which == "oaep" else ()
        owner = ec_identity if which == "ec" else rsa_identity
        made.write_bytes(enveloped(place, CLEAR[:200], owner, *GCM, *options, "-stream"))
    try:
        assert opened(mangled(made.read_bytes(), random.Random(seed)), rsa_identity, ec_identity) == CLEAR[:200]
    except Unprepared:
        return


def test_every_bit_of_the_tag_counts(sealed_gcm: bytes, rsa_identity: Identity) -> None:
    for bit in range(128):
        damaged = bytearray(sealed_gcm)
        damaged[-1 - bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unprepared, match="tag is wrong"):
            opened(bytes(damaged), rsa_identity)


@given(st.integers(0, 10**9))
def test_a_cut_file_is_told(sealed_gcm: bytes, rsa_identity: Identity, at: int) -> None:
    with pytest.raises(Unprepared):
        opened(sealed_gcm[: at % len(sealed_gcm)], rsa_identity)


@pytest.mark.parametrize("stream", [(), ("-stream",)])
@pytest.mark.parametrize("lost", [1, 16, 17, 100, 100_000])
def test_a_cut_cbc_file_is_told(place: Path, rsa_identity: Identity, lost: int, stream: tuple[str, ...]) -> None:
    sealed = enveloped(place, CLEAR, rsa_identity, "-aes-256-cbc", *stream)
    with pytest.raises(Unprepared):
        opened(sealed[: len(sealed) - lost - 10], rsa_identity)


@given(st.binary(max_size=400))
def test_any_bytes_are_an_envelope_that_can_be_read_or_are_refused(rsa_identity: Identity, data: bytes) -> None:
    with pytest.raises(Unprepared):
        opened(data, rsa_identity)


def test_memory_is_bounded_whatever_the_size(place: Path, rsa_identity: Identity) -> None:
    """Pieces leave as they come in."""
    sealed = enveloped(place, CLEAR, rsa_identity, *GCM, "-stream")
    assert max(map(len, decrypted(chunks(sealed), [rsa_identity.held]))) <= 1_000
