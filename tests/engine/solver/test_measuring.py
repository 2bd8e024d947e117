"""Arms and legs measured on a held T- or A-pose: exact on made people, refused with a sentence without a pose."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver.measuring import (
    HOLD_S,
    LENGTHS,
    REFERENCE,
    HoldMeasure,
    bone_ratio_of,
    held_pose,
    lengths_in_cm,
)
from engine.types import Keypoints2D, Pose
from models.camera import Intrinsics
from models.keypoints import KEYPOINT, LIMB_KEYPOINTS, NUM_KEYPOINTS
from models.kinematics import STATURE, forward_kinematics, person_offsets, stature
from models.skeleton import JOINT, NUM_JOINTS, REST_OFFSETS

SIZE, CAMERA, HEIGHT_M = (1280, 720), Intrinsics(800.0, 800.0, 640.0, 360.0), 1.8
OWN = (0.19, 0.14, 0.26, 0.235)


def person(
    lengths: tuple[float, ...] = OWN,
    *,
    down_deg: float = 0.0,
    forward_deg: float = 0.0,
    bent_deg: float = 0.0,
    yaw_deg: float = 0.0,
    knees_deg: float = 0.0,
    pitch_deg: float = 0.0,
    at_s: float = 0.0,
    hidden: tuple[str, ...] = (),
) -> tuple[Keypoints2D, Pose]:
    """Somebody 3.5 m before the camera, arms lowered from the T-pose; keypoints as people mark them in pictures."""
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    rotations[0] = Rotation.from_euler("y", yaw_deg, degrees=True).as_matrix()
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        lowered = Rotation.from_euler("zy", [-sign * down_deg, -sign * forward_deg], degrees=True)
        rotations[JOINT[side + "UpperArm"]] = lowered.as_matrix()
        rotations[JOINT[side + "LowerArm"]] = Rotation.from_euler("z", sign * bent_deg, degrees=True).as_matrix()
        rotations[JOINT[side + "UpperLeg"]] = Rotation.from_euler("z", sign * knees_deg, degrees=True).as_matrix()
        rotations[JOINT[side + "LowerLeg"]] = Rotation.from_euler("z", -2 * sign * knees_deg, degrees=True).as_matrix()
    offsets = np.asarray(person_offsets(bone_ratio_of(lengths), HEIGHT_M))
    joints, turned = forward_kinematics(rotations[None], offsets, offsets[None, 0])
    world = Rotation.from_euler("x", pitch_deg, degrees=True).as_matrix() @ np.diag([1.0, -1.0, -1.0])
    t = np.array([0.0, 0.9, 3.5])
    seen = marked(joints[0], turned[0]) @ world.T + t
    scores = np.ones(NUM_KEYPOINTS, np.float32)
    for name, index in KEYPOINT.items():
        scores[index] = 0.1 if any(word in name for word in hidden) else 1.0
    points = np.stack(
        [CAMERA.fx * seen[:, 0] / seen[:, 2] + CAMERA.cx, CAMERA.fy * seen[:, 1] / seen[:, 2] + CAMERA.cy], -1
    )
    keypoints = Keypoints2D(0, at_s, SIZE, points.astype(np.float32), scores)
    pose = Pose(
        frame_id=0,
        captured_at_s=at_s,
        tracked=True,
        rotations_xyzw=Rotation.from_matrix(rotations).as_quat().astype(np.float32),
        root_m=joints[0, 0].astype(np.float32),
        joints_world_m=joints[0].astype(np.float32),
        joints_cam_m=(joints[0] @ world.T + t).astype(np.float32),
        rest_offsets_m=offsets.astype(np.float32),
        contacts=np.ones(2, np.float32),
        confidence=1.0,
        R_world_cam=world.T.astype(np.float32),
        t_world_cam=(-world.T @ t).astype(np.float32),
        intrinsics=CAMERA,
    )
    return keypoints, pose


def marked(joints: np.ndarray, turned: np.ndarray) -> np.ndarray:
    """(23, 3) where people mark the points of a body, in the world; spread from models.synth.landmarks' table."""
    unit = HEIGHT_M / 1.7
    places = {
        "shoulder": (0.0, 0.022, 0.0),
        "hip": (0.010, 0.010, 0.0),
        "knee": (0.0, 0.0, 0.005),
        "ankle": (0, 0.012, 0),
    }
    points = np.zeros((NUM_KEYPOINTS, 3))
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for joint, name in LIMB_KEYPOINTS.items():
            place = np.array(places.get(name, (0.0, 0.0, 0.0))) * (sign, 1, 1) * unit
            bone = JOINT[side + joint]
            points[KEYPOINT[f"{side.lower()}_{name}"]] = joints[bone] + turned[bone] @ place
        head = JOINT["Head"]
        points[KEYPOINT[f"{side.lower()}_eye"]] = joints[head] + turned[head] @ (
            np.array([sign * 0.032, 0.072, 0.092]) * unit
        )
    return points


