"""The whole solver: upright, metric, steady people whatever the camera's tilt, and nothing that is not finite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver import Solver
from engine.solver.floor import sole_heights
from engine.solver.gravity import upright
from engine.solver.settings import STANDARD
from engine.types import F32, Pose, RawMotion
from models.camera import Intrinsics
from models.kinematics import forward_kinematics
from models.skeleton import FEET, JOINT, NON_ROOT, NUM_JOINTS, PARENTS, TOES

MakeRaw = Callable[..., RawMotion]
HEIGHT_M = 1.75
HEAD = JOINT["Head"]


def noisy_rotations(rng: np.random.Generator, spread_rad: float, hips: F32):
    rotations = Rotation.from_rotvec(rng.normal(0, spread_rad, (NUM_JOINTS, 3))).as_matrix()
    rotations[0] = hips @ rotations[0]
    return rotations.astype(np.float32)


def test_somebody_in_rest_pose_before_a_level_camera_is_the_t_pose_on_the_floor(
    intrinsics: Intrinsics, make_raw: MakeRaw
):
    pose = Solver(intrinsics, HEIGHT_M).solve(make_raw())
    np.testing.assert_allclose(np.abs(pose.rotations_xyzw[:, 3]), 1, atol=1e-6)
    np.testing.assert_allclose(pose.root_m[[0, 2]], 0, atol=1e-6)
    np.testing.assert_allclose(pose.root_m[1], pose.rest_offsets_m[0, 1], atol=1e-6)
    assert pose.joints_world_m[JOINT["LeftHand"], 0] > 0.5
    assert pose.joints_world_m[list(TOES), 2].min() > pose.joints_world_m[list(FEET), 2].max()


@pytest.mark.parametrize("pitch_deg", [-20, 30])
@pytest.mark.parametrize("roll_deg", [0, 20])
def test_a_tilted_camera_still_gives_an_upright_person(
    intrinsics: Intrinsics, make_raw: MakeRaw, pitch_deg: float, roll_deg: float
):
    tilt = Rotation.from_euler("xz", [pitch_deg, roll_deg], degrees=True).as_matrix()
    raw = make_raw()
    rotations = raw.rotations.copy()
    rotations[0] = tilt @ rotations[0]
    up_cam = (tilt @ [0.0, -1.0, 0.0]).astype(np.float32)
    solver = Solver(intrinsics, HEIGHT_M)
    for frame in range(5):
        pose = solver.solve(make_raw(frame, rotations=rotations, up_cam=up_cam))
    spine = pose.joints_world_m[HEAD] - pose.joints_world_m[0]
    assert np.degrees(np.arccos(spine[1] / np.linalg.norm(spine))) < 5
    feet = pose.joints_world_m[list(FEET)]
    assert abs(feet[0, 1] - feet[1, 1]) < 1e-3
    assert 0.05 < feet[:, 1].min() < 0.15


def test_the_camera_before_calibration_looks_along_minus_z():
    for up in ([0.0, -1.0, 0.0], [0.1, -0.9, -0.4], [0.0, 0.0, -1.0], [0.0, 0.0, 1.0]):
        R = upright(np.array(up) / np.linalg.norm(up))
        np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(R) > 0
        assert (R @ [0.0, 0.0, 1.0])[2] <= 1e-9


def test_a_constant_input_gives_a_constant_output(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, HEIGHT_M)
    ratio = np.ones(NUM_JOINTS, np.float32)
    ratio[[JOINT["LeftLowerArm"], JOINT["RightLowerArm"]]] = 1.15
    poses = [solver.solve(make_raw(frame, bone_ratio=ratio)) for frame in range(300)]
    for pose in poses[200:]:
        np.testing.assert_allclose(pose.joints_world_m, poses[-1].joints_world_m, atol=1e-4)
        np.testing.assert_array_equal(pose.bone_lengths_m, poses[-1].bone_lengths_m)


def test_the_sent_joints_are_the_forward_kinematics_of_the_sent_rotations_and_offsets(
    intrinsics: Intrinsics, make_raw: MakeRaw
):
    rng = np.random.default_rng(1)
    solver = Solver(intrinsics, HEIGHT_M)
    hips = make_raw().rotations[0]
    for frame in range(90):
        contacts = np.array([frame % 30 < 20, frame % 30 > 10], np.float32)
        raw = make_raw(
            frame,
            rotations=noisy_rotations(rng, 0.1, hips),
            bone_ratio=rng.normal(1, 0.1, NUM_JOINTS).astype(np.float32),
            root_depth=1.8 + rng.normal(0, 0.03),
            contacts=contacts,
        )
        pose = solver.solve(raw)
        rotations = Rotation.from_quat(pose.rotations_xyzw).as_matrix()
        joints, _ = forward_kinematics(
            rotations, pose.rest_offsets_m.astype(np.float64), pose.root_m.astype(np.float64)
        )
        np.testing.assert_allclose(joints, pose.joints_world_m, atol=2e-5)
        bones = np.linalg.norm(np.diff(pose.joints_world_m[[[j, PARENTS[j]] for j in NON_ROOT]], axis=1)[:, 0], axis=-1)
        np.testing.assert_allclose(bones, pose.bone_lengths_m[1:], atol=2e-5)


def test_camera_joints_and_world_joints_are_one_body_through_the_sent_camera(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, HEIGHT_M)
    for frame in range(60):
        pose = solver.solve(make_raw(frame, contacts=np.zeros(2, np.float32)))
    there = pose.joints_cam_m @ pose.R_world_cam.T + pose.t_world_cam
    np.testing.assert_allclose(there, pose.joints_world_m, atol=1e-4)
    np.testing.assert_allclose(intrinsics.to_pixels(pose.joints_cam_m[0]), [320, 240], atol=1e-3)
    np.testing.assert_allclose(pose.joints_cam_m[0, 2], 1.8 * HEIGHT_M, rtol=1e-6)


def test_quaternions_are_unit_and_sign_continuous_over_a_full_turn(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, HEIGHT_M)
    last = None
    for frame in range(150):
        turn = Rotation.from_euler("y", frame * 5, degrees=True).as_matrix()
        raw = make_raw(frame)
        rotations = raw.rotations.copy()
        rotations[0] = rotations[0] @ turn
        pose = solver.solve(make_raw(frame, rotations=rotations.astype(np.float32)))
        np.testing.assert_allclose(np.linalg.norm(pose.rotations_xyzw, axis=1), 1, atol=1e-5)
        if last is not None:
            assert ((pose.rotations_xyzw * last).sum(-1) > 0).all()
        last = pose.rotations_xyzw


@pytest.mark.parametrize(
    "change",
    [
        {"rotations": np.full((NUM_JOINTS, 3, 3), np.nan, np.float32)},
        {"rotations": np.zeros((NUM_JOINTS, 3, 3), np.float32)},
        {"root_px": np.array([np.inf, 0], np.float32)},
        {"root_depth": float("nan")},
        {"root_depth": -1.0},
        {"up_cam": np.zeros(3, np.float32)},
        {"confidence": float("nan")},
    ],
)
def test_an_answer_that_is_not_finite_counts_as_lost_and_is_never_sent(
    intrinsics: Intrinsics, make_raw: MakeRaw, change: dict[str, Any]
):
    solver = Solver(intrinsics, HEIGHT_M)
    assert solver.solve(make_raw(0, **change)) is None
    good = solver.solve(make_raw(1))
    held = solver.solve(make_raw(2, **change))
    assert not held.tracked
    assert held.frame_id == 2
    np.testing.assert_array_equal(held.joints_world_m, good.joints_world_m)
    again = solver.solve(make_raw(3))
    assert again.tracked
    assert np.isfinite(again.joints_world_m).all()


def test_a_lost_person_is_held_and_fades(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, HEIGHT_M)
    good = solver.solve(make_raw(0))
    confidences = []
    for frame in range(1, 40):
        pose = solver.lost(frame, frame / 30)
        assert not pose.tracked
        np.testing.assert_array_equal(pose.root_m, good.root_m)
        confidences.append(pose.confidence)
    assert np.all(np.diff(confidences) <= 0)
    assert confidences[0] > 0.9 * good.confidence
    assert solver.lost(99, STANDARD.lost.fade_s).confidence == 0


def test_somebody_found_again_elsewhere_does_not_jump(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, HEIGHT_M)
    before = solver.solve(make_raw(0))
    for frame in range(1, 20):
        solver.lost(frame, frame / 30)
    elsewhere = np.array([420.0, 240.0], np.float32)
    roots = [solver.solve(make_raw(frame, root_px=elsewhere)).root_m for frame in range(20, 80)]
    steps = np.linalg.norm(np.diff([before.root_m, *roots], axis=0), axis=1)
    assert steps.max() < 0.4 * np.linalg.norm(roots[-1] - before.root_m)
    assert roots[-1][0] > before.root_m[0] + 0.3


def test_calibration_turns_the_performer_to_plus_z_over_the_origin(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, HEIGHT_M)
    raw = make_raw()
    rotations = raw.rotations.copy()
    rotations[0] = rotations[0] @ Rotation.from_euler("y", 50, degrees=True).as_matrix()
    aside = {"rotations": rotations.astype(np.float32), "root_px": np.array([200, 260], np.float32)}
    for frame in range(60):
        pose = solver.solve(make_raw(frame, **aside))
    assert abs(Rotation.from_quat(pose.rotations_xyzw[0]).as_rotvec(degrees=True)[1]) == pytest.approx(50, abs=1)
    for frame in range(60, 120):
        pose = solver.solve(make_raw(frame, **aside), calibrate=frame == 60)
    np.testing.assert_allclose(np.abs(pose.rotations_xyzw[0]), [0, 0, 0, 1], atol=1e-3)
    np.testing.assert_allclose(pose.root_m[[0, 2]], 0, atol=1e-3)
    assert pose.R_world_cam[1] == pytest.approx([0, -1, 0], abs=1e-5)


def turned(make_raw: MakeRaw, degrees: float) -> dict[str, Any]:
    """Somebody who has turned to the left by so much."""
    rotations = make_raw().rotations.copy()
    rotations[0] = rotations[0] @ Rotation.from_euler("y", degrees, degrees=True).as_matrix()
    return {"rotations": rotations.astype(np.float32)}


def heading_deg(pose: Pose) -> float:
    facing = Rotation.from_quat(pose.rotations_xyzw[0]).apply([0.0, 0.0, 1.0])
    return float(np.degrees(np.arctan2(facing[0], facing[2])))


@pytest.mark.parametrize("rate_hz", [15, 24, 30, 60])
def test_each_calibration_turns_the_performer_to_plus_z_from_where_the_last_one_left_the_world(
    intrinsics: Intrinsics, make_raw: MakeRaw, rate_hz: int
):
    solver, frame = Solver(intrinsics, HEIGHT_M), 0
    for degrees in (50, -30, -30, 120):
        for step in range(3 * rate_hz):
            raw = make_raw(frame, captured_at_s=frame / rate_hz, **turned(make_raw, degrees))
            pose = solver.solve(raw, calibrate=step == 2 * rate_hz)
            frame += 1
        assert heading_deg(pose) == pytest.approx(0, abs=0.5)


def test_a_frame_that_counts_as_lost_calibrates_nothing(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, HEIGHT_M)
    for frame in range(60):
        pose = solver.solve(make_raw(frame, **turned(make_raw, 40)))
    lost = solver.solve(make_raw(60, root_depth=float("nan")), calibrate=True)
    assert not lost.tracked
    after = solver.solve(make_raw(61, **turned(make_raw, 40)))
    assert heading_deg(after) == pytest.approx(heading_deg(pose), abs=0.5)


@pytest.mark.parametrize("how", ["reset", "intrinsics"])
def test_another_source_or_lens_stands_on_its_own_floor_at_once(intrinsics: Intrinsics, make_raw: MakeRaw, how: str):
    """A person who sank below the old floor left a correction behind, which would lift the next one off theirs."""
    solver = Solver(intrinsics, HEIGHT_M)
    for frame in range(90):
        solver.solve(make_raw(frame))
    for frame in range(90, 200):
        solver.solve(make_raw(frame, root_px=np.array([320.0, 300.0], np.float32)))
    if how == "reset":
        solver.reset()
    else:
        solver.set_intrinsics(Intrinsics.from_hfov((640, 480), 1.1))
    pose = solver.solve(make_raw(200))
    soles = sole_heights(pose.joints_world_m.astype(np.float64), pose.rest_offsets_m.astype(np.float64))
    np.testing.assert_allclose(soles, 0, atol=0.01)


def test_somebody_else_after_a_long_absence_gets_their_own_bones(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, HEIGHT_M)
    first, second = np.ones(NUM_JOINTS, np.float32), np.ones(NUM_JOINTS, np.float32)
    arms = [JOINT[side + bone] for side in ("Left", "Right") for bone in ("LowerArm", "Hand")]
    legs = [JOINT[side + bone] for side in ("Left", "Right") for bone in ("LowerLeg", "Foot")]
    second[arms], second[legs] = 1.3, 0.75
    for frame in range(150):
        before = solver.solve(make_raw(frame, bone_ratio=first))
    assert solver.lengths_frozen
    for frame in range(240, 240 + 15 * 30):  # away for three seconds
        after = solver.solve(make_raw(frame, bone_ratio=second))
    assert solver.lengths_frozen
    assert (after.bone_lengths_m[arms] / before.bone_lengths_m[arms]).min() > 1.15
    assert (after.bone_lengths_m[legs] / before.bone_lengths_m[legs]).max() < 0.9


def test_somebody_hidden_for_a_moment_keeps_their_bones(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, HEIGHT_M)
    other = np.full(NUM_JOINTS, 1.3, np.float32)
    other[1::2] = 0.8
    for frame in range(150):
        before = solver.solve(make_raw(frame))
    for frame in range(195, 195 + 300):  # away for a second and a half
        after = solver.solve(make_raw(frame, bone_ratio=other))
    np.testing.assert_array_equal(after.bone_lengths_m, before.bone_lengths_m)


def test_another_height_scales_the_body_and_its_travel(intrinsics: Intrinsics, make_raw: MakeRaw):
    solver = Solver(intrinsics, 1.5)
    for frame in range(30):
        small = solver.solve(make_raw(frame))
    solver.set_height(1.8)
    for frame in range(30, 90):
        tall = solver.solve(make_raw(frame))
    np.testing.assert_allclose(tall.rest_offsets_m, small.rest_offsets_m * 1.2, rtol=1e-4)
    np.testing.assert_allclose(tall.root_m, small.root_m * 1.2, atol=0.01)


def test_a_fitted_take_stands_in_one_world_from_its_first_frame(intrinsics: Intrinsics, make_raw: MakeRaw):
    rng = np.random.default_rng(2)
    take = [
        make_raw(
            frame,
            bone_ratio=(1.1 + rng.normal(0, 0.05, NUM_JOINTS)).astype(np.float32),
            up_cam=(np.array([0, -1, 0.1]) + rng.normal(0, 0.02, 3)).astype(np.float32),
        )
        for frame in range(60)
    ]
    solver = Solver(intrinsics, HEIGHT_M)
    solver.fit(take)
    poses = [solver.solve(raw) for raw in take]
    for pose in poses[1:]:
        np.testing.assert_array_equal(pose.rest_offsets_m, poses[0].rest_offsets_m)
        np.testing.assert_array_equal(pose.R_world_cam, poses[0].R_world_cam)
        np.testing.assert_array_equal(pose.t_world_cam, poses[0].t_world_cam)


def test_live_poses_wait_until_the_facing_is_settled(intrinsics, make_raw):
    solver = Solver(intrinsics, 1.7, waits_for_facing=True)
    turned = make_raw().rotations.copy()
    turned[0] = np.diag([-1.0, -1.0, 1.0])
    raws = [make_raw(frame, rotations=turned) if frame < 2 else make_raw(frame) for frame in range(12)]
    poses = [solver.solve(raw) for raw in raws]
    first = next(index for index, pose in enumerate(poses) if pose is not None)
    assert first == 2 + STANDARD.start.frames - 1
    assert all(pose is not None for pose in poses[first:])
    assert poses[first].joints_world_m[JOINT["LeftToes"], 2] > 0


def test_a_smoother_setting_is_steadier_and_changes_without_a_jump(intrinsics, make_raw):
    rng = np.random.default_rng(0)
    raws = [make_raw(frame, root_px=(320 + rng.normal(0, 3, 2)).astype(np.float32)) for frame in range(120)]
    turns = Rotation.from_rotvec(rng.normal(0, 0.05, (120, 3))).as_matrix()
    for raw, turn in zip(raws, turns, strict=True):
        raw.rotations[JOINT["LeftUpperArm"]] = turn
    moved = {}
    for smoothness in (0.0, 0.5, 1.0):
        solver = Solver(intrinsics, 1.7)
        solver.set_smoothness(smoothness)
        joints = np.array([pose.joints_world_m for pose in map(solver.solve, raws) if pose is not None])
        moved[smoothness] = np.linalg.norm(np.diff(joints, axis=0)[30:, JOINT["LeftHand"]], axis=-1).mean()
    assert moved[0.0] > 1.2 * moved[0.5] > 1.4 * moved[1.0]
    before = solver.solve(make_raw(120, rotations=raws[-1].rotations, root_px=raws[-1].root_px))
    solver.set_smoothness(0.0)
    after = solver.solve(make_raw(121, rotations=raws[-1].rotations, root_px=raws[-1].root_px))
    assert before is not None
    assert after is not None
    assert np.abs(after.joints_world_m - before.joints_world_m).max() < 0.02


@pytest.mark.parametrize(
    "change",
    [
        {"root_depth": 60.0},
        {"root_depth": 0.05},
        {"bone_ratio": np.where(np.arange(NUM_JOINTS) == JOINT["LeftHand"], 3.0, 1.0).astype(np.float32)},
    ],
    ids=["far away", "in the lens", "an arm longer than the person"],
)
def test_an_impossible_body_is_nobody(change, intrinsics, make_raw):
    solver = Solver(intrinsics, 1.7)
    assert solver.solve(make_raw(0)) is not None
    pose = solver.solve(make_raw(1, **change))
    assert pose is not None
    assert not pose.tracked
