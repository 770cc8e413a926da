from __future__ import annotations

from typing import Any

import pytest

from tests.core.made import CATALOG, NOW, settings
from waybill.core.rule_retention import retention_warnings


@pytest.mark.parametrize(
    ("schedule", "warned"),
    [
        ({"frequency": "hourly"}, False),
        ({"frequency": "monthly", "day": 31}, False),
        ({"frequency": "quarterly", "month": 3, "day": 31}, False),
        ({"frequency": "yearly"}, True),
        ({"frequency": "once", "first_day": "2026-03-01", "last_day": "2026-03-02"}, False),
        ({"frequency": "once", "first_day": "2025-03-01", "last_day": "2025-03-02"}, True),
        ({"frequency": "manual"}, False),
    ],
)
def test_a_window_whose_first_rows_are_gone_before_it_is_delivered_is_warned_of(
    schedule: dict[str, Any], warned: bool
) -> None:
    """Chat tickets are kept for 180 days; NOW is the tenth of March 2026."""
    found = retention_warnings(settings(schedule=schedule), CATALOG, NOW)
    assert bool(found) is warned
    if warned:
        assert "chat_tickets is kept for 180 days" in found[0]


def test_each_dataset_has_its_own_retention() -> None:
    data = [{"dataset": "chat_tickets"}, {"dataset": "datapoint"}, {"dataset": "recordings"}]
    found = retention_warnings(settings(data=data, schedule={"frequency": "quarterly", "month": 2}), CATALOG, NOW)
    assert [said.split()[0] for said in found] == ["datapoint"]
