"""Independent head motion: people in front of a camera turn, tilt and nod all the time, recorded motions rarely do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from models.skeleton import JOINT

F64 = NDArray[np.float64]

LIMITS_DEG = (70.0, 40.0, 40.0)
"""Limits of turn, tilt and nod, to either side."""
_USUAL_DEG = (16.0, 8.0, 10.0)
_WIDE = 0.45  # fraction of the targets drawn uniformly within a clip's reach
_REACH = (0.2, 1.0)
"""Fraction of the limits that the head of a clip uses: most people in front of a camera are calm."""
_TURNS_TRUNK = 0.35  # fraction of the clips in which the chest follows the head
_TALKING_DEG = (3.0, 2.5, 5.0)


def head_angles(frames: int, rate_hz: float, rng: np.random.Generator) -> F64:
    """Return turn, tilt, nod (T, 3) in degrees: glances that take 0.2 to 1 s each, with some jitter."""
    time_s = np.arange(frames) / rate_hz
    angles = np.empty((frames, 3))
    reach = rng.uniform(*_REACH)
    for axis, (most, usual, talking) in enumerate(zip(LIMITS_DEG, _USUAL_DEG, _TALKING_DEG, strict=True)):
        limit = reach * most
        glances = rng.integers(1, 5)
        targets = np.where(
            rng.random(glances + 1) < _WIDE,
            rng.uniform(-limit, limit, glances + 1),
            rng.normal(0, usual, glances + 1),
        )
        begins = np.sort(rng.uniform(-0.3, time_s[-1] + 0.3, glances))
        lasts = rng.uniform(0.2, 1.0, glances)
        path = np.full(frames, targets[0])
        for begin, last, before, after in zip(begins, lasts, targets, targets[1:], strict=False):
            way = np.clip((time_s - begin) / last, 0, 1)
            path += (after - before) * way**3 * (10 - 15 * way + 6 * way**2)
        wave = np.sin(2 * np.pi * (rng.uniform(0.3, 2.5) * time_s + rng.random()))
        angles[:, axis] = np.clip(path + wave * talking * rng.random() ** 2, -limit, limit)
    return angles


def with_own_head(rotations: F64, angles: F64, chest: float) -> F64:
    """Return local rotations (T, 22, 3, 3) with head angles (T, 3) in degrees, shared equally by neck and head.

    chest  fraction of the turn added by the chest, so that the body follows the gaze
    """
    turn, tilt, nod = angles.T
    whole = Rotation.from_euler("YXZ", np.stack([turn, nod, tilt], axis=1), degrees=True)
    half = Rotation.from_rotvec(whole.as_rotvec() / 2).as_matrix()
    result = rotations.copy()
    result[:, JOINT["Neck"]] = half
    result[:, JOINT["Head"]] = half
    along = Rotation.from_euler("Y", turn[:, None] * chest / 2, degrees=True).as_matrix()
    for name in ("Spine", "Chest"):
        result[:, JOINT[name]] = result[:, JOINT[name]] @ along
    return result


def moved_head(rotations: F64, rate_hz: float, rng: np.random.Generator) -> F64:
    """Return local rotations (T, 22, 3, 3) with independent head motion; the chest follows in some clips."""
    angles = head_angles(len(rotations), rate_hz, rng)
    chest = rng.uniform(0.1, 0.6) if rng.random() < _TURNS_TRUNK else 0.0
    return with_own_head(rotations, angles, chest)
