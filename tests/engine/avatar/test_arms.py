"""Hands that touch the body, on avatars with other arms, judged by a receiver that moves the model's raw nodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.avatar.arms import _avatar_sizes, _performer_sizes
from engine.avatar.fit import AvatarFit
from engine.osc.demo_pose import posed_person
from engine.quaternions import arc
from engine.types import Pose
from models.skeleton import JOINT
from tests.engine.avatar import test_fit
from tests.engine.avatar.raw_receiver import worlds
from tests.engine.avatar.test_fit import _applied, _model, _off_deg, _turns

CASES = ("long arms", "short arms", "child_0.0", "adult_1.0", "no shoulders")
SHAPES = {
    "long arms": {"arm": 1.3, "tilted": True},
    "short arms": {"arm": 0.85, "version": "0.x"},
    "no shoulders": {"arm": 1.2, "without": ("LeftShoulder", "RightShoulder", "UpperChest"), "tilted": True},
}


@pytest.fixture(autouse=True)
def shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The models of this file among those that can be made."""
    for name, shape in SHAPES.items():
        monkeypatch.setitem(test_fit.MADE, name, shape)


BELLY = ([0.3, -0.95, 0.0], [-0.8, -0.05, 0.6])  # where upper arm and forearm point, seen from the trunk
FACE = ([0.4, 0.08, 0.91], [-0.69, 0.57, -0.45])
ASIDE = ([1.0, 0.0, 0.0], [1.0, 0.0, 0.0])


def _along(direction: list[float]) -> Rotation:
    return Rotation.from_quat(arc([1.0, 0.0, 0.0], direction))


def _pose(arm: tuple[list[float], list[float]], lean: float = 0.0) -> Pose:
    upper, fore = map(_along, arm)
    hips = Rotation.from_euler("YX", [30, lean], degrees=True)
    return posed_person({"LeftUpperArm": upper, "LeftLowerArm": upper.inv() * fore, "Hips": hips}, 1.7, 0.0)


def _distance_in_widths(places: dict[str, np.ndarray]) -> float:
    """Of the left wrist from the axis of the trunk, in half widths of the shoulders."""
    low = (places["LeftUpperLeg"] + places["RightUpperLeg"]) / 2
    high = (places["LeftUpperArm"] + places["RightUpperArm"]) / 2
    axis = (high - low) / np.linalg.norm(high - low)
    across = places["LeftHand"] - low
    across = across - (across @ axis) * axis
    return float(2 * np.linalg.norm(across) / np.linalg.norm(places["LeftUpperArm"] - places["RightUpperArm"]))


def _shown(case: str, tmp_path: Path, pose: Pose, *, reach: bool) -> dict[str, np.ndarray]:
    document, avatar = _model(case, tmp_path)
    shown = worlds(document, _applied(AvatarFit(avatar, reach=reach), pose))
    return {name: place for name, (place, _) in shown.items()}


@pytest.mark.parametrize("case", CASES)
def test_a_hand_on_the_belly_stays_there_whatever_the_arms(tmp_path: Path, case: str) -> None:
    pose = _pose(BELLY)
    theirs = _distance_in_widths({name: pose.joints_world_m[row] for name, row in JOINT.items()})
    assert theirs < 1.6
    with_reach = _distance_in_widths(_shown(case, tmp_path, pose, reach=True))
    without = _distance_in_widths(_shown(case, tmp_path, pose, reach=False))
    assert abs(with_reach - theirs) < 0.25
    if "arms" in case:
        assert abs(with_reach - theirs) < abs(without - theirs) + 0.01


@pytest.mark.parametrize("case", CASES)
def test_a_hand_at_the_face_is_as_far_from_it_in_its_size(tmp_path: Path, case: str) -> None:
    _, avatar = _model(case, tmp_path)
    pose = _pose(FACE)
    sizes = [_performer_sizes(pose.rest_offsets_m), _avatar_sizes(avatar)]
    theirs = {name: pose.joints_world_m[row] for name, row in JOINT.items()}
    found = [_shown(case, tmp_path, pose, reach=on) for on in (True, False)]
    hand = Rotation.from_euler("Y", 30, degrees=True) * _along(FACE[1])
    distances = []
    for places, size in ((theirs, sizes[0]), (found[0], sizes[1]), (found[1], sizes[1])):
        middle = places["Head"] + [0.0, size.eyes_m, 0.0]
        palm = places["LeftHand"] + hand.apply(size.palms[0])
        distances.append(float(np.linalg.norm(palm - middle)) / (2 * size.eyes_m))
    performer, with_reach, without = distances
    assert performer < 1.5
    assert abs(with_reach - performer) < 0.1
    assert abs(with_reach - performer) <= abs(without - performer) + 0.02


@pytest.mark.parametrize("case", CASES)
def test_an_arm_away_from_the_body_is_left_alone(tmp_path: Path, case: str) -> None:
    for pose in (_pose(ASIDE), _pose(([0.5, 0.6, 0.6], [0.4, 0.7, 0.6]))):
        for name, place in _shown(case, tmp_path, pose, reach=True).items():
            np.testing.assert_array_equal(place, _shown(case, tmp_path, pose, reach=False)[name])


@pytest.mark.parametrize("case", CASES)
def test_arms_keep_their_lengths_and_hands_their_orientation(tmp_path: Path, case: str) -> None:
    document, avatar = _model(case, tmp_path)
    rest = worlds(document)
    pose = _pose(BELLY, lean=20)
    plain, reached = (worlds(document, _applied(AvatarFit(avatar, reach=on), pose)) for on in (False, True))
    assert np.linalg.norm(plain["LeftHand"][0] - reached["LeftHand"][0]) > 1e-3
    for below, above in (("LeftLowerArm", "LeftUpperArm"), ("LeftHand", "LeftLowerArm")):
        lengths = [np.linalg.norm(shown[below][0] - shown[above][0]) for shown in (rest, reached)]
        assert lengths[0] == pytest.approx(lengths[1], abs=1e-5)
    assert _off_deg(_turns(plain, rest, "LeftHand"), _turns(reached, rest, "LeftHand")) < 0.02
    for name in ("RightHand", "Head", "LeftFoot", "LeftUpperArm"):
        np.testing.assert_allclose(plain[name][0], reached[name][0], atol=1e-6)


@pytest.mark.parametrize("case", ["long arms", "child_0.0"])
def test_a_hand_comes_to_the_body_without_a_jump(tmp_path: Path, case: str) -> None:
    document, avatar = _model(case, tmp_path)
    fit = AvatarFit(avatar, reach=True)
    hands = []
    for share in np.linspace(0, 1, 121):
        pose = _pose(
            tuple((np.array(a) + share * (np.array(b) - a)).tolist() for a, b in zip(ASIDE, BELLY, strict=True))
        )
        hands.append(worlds(document, _applied(fit, pose))["LeftHand"][0])
    assert np.linalg.norm(np.diff(hands, axis=0), axis=1).max() < 0.04


def test_a_body_of_the_performers_proportions_is_not_changed_much(tmp_path: Path) -> None:
    document, avatar = _model("whole", tmp_path)
    pose = _pose(BELLY)
    plain, reached = (worlds(document, _applied(AvatarFit(avatar, reach=on), pose)) for on in (False, True))
    assert np.linalg.norm(plain["LeftHand"][0] - reached["LeftHand"][0]) < 0.03
