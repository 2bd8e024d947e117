"""Realistic proportions for the renderer's people: bones and skin are scaled along their length.

Lengths are fractions of body height, joint centre to joint centre. Means of adults: P. de Leva, "Adjustments to
Zatsiorsky-Seluyanov's segment inertia parameters", J. Biomechanics 29 (1996), for upper arm, forearm, shank and men's
thigh; the women's thigh lies between that table and the rig, which puts the hip joint higher. Widths and trunk are the
rig's own, whose joints lie inside the bony landmarks of surveys. Spreads: C. C. Gordon et al., 2012 Anthropometric
Survey of U.S. Army Personnel (NATICK/TR-15/007). Relative to body height, the lengths of its men's upper arms
(acromion-radiale), forearms (radiale-stylion), knee heights, shoulder breadths (biacromial) and sitting heights vary by
2.7 to 3.8 % (the first 29 records), upper arm and forearm with a correlation of 0.5. The spread drawn here is 1.5 times
as wide, so that the network must rely on what it sees. Children of 3 to 12 years: sitting height, limbs and
head after R. G. Snyder et al., Anthropometry of Infants, Children and Youths (UM-HSRI-77-17, 1977).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.skeleton import JOINT, NUM_JOINTS, PARENTS

F64 = NDArray[np.float64]

CHILDREN = 0.15
"""Fraction of children among the people drawn."""
CHILD_HEIGHT_M = (0.95, 1.52)
_CHILD = {
    **{"upper_arm": (0.93, 0.98), "forearm": (0.93, 0.98), "hand": (0.96, 0.98), "thigh": (0.86, 0.97)},
    **{"shank": (0.86, 0.97), "foot": (0.98, 1.02), "shoulders": (1.02, 0.98), "hips": (0.98, 0.97)},
    **{"trunk": (1.03, 1.0), "neck": (0.8, 0.95), "head": (1.32, 1.1), "girth": (1.05, 0.97)},
}
"""A child's fractions of body height relative to an adult's, at the youngest and at the oldest."""
_MEANS = {
    **{"upper_arm": (0.159, 0.162), "forearm": (0.152, 0.154), "thigh": (0.228, 0.240), "shank": (0.245, 0.248)},
    **{"shoulders": (0.197, 0.210), "hips": (0.117, 0.119), "trunk": (0.281, 0.277)},
}
"""Mean of women and of men, fractions of body height."""


@dataclass(frozen=True, slots=True)
class Build:
    """Factors on a rig's bones. `shoulders` and `hips` are widths, `girth` the thickness of limbs."""

    upper_arm: float = 1.0
    forearm: float = 1.0
    hand: float = 1.0
    thigh: float = 1.0
    shank: float = 1.0
    foot: float = 1.0
    shoulders: float = 1.0
    hips: float = 1.0
    trunk: float = 1.0
    neck: float = 1.0
    head: float = 1.0
    girth: float = 1.0


def draw_person(bodies: Any, assets: Any, rng: np.random.Generator, own_builds: float = 0.0) -> Any:
    """Return a dressed body of the renderer with random proportions; a fraction `own_builds` keeps the renderer's."""
    if own_builds and rng.random() < own_builds:
        return bodies.make_body(assets, bodies.random_traits(rng))
    traits = bodies.random_traits(rng)
    age = rng.random() if rng.random() < CHILDREN else None
    if age is not None:
        traits.height = CHILD_HEIGHT_M[0] + age * (CHILD_HEIGHT_M[1] - CHILD_HEIGHT_M[0])
        traits.muscle = min(traits.muscle, 0.0)
    body = bodies.make_body(assets, traits)
    build = draw_build(rng, fractions(body.rest_joints, body.height), traits.male, age)
    return scaled(rebuilt(body, build, bodies.vertex_normals), traits.height)


def fractions(rest: F64, height: float) -> dict[str, float]:
    """Return the lengths of _MEANS relative to body height for rest joints (22, 3)."""

    def length(one: str, other: str) -> float:
        return float(np.linalg.norm(rest[JOINT[one]] - rest[JOINT[other]])) / height

    middle = (rest[JOINT["LeftUpperArm"], 1] + rest[JOINT["RightUpperArm"], 1]) / 2
    return {
        "upper_arm": length("LeftUpperArm", "LeftLowerArm"),
        "forearm": length("LeftLowerArm", "LeftHand"),
        "thigh": length("LeftUpperLeg", "LeftLowerLeg"),
        "shank": length("LeftLowerLeg", "LeftFoot"),
        "shoulders": length("LeftUpperArm", "RightUpperArm"),
        "hips": length("LeftUpperLeg", "RightUpperLeg"),
        "trunk": float(middle - rest[0, 1]) / height,
    }


