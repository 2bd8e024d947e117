"""Furniture: boxes whose sides face outwards, seats under people and behind them, tables before them."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from models.kinematics import REST_JOINTS
from models.rendering.furniture import Sitter, Workshop, sitter
from models.skeleton import JOINT, NUM_JOINTS

WHO = Sitter(x=0.1, seat=0.45, back=-0.15, front=0.15, knees=0.45, thighs=0.6, hands=0.72, shoulders=1.05)


@dataclass(frozen=True)
class Quad:
    """A textured rectangle as the renderer has it."""

    corners: np.ndarray
    picture: np.ndarray
    normal: np.ndarray


def workshop(seed: int) -> Workshop:
    return Workshop(SimpleNamespace(Quad=Quad), np.random.default_rng(seed))


def corners(quads: list[Quad]) -> np.ndarray:
    return np.concatenate([quad.corners for quad in quads])


@pytest.mark.parametrize("seed", range(12))
def test_the_sides_of_a_box_face_outwards_and_are_wound_alike(seed):
    quads, _ = workshop(seed).table(WHO)
    for start in range(0, len(quads), 6):
        box = quads[start : start + 6]
        middle = corners(box).mean(0)
        for quad in box:
            assert quad.normal @ (quad.corners.mean(0) - middle) > 0
            along, up = quad.corners[1] - quad.corners[0], quad.corners[3] - quad.corners[0]
            assert np.cross(along, up) @ quad.normal > 0
            np.testing.assert_allclose(quad.corners[0] + along + up, quad.corners[2])


def test_seats_are_under_the_person_and_backs_behind():
    empty = tall = 0
    for seed in range(60):
        quads = workshop(seed).seat(WHO)
        if not quads:
            empty += 1
            continue
        points = corners(quads)
        carrying = points[np.isclose(points[:, 1], WHO.seat)]
        assert carrying[:, 0].min() < WHO.x < carrying[:, 0].max()
        assert carrying[:, 2].min() <= WHO.back + 0.06
        higher = points[points[:, 1] > WHO.seat + 0.25]
        tall += len(higher) > 0
        assert (higher[:, 2] < WHO.front).all()
        assert points[:, 1].min() >= 0
    assert 0 < empty < 25
    assert tall > 20


def test_tables_stand_before_the_belly_above_the_thighs_and_below_the_shoulders():
    for seed in range(40):
        quads, top = workshop(seed).table(WHO)
        points = corners(quads)
        assert WHO.thighs < top < WHO.shoulders
        assert points[:, 2].min() >= WHO.front
        assert np.isclose(points[:, 1], top).any()


def test_a_sitter_is_measured_by_its_skin():
    joints = np.tile(REST_JOINTS, (5, 1, 1))
    names = ("Hips", "LeftUpperLeg", "Chest", "Chest")
    weights = np.eye(NUM_JOINTS)[[JOINT[name] for name in names]]
    skin = np.tile(np.array([[0, 0.5, 0.0], [0.1, 0.48, 0.2], [0, 1.2, -0.2], [0, 1.2, 0.13]]), (5, 1, 1))
    who = sitter(skin, weights, joints)
    assert who.seat == pytest.approx(0.48 + 0.015)
    assert (who.back, who.front) == (-0.2, 0.2) or (who.back, who.front) == (-0.2, 0.13)
    assert who.thighs == pytest.approx(0.48)
    assert who.shoulders == pytest.approx(REST_JOINTS[JOINT["LeftUpperArm"], 1])
