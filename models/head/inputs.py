"""Convert windows to the input of the head's regressor. Shared by training (torch) and the engine (NumPy)."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from models.array_library import array_namespace
from models.keypoints import EVIDENCE_NAMES, KEYPOINT, KEYPOINT_NAMES
from models.rotations import rotation_between
from models.skeleton import mirrored_name

Array: TypeAlias = Any  # a NumPy array or a torch tensor

FACE_NAMES = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
FACE = [KEYPOINT[name] for name in FACE_NAMES]
AGO = (0, 4, 8)
"""Frames that are read, counted back from the newest one."""
FRAMES = max(AGO) + 1
"""Least length of a window."""
_NAMES = (*FACE_NAMES, "left_shoulder", "right_shoulder")
_POINTS = [KEYPOINT[name] for name in _NAMES]
_NUM_FACE, _NUM = len(FACE), len(_NAMES)
_FAR, _FAR_UNIT = 8.0, 4.0  # head sizes: shoulders are limited to the first and divided by the second
_SMALLEST = 1e-4  # head's size, ray units and metres
NUM_INPUTS = len(AGO) * _NUM * (2 + 3 + 1) + 1
assert EVIDENCE_NAMES[: len(KEYPOINT_NAMES)] == KEYPOINT_NAMES  # landmarks have the keypoints' rows
assert all(mirrored_name(name) in _NAMES for name in _NAMES)


def face_shown(keypoints: Array) -> Array:
    """Return the least score (B,) of the five points of the face in the newest frame. keypoints (B, T, 23, 3)."""
    xp = array_namespace(keypoints)
    return xp.min(keypoints[:, -1, FACE, 2], axis=-1)


def head_inputs(keypoints: Array, evidence: Array, size: Array) -> tuple[Array, Array]:
    """Return the regressor's input (B, NUM_INPUTS), and rotations (B, 3, 3) view <- the head's own direction.

    keypoints (B, T, 23, 3) x, y in box units, score; evidence (B, T, 27, 4) landmarks; size (B,) of the box in ray
    units; T at least FRAMES. The face's five points must be seen in the newest frame (`face_shown`).

    Points are seen from the camera turned to the face, from the face's middle, in units of its size, so that the input
    does not depend on the place of the head in the picture. Frames without all five points are zeros.
    """
    xp = array_namespace(keypoints)
    rows = [keypoints.shape[1] - 1 - ago for ago in AGO]
    points, landmarks = keypoints[:, rows][:, :, _POINTS], evidence[:, rows][:, :, _POINTS]
    scores = points[..., 2]
    rays = points[..., :2] * size[:, None, None, None]
    middle = xp.mean(rays[:, 0, :_NUM_FACE], axis=1)
    straight = xp.concat([middle * 0, xp.ones_like(middle[:, :1])], axis=-1)
    own = rotation_between(straight, xp.concat([middle, xp.ones_like(middle[:, :1])], axis=-1))
    ahead = xp.concat([rays, xp.ones_like(rays[..., :1])], axis=-1) @ own[:, None]
    flat, seen_size = _from_the_face(ahead[..., :2] / xp.clip(ahead[..., 2:], 0.2, None))
    deep, _ = _from_the_face(landmarks[..., :3])
    zero = xp.zeros_like(scores)
    whole = xp.min(xp.where(scores > 0, xp.ones_like(scores), zero)[..., :_NUM_FACE], axis=-1)[..., None]  # (B, L, 1)
    shown = xp.where(scores > 0, xp.ones_like(scores), zero) * whole
    flat, deep = flat * shown[..., None], deep * (shown * landmarks[..., 3])[..., None]
    parts = [flat, deep, (scores * whole)[..., None]]
    columns = [xp.reshape(part, (part.shape[0], math.prod(part.shape[1:]))) for part in parts]
    return xp.concat([*columns, xp.log(seen_size)[:, None]], axis=-1), own


def _from_the_face(points: Array) -> tuple[Array, Array]:
    """Return points (B, L, 7, n) from the middle of each frame's face in units of the newest face, and its size
    (B,)."""
    xp = array_namespace(points)
    off = points - xp.mean(points[:, :, :_NUM_FACE], axis=2, keepdims=True)
    newest = off[:, 0, :_NUM_FACE]
    size = xp.clip(xp.mean(xp.sqrt(xp.sum(newest * newest, axis=-1)), axis=-1), _SMALLEST, None)
    off = off / size[:, None, None, None]
    far = xp.clip(off[:, :, _NUM_FACE:], -_FAR, _FAR) / _FAR_UNIT
    return xp.concat([xp.clip(off[:, :, :_NUM_FACE], -_FAR, _FAR), far], axis=2), size
