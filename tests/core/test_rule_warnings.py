from __future__ import annotations

import pytest

from tests.core.made import CATALOG, NOW, settings
from waybill.core.errors import InvalidInput
from waybill.core.rule_checks import ArchivePassword, check_settings
from waybill.core.rule_settings import ArchiveMethod
from waybill.core.rule_warnings import WEAK_ENCRYPTION, rule_warnings


@pytest.mark.parametrize("method", list(ArchiveMethod))
def test_only_weak_encryption_is_warned_of(method: ArchiveMethod) -> None:
    found = rule_warnings(settings(archive={"method": method}), CATALOG, NOW)
    assert found == ([WEAK_ENCRYPTION] if method is ArchiveMethod.ZIP_CRYPTO else [])


def test_the_warning_says_how_weak_it_is_and_what_to_choose() -> None:
    assert "twelve bytes" in WEAK_ENCRYPTION
    assert "zip_aes256" in WEAK_ENCRYPTION


def test_what_the_source_forgets_is_warned_of_beside_it() -> None:
    found = rule_warnings(settings(archive={"method": "zip_crypto"}, schedule={"frequency": "yearly"}), CATALOG, NOW)
    assert len(found) == 2
    assert "kept for 180 days" in found[0]


@pytest.mark.parametrize(
    ("method", "given", "kept", "said"),
    [
        ("none", "long enough to be one", False, "takes no password"),
        ("zip", "long enough to be one", False, "takes no password"),
        ("zip_aes256", "", False, "needs one"),
        ("zip_crypto", "", False, "needs one"),
        ("zip_aes256", "eleven char", False, "12"),
        ("zip_crypto", "eleven char", True, "12"),
    ],
)
def test_a_password_that_does_not_fit_the_method_is_refused(method: str, given: str, kept: bool, said: str) -> None:
    password = ArchivePassword(given, kept)
    with pytest.raises(InvalidInput) as refused:
        check_settings(settings(archive={"method": method}, destinations=["gone"]), CATALOG, [], password)
    destination, wrong = refused.value.errors
    assert (destination.field, wrong.field) == ("destinations.0", "archive.password")
    assert said in wrong.message


@pytest.mark.parametrize(
    ("method", "given", "kept"),
    [
        ("none", "", True),
        ("zip", "", False),
        ("zip_aes256", "", True),
        ("zip_crypto", "twelve chars", False),
        ("zip_aes256", "密码密码密码密码密码密码", True),
    ],
)
def test_a_password_that_fits_is_taken(method: str, given: str, kept: bool) -> None:
    check_settings(settings(archive={"method": method}), CATALOG, ["dst_one"], ArchivePassword(given, kept))
