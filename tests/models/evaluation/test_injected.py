"""Injected errors: left and right exchanged in the last frames and nowhere else; told per length."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.frames import inputs_of
from models.evaluation.injected import FRAMES, clean_windows, evaluate_injected, flipped, legs_swapped
from models.evaluation.predict import Predictor
from models.keypoints import EVIDENCE_NAMES, KEYPOINT


@pytest.fixture(scope="module")
def clean(library, tiny):
    return clean_windows(library, tiny, 40)


def test_clean_windows_hold_the_true_keypoints(clean, batch):
    """The keypoints of the knees hardly move against the truth; a noisy detector's do."""

    def spread(windows) -> float:
        knees = windows.keypoints[:, :, [KEYPOINT["left_knee"], KEYPOINT["right_knee"]], :2]
        return float((knees[:, 2:] - 2 * knees[:, 1:-1] + knees[:, :-2]).norm(dim=-1).median())

    assert spread(clean) < 0.25 * spread(batch)


def test_a_flip_exchanges_left_and_right_in_the_last_frames_only(clean):
    inputs = inputs_of(clean)
    wrong = flipped(inputs, 3)
    left, right = KEYPOINT["left_wrist"], KEYPOINT["right_wrist"]
    np.testing.assert_array_equal(wrong.keypoints[:, -3:, left], inputs.keypoints[:, -3:, right])
    np.testing.assert_array_equal(wrong.keypoints[:, -3:, 0], inputs.keypoints[:, -3:, 0])  # the nose is one
    np.testing.assert_array_equal(wrong.keypoints[:, :-3], inputs.keypoints[:, :-3])
    a, b = (EVIDENCE_NAMES.index(f"{side}_index") for side in ("left", "right"))
    np.testing.assert_array_equal(wrong.evidence[:, -3:, a], inputs.evidence[:, -3:, b])
    np.testing.assert_array_equal(flipped(wrong, 3).keypoints, inputs.keypoints)
    assert (flipped(inputs, 0).keypoints == inputs.keypoints).all()


def test_a_leg_swap_leaves_arms_hips_and_landmarks_alone(clean):
    inputs = inputs_of(clean)
    wrong = legs_swapped(inputs, 2)
    np.testing.assert_array_equal(
        wrong.keypoints[:, -2:, KEYPOINT["right_heel"]], inputs.keypoints[:, -2:, KEYPOINT["left_heel"]]
    )
    for name in ("left_wrist", "left_hip", "right_shoulder"):
        np.testing.assert_array_equal(wrong.keypoints[:, :, KEYPOINT[name]], inputs.keypoints[:, :, KEYPOINT[name]])
    np.testing.assert_array_equal(wrong.evidence, inputs.evidence)


def test_more_frames_than_there_are_is_told_in_one_line(clean):
    with pytest.raises(ValueError, match="17 frames to change; the windows have 16"):
        flipped(inputs_of(clean), 17)


def test_a_network_that_looks_at_nothing_is_not_hurt(weights, library):
    table = evaluate_injected(Predictor(weights), library, 20)
    assert table["frames"] == list(FRAMES)
    for rows in table["errors"].values():
        assert rows["network"] == [table["none"]["network"]] * len(FRAMES)
        assert set(rows) == {"network", "refined", "one_frame_alone"}


def test_a_network_that_looks_is_hurt_by_what_is_injected(untrained, library):
    """Random weights: the answers change, and the single frame sees a flip of one frame."""
    table = evaluate_injected(untrained, library, 20)
    flips = table["errors"]["whole_body_flip"]
    assert len({table["none"]["refined"], *flips["refined"]}) > 1
    assert len(set(flips["one_frame_alone"])) == 1
    assert flips["one_frame_alone"][0] != table["none"]["one_frame_alone"]


def test_the_truth_stays_the_truth_whatever_is_injected(oracle, clean, library):
    oracle.batch = clean
    table = evaluate_injected(oracle, library, 40)
    assert table["none"]["network"] < 0.1
    assert max(table["errors"]["legs_swapped"]["network"]) < 0.1
    assert table["windows"] == int(clean.seen.sum())
