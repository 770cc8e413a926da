"""The demo's input, real or made: the catalogue takes all of it, and all of it lies within its day."""

from __future__ import annotations

import io
import json
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox import demo_data
from tests.core.made import CATALOG
from waybill.core.records import take_records
from waybill.core.window import instant

DAY = datetime(2026, 3, 29, tzinfo=UTC)


@pytest.fixture(params=["made", "real"])
def data(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> demo_data.DemoData:
    if request.param == "made":
        monkeypatch.setattr(demo_data, "REAL", tmp_path / "not-here")
    elif not demo_data.REAL.exists():
        pytest.skip("../shared/data is not here: the demo uses made data")
    return demo_data.gather(DAY, dialogs=40, recordings=12)


def test_every_row_is_taken_and_lies_within_the_day(data: demo_data.DemoData) -> None:
    rows = {"conversations": data.messages, "recordings": [r.row for r in data.recordings]}
    for name, found in rows.items():
        body = b"".join(json.dumps(row).encode() + b"\n" for row in found)
        intake = take_records(body, "demo", CATALOG[name], "one")
        assert (intake.accepted, intake.rejects) == (len(found), [])
        times = [instant(row[CATALOG[name].time_field]) for row in found]
        assert min(times) >= DAY
        assert max(times) < DAY + timedelta(days=1)
    ids = [m["message_id"] for m in data.messages]
    assert len(set(ids)) == len(ids) >= 40


def test_recordings_are_sounds_that_their_rows_name(data: demo_data.DemoData) -> None:
    assert len(data.recordings) == 12
    for recording in data.recordings:
        assert recording.row["files"][0]["key"] == recording.media_name
        with wave.open(io.BytesIO(recording.media)) as sound:
            assert sound.getnframes() / sound.getframerate() == pytest.approx(
                recording.row["duration_seconds"], abs=0.01
            )


def test_made_data_are_the_same_each_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo_data, "REAL", tmp_path / "not-here")
    assert demo_data.gather(DAY, 20, 3) == demo_data.gather(DAY, 20, 3)
