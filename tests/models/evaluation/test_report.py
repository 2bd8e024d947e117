"""The text: every table that was made is in it, with its numbers; what was not made is not."""

from __future__ import annotations

import pytest

from models.evaluation.report import SECTIONS, report
from models.evaluation.tables import TABLES, Bench, make_tables
from tests.models.evaluation.test_views import CLIPS


@pytest.fixture(scope="module")
def tables(library, untrained):
    """Everything that needs no clips."""
    bench = Bench(untrained, 12, library, untrained, {"plain": untrained})
    return make_tables(bench, TABLES)


def test_every_table_has_a_section_of_the_same_name():
    assert set(SECTIONS) == set(TABLES) | {"clips_overall"}


def test_everything_but_the_clips_is_made_without_clips(tables):
    assert set(tables) == set(TABLES) - {"clips", "aist", "errors", "rendered", "threedpw"}


def test_the_text_holds_the_numbers(tables):
    text = report(tables)
    errors = tables["mocap"]["with_evidence"]
    line = next(line for line in text.splitlines() if line.strip().startswith("with evidence"))
    assert line.split()[2:5] == [f"{errors['limbs'][key]:.1f}" for key in ("mpjpe_mm", "n_mpjpe_mm", "pa_mpjpe_mm")]
    assert f"TPMAE reconstructs them within {tables['latents']['plain']['tpmae_reconstruction_mm']:.1f} mm" in text
    assert f"{tables['missing']['mean_pose_mm']['legs']:.1f}" in text
    for words in (
        "plain, keypoints alone",
        "simulated landmarks",
        "whole body flip, one frame alone",
        "plain, 4 frames",
    ):
        assert words in text, words
    assert "worst over best: yaw" in text


def test_what_was_not_made_is_not_there(tables):
    text = report({"look_ahead": tables["look_ahead"]})
    assert text.startswith("Look-ahead")
    assert "Validation split" not in text


def test_many_clips_get_a_line_each_and_few_a_table():
    row = {"limbs": {"mpjpe_mm": 81.25, "n_mpjpe_mm": 80.0, "pa_mpjpe_mm": 60.0}}
    one = {"frames": 10, "seen": 9, "view_deg": 0.0, "vtm": row, "detector": row}
    few = report({"clips": {"a": one, "b": one}})
    assert "a: 9 of 10 frames seen by the detector" in few
    many = report({"clips": {f"clip_{index}": one for index in range(9)}})
    assert many.count("81.2") == 2 * 9
    assert len(many.splitlines()) == 2 + 9


def test_all_clips_together_are_told_by_view_and_over_the_detector():
    from models.evaluation.views import overall_table

    text = report({"clips_overall": overall_table(CLIPS)})
    assert "All 3 clips, 60 frames" in text
    assert "3.00" in text  # worst over best
    assert "by camera direction around the person" in text
    assert any(line.split()[:2] == ["90°", "20"] for line in text.splitlines())
    assert any(line.split()[:2] == ["dance", "50"] for line in text.splitlines())


def test_measured_and_simulated_errors_stand_side_by_side():
    def kind(size: float) -> dict[str, object]:
        sizes = {"keypoint": [size, 2 * size], "stays": [3.0], "varies": [4.0], "landmark": [5.0, 6.0]}
        return {"windows": 100, "flipped_percent": size / 10, "wrist": sizes}

    text = report({"errors": {"measured": kind(20.0), "simulated": kind(30.0)}})
    line = next(line for line in text.splitlines() if line.strip().startswith("wrist"))
    assert line.split()[1:] == ["20", "40", "3", "4", "5", "6", "30", "60", "3", "4", "5", "6"]
    assert "flipped: 2.0 % | 3.0 %" in text
