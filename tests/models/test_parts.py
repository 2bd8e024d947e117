"""The parts of the body and what their confidence means."""

from __future__ import annotations

import numpy as np
import pytest

from models.parts import HALF_CONFIDENT, LIMB_OF_PART, MIRROR_PARTS, PART, PART_NAMES, part_confidence
from models.skeleton import JOINT_NAMES


def test_confidence_is_a_half_at_the_named_error_and_falls_with_it():
    half = np.log(HALF_CONFIDENT)
    assert part_confidence(half) == pytest.approx(0.5)
    assert part_confidence(half + np.log(2)) == pytest.approx(0.2)
    assert part_confidence(half - np.log(2)) == pytest.approx(0.8)


def test_confidence_stays_in_zero_to_one_whatever_is_declared():
    extremes = np.array([[-1e6] * 6, [1e6] * 6])
    confidence = part_confidence(extremes)
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert (confidence[0] > 0.99).all()
    assert (confidence[1] < 0.01).all()


def test_mirrored_parts_are_those_of_the_other_side():
    assert [PART_NAMES[index] for index in MIRROR_PARTS] == [
        "head",
        "trunk",
        "right_arm",
        "left_arm",
        "right_leg",
        "left_leg",
    ]


def test_each_limb_has_joints_of_its_own_side():
    for name, (start, ends) in LIMB_OF_PART.items():
        assert name in PART
        side = name.split("_")[0].capitalize()
        assert all(JOINT_NAMES[joint].startswith(side) for joint in (start, *ends))
