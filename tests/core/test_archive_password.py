"""Passwords of archives: any script, long enough, and such that a receiver can type them."""

from __future__ import annotations

import pytest

from waybill.core.rule_checks import ArchivePassword, password_errors
from waybill.core.rule_settings import ArchiveMethod

GOOD = [
    "twelve chars",
    "сорок-две-буквы",
    "סיסמה ארוכה כלמה",
    "🔑" * 12,
    "e\u0301" * 6,
    "tab\tinside it",
    "line\u2028of Unicode's",
]


@pytest.mark.parametrize("method", [ArchiveMethod.ZIP_AES256, ArchiveMethod.ZIP_CRYPTO])
@pytest.mark.parametrize("password", GOOD)
def test_passwords_of_any_script_are_taken(method: ArchiveMethod, password: str) -> None:
    assert password_errors(method, ArchivePassword(password, kept=False)) == []


@pytest.mark.parametrize(
    ("method", "password", "kept", "said"),
    [
        (ArchiveMethod.ZIP_AES256, "eleven char", False, "too short"),
        (ArchiveMethod.ZIP_AES256, "", False, "is missing"),
        (ArchiveMethod.ZIP_CRYPTO, "", False, "is missing"),
        (ArchiveMethod.ZIP, "twelve chars", False, "takes no password"),
        (ArchiveMethod.NONE, "twelve chars", True, "takes no password"),
        (ArchiveMethod.ZIP_AES256, "a line's end\n", False, "nobody can type"),
        (ArchiveMethod.ZIP_AES256, "of\rWindows, too", False, "nobody can type"),
        (ArchiveMethod.ZIP_AES256, "the end of C\0", True, "nobody can type"),
    ],
)
def test_what_does_not_do_is_told(method: ArchiveMethod, password: str, kept: bool, said: str) -> None:
    (error,) = password_errors(method, ArchivePassword(password, kept))
    assert error.field == "archive.password"
    assert said in error.message
    assert not password or password not in error.message


def test_a_kept_password_stays_where_none_is_given() -> None:
    assert password_errors(ArchiveMethod.ZIP_AES256, ArchivePassword("", kept=True)) == []