@pytest.mark.parametrize("lengths", [tuple(REFERENCE), OWN, (0.155, 0.16, 0.225, 0.26)])
def test_lengths_become_a_skeleton_of_the_same_height(lengths: tuple[float, ...]):
    offsets = REST_OFFSETS * bone_ratio_of(lengths)[:, None]
    assert stature(offsets) == pytest.approx(STATURE)
    for name, length in zip(("LowerArm", "Hand", "LowerLeg", "Foot"), lengths, strict=True):
        for side in ("Left", "Right"):
            assert np.linalg.norm(offsets[JOINT[side + name]]) / STATURE == pytest.approx(length)


@pytest.mark.parametrize("down_deg", [0, 15, 45, 60])
@pytest.mark.parametrize("pitch_deg", [-20, 0, 20])
def test_a_t_or_a_pose_is_measured_within_a_centimetre_whatever_way_the_camera_looks(down_deg: int, pitch_deg: int):
    held = held_pose(*person(down_deg=down_deg, pitch_deg=pitch_deg))
    assert held.reason == ""
    assert held.lengths is not None
    np.testing.assert_allclose(held.lengths * HEIGHT_M, np.array(OWN) * HEIGHT_M, atol=0.012)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"down_deg": 85}, "out to the sides"),
        ({"bent_deg": 60}, "stretch both arms"),
        ({"forward_deg": 55}, "not to the front"),
        ({"yaw_deg": 50}, "face the camera"),
        ({"yaw_deg": 180}, "face the camera"),
        ({"knees_deg": 20}, "straight legs"),
        ({"hidden": ("ankle", "knee")}, "down to the feet"),
        ({"hidden": ("wrist",)}, "both arms"),
    ],
)
def test_what_is_no_such_pose_is_refused_with_what_to_do(changes: dict, said: str):
    held = held_pose(*person(**changes))
    assert held.lengths is None
    assert said in held.reason


def hold(measure: HoldMeasure, seconds: float, begin_s: float = 0.0, **changes: float) -> None:
    for number in range(round(seconds * 20) + 1):
        measure.push(*person(at_s=begin_s + number / 20, **changes))


def test_a_pose_held_for_a_second_gives_the_median():
    measure = HoldMeasure()
    hold(measure, 0.5)
    assert measure.under_way
    assert isinstance(measure.result(), str)
    hold(measure, HOLD_S, begin_s=0.55)
    assert not measure.under_way
    np.testing.assert_allclose(measure.result(), OWN, atol=0.007)
    assert len(measure.result()) == len(LENGTHS)


def test_single_bad_frames_change_nothing_and_most_frames_bad_are_refused():
    measure = HoldMeasure()
    for number in range(21):
        bad = number % 7 == 3
        measure.push(*person(at_s=number / 20, bent_deg=60 if bad else 0))
    np.testing.assert_allclose(measure.result(), OWN, atol=0.007)
    measure = HoldMeasure()
    for number in range(21):
        measure.push(*person(at_s=number / 20, down_deg=85 if number % 2 else 0))
    assert "out to the sides" in measure.result()


def test_nobody_or_arms_that_hang_are_not_waited_for():
    measure = HoldMeasure()
    assert not measure.under_way
    assert measure.result() == "hold the pose for a second"
    hold(measure, 0.5, down_deg=85)
    assert not measure.under_way


def test_a_length_that_no_human_has_is_refused():
    measure = HoldMeasure()
    keypoints, pose = person()
    far = keypoints.points_px.copy()
    far[[KEYPOINT["left_wrist"], KEYPOINT["right_wrist"]], 0] += (90, -90)
    for number in range(21):
        measure.push(dataclasses.replace(keypoints, points_px=far, captured_at_s=number / 20), pose)
    assert "forearm cannot be right" in measure.result()


def test_lengths_are_shown_in_centimetres():
    assert lengths_in_cm((0.17, 0.15, 0.25, 0.24), 1.8) == "upper arm 31, forearm 27, thigh 45, shank 43 cm"
    assert lengths_in_cm((), 1.8) == ""


def test_what_peoples_marks_add_to_lengths_is_that_of_the_simulated_ones():
    pytest.importorskip("torch")
    from engine.solver.measuring import OFFSETS
    from models.synth import landmarks

    unit = 1.7
    offset = {}
    for row, name in enumerate(landmarks.EVIDENCE_NAMES):
        offset[name] = landmarks._OFFSETS[0, row].numpy() * unit
    side = {name.removeprefix("left_"): value for name, value in offset.items() if name.startswith("left")}
    expected = (
        side["elbow"][0] - side["shoulder"][0],
        side["wrist"][0] - side["elbow"][0],
        side["hip"][1] - side["knee"][1],
        side["knee"][1] - side["ankle"][1],
        side["eye"][1] - side["ankle"][1],
    )
    np.testing.assert_allclose(OFFSETS[False], expected, atol=1.5e-3)
