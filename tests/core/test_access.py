from __future__ import annotations

import pytest

from waybill.core.access import AccessKey, Caller, digest_of, key_id_of, make_key, matches

PEPPER = b"a pepper for tests"


def test_a_key_matches_only_its_own_digest_under_its_own_pepper() -> None:
    key = make_key("abcdefghij12", "s" * 43)
    other = make_key("abcdefghij12", "t" * 43)
    kept = AccessKey("abcdefghij12", digest_of(key, PEPPER), Caller("acme", "a test", frozenset()))
    assert key_id_of(key) == "abcdefghij12"
    assert matches(key, kept, PEPPER)
    assert not matches(other, kept, PEPPER)
    assert not matches(key, kept, b"another pepper")
    assert "s" * 43 not in repr(kept)


@pytest.mark.parametrize(
    "text", ["", "wb_short_x", "Bearer wb_abcdefghij12_" + "s" * 43, "wb_ABCDEFGHIJ12_" + "s" * 43]
)
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert key_id_of(text) is None
