"""Bodies with bones of their own: as long as was asked, on the same floor, and people as varied as real ones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from models.kinematics import REST_JOINTS
from models.rendering.builds import Build, draw_build, fractions, rebuilt, scaled, stretches
from models.skeleton import JOINT, NUM_JOINTS, PARENTS

RNG = np.random.default_rng(0)


@dataclass(frozen=True)
class Body:
    """Eight points of skin round every joint, each fixed to its joint."""

    vertices: np.ndarray
    normals: np.ndarray
    faces: np.ndarray
    bone_index: np.ndarray
    bone_weight: np.ndarray
    rest_joints: np.ndarray
    height: float
    points: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)


@pytest.fixture
def body() -> Body:
    cloud = RNG.normal(size=(NUM_JOINTS, 8, 3)) * 0.03
    vertices = (REST_JOINTS[:, None] + cloud).reshape(-1, 3)
    vertices[:, 1] -= vertices[:, 1].min()
    index = np.zeros((len(vertices), 4), int)
    index[:, 0] = np.repeat(np.arange(NUM_JOINTS), 8)
    index[:, 1] = (index[:, 0] + 1) % NUM_JOINTS  # four different bones each
    index[:, 2], index[:, 3] = (index[:, 0] + 2) % NUM_JOINTS, (index[:, 0] + 3) % NUM_JOINTS
    weight = np.tile([1.0, 0, 0, 0], (len(vertices), 1))
    points = {"nose": (vertices[:1], np.eye(NUM_JOINTS)[[JOINT["Head"]]])}
    height = float(np.ptp(vertices[:, 1]))
    return Body(vertices, vertices * 0, np.zeros((1, 3), int), index, weight, REST_JOINTS.copy(), height, points)


def no_normals(vertices: np.ndarray, _faces: np.ndarray) -> np.ndarray:
    return vertices * 0


def bone(joints: np.ndarray, name: str) -> float:
    return float(np.linalg.norm(joints[JOINT[name]] - joints[PARENTS[JOINT[name]]]))


def test_the_same_build_changes_nothing(body):
    same = rebuilt(body, Build(), no_normals)
    np.testing.assert_allclose(same.vertices, body.vertices, atol=1e-12)
    np.testing.assert_allclose(same.rest_joints, body.rest_joints, atol=1e-12)
    assert same.height == pytest.approx(body.height)


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("upper_arm", ("LeftLowerArm", "RightLowerArm")),
        ("forearm", ("LeftHand", "RightHand")),
        ("thigh", ("LeftLowerLeg", "RightLowerLeg")),
        ("shank", ("LeftFoot", "RightFoot")),
        ("foot", ("LeftToes", "RightToes")),
    ],
)
def test_one_bone_becomes_longer_and_the_others_stay(body, part, names):
    longer = rebuilt(body, Build(**{part: 1.2}), no_normals)
    for name in JOINT:
        if name != "Hips":
            factor = 1.2 if name in names else 1.0
            assert bone(longer.rest_joints, name) == pytest.approx(factor * bone(body.rest_joints, name)), name


def test_shoulders_become_wider_and_the_trunk_taller_on_their_own(body):
    before = fractions(body.rest_joints, 1.0)
    wide = fractions(rebuilt(body, Build(shoulders=1.15), no_normals).rest_joints, 1.0)
    tall = fractions(rebuilt(body, Build(trunk=0.9), no_normals).rest_joints, 1.0)
    assert wide["shoulders"] == pytest.approx(1.15 * before["shoulders"])
    assert wide["trunk"] == pytest.approx(before["trunk"])
    assert tall["shoulders"] == pytest.approx(before["shoulders"])
    assert 0.9 * before["trunk"] <= tall["trunk"] < 0.92 * before["trunk"]  # the collar's own rise stays


def test_the_skin_goes_with_its_bone_and_soles_stay_on_the_floor(body):
    longer = rebuilt(body, Build(upper_arm=1.3, thigh=0.8), no_normals)
    hand = slice(8 * JOINT["LeftHand"], 8 * JOINT["LeftHand"] + 8)
    before = body.vertices[hand] - body.rest_joints[JOINT["LeftHand"]]
    np.testing.assert_allclose(longer.vertices[hand] - longer.rest_joints[JOINT["LeftHand"]], before, atol=1e-12)
    assert longer.vertices[:, 1].min() == pytest.approx(body.vertices[:, 1].min())
    assert longer.height < body.height
    lower = longer.points["nose"][0][0, 1] - body.points["nose"][0][0, 1]
    assert lower == pytest.approx(longer.height - body.height, abs=1e-9)


def test_girth_thickens_a_limb_and_does_not_lengthen_it():
    stretch = stretches(REST_JOINTS, Build(upper_arm=1.1, girth=1.3))[JOINT["LeftUpperArm"]]
    np.testing.assert_allclose(np.linalg.eigvalsh(stretch), [1.1, 1.3, 1.3])


def test_a_scaled_body_has_the_height_that_was_asked_for(body):
    child = scaled(body, 1.1)
    assert child.height == 1.1
    np.testing.assert_allclose(np.ptp(child.vertices[:, 1]) / np.ptp(body.vertices[:, 1]), 1.1 / body.height)


def people(count: int, age: float | None = None) -> dict[str, np.ndarray]:
    """Lengths of people drawn, for a rig whose lengths are all 1."""
    rng = np.random.default_rng(1)
    drawn = [draw_build(rng, {}, rng.random(), age) for _ in range(count)]
    return {name: np.array([getattr(build, name) for build in drawn]) for name in Build.__dataclass_fields__}


def test_people_differ_in_every_part_as_real_ones_do():
    drawn = people(2000)
    for name in ("upper_arm", "forearm", "thigh", "shank"):
        assert 0.04 < drawn[name].std() / drawn[name].mean() < 0.065, name
    arm_to_thigh = drawn["upper_arm"] / drawn["thigh"]
    assert 0.66 < arm_to_thigh.mean() < 0.71  # measured on men: 0.67 and 0.73
    assert np.quantile(arm_to_thigh, 0.975) - np.quantile(arm_to_thigh, 0.025) > 0.14
    assert 0.3 < np.corrcoef(drawn["upper_arm"], drawn["forearm"])[0, 1] < 0.7


def test_children_have_short_legs_and_large_heads():
    young, grown = people(300, age=0.0), people(300)
    assert young["thigh"].mean() < 0.9 * grown["thigh"].mean()
    assert young["head"].mean() > 1.25 * grown["head"].mean()
    assert people(300, age=1.0)["head"].mean() < 1.15
