"""Convert hand points to rotations of wrist and fingers. Pure functions on the hand network's points in metres.

The rest hand is that of the T-pose: fingers along +X (left) or -X (right), palm down, thumb in the palm's plane at 45
degrees towards +Z. Sides: 0 left, 1 right. Points (21, 3) are MediaPipe's, rotated to the axes that a function names.
Angles are degrees where limits of anatomy are compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from engine.quaternions import from_vector, inverse, matrix_of, product, quaternion_of, to_vector
from engine.solver.folded import folded_flexion
from engine.types import F32, F64
from models.fingers import FINGER_POINTS, FINGERS, NUM_FINGER_BONES

WRIST_FLEXION, WRIST_ULNAR, WRIST_TWIST = (-75.0, 75.0), (-20.0, 35.0), (-90.0, 90.0)
"""Limits of the wrist: flexion, ulnar deviation, twist about the forearm."""
PROXIMAL, SPREAD, INTERMEDIATE, DISTAL = (-25.0, 95.0), (-20.0, 20.0), (0.0, 110.0), (0.0, 85.0)
THUMB_PROXIMAL, THUMB_INTERMEDIATE, THUMB_DISTAL = 50.0, (0.0, 60.0), (-15.0, 80.0)
DISTAL_PER_INTERMEDIATE = 0.65
"""The last joint's flexion follows the previous one's; measuring it is no better."""
FIST_DEG = 270.0
"""Sum of a finger's flexion in a fist."""
OPEN_END_DEG, FIST_GAIN = 45.0, 1.4
"""Without calibration: beyond this angle of the second joint the network's fingers are too straight by this factor."""
FIRST_PER_SECOND, ALONE_DEG, TOGETHER_DEG = 0.9, 20.0, 80.0
"""In a fist the first joint is hidden by the fingers and estimated too straight. Fingers flex at both joints together
(M. Santello et al., Postural hand synergies for tool use, 1998), so between these two angles of the second joint the
first joint is raised to up to this fraction of it; a finger flexed only at its root is unchanged."""
_SHORTEST = 1e-6
_JOINTS = np.array(FINGER_POINTS[1:])  # (4, 4) index to little finger


@dataclass(frozen=True, slots=True)
class FingerRange:
    """The network's result for this performer's open hand and fist: sum of each finger's angles, degrees."""

    open_deg: F64  # (4,) index to little finger
    fist_deg: F64  # (4,)


def finger_range(open_flexion_deg: F64, fist_flexion_deg: F64) -> FingerRange:
    """Return the range from flexions (N, 4, 3) of an open hand and of a fist, as from `finger_angles`."""
    return FingerRange(*(np.median(flexion.sum(-1), axis=0) for flexion in (open_flexion_deg, fist_flexion_deg)))


@dataclass(frozen=True, slots=True)
class _Axes:
    """Axes of a side's rest hand: along the finger, and of flexion."""

    along: F64
    flexion: F64


def _axes(side: int) -> tuple[_Axes, _Axes]:
    """Return the axes of fingers and thumb. The thumb flexes half across the palm, half into it."""
    sign = 1.0 if side == 0 else -1.0
    fingers = _Axes(np.array([sign, 0.0, 0.0]), np.array([0.0, 0.0, -sign]))
    along = np.array([sign, 0.0, 1.0]) / np.sqrt(2)
    across = np.array([0.0, sign, 0.0])
    into = np.cross(along, [0.0, -1.0, 0.0])
    return fingers, _Axes(along, (across + into) / np.linalg.norm(across + into))


_AXES = (_axes(0), _axes(1))


def wrist_from_hand(hand_world: F64, forearm_world: F64, side: int) -> tuple[F64, F64]:
    """Return rotations (3, 3) of the forearm in the world and of the hand in the forearm that give the hand's rotation.

    Half of the twist goes to the forearm; flexion, deviation and twist are limited.
    """
    local = quaternion_of(forearm_world.T @ hand_world)
    twist = 2 * math.atan2(local[0], local[3])
    twist = (twist + math.pi) % (2 * math.pi) - math.pi
    swing = product(local, from_vector(-twist, 0.0, 0.0))
    _, sideways, flexion = to_vector(swing)
    sign = 1.0 if side == 0 else -1.0
    flexion = -sign * _limit(-sign * math.degrees(flexion), WRIST_FLEXION)
    sideways = sign * _limit(sign * math.degrees(sideways), WRIST_ULNAR)
    half = from_vector(math.radians(_limit(math.degrees(twist), WRIST_TWIST) / 2), 0.0, 0.0)
    flexed = from_vector(0.0, math.radians(sideways), math.radians(flexion))
    forearm: F64 = forearm_world @ matrix_of(half)
    return forearm, matrix_of(product(product(inverse(half), flexed), product(half, half)))


def finger_angles(points: F64, side: int) -> tuple[F64, F64]:
    """Return flexion (4, 3) and spread (4,) of index to little finger in degrees, without limits.

    points  (21, 3) in the hand's own axes: rotated by the inverse of `hand_rotation`
    """
    sign = 1.0 if side == 0 else -1.0
    bones = np.diff(points[_JOINTS], axis=1)  # (4 fingers, 3 bones, 3)
    x, y, z = np.moveaxis(bones[:, :2], -1, 0)  # (4, 2) each
    beyond = np.where(sign * x[:, 0] >= 0, 1.0, -1.0)  # -1: flexed by more than 90 degrees
    first = np.arctan2(-y[:, 0], beyond * np.hypot(x[:, 0], z[:, 0]))
    spread = np.arctan2(-sign * beyond * z[:, 0], sign * beyond * x[:, 0])
    level = np.cos(spread) * x[:, 1] - np.sin(spread) * z[:, 1]  # of the second bone, the spread undone
    second = np.arctan2(-y[:, 1], sign * level) - first
    second = np.remainder(second + np.pi, 2 * np.pi) - np.pi
    third = DISTAL_PER_INTERMEDIATE * np.maximum(second, 0.0)
    spread *= np.maximum(np.cos(first), 0.0)  # the spread of a finger that points out of the palm is unknown
    return np.degrees(np.stack([first, second, third], axis=-1)), np.degrees(spread)


