"""A lost performer's pose: held, at rest after a while, and found again without a jump."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver import Solver
from engine.solver.settings import STANDARD
from engine.types import F32, Pose
from models.skeleton import FEET, JOINT, NUM_JOINTS

HANDS = [JOINT["LeftHand"], JOINT["RightHand"]]
SHOULDERS = [JOINT["LeftUpperArm"], JOINT["RightUpperArm"]]
AT_REST_S = STANDARD.lost.hold_s + STANDARD.lost.relax_s
RATE_HZ = 30


def raised(yaw_deg: float = 0.0) -> F32:
    """(22, 3, 3) both arms up, the body turned by `yaw_deg` from a level camera."""
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    rotations[0] = np.diag([1.0, -1.0, -1.0]) @ Rotation.from_euler("y", yaw_deg, degrees=True).as_matrix()
    for joint, sign in zip(SHOULDERS, (1, -1), strict=True):
        rotations[joint] = Rotation.from_euler("z", sign * 80, degrees=True).as_matrix()
    return rotations.astype(np.float32)


def steps_deg(poses: list[Pose]) -> np.ndarray:
    """(N - 1,) largest rotation of a joint between two poses."""
    rotations = [Rotation.from_quat(pose.rotations_xyzw) for pose in poses]
    return np.array([np.degrees((a.inv() * b).magnitude().max()) for a, b in pairwise(rotations)])


def lose(solver: Solver, first: int, seconds: float) -> list[Pose]:
    return [solver.lost(frame, frame / RATE_HZ) for frame in range(first, first + round(seconds * RATE_HZ))]


@pytest.fixture
def seen(intrinsics, make_raw):
    """A live solver that has seen raised arms for a second, and what it sent."""
    solver = Solver(intrinsics, 1.7, relaxes=True)
    return solver, [solver.solve(make_raw(frame, rotations=raised())) for frame in range(RATE_HZ)]


def test_a_lost_pose_is_held_first_then_the_arms_come_down_and_the_feet_stay_on_the_floor(seen):
    solver, before = seen
    lost = lose(solver, RATE_HZ, 3.0)
    held = lost[: int(0.9 * STANDARD.lost.hold_s * RATE_HZ)]
    for pose in held:
        np.testing.assert_array_equal(pose.rotations_xyzw, before[-1].rotations_xyzw)
    rest = lost[round(AT_REST_S * RATE_HZ) + 1]
    assert (rest.joints_world_m[HANDS, 1] < rest.joints_world_m[SHOULDERS, 1] - 0.3).all()
    np.testing.assert_allclose(lost[-1].joints_world_m, rest.joints_world_m, atol=1e-5)
    np.testing.assert_allclose(rest.root_m[[0, 2]], before[-1].root_m[[0, 2]], atol=1e-6)
    np.testing.assert_allclose(rest.joints_world_m[list(FEET), 1], before[-1].joints_world_m[list(FEET), 1], atol=0.02)
    assert not any(pose.tracked for pose in lost)
    assert rest.confidence == 0
    assert steps_deg([before[-1], *lost]).max() < 10


def test_who_turned_away_rests_turned_away(intrinsics, make_raw):
    solver = Solver(intrinsics, 1.7, relaxes=True)
    before = [solver.solve(make_raw(frame, rotations=raised(70.0))) for frame in range(RATE_HZ)][-1]
    rest = lose(solver, RATE_HZ, 2.0)[-1]
    across = [pose.joints_world_m[SHOULDERS[0]] - pose.joints_world_m[SHOULDERS[1]] for pose in (before, rest)]
    cosine = across[0] @ across[1] / np.prod(np.linalg.norm(across, axis=-1))
    assert np.degrees(np.arccos(min(cosine, 1.0))) < 3


def test_a_seated_performer_rests_seated(intrinsics, make_raw):
    solver = Solver(intrinsics, 1.7, relaxes=True)
    solver.set_body("seated")
    seated = [solver.solve(make_raw(frame, rotations=raised())) for frame in range(RATE_HZ)][-1]
    rest = lose(solver, RATE_HZ, 2.0)[-1]
    knees = [JOINT["LeftLowerLeg"], JOINT["RightLowerLeg"]]
    np.testing.assert_allclose(rest.joints_world_m[knees], seated.joints_world_m[knees], atol=0.03)
    assert (rest.joints_world_m[HANDS, 1] < rest.joints_world_m[SHOULDERS, 1] - 0.2).all()


@pytest.mark.parametrize("absent_s", [0.5, 0.9, 3.0])
def test_found_again_from_rest_moves_without_a_jump_and_arrives(absent_s, seen, make_raw):
    solver, before = seen
    lost = lose(solver, RATE_HZ, absent_s)
    first = RATE_HZ + len(lost)
    elsewhere = np.array([360.0, 240.0], np.float32)
    found = [
        solver.solve(make_raw(frame, rotations=raised(), root_px=elsewhere)) for frame in range(first, first + RATE_HZ)
    ]
    assert all(pose.tracked for pose in found)
    assert steps_deg([*lost[-2:], *found]).max() < 25  # 150 degrees within 0.4 s, eased
    roots = np.array([pose.root_m for pose in (lost[-1], *found)])
    assert np.linalg.norm(np.diff(roots, axis=0), axis=1).max() < 0.2 * np.linalg.norm(roots[-1] - roots[0])
    assert (found[-1].joints_world_m[HANDS, 1] > found[-1].joints_world_m[SHOULDERS, 1] + 0.3).all()
    arms = steps_deg([before[-1], found[-1]])
    assert arms[0] < 1


def test_lost_again_while_coming_back_does_not_jump(seen, make_raw):
    solver, _ = seen
    shown = lose(solver, RATE_HZ, 2.0)
    at = RATE_HZ + len(shown)
    for visible, absent_s in ((5, 0.2), (4, 0.3), (6, 0.1), (7, 1.0)):
        shown += [solver.solve(make_raw(frame, rotations=raised())) for frame in range(at, at + visible)]
        shown += lose(solver, at + visible, absent_s)
        at += visible + round(absent_s * RATE_HZ)
    assert steps_deg(shown).max() < 25


def test_another_camera_begins_without_a_blend(seen, make_raw):
    solver, before = seen
    lose(solver, RATE_HZ, 2.0)
    solver.reset()
    pose = solver.solve(make_raw(200, rotations=raised()))
    assert steps_deg([before[0], pose])[0] < 1
