"""A posed body in the solver, and two-bone inverse kinematics for its ankles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.types import F64
from models.skeleton import FEET, JOINT, PARENTS, ROOT, TOES

UPPER_LEGS, LOWER_LEGS = ([JOINT[side + name] for side in ("Left", "Right")] for name in ("UpperLeg", "LowerLeg"))
_FEET, _TOES = list(FEET), list(TOES)
_TINY = 1e-9
_IDENTITY = np.eye(3)
_STRAIGHTEST = 0.9995  # a leg is not stretched further than this, unless it already is
FLAT_RAD, STEEP_RAD = np.radians(7.0), np.radians(20.0)
_KNEE_FORWARD_M = 1e-3  # forward bias that decides how a straight knee bends


@dataclass(frozen=True, slots=True)
class Body:
    """Joints in the world, metres."""

    rotations: F64  # (22, 3, 3) local to the parent, Hips in the world
    joints: F64  # (22, 3)
    turned: F64  # (22, 3, 3) orientation of each joint in the world


def _unit(vectors: F64) -> F64:
    unit: F64 = vectors / np.maximum(np.sqrt((vectors * vectors).sum(-1, keepdims=True)), _TINY)
    return unit


def _across(vectors: F64, axis: F64) -> F64:
    """Return vectors (..., 3) without their component along the unit axis (..., 3)."""
    across: F64 = vectors - (vectors * axis).sum(-1, keepdims=True) * axis
    return across


def _turn(start: F64, end: F64) -> F64:
    """Return the shortest rotation (N, 3, 3) between unit vectors (N, 3), (N, 3) that are not opposite.

    R = I + [v] + [v]^2 / (1 + c) with v = a x b, c = a . b (Rodrigues); [v] = b a^T - a b^T.
    """
    outer = end[:, :, None] * start[:, None, :]
    skew = outer - outer.transpose(0, 2, 1)
    c = np.vecdot(start, end)
    rotation: F64 = _IDENTITY + skew + skew @ skew / np.maximum(1 + c, _TINY)[:, None, None]
    return rotation


def moved(body: Body, by_m: F64) -> Body:
    """Return the whole body shifted by (3,)."""
    return replace(body, joints=body.joints + by_m)


def _bent_knees(hips: F64, knees: F64, ankles: F64, targets: F64, forward: F64) -> tuple[F64, F64]:
    """Return knees and reachable ankles, (2, 3) each, by the law of cosines in the leg's current bending plane."""
    thigh = np.linalg.norm(knees - hips, axis=-1)
    shank = np.linalg.norm(ankles - knees, axis=-1)
    now = np.linalg.norm(ankles - hips, axis=-1)
    farthest = np.maximum(now, _STRAIGHTEST * (thigh + shank))
    reach = np.linalg.norm(targets - hips, axis=-1)
    reach = np.clip(reach, np.abs(thigh - shank) + 1e-4, farthest)
    axis = _unit(targets - hips)
    old_axis = _unit(ankles - hips)
    swing = _turn(old_axis, axis)
    bend = (swing @ (_across(knees - hips, old_axis) + _KNEE_FORWARD_M * forward)[..., None])[..., 0]
    along = (thigh**2 - shank**2 + reach**2) / (2 * reach)
    out = np.sqrt(np.maximum(thigh**2 - along**2, 0.0))
    new_knees = hips + along[:, None] * axis + out[:, None] * _unit(_across(bend, axis))
    return new_knees, hips + reach[:, None] * axis


def above_floor(body: Body, ankle_heights_m: F64, toe_heights_m: F64, limit_m: float) -> Body:
    """Return the body with no sole deeper than `limit_m` below the floor.

    Depth common to both feet lifts the whole body (bending straight knees by a centimetre would push them out by
    eight), additional depth of one foot bends that leg, and toes are turned up.
    ankle_heights_m, toe_heights_m (2,) of ankles and toes above the sole of a flat foot.
    """
    lowest = ankle_heights_m - limit_m
    both_m = float((lowest - body.joints[_FEET][:, 1]).min())
    if both_m > 0:
        body = moved(body, np.array([0.0, both_m, 0.0]))
    ankles = body.joints[_FEET]
    if (ankles[:, 1] < lowest - _TINY).any():
        body = with_ankles_at(body, np.column_stack([ankles[:, 0], np.maximum(ankles[:, 1], lowest), ankles[:, 2]]))
    sunk = body.joints[_TOES][:, 1] < toe_heights_m - limit_m
    return _toes_turned_up(body, toe_heights_m - limit_m, sunk) if sunk.any() else body


