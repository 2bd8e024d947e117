"""The joint table: names, parents, mirror pairs, parts, and a virtual skeleton that is a person."""

from __future__ import annotations

import numpy as np

from models.kinematics import STATURE, hips_height
from models.skeleton import (
    FEET,
    HEAD_TOP,
    JOINT,
    JOINT_NAMES,
    JOINTS,
    LIMBS,
    LOWER,
    MIRROR_JOINTS,
    NON_ROOT,
    NUM_JOINTS,
    PARENTS,
    REST_OFFSETS,
    ROOT,
    SOLE,
    TOES,
    UPPER,
    mirrored_name,
)

CONTRACT = """Hips, Spine, Chest, UpperChest, Neck, Head, LeftShoulder, LeftUpperArm, LeftLowerArm, LeftHand,
RightShoulder, RightUpperArm, RightLowerArm, RightHand, LeftUpperLeg, LeftLowerLeg, LeftFoot, LeftToes, RightUpperLeg,
RightLowerLeg, RightFoot, RightToes"""


def rest_places() -> np.ndarray:
    places = np.zeros((NUM_JOINTS, 3))
    for joint, parent in enumerate(PARENTS):
        places[joint] = REST_OFFSETS[joint] + (places[parent] if parent >= 0 else 0)
    return places


def test_the_names_and_their_order_are_those_of_the_contract():
    assert [name.strip() for name in CONTRACT.split(",")] == list(JOINT_NAMES)
    assert NUM_JOINTS == 22
    assert all(JOINT_NAMES[JOINT[name]] == name for name in JOINT_NAMES)


def test_every_parent_stands_before_its_children_and_only_hips_has_none():
    assert PARENTS[ROOT] == -1
    assert all(0 <= PARENTS[joint] < joint for joint in NON_ROOT)
    assert len(NON_ROOT) == NUM_JOINTS - 1


def test_the_chains_hang_where_the_contract_says():
    parent_of = {joint.name: joint.parent for joint in JOINTS}
    assert parent_of["LeftShoulder"] == parent_of["RightShoulder"] == "UpperChest"
    assert parent_of["LeftUpperLeg"] == parent_of["RightUpperLeg"] == "Hips"
    assert parent_of["RightHand"] == "RightLowerArm"
    assert parent_of["LeftToes"] == "LeftFoot"


def test_mirroring_twice_is_nothing_and_swaps_every_sided_joint():
    for joint, other in enumerate(MIRROR_JOINTS):
        assert MIRROR_JOINTS[other] == joint
        sided = JOINT_NAMES[joint].startswith(("Left", "Right"))
        assert (joint != other) == sided
        if sided:
            assert {JOINT_NAMES[joint][:4], JOINT_NAMES[other][:4]} == {"Left", "Righ"}


def test_names_without_a_side_stay_when_mirrored():
    assert mirrored_name("Hips") == "Hips"
    assert mirrored_name("nose") == "nose"
    assert mirrored_name("left_big_toe") == "right_big_toe"
    assert mirrored_name("RightToes") == "LeftToes"


def test_the_skeleton_is_symmetric_with_the_left_side_at_plus_x():
    mirrored = REST_OFFSETS[list(MIRROR_JOINTS)] * (-1, 1, 1)
    np.testing.assert_allclose(mirrored, REST_OFFSETS, atol=1e-12)
    places = rest_places()
    for joint, name in enumerate(JOINT_NAMES):
        assert np.sign(places[joint, 0]) == (1 if name.startswith("Left") else -1 if name.startswith("Right") else 0)


def test_upper_and_lower_share_only_the_root_and_cover_everything():
    assert set(UPPER) & set(LOWER) == {ROOT}
    assert set(UPPER) | set(LOWER) == set(range(NUM_JOINTS))
    assert {JOINT_NAMES[joint] for joint in LOWER if joint != ROOT} == {
        side + name for side in ("Left", "Right") for name in ("UpperLeg", "LowerLeg", "Foot", "Toes")
    }


def test_hips_height_is_one_and_the_sole_touches_the_floor():
    places = rest_places()
    assert REST_OFFSETS[ROOT, 1] == 1.0
    assert abs(places[list(TOES), 1] - SOLE).max() < 1e-9
    assert abs(hips_height(REST_OFFSETS) - 1.0) < 1e-9


def test_stature_is_the_top_of_the_head_and_of_human_proportion():
    assert abs(rest_places()[JOINT["Head"], 1] + HEAD_TOP - STATURE) < 1e-9
    assert 1.75 < STATURE < 2.0  # hips at 50..57 % of the height
    span = 2 * rest_places()[JOINT["LeftHand"], 0] / STATURE
    assert 0.75 < span < 0.9  # wrist to wrist over height


def test_toes_point_to_where_the_person_looks():
    places = rest_places()
    for foot, toes in zip(FEET, TOES, strict=True):
        assert places[toes, 2] > places[foot, 2] + 0.1
        assert places[toes, 1] < places[foot, 1]


def test_the_limb_joints_are_shoulders_elbows_wrists_hips_knees_ankles_of_both_sides():
    assert len(LIMBS) == len(set(LIMBS)) == 12
    assert {MIRROR_JOINTS[joint] for joint in LIMBS} == set(LIMBS)
    assert {JOINT["LeftUpperArm"], JOINT["RightHand"], JOINT["LeftFoot"]} <= set(LIMBS)
    assert not {JOINT["Head"], JOINT["LeftToes"], JOINT["LeftShoulder"]} & set(LIMBS)


def test_the_rest_offsets_cannot_be_changed_by_accident():
    assert not REST_OFFSETS.flags.writeable