def draw_build(rng: np.random.Generator, rig: dict[str, float], male: float, age: float | None) -> Build:
    """Return the factors that turn a rig with these fractions into a random person.

    male  0 woman .. 1 man
    age   None for adults, else 0 (three years) .. 1 (twelve)
    """
    both, arms, legs = rng.normal(size=3)
    own = dict(zip(Build.__dataclass_fields__, rng.normal(size=len(Build.__dataclass_fields__)), strict=True))

    def limb(name: str, shared: float) -> float:
        return float(0.048 * (0.45 * both + 0.5 * shared + 0.74 * own[name]))

    spread = {
        **{"upper_arm": limb("upper_arm", arms), "forearm": limb("forearm", arms)},
        **{"thigh": limb("thigh", legs), "shank": limb("shank", legs)},
        "hand": 0.05 * own["hand"] + 0.02 * arms,
        "foot": 0.05 * own["foot"] + 0.02 * legs,
        "shoulders": 0.06 * own["shoulders"],
        "hips": 0.06 * own["hips"],
        "trunk": 0.04 * (0.9 * own["trunk"] - 0.4 * both),
        "neck": 0.07 * own["neck"],
        "head": 0.04 * own["head"],
        "girth": 0.07 * own["girth"],
    }
    factors = {}
    for name, value in spread.items():
        woman, man = _MEANS.get(name, (1.0, 1.0))
        young, old = (1.0, 1.0) if age is None else _CHILD[name]
        mean = (woman + male * (man - woman)) * (young + (age or 0.0) * (old - young))
        factors[name] = float(mean * np.exp(np.clip(value, -0.2, 0.2)) / rig.get(name, 1.0))
    return Build(**factors)


def stretches(rest: F64, build: Build) -> F64:
    """Return how the skin of each joint is stretched about it in the rest pose, (22, 3, 3), for rest joints (22, 3)."""
    result = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    waist = (build.shoulders + build.hips) / 2
    columns = {
        **{"Hips": (build.hips, build.trunk, 1.0), "Spine": (waist, build.trunk, 1.0)},
        **{"Chest": (waist, build.trunk, 1.0), "UpperChest": (build.shoulders, build.trunk, 1.0)},
        **{"Neck": (1.0, build.neck, 1.0), "Head": (build.head,) * 3},
    }
    for name, axes in columns.items():
        result[JOINT[name]] = np.diag(axes)
    for side in ("Left", "Right"):
        result[JOINT[side + "Shoulder"]] = np.diag([build.shoulders, 1.0, 1.0])
        result[JOINT[side + "Hand"]] *= build.hand
        for name in ("Foot", "Toes"):
            result[JOINT[side + name]] *= build.foot
        chain = ("UpperArm", "LowerArm", "Hand"), ("UpperLeg", "LowerLeg", "Foot")
        lengths = (build.upper_arm, build.forearm), (build.thigh, build.shank)
        for joints, factors in zip(chain, lengths, strict=True):
            for begin, end, factor in zip(joints, joints[1:], factors, strict=False):
                bone = rest[JOINT[side + end]] - rest[JOINT[side + begin]]
                along = np.outer(bone, bone) / (bone @ bone)
                result[JOINT[side + begin]] = build.girth * (np.eye(3) - along) + factor * along
    return result


def rebuilt(body: Any, build: Build, normals_of: Any) -> Any:
    """Return the renderer's body with other bones: the skin follows as in a pose. Soles stay in place."""
    rest = body.rest_joints
    stretch = stretches(rest, build)
    joints = rest.copy()
    for joint in range(1, NUM_JOINTS):
        parent = PARENTS[joint]
        joints[joint] = joints[parent] + stretch[parent] @ (rest[joint] - rest[parent])
    shift = joints - np.einsum("jab,jb->ja", stretch, rest)
    weights = np.zeros((len(body.vertices), NUM_JOINTS))
    np.put_along_axis(weights, body.bone_index.astype(int), body.bone_weight, axis=1)
    vertices = _moved(body.vertices, weights, stretch, shift)
    rise = body.vertices[:, 1].min() - vertices[:, 1].min()
    up = np.array([0.0, rise, 0.0])
    points = {
        name: (_moved(place, weight, stretch, shift) + up, weight) for name, (place, weight) in body.points.items()
    }
    taller = np.ptp(vertices[:, 1]) - np.ptp(body.vertices[:, 1])
    return replace(
        body,
        vertices=vertices + up,
        normals=normals_of(vertices, body.faces),
        rest_joints=joints + up,
        height=float(body.height + taller),
        points=points,
    )


def _moved(points: F64, weights: F64, stretch: F64, shift: F64) -> F64:
    """Return skin points (K, 3) with bone weights (K, 22), stretched about their joints."""
    moved: F64 = np.einsum("kj,jab,kb->ka", weights, stretch, points, optimize=True) + weights @ shift
    return moved


def scaled(body: Any, height: float) -> Any:
    """Return the same body at another standing height."""
    size = height / body.height
    return replace(
        body,
        vertices=body.vertices * size,
        rest_joints=body.rest_joints * size,
        height=float(height),
        points={name: (place * size, weight) for name, (place, weight) in body.points.items()},
    )
