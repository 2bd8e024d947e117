"""What the solver does depends on time and not on the number of frames: 15 to 60 Hz and uneven steps alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver import Solver
from engine.solver.feet import FeetLock
from engine.solver.floor import Grounding
from engine.solver.gravity import Gravity, angle_between
from engine.solver.one_euro import OneEuro, OneEuroRotations
from engine.solver.proportions import Proportions
from engine.solver.settings import STANDARD
from engine.types import Pose, RawMotion
from models.camera import Intrinsics
from models.kinematics import forward_kinematics
from models.skeleton import FEET, JOINT, NUM_JOINTS
from tests.engine.solver.test_feet import BOTH, standing

MakeRaw = Callable[..., RawMotion]
FrameTimes = Callable[[float], np.ndarray]
HEIGHT_M = 1.75
ELBOW = JOINT["LeftLowerArm"]
ONE = np.ones(1)
TAU_S = 1 / (2 * math.pi)  # of a low-pass with its cutoff at 1 Hz


def steps(times: np.ndarray) -> np.ndarray:
    return np.diff(times)


def solved(solver: Solver, make_raw: MakeRaw, times: np.ndarray, of: Callable[[float], dict[str, Any]]) -> list[Pose]:
    """Poses of the frames at these times; `of` gives what the network says at a time."""
    return [solver.solve(make_raw(n, captured_at_s=float(t), **of(float(t)))) for n, t in enumerate(times)]


def bent(elbow_rad: float) -> dict[str, Any]:
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    rotations[0] = np.diag([1.0, -1.0, -1.0])
    rotations[ELBOW] = Rotation.from_rotvec([0, 0, elbow_rad]).as_matrix()
    return {"rotations": rotations.astype(np.float32)}


def elbow_rad(pose: Pose) -> float:
    return float(Rotation.from_quat(pose.rotations_xyzw[ELBOW]).magnitude())


def test_a_step_is_followed_with_the_filters_own_time_constant(frame_times: FrameTimes):
    numbers, turns = OneEuro(ONE, 0 * ONE), OneEuroRotations(1.0, 0.0)
    times = frame_times(0.6)
    numbers(np.zeros(1), 1.0)
    turns(Rotation.identity(1), 1.0)
    for now_s, dt_s in zip(times[1:], steps(times), strict=True):
        number = numbers(ONE, dt_s)
        turn = turns(Rotation.from_rotvec([[0.0, 1.0, 0.0]]), dt_s)
        expected = 1 - math.exp(-now_s / TAU_S)
        assert number[0] == pytest.approx(expected, abs=0.16)  # a first-order step of 120 ms is that far off
        assert turn.magnitude()[0] == pytest.approx(number[0], abs=1e-9)
    assert number[0] == pytest.approx(expected, abs=0.05)


def test_a_steady_motion_lags_by_the_same_time(frame_times: FrameTimes):
    numbers, turns = OneEuro(ONE, ONE), OneEuroRotations(1.0, 1.0)
    times = frame_times(3.0)
    numbers(np.zeros(1), 1.0)
    turns(Rotation.identity(1), 1.0)
    for now_s, dt_s in zip(times[1:], steps(times), strict=True):
        number = numbers(2.0 * now_s * ONE, dt_s)
        turn = turns(Rotation.from_rotvec([[0.0, 2.0 * now_s, 0.0]]), dt_s)
    behind = (Rotation.from_rotvec([[0.0, 2.0 * now_s, 0.0]]).inv() * turn).magnitude()[0]
    assert behind / 2.0 == pytest.approx(TAU_S / 3, rel=0.1)  # cutoff 1 Hz + 1 Hz per unit of speed
    assert now_s - number[0] / 2.0 == pytest.approx(TAU_S / 3, rel=0.1)


def test_a_sudden_bend_is_shown_as_soon(frame_times: FrameTimes, intrinsics: Intrinsics, make_raw: MakeRaw):
    """Against a camera of 240 Hz, which sees all there is."""

    def bend(time_s: float) -> dict[str, Any]:
        return bent(0.0 if time_s < 1.0 else 0.3)

    fine = np.arange(360) / 240
    known = [elbow_rad(pose) for pose in solved(Solver(intrinsics, HEIGHT_M), make_raw, fine, bend)]
    times = frame_times(1.5)
    seen_s = times[times >= 1.0][0]  # the bend is a step at the first frame that shows it
    poses = solved(Solver(intrinsics, HEIGHT_M), make_raw, times, bend)
    for now_s, pose in zip(times, poses, strict=True):
        if now_s >= seen_s + 0.1:
            assert elbow_rad(pose) == pytest.approx(np.interp(now_s - seen_s + 1.0, fine, known), abs=0.05)


def test_the_pose_is_one_body_with_unit_rotations(frame_times: FrameTimes, intrinsics: Intrinsics, make_raw: MakeRaw):
    def swing(time_s: float) -> dict[str, Any]:
        contacts = np.array([time_s % 1.0 < 0.6, time_s % 1.0 > 0.4], np.float32)
        return bent(math.sin(3 * time_s)) | {"root_depth": 1.8 + 0.05 * math.sin(2 * time_s), "contacts": contacts}

    last = None
    for pose in solved(Solver(intrinsics, HEIGHT_M), make_raw, frame_times(3.0), swing):
        np.testing.assert_allclose(np.linalg.norm(pose.rotations_xyzw, axis=1), 1, atol=1e-6)
        rotations, root_m = Rotation.from_quat(pose.rotations_xyzw).as_matrix(), pose.root_m.astype(np.float64)
        joints, _ = forward_kinematics(rotations, pose.rest_offsets_m.astype(np.float64), root_m)
        np.testing.assert_allclose(joints, pose.joints_world_m, atol=2e-5)
        assert last is None or (np.vecdot(pose.rotations_xyzw, last) > 0).all()
        last = pose.rotations_xyzw


def test_somebody_who_comes_back_elsewhere_gets_there_without_a_jump(
    frame_times: FrameTimes, intrinsics: Intrinsics, make_raw: MakeRaw
):
    solver, times = Solver(intrinsics, HEIGHT_M), frame_times(4.0)
    shown: list[tuple[float, float]] = []  # time, x
    for frame, now_s in enumerate(times.tolist()):
        if 1.0 < now_s < 1.6:
            pose = solver.lost(frame, now_s)
        else:
            px = np.array([320.0 if now_s < 1.3 else 420.0, 240.0], np.float32)
            pose = solver.solve(make_raw(frame, captured_at_s=now_s, root_px=px))
        shown.append((now_s, float(pose.root_m[0])))
    (x0, x1), (at, x) = (shown[0][1], shown[-1][1]), np.array(shown).T
    assert x1 - x0 > 0.3
    assert np.interp(1.75, at, x) < x0 + 0.85 * (x1 - x0)
    assert np.interp(2.6, at, x) > x0 + 0.95 * (x1 - x0)


def test_standing_feet_hold_still_while_the_root_trembles(frame_times: FrameTimes):
    rng, lock, times = np.random.default_rng(1), FeetLock(), frame_times(4.0)
    held, loose = [], []
    for dt_s in steps(times):
        body = standing(root=np.array([0.0, 0.9, 0.0]) + rng.normal(0, 0.01, 3))
        loose.append(body.joints[list(FEET)])
        held.append(lock(body, BOTH, np.zeros(2), dt_s).joints[list(FEET)])
    after = len(held) // 4
    assert np.std(held[after:], axis=0)[:, [0, 2]].max() < 0.1 * np.std(loose, axis=0).max()


def test_bone_lengths_freeze_after_the_same_time(frame_times: FrameTimes):
    proportions, times = Proportions(HEIGHT_M), frame_times(6.0)
    ratio = np.where(np.arange(NUM_JOINTS) % 2, 1.02, 0.99)
    frozen_s = math.inf
    for now_s, dt_s in zip(times[1:], steps(times), strict=True):
        proportions.push(ratio, 1.0, dt_s)
        frozen_s = min(frozen_s, now_s if proportions.frozen else math.inf)
    assert frozen_s == pytest.approx(
        STANDARD.proportions.enough_s, abs=0.25 + 0.15 * STANDARD.proportions.enough_s
    )  # uneven steps count up to 0.1 s each


def test_gravity_and_the_ground_settle_in_the_same_time(frame_times: FrameTimes):
    gravity, grounding, times = Gravity(), Grounding(), frame_times(8.0)
    level, tilted = np.array([0.0, -1.0, 0.0]), np.array([0.0, -math.cos(0.4), math.sin(0.4)])
    risen = []
    for now_s, dt_s in zip(times[1:], steps(times), strict=True):
        gravity.push(level if now_s < 2 else tilted, 0.8, dt_s)
        risen.append((now_s, grounding.push(np.array([0.1, 0.3]), dt_s)))
    assert math.degrees(angle_between(gravity.up_cam, tilted)) < 3
    at, rise_m = np.array(risen).T
    assert np.interp(0.25, at, rise_m) == pytest.approx(-0.1 * (1 - math.exp(-1)), abs=0.02)
