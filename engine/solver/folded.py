"""How far a finger is folded by where its tip lies, not by the angles of its joints.

In a fist the network's joints are too straight, or bend backwards: from one view depth has two readings. The tip's
place in the palm's plane does not depend on that. Limits are those that told the fists of 50 rendered people from their
open hands best.
"""

from __future__ import annotations

import numpy as np

from engine.types import F64
from models.fingers import FINGER_POINTS, MIDDLE_ROOT, WRIST

FOLDED_DEG = np.array([92.0, 102.0, 66.0])
"""Bends of the three joints of a folded finger."""
AHEAD, OUT, CHORD = (0.5, 0.3), (0.65, 0.45), (0.96, 0.88)
"""From not folded to folded: how far the tip lies ahead of the finger's root, how far out of the palm's plane, both in
palm lengths, and its distance from the root over the finger's length. A finger that is bent at its root alone has its
tip far out; a straight one that points at the camera keeps its length."""
_JOINTS = np.array(FINGER_POINTS[1:])  # (4, 4) index to little finger
_SHORTEST = 1e-6


def folded_flexion(points: F64, side: int) -> F64:
    """Return flexion (4, 3) in degrees of index to little finger that the tips show at least; 0 for open fingers.

    points  (21, 3) in the hand's own axes: rotated by the inverse of `hand_rotation`; side 0 left, 1 right
    """
    fingers = points[_JOINTS]  # (4 fingers, 4 points, 3)
    palm = max(float(np.linalg.norm(points[MIDDLE_ROOT] - points[WRIST])), _SHORTEST)
    lengths = np.linalg.norm(np.diff(fingers, axis=1), axis=-1).sum(-1)  # (4,)
    reach = fingers[:, 3] - fingers[:, 0]
    ahead = (1.0 if side == 0 else -1.0) * reach[:, 0] / palm
    chord = np.linalg.norm(reach, axis=-1) / np.maximum(lengths, _SHORTEST)
    folded = _ramp(ahead, AHEAD) * _ramp(-reach[:, 1] / palm, OUT) * _ramp(chord, CHORD)
    result: F64 = folded[:, None] * FOLDED_DEG
    return result


def _ramp(values: F64, limits: tuple[float, float]) -> F64:
    """Return 0 at the first limit, 1 at the second, even in between."""
    result: F64 = np.clip((values - limits[0]) / (limits[1] - limits[0]), 0.0, 1.0)
    return result