def _flexion(bone: F64, axes: _Axes) -> float:
    """Return the flexion in radians that rotates `along` to this bone direction about `flexion`."""
    return float(np.arctan2(bone @ np.cross(axes.flexion, axes.along), bone @ axes.along))


def with_gain(flexion_deg: F64, measured: FingerRange | None = None) -> F64:
    """Return flexion (4, 3) scaled per finger so that an open hand is open and a fist is a fist."""
    if measured is None:
        return _fist_gain(flexion_deg)
    total = flexion_deg.sum(-1)  # (4,)
    reach = np.maximum(measured.fist_deg - measured.open_deg, 30.0)
    wished = (total - measured.open_deg) / reach * FIST_DEG
    factor = np.where(np.abs(total) > 5.0, wished / np.where(np.abs(total) > 5.0, total, 1.0), 1.0)
    gained: F64 = flexion_deg * np.clip(factor, 0.0, 3.0)[:, None]
    return gained


def _fist_gain(flexion_deg: F64) -> F64:
    """Return flexion (4, 3) corrected for the network's fists; straight fingers are unchanged."""
    first, second = flexion_deg[:, 0], flexion_deg[:, 1]
    second = np.where(second > OPEN_END_DEG, OPEN_END_DEG + FIST_GAIN * (second - OPEN_END_DEG), second)
    together = np.clip((second - ALONE_DEG) / (TOGETHER_DEG - ALONE_DEG), 0.0, 1.0)
    first = first + together * np.maximum(FIRST_PER_SECOND * second - first, 0.0)
    return np.stack([first, second, DISTAL_PER_INTERMEDIATE * np.maximum(second, 0.0)], axis=-1)


def finger_rotations(points: F64, side: int, measured: FingerRange | None = None) -> F32:
    """Return rotations (15, 4) x, y, z, w of one hand's bones, local to the parent, within anatomical limits.

    points  (21, 3) in the hand's own axes: rotated by the inverse of `hand_rotation`
    """
    flexion, spread = finger_angles(points, side)
    bent = np.maximum(with_gain(flexion, measured), folded_flexion(points, side))
    return _bones(_thumb(points, side), bent, spread, side)


def relaxed_hand(side: int) -> F32:
    """Return the bones (15, 4) of a relaxed hand."""
    along, across = np.array([[18.0], [20.0], [23.0], [26.0]]), np.array([1.0, 1.2, 0.7])
    axes = _AXES[side][1]
    thumb = Rotation.from_rotvec(np.radians([8.0, 10.0, 12.0])[:, None] * axes.flexion)
    return _bones(thumb, along * across, np.zeros(4), side)


def _bones(thumb: Rotation, flexion: F64, spread: F64, side: int) -> F32:
    """Return the 15 limited bones: thumb first, then flexion (4, 3) and spread (4,) of the fingers in degrees."""
    axes = _AXES[side][0]
    limited = np.stack([np.clip(flexion[:, i], *(PROXIMAL, INTERMEDIATE, DISTAL)[i]) for i in range(3)], axis=-1)
    flexed = Rotation.from_rotvec((limited.reshape(-1, 1) * axes.flexion).astype(np.float64), degrees=True)  # 12
    sideways = np.zeros((len(FINGERS) - 1, 3, 3))
    sideways[:, 0, 1] = np.clip(spread, *SPREAD)
    fingers = Rotation.from_rotvec(sideways.reshape(-1, 3), degrees=True) * flexed
    result = np.concatenate([thumb.as_quat(), fingers.as_quat()]).astype(np.float32)
    assert result.shape == (NUM_FINGER_BONES, 4)
    return result


def _thumb(points: F64, side: int) -> Rotation:
    """Return the thumb's three bones: swing of the first, flexion of the others; no twist."""
    axes = _AXES[side][1]
    bones = np.diff(points[list(FINGER_POINTS[0])], axis=0)
    lengths = np.linalg.norm(bones, axis=-1, keepdims=True)
    if not (lengths > _SHORTEST).all():
        return Rotation.identity(3)
    first, second, third = bones / lengths
    axis = np.cross(axes.along, first)
    sine = float(np.linalg.norm(axis))
    angle = np.degrees(np.arctan2(sine, axes.along @ first))
    unit = axis / sine if sine > _SHORTEST else axis
    swing = Rotation.from_rotvec(unit * min(angle, THUMB_PROXIMAL), degrees=True)
    measured = Rotation.from_rotvec(unit * angle, degrees=True)
    middle = _flexion(measured.inv().apply(second), axes)
    turned = measured * Rotation.from_rotvec(middle * axes.flexion)
    last = _flexion(turned.inv().apply(third), axes)
    angles = [_limit(np.degrees(middle), THUMB_INTERMEDIATE), _limit(np.degrees(last), THUMB_DISTAL)]
    flexed = Rotation.from_rotvec(np.array(angles)[:, None] * axes.flexion, degrees=True)
    return Rotation.concatenate([swing, flexed])


def _limit(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])
