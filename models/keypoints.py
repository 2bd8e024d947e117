"""The 23 2D keypoints (COCO-17, then feet, in COCO-WholeBody order) and the lists computed from them."""

from __future__ import annotations

from models.skeleton import mirrored_name

KEYPOINT_NAMES: tuple[str, ...] = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_big_toe",
    "left_small_toe",
    "left_heel",
    "right_big_toe",
    "right_small_toe",
    "right_heel",
)
KEYPOINT: dict[str, int] = {name: index for index, name in enumerate(KEYPOINT_NAMES)}
NUM_KEYPOINTS = len(KEYPOINT_NAMES)
NUM_COCO = KEYPOINT["right_ankle"] + 1
"""COCO's 17 come first; the rest are the feet."""
MIRROR_KEYPOINTS: tuple[int, ...] = tuple(KEYPOINT[mirrored_name(name)] for name in KEYPOINT_NAMES)

_HIPS = ("left_hip", "right_hip")
UPPER_KEYPOINTS: tuple[int, ...] = tuple(
    index for name, index in KEYPOINT.items() if index <= KEYPOINT["right_hip"] or name in _HIPS
)
LOWER_KEYPOINTS: tuple[int, ...] = tuple(index for name, index in KEYPOINT.items() if index >= KEYPOINT["left_hip"])

LIMB_KEYPOINTS: dict[str, str] = {
    "UpperArm": "shoulder",
    "LowerArm": "elbow",
    "Hand": "wrist",
    "UpperLeg": "hip",
    "LowerLeg": "knee",
    "Foot": "ankle",
}
"""Keypoint of each limb joint, both without the side."""

EVIDENCE_NAMES: tuple[str, ...] = (
    *KEYPOINT_NAMES,
    "left_pinky",
    "left_index",
    "right_pinky",
    "right_index",
)
"""3D landmarks from the detector's own network, used as image evidence (the visual branch)."""
NUM_EVIDENCE = len(EVIDENCE_NAMES)

KEYPOINT_BONES: tuple[tuple[int, int], ...] = tuple(
    (KEYPOINT[a], KEYPOINT[b])
    for a, b in (
        ("left_ear", "left_eye"),
        ("left_eye", "nose"),
        ("nose", "right_eye"),
        ("right_eye", "right_ear"),
        ("left_shoulder", "right_shoulder"),
        ("left_shoulder", "left_elbow"),
        ("left_elbow", "left_wrist"),
        ("right_shoulder", "right_elbow"),
        ("right_elbow", "right_wrist"),
        ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"),
        ("left_hip", "right_hip"),
        ("left_hip", "left_knee"),
        ("left_knee", "left_ankle"),
        ("right_hip", "right_knee"),
        ("right_knee", "right_ankle"),
        ("left_ankle", "left_big_toe"),
        ("left_ankle", "left_heel"),
        ("right_ankle", "right_big_toe"),
        ("right_ankle", "right_heel"),
    )
)
"""Pairs of keypoints to draw as the 2D skeleton."""
