"""How much of the head's true roll and yaw a take's head follows, in the camera: 1 is all of it.

The reference is a rendered person's true head where it is known. Else the roll is compared with the eyes' tilt in the
picture, which says something only of a face that looks towards the camera with eyes some pixels apart, and the yaw with
another take whose head comes from the face network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from engine.motion.take import MotionTake
from engine.types import F64
from models.keypoints import KEYPOINT
from models.skeleton import JOINT, PARENTS

LEAST_RANGE_RAD = np.radians(3.0)
"""Standard deviation of the reference roll below which no slope can be told."""
LEAST_YAW_RAD = np.radians(5.0)
"""The same for the yaw, where references are 2 to 3 degrees uncertain themselves."""
LEAST_FRAMES = 10
_SURE_EYES = 0.5
_LEAST_EYES_PX = 6.0  # apart; a pixel of noise is 10 degrees there
_BETWEEN = 0.15  # of the ears' distance: the nose of a face towards the camera is between them by at least this
_MOST_AWAY = np.cos(np.radians(60.0))  # a head turned further away has no roll that a picture shows
_EYES, _EARS = ([KEYPOINT[f"{side}_{part}"] for side in ("left", "right")] for part in ("eye", "ear"))
_NOSE = KEYPOINT["nose"]
_CHAIN = [JOINT["Head"]]
while PARENTS[_CHAIN[0]] >= 0:
    _CHAIN.insert(0, PARENTS[_CHAIN[0]])


def heads_in_camera(take: MotionTake) -> F64:
    """Return the heads' orientation (N, 3, 3), camera <- head."""
    heads = Rotation.identity(len(take))
    for joint in _CHAIN:
        heads = heads * Rotation.from_quat(_usable(take.rotations_xyzw[:, joint]))
    found: F64 = take.R_world_cam.T.astype(np.float64) @ heads.as_matrix()
    return found


def _usable(quaternions: NDArray[np.floating]) -> F64:
    """Return quaternions (N, 4) with the identity where a frame has none."""
    given = quaternions.astype(np.float64)
    none = ~(np.linalg.norm(given, axis=-1) > 0.5)
    given[none] = (0.0, 0.0, 0.0, 1.0)
    return given


def head_roll_slope(take: MotionTake, true_heads_cam: F64 | None = None) -> float | None:
    """Return the slope of the roll; None where the head hardly tilts or is not seen from the front."""
    own = heads_in_camera(take)
    if true_heads_cam is not None:
        count = min(len(own), len(true_heads_cam))
        kept = take.tracked[:count] & _towards(true_heads_cam[:count])
        return _slope(_roll(true_heads_cam[:count])[kept], _roll(own[:count])[kept])
    kept = take.tracked & eyes_tell(take.keypoints_px.astype(np.float64), take.keypoint_scores)
    eyes = take.keypoints_px[:, _EYES].astype(np.float64)
    across = eyes[:, 0] - eyes[:, 1]
    return _slope(np.arctan2(across[:, 1], across[:, 0])[kept], _roll(own)[kept])


def eyes_tell(points_px: F64, scores: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return (N,) whether the eyes' tilt is the head's roll. points_px (N, 23, 2), scores (N, 23)."""
    eyes, ears = points_px[:, _EYES], points_px[:, _EARS]
    apart = np.linalg.norm(eyes[:, 0] - eyes[:, 1], axis=-1)
    across = ears[:, 0] - ears[:, 1]
    width = np.maximum(np.linalg.norm(across, axis=-1), 1e-9)
    along = ((points_px[:, _NOSE] - ears[:, 1]) * across).sum(-1) / width**2  # 0 right ear .. 1 left ear
    between = np.asarray((along > _BETWEEN) & (along < 1.0 - _BETWEEN))
    sure = (scores[:, [*_EYES, *_EARS, _NOSE]] > _SURE_EYES).all(1)
    return np.asarray(sure & between & (apart >= _LEAST_EYES_PX))


def head_yaw(
    take: MotionTake, true_heads_cam: F64 | None = None, face_take: MotionTake | None = None
) -> tuple[float | None, float | None]:
    """Return the slope of the yaw and the median difference in degrees.

    The reference is the truth, or a take of the same frames with `--face on`; None without one, and for the slope of a
    head that hardly turns.
    """
    own = heads_in_camera(take)
    if true_heads_cam is not None:
        reference, known = true_heads_cam, np.ones(len(true_heads_cam), bool)
    elif face_take is not None and face_take.head_from_face is not None:
        reference, known = heads_in_camera(face_take), face_take.tracked & face_take.head_from_face
    else:
        return None, None
    count = min(len(own), len(reference))
    kept = take.tracked[:count] & known[:count] & _towards(reference[:count])
    true, found = _yaw(reference[:count])[kept], _yaw(own[:count])[kept]
    if len(true) < LEAST_FRAMES:
        return None, None
    return _slope(true, found, LEAST_YAW_RAD), float(np.degrees(np.median(np.abs(_wrapped(found - true)))))


def _wrapped(angles: F64) -> F64:
    return np.asarray(np.arctan2(np.sin(angles), np.cos(angles)))


def _towards(heads: F64) -> NDArray[np.bool_]:
    return np.asarray(-heads[:, 2, 2] > _MOST_AWAY)


def _roll(heads: F64) -> F64:
    return np.asarray(np.arctan2(heads[:, 1, 0], heads[:, 0, 0]))


def _yaw(heads: F64) -> F64:
    return np.asarray(np.arctan2(heads[:, 0, 2], -heads[:, 2, 2]))


def _slope(reference: F64, own: F64, least_rad: float = LEAST_RANGE_RAD) -> float | None:
    """Return the least-squares slope of angles (N,) over a reference (N,), radians; None: too few or too still."""
    if len(reference) < LEAST_FRAMES or reference.std() < least_rad:
        return None
    nearest = reference + _wrapped(own - reference)
    about = reference - reference.mean()
    return float((about * nearest).sum() / (about * about).sum())
