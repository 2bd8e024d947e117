"""The 23 keypoints and the lists computed from them."""

from __future__ import annotations

from models.keypoints import (
    EVIDENCE_NAMES,
    KEYPOINT,
    KEYPOINT_BONES,
    KEYPOINT_NAMES,
    LOWER_KEYPOINTS,
    MIRROR_KEYPOINTS,
    NUM_EVIDENCE,
    NUM_KEYPOINTS,
    UPPER_KEYPOINTS,
)


def test_there_are_23_in_coco_wholebody_order():
    assert NUM_KEYPOINTS == 23
    assert KEYPOINT_NAMES[:3] == ("nose", "left_eye", "right_eye")
    assert KEYPOINT_NAMES[5:13:2] == ("left_shoulder", "left_elbow", "left_wrist", "left_hip")
    assert KEYPOINT_NAMES[17:] == (
        "left_big_toe",
        "left_small_toe",
        "left_heel",
        "right_big_toe",
        "right_small_toe",
        "right_heel",
    )


def test_mirroring_twice_is_nothing_and_only_the_nose_stays():
    assert all(MIRROR_KEYPOINTS[other] == index for index, other in enumerate(MIRROR_KEYPOINTS))
    assert [index for index, other in enumerate(MIRROR_KEYPOINTS) if index == other] == [KEYPOINT["nose"]]


def test_upper_and_lower_keypoints_share_only_the_hips():
    assert set(UPPER_KEYPOINTS) & set(LOWER_KEYPOINTS) == {KEYPOINT["left_hip"], KEYPOINT["right_hip"]}
    assert set(UPPER_KEYPOINTS) | set(LOWER_KEYPOINTS) == set(range(NUM_KEYPOINTS))
    assert {KEYPOINT["left_wrist"], KEYPOINT["nose"]} <= set(UPPER_KEYPOINTS)
    assert {KEYPOINT["left_knee"], KEYPOINT["right_heel"]} <= set(LOWER_KEYPOINTS)


def test_the_evidence_is_the_keypoints_and_four_finger_points():
    assert EVIDENCE_NAMES[:NUM_KEYPOINTS] == KEYPOINT_NAMES
    assert NUM_EVIDENCE == 27


def test_the_bones_that_are_drawn_are_symmetric_and_join_different_points():
    bones = {frozenset(bone) for bone in KEYPOINT_BONES}
    assert all(len(bone) == 2 for bone in bones)
    assert {frozenset(MIRROR_KEYPOINTS[end] for end in bone) for bone in bones} == bones