def flattened(body: Body, rest_offsets_m: F64, contacts: F64) -> Body:
    """Return the body with nearly flat feet flattened in proportion to their contact, contacts (2,) 0..1.

    The network's feet are a few degrees too steep. Within FLAT_RAD of flat a foot in contact becomes flat; beyond
    STEEP_RAD, on tiptoe or on a heel, it is unchanged, with a smooth transition between.
    """
    ankles, toes = body.joints[_FEET], body.joints[_TOES]
    rest = rest_offsets_m[_TOES]
    length = np.linalg.norm(rest, axis=-1)
    flat = np.arcsin(np.clip(rest[:, 1] / length, -1.0, 1.0))
    steep = np.arcsin(np.clip((toes - ankles)[:, 1] / length, -1.0, 1.0)) - flat
    along = np.clip((np.abs(steep) - FLAT_RAD) / (STEEP_RAD - FLAT_RAD), 0.0, 1.0)
    kept = along * along * (3 - 2 * along)
    if not (contacts * (1 - kept)).any():
        return body
    pitch = flat + steep * (kept + (1 - contacts) * (1 - kept))
    return _toes_turned_up(body, ankles[:, 1] + length * np.sin(pitch), np.ones(2, bool))


def _toes_turned_up(body: Body, heights_m: F64, which: NDArray[np.bool_]) -> Body:
    """Return the body with the feet `which` (2,) rotated about the ankle until the toes are at heights (2,)."""
    ankles, toes = body.joints[_FEET], body.joints[_TOES]
    foot = toes - ankles
    length = np.linalg.norm(foot, axis=-1)
    rise = np.clip(heights_m - ankles[:, 1], -0.999 * length, 0.999 * length)
    along = foot * (1.0, 0.0, 1.0)
    forward = _unit(np.where(np.linalg.norm(along, axis=-1, keepdims=True) > _TINY, along, body.turned[_FEET][..., 2]))
    level = np.sqrt(length**2 - rise**2)
    aimed = np.column_stack([forward[:, 0] * level, rise, forward[:, 2] * level])
    turn = np.where(which[:, None, None], _turn(_unit(foot), _unit(aimed)), np.eye(3))
    joints, turned, rotations = body.joints.copy(), body.turned.copy(), body.rotations.copy()
    joints[_TOES] = ankles + (turn @ foot[..., None])[..., 0]
    turned[_FEET], turned[_TOES] = turn @ turned[_FEET], turn @ turned[_TOES]
    rotations[_FEET] = turned[LOWER_LEGS].transpose(0, 2, 1) @ turned[_FEET]
    return Body(rotations, joints, turned)


def with_ankles_at(body: Body, targets: F64) -> Body:
    """Bend both legs so that the ankles reach (2, 3) as far as possible; the feet keep their orientation."""
    hips, knees, ankles = body.joints[UPPER_LEGS], body.joints[LOWER_LEGS], body.joints[_FEET]
    new_knees, new_ankles = _bent_knees(hips, knees, ankles, targets, body.turned[UPPER_LEGS][..., 2])
    turn_thigh = _turn(_unit(knees - hips), _unit(new_knees - hips))
    shank = (turn_thigh @ (ankles - knees)[..., None])[..., 0]
    turn_shank = _turn(_unit(shank), _unit(new_ankles - new_knees)) @ turn_thigh

    joints, turned, rotations = body.joints.copy(), body.turned.copy(), body.rotations.copy()
    joints[LOWER_LEGS], joints[_FEET] = new_knees, new_ankles
    joints[_TOES] += new_ankles - ankles
    turned[UPPER_LEGS] = turn_thigh @ turned[UPPER_LEGS]
    turned[LOWER_LEGS] = turn_shank @ turned[LOWER_LEGS]
    rotations[UPPER_LEGS] = turned[ROOT].T @ turned[UPPER_LEGS]
    for child in (LOWER_LEGS, _FEET):
        parent = [PARENTS[joint] for joint in child]
        rotations[child] = turned[parent].transpose(0, 2, 1) @ turned[child]
    return Body(rotations, joints, turned)
