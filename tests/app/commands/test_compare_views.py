"""The figures of rendered pairs, and one line for a folder without any."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.commands.compare_views import main, summary
from engine.viewpoints.pair_errors import PairErrors


def test_the_summary_is_over_all_pairs() -> None:
    rows = [
        PairErrors(90.0, 87.0, 0.01, 40.0, 80.0, 60.0, 60.0, 48.0),
        PairErrors(60.0, 61.0, -0.02, 30.0, 60.0, 60.0, 80.0, 56.0),
    ]
    found = summary(rows)
    assert found["angle_off_median_deg"] == 2.0
    assert found["angle_off_worst_deg"] == 3.0
    assert found["skew_worst_s"] == 0.02
    assert found["ours_over_detector"] == 0.5
    assert found["fused_over_single"] == pytest.approx(0.8)


def test_a_folder_without_views_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "contains no rendered views" in capsys.readouterr().err
    (tmp_path / "motion" / "000").mkdir(parents=True)
    assert main([str(tmp_path)]) == 1
    assert "expected 1" in capsys.readouterr().err
