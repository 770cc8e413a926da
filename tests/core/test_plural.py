from __future__ import annotations

import pytest

from waybill.core.plural import many


@pytest.mark.parametrize(("number", "said"), [(0, "0 parts"), (1, "1 part"), (2, "2 parts")])
def test_one_is_no_plural(number: int, said: str) -> None:
    assert many(number, "part") == said


def test_a_verb_goes_with_its_number() -> None:
    assert [many(n, "row is", "rows are") for n in (1, 3)] == ["1 row is", "3 rows are"]
