"""The bench's harness, on a small input; no figure is looked at."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bench.__main__ import benches, table
from bench.measure import Mismatch, PeerMissing, measured, saved

ROW_BENCHES = ("rows_parquet_ndjson", "rows_ndjson_gz")
ARCHIVE_BENCHES = ("zip_aes_deflate_pyzipper", "zipcrypto_deflate")
UPLOAD_BENCHES = ("sftp_rtt20", "s3_upload")
"""Some of each: the others have the same sides."""


@pytest.mark.parametrize("name", [*ROW_BENCHES, *ARCHIVE_BENCHES, *UPLOAD_BENCHES])
def test_a_bench_runs_both_sides_and_writes_its_result(name: str, tmp_path: Path) -> None:
    try:
        result = measured(benches()[name], runs=1, size=0.002)
    except PeerMissing as missing:
        pytest.skip(str(missing))
    saved(result, tmp_path)

    written = json.loads((tmp_path / f"{name}.json").read_text())
    assert list(written) == ["name", "ours", "peer", "unit", "ratio", "peak_memory_mib", "input", "runs"]
    assert set(written["ours"]) == set(written["peer"]) == {"label", "value"}
    assert written["ratio"] > 0
    assert written["peak_memory_mib"] > 1
    assert name in table([result])


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not here: sudo apt-get install ffmpeg")
def test_sounds_are_compared_only_where_both_play_as_long_at_one_bit_rate(tmp_path: Path) -> None:
    bench = benches()["transcode_mp3"]
    assert measured(bench, runs=1, size=0.05).ratio > 0
    bench.prepare(tmp_path, 0.05)
    bench.ours.run(tmp_path)
    bench.peer.run(tmp_path)
    bench.check(tmp_path)
    with (tmp_path / "ours.mp3").open("r+b") as file:
        file.truncate((tmp_path / "ours.mp3").stat().st_size // 2)
    with pytest.raises(Mismatch):
        bench.check(tmp_path)


def test_no_figure_without_equal_outputs() -> None:
    def differ(folder: Path) -> None:
        (folder / "ours").write_bytes((folder / "ours").read_bytes().replace(b"Where", b"Whom", 1))
        bench.check(folder)

    bench = benches()["rows_parquet_ndjson"]
    with pytest.raises(Mismatch):
        measured(replace(bench, check=differ), runs=1, size=0.002)
