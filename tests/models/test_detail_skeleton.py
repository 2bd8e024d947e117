"""Fingers and eyes of the T-pose: names, parents, sides, sizes of a hand."""

from __future__ import annotations

import numpy as np

from models.detail_skeleton import DETAIL_NAMES, DETAIL_OFFSETS, EYE_NAMES, detail_offsets_m, skeleton_with
from models.fingers import FINGER_NAMES, MIRROR_FINGERS
from models.kinematics import STATURE
from models.skeleton import JOINT_NAMES, REST_OFFSETS

REST = (1.70 * REST_OFFSETS / STATURE).astype(np.float32)


def test_every_bone_hangs_from_one_before_it():
    skeleton = skeleton_with(REST, fingers=True, eyes=True)
    assert skeleton.names == (*JOINT_NAMES, *FINGER_NAMES, *EYE_NAMES)
    assert all(parent < joint for joint, parent in enumerate(skeleton.parents))
    parent_of = {name: skeleton.names[parent] for name, parent in zip(skeleton.names, skeleton.parents, strict=True)}
    assert parent_of["LeftThumbProximal"] == "LeftHand"
    assert parent_of["RightLittleDistal"] == "RightLittleIntermediate"
    assert parent_of["RightEye"] == "Head"
    assert skeleton.children(skeleton.names.index("LeftHand")) == [
        skeleton.names.index(f"Left{finger}Proximal") for finger in ("Thumb", "Index", "Middle", "Ring", "Little")
    ]


def test_without_fingers_or_eyes_they_are_not_there():
    assert skeleton_with(REST, fingers=False, eyes=False).names == JOINT_NAMES
    assert skeleton_with(REST, fingers=False, eyes=True).names == (*JOINT_NAMES, *EYE_NAMES)


def test_the_sides_mirror_each_other():
    fingers = DETAIL_OFFSETS[: len(FINGER_NAMES)]
    np.testing.assert_array_equal(fingers[list(MIRROR_FINGERS)], fingers * [-1, 1, 1])
    np.testing.assert_array_equal(DETAIL_OFFSETS[-1], DETAIL_OFFSETS[-2] * [-1, 1, 1])


def test_a_hand_has_the_size_of_an_adults():
    offsets = detail_offsets_m(REST)
    middle = [DETAIL_NAMES.index(f"LeftMiddle{part}") for part in ("Proximal", "Intermediate", "Distal")]
    to_last_joint = float(offsets[middle, 0].sum())
    assert 0.15 < to_last_joint < 0.18  # a hand of 18 to 19 cm with the fingertip
    eyes = offsets[-2] - offsets[-1]
    assert 0.055 < eyes[0] < 0.070
