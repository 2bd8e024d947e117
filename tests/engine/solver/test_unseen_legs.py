"""A performer whose legs are not seen: a quiet lower body, planted feet, every part marked as well as it is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver import Solver
from engine.types import Pose, RawMotion
from models.camera import Intrinsics
from models.parts import NUM_PARTS, PART
from models.skeleton import FEET, JOINT

UPPER_BODY = np.array([0.9, 0.5, 0.9, 0.9, 0.1, 0.1], np.float32)
WHOLE = np.full(NUM_PARTS, 0.9, np.float32)
THIGHS = [(JOINT[f"{side}UpperLeg"], JOINT[f"{side}LowerLeg"]) for side in ("Left", "Right")]
FEET_LIST = list(FEET)
MakeRaw = Callable[..., RawMotion]


@pytest.fixture
def guess(make_raw: MakeRaw) -> MakeRaw:
    """A squat that the network made up, drifting through the room."""

    def make(frame: int = 0, *, parts: np.ndarray = UPPER_BODY, **changes: Any) -> RawMotion:
        raw = make_raw(frame)
        rotations = raw.rotations.copy()
        for side, knee in (("Left", 110.0), ("Right", 60.0)):
            rotations[JOINT[f"{side}UpperLeg"]] = Rotation.from_euler("x", -80.0, degrees=True).as_matrix()
            rotations[JOINT[f"{side}LowerLeg"]] = Rotation.from_euler("x", knee, degrees=True).as_matrix()
        drift = np.array([320.0 + 60 * np.sin(frame / 20), 300.0 + 20 * np.cos(frame / 11)], np.float32)
        fields = {"rotations": rotations, "root_px": drift, "root_depth": 1.8 + 0.2 * np.sin(frame / 15)}
        return make_raw(frame, part_confidence=parts, **(fields | changes))

    return make


def thigh_angles(pose: Pose) -> list[float]:
    """Degrees from straight down."""
    found = []
    for hip, knee in THIGHS:
        thigh = pose.joints_world_m[knee] - pose.joints_world_m[hip]
        found.append(float(np.degrees(np.arccos(-thigh[1] / np.linalg.norm(thigh)))))
    return found


def run(solver: Solver, raws: list[RawMotion]) -> list[Pose]:
    poses = [solver.solve(raw) for raw in raws]
    assert all(pose is not None for pose in poses)
    return [pose for pose in poses if pose is not None]


def test_an_unseen_squat_stands_from_the_first_frame(intrinsics: Intrinsics, guess: MakeRaw):
    poses = run(Solver(intrinsics, 1.7), [guess(frame) for frame in range(90)])
    assert max(max(thigh_angles(pose)) for pose in poses) < 15
    heights = np.array([pose.root_m[1] for pose in poses])
    assert np.ptp(heights) < 0.02
    assert heights[0] == pytest.approx(poses[0].rest_offsets_m[0, 1], abs=0.03)
    feet = np.array([pose.joints_world_m[FEET_LIST] for pose in poses])
    assert np.ptp(feet, axis=0).max() < 0.01
    assert all((pose.contacts == 1.0).all() and pose.body == "upper" for pose in poses)


def test_hips_do_not_travel_on_a_guess(intrinsics: Intrinsics, guess: MakeRaw):
    poses = run(Solver(intrinsics, 1.7), [guess(frame) for frame in range(120)])
    roots = np.array([pose.root_m for pose in poses])
    assert np.abs(roots[:, [0, 2]] - roots[0, [0, 2]]).max() < 0.15


def test_calibrated_hips_stand_over_the_origin(intrinsics: Intrinsics, guess: MakeRaw):
    solver = Solver(intrinsics, 1.7)
    run(solver, [guess(frame) for frame in range(30)])
    pose = solver.solve(guess(30), calibrate=True)
    assert pose is not None
    np.testing.assert_allclose(pose.root_m[[0, 2]], 0.0, atol=0.02)


def test_seated_has_its_thighs_forward_and_its_feet_on_the_floor(intrinsics: Intrinsics, guess: MakeRaw):
    solver = Solver(intrinsics, 1.7)
    solver.set_body("seated")
    poses = run(solver, [guess(frame) for frame in range(30)])
    assert min(min(thigh_angles(pose)) for pose in poses) > 70
    assert poses[-1].root_m[1] == pytest.approx(0.5, abs=0.12)
    assert poses[-1].body == "seated"


def test_seen_legs_are_shown_as_they_are_seen(intrinsics: Intrinsics, guess: MakeRaw):
    solver, plain = Solver(intrinsics, 1.7), Solver(intrinsics, 1.7)
    plain.set_body("whole")
    for frame in range(30):
        seen = solver.solve(guess(frame, parts=WHOLE))
        same = plain.solve(guess(frame, parts=UPPER_BODY))
        assert seen is not None
        assert same is not None
        assert min(thigh_angles(seen)) > 60
        np.testing.assert_allclose(seen.joints_world_m, same.joints_world_m, atol=1e-6)
        assert seen.body == same.body == "whole"


def test_the_change_is_faded_without_a_jump(intrinsics: Intrinsics, guess: MakeRaw):
    still = {"root_px": np.array([320.0, 300.0], np.float32), "root_depth": 1.8}
    raws = [guess(frame, parts=WHOLE if frame < 60 else UPPER_BODY, **still) for frame in range(150)]
    poses = run(Solver(intrinsics, 1.7), raws)
    steps = np.linalg.norm(np.diff([pose.joints_world_m for pose in poses], axis=0), axis=-1).max(-1)
    assert steps[30:].max() < 0.12
    assert poses[-1].body == "upper"
    assert max(thigh_angles(poses[-1])) < 15


def test_a_pose_says_how_well_each_part_is_seen_and_fades_when_nobody_is(intrinsics: Intrinsics, guess: MakeRaw):
    solver = Solver(intrinsics, 1.7)
    (pose,) = run(solver, [guess(0)])
    np.testing.assert_array_equal(pose.part_confidence, UPPER_BODY)
    assert pose.part_confidence[PART["left_leg"]] < 0.3
    held = solver.lost(1, 0.5)
    assert held is not None
    assert (held.part_confidence < UPPER_BODY).all()


def test_without_a_word_on_parts_everything_counts_as_seen(intrinsics: Intrinsics, make_raw: MakeRaw):
    (pose,) = run(Solver(intrinsics, 1.7), [make_raw()])
    assert (pose.part_confidence == 1.0).all()
    assert pose.body == "whole"
