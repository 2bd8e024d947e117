"""All clips together: every frame counts once, ratios on the same frames, worst over best view."""

from __future__ import annotations

import numpy as np
import pytest

from models.camera import Intrinsics
from models.evaluation.clips import Clip, Lifted
from models.evaluation.motion import Run
from models.evaluation.views import overall_table
from models.metrics import position_errors
from models.skeleton import JOINT, LIMBS
from models.training.validate import HIPS

RNG = np.random.default_rng(0)
HAND = JOINT["LeftHand"]


def lifted(frames: int, *, yaw: float, off_mm: float, detector_off_mm: float, motion: str = "05_01.bvh") -> Lifted:
    """A clip whose left hand is `off_mm` x 12 away, so that the mean over the 12 limb joints is `off_mm`."""
    truth = RNG.normal(size=(frames, 22, 3)) * 0.3
    ours, theirs = truth.copy(), truth.copy()
    ours[:, HAND, 0] += off_mm * 12 / 1000
    theirs[:, HAND, 0] += detector_off_mm * 12 / 1000
    others = [joint for joint in range(22) if joint not in LIMBS]
    theirs[:, others] = np.nan
    empty = np.zeros((frames, 23, 2))
    camera = Intrinsics(500, 500, 320, 240)
    clip = Clip(
        "x", 30.0, empty, empty[..., 0], np.zeros((frames, 27, 3)), camera, truth, 1.7, yaw_deg=yaw, motion=motion
    )
    run = Run(ours, truth, np.zeros((frames, 2), bool), 30.0)
    return Lifted(clip, np.arange(frames), truth, {"vtm": ours}, {"vtm": [run]}, theirs)


CLIPS = (
    lifted(30, yaw=2.0, off_mm=10, detector_off_mm=40),
    lifted(10, yaw=358.0, off_mm=30, detector_off_mm=40, motion="09_01.bvh"),
    lifted(20, yaw=91.0, off_mm=45, detector_off_mm=60),
)


def test_frames_are_pooled_over_the_clips():
    table = overall_table(CLIPS)
    assert (table["clips"], table["frames"]) == (3, 60)
    assert table["rows"]["vtm"]["limbs"]["mpjpe_mm"] == pytest.approx((30 * 10 + 10 * 30 + 20 * 45) / 60)
    assert table["rows"]["detector"]["limbs"]["mpjpe_mm"] == pytest.approx((40 * 40 + 20 * 60) / 60)
    assert table["rows"]["vtm"]["jitter"] > 0


def test_the_ratio_is_to_the_detector_on_the_frames_that_it_tells():
    first = lifted(30, yaw=0.0, off_mm=10, detector_off_mm=40)
    first.detector[:20] = np.nan  # ours is worse on the frames the detector says nothing of
    first.rows["vtm"][:20, HAND, 0] += 1.0
    table = overall_table([first])
    assert table["detector_frames"] == 10
    assert table["over_detector"]["vtm"]["mpjpe_mm"] == pytest.approx(0.25)
    assert table["rows"]["vtm"]["limbs"]["mpjpe_mm"] > 60


def test_a_detector_without_error_has_no_ratio():
    table = overall_table([lifted(8, yaw=0.0, off_mm=10, detector_off_mm=0)])
    assert table["over_detector"]["vtm"]["mpjpe_mm"] is None


def test_views_are_thirty_degrees_wide_and_join_at_the_front():
    views = overall_table(CLIPS)["by_view"]
    assert views["groups"] == [0, 90]
    assert views["frames"] == [40, 20]
    assert views["mpjpe_mm"]["vtm"] == [15.0, 45.0]
    assert views["worst_over_best"] == {"vtm": 3.0, "detector": 1.5}
    aligned = [position_errors(c.rows["vtm"], c.truth, HIPS, LIMBS)["pa_mpjpe_mm"] for c in CLIPS]
    assert views["pa_mpjpe_mm"]["vtm"] == pytest.approx([(3 * aligned[0] + aligned[1]) / 4, aligned[2]], abs=0.06)


def test_actions_come_from_the_motion_files():
    actions = overall_table(CLIPS)["by_action"]
    assert actions["groups"] == ["dance", "run"]
    assert actions["mpjpe_mm"]["vtm"] == [24.0, 30.0]


def test_without_landmarks_there_is_no_detector():
    clip = lifted(8, yaw=0.0, off_mm=10, detector_off_mm=40)
    clip.detector[:] = np.nan
    table = overall_table([clip])
    assert "over_detector" not in table
    assert set(table["rows"]) == {"vtm"}
