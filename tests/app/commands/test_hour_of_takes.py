"""The hour by a simulated clock, here a few seconds of it: a row for each format, and no file left behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.commands import hour_of_takes
from app.commands.hour_of_takes import record_rows, write_one
from engine.takes.partial_file import read_partial


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("suffix", [".bvh", ".jsonl"])
def test_a_file_is_measured_and_the_rows_stay_for_the_next(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hour_of_takes, "_SAMPLE_S", 0.002)
    partial = record_rows(tmp_path / "hour.npz", 0.05, details=True)
    assert len(read_partial(partial).rows) == 180
    figures = write_one(partial, tmp_path / f"hour{suffix}")
    assert figures["size_mb"] == pytest.approx((tmp_path / f"hour{suffix}").stat().st_size / 1e6)
    assert figures["all_mb"] >= figures["own_mb"] > 10
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([partial.name, f"hour{suffix}"])
