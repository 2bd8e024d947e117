"""What people of a clip do: a seed is an act, sitters sit, cut people stay before the camera."""

from __future__ import annotations

import numpy as np
import pytest

from models.mocap.library import MotionLibrary
from models.rendering.acting import Act, Actors, in_place, upright
from models.rendering.clip import KINDS, ClipStyle
from models.skeleton import JOINT, NUM_JOINTS

FRAMES = 24


@pytest.fixture(scope="module")
def actors(library: MotionLibrary) -> Actors:
    return Actors(library, ClipStyle(FRAMES))


def test_a_seed_is_an_act(actors):
    for kind in KINDS:
        first, again, other = (actors.act(kind, seed) for seed in (5, 5, 6))
        np.testing.assert_array_equal(first.rotations, again.rotations)
        assert np.abs(first.rotations - other.rotations).max() > 0.01
        assert first.rotations.shape == (FRAMES, NUM_JOINTS, 3, 3)
        np.testing.assert_allclose(np.linalg.det(first.rotations), 1, atol=1e-4)


def test_people_on_seats_and_at_tables_have_their_thighs_level(actors):
    for kind in ("seat", "desk"):
        for seed in range(6):
            act = actors.act(kind, seed)
            thigh = act.rotations[:, 0] @ act.rotations[:, JOINT["LeftUpperLeg"]] @ np.array([0.0, -1, 0])
            assert act.seated
            assert np.abs(thigh[:, 1]).max() < 0.8


def test_people_whom_pictures_cut_are_upright_or_sit(actors):
    acts = [actors.act("cuts", seed) for seed in range(16)]
    assert any(act.seated for act in acts)
    assert all(act.seated or upright(act) for act in acts)


def test_heads_at_tables_turn_far(actors):
    def turned(kind: str) -> float:
        rotations = [actors.act(kind, seed).rotations for seed in range(30)]
        necks = np.stack([r[:, JOINT["Neck"]] @ r[:, JOINT["Head"]] for r in rotations])
        return float(np.degrees(np.arctan2(necks[..., 0, 2], necks[..., 2, 2])).std())

    assert turned("desk") > 15


def still(rotation: np.ndarray) -> Act:
    rotations = np.tile(np.eye(3), (FRAMES, NUM_JOINTS, 1, 1))
    rotations[:, 0] = rotation
    return Act(rotations, np.zeros((FRAMES, 3)), seated=False)


def test_lying_people_are_not_upright():
    assert upright(still(np.eye(3)))
    assert not upright(still(np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])))


def test_walking_in_place_keeps_the_bounce_and_loses_the_way():
    time_s = np.arange(90) / 30
    walk = np.stack([1.2 * time_s, 0.9 + 0.03 * np.sin(12 * time_s), 0.02 * np.sin(6 * time_s)], axis=1)
    placed = in_place(walk)
    np.testing.assert_array_equal(placed[:, 1], walk[:, 1])
    assert np.abs(placed[20:-20, 0]).max() < 0.01
    assert np.ptp(placed[20:-20, 2]) > 0.02


def test_who_holds_a_pose_stretches_the_arms_to_the_sides_and_stands_still(actors):
    for seed in range(8):
        act = actors.act("hold", seed)
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            upper = act.rotations[:, JOINT[side + "UpperArm"]]
            arm = upper @ np.array([sign, 0.0, 0.0])
            forearm = upper @ act.rotations[:, JOINT[side + "LowerArm"]] @ np.array([sign, 0.0, 0.0])
            assert (sign * arm[:, 0] > 0.4).all()
            assert ((arm * forearm).sum(-1) > np.cos(np.radians(25))).all()
        assert not act.seated
        assert np.ptp(act.root, axis=0).max() == 0.0
