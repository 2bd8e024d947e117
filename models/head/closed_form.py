"""Head orientation in closed form from nose, eyes and ears, blended with the network's answer.

The network underestimates head rotation, because heads in motion capture stay level. Five points of a face of known
shape give it directly: their picture, seen from the head's own direction and divided by the distance, is linear in the
first two rows of the rotation (weak perspective; Tomasi and Kanade 1992). The polar factor of the least-squares
solution gives these rows, their cross product the third.
"""

from __future__ import annotations

import numpy as np

from engine.types import F64
from models.keypoints import KEYPOINT
from models.rotations import rotation_6d_to_matrix, rotation_between
from models.skeleton import JOINT, PARENTS

TRUST = 0.9  # weight of the closed form at full scores
DOUBT_RAD = np.radians(70.0)  # the weight falls as exp(-(angle to the network's answer / this)^2)
_FACE = [KEYPOINT[name] for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]
FACE_POINTS = {
    True: np.array([[0, 32, 100], [24, 67, 78], [-24, 67, 78], [47, 54, 31], [-47, 54, 31]], np.float64),
    False: np.array([[0, 30, 117], [30, 70, 91], [-30, 70, 91], [79, 64, -6], [-79, 64, -6]], np.float64),
}
"""The points on a head as marked by BlazePose (True) and by people (False), millimetres from the Head joint.

False: fitted to 2,453 rendered heads with the exact perspective; mean error on 318 other heads 2.9 degrees.
True: BlazePose's points, narrower than in models.synth.landmarks, which suits its errors better (12 against 13
degrees), and pitched so that a level head of the renderer is level.
"""
_SOLVE = {kind: np.linalg.pinv(points - points.mean(0)) for kind, points in FACE_POINTS.items()}  # (3, 5)
_LEAST_SCORE = 0.2
_SMALLEST = 1e-12  # squared scale, per millimetre; below: all points in one place
_HEAD, _CHAIN = JOINT["Head"], [JOINT["Head"]]
while PARENTS[_CHAIN[0]] >= 0:
    _CHAIN.insert(0, PARENTS[_CHAIN[0]])


def head_in_view(keypoints: F64, size: float, *, blazepose: bool) -> F64 | None:
    """Return the rotation (3, 3) view <- head; None when the points are not a face. keypoints (23, 3) x, y in box
    units, score; size in ray units."""
    rays = np.concatenate([keypoints[_FACE, :2] * size, np.ones((len(_FACE), 1))], axis=-1)
    middle = rays.mean(0)
    to_view = rotation_between(np.array([0.0, 0.0, 1.0]), middle)  # (3, 3) view <- the head's own direction
    own = rays @ to_view
    seen = own[:, :2] / own[:, 2:]
    rows = (_SOLVE[blazepose] @ (seen - seen.mean(0))).T  # (2, 3)
    gram = rows @ rows.T
    area = float(np.sqrt(max(gram[0, 0] * gram[1, 1] - gram[0, 1] ** 2, 0.0)))
    if not np.isfinite(area) or np.trace(gram) < _SMALLEST or area < 1e-3 * np.trace(gram):
        return None
    root = (gram + area * np.eye(2)) / np.sqrt(np.trace(gram) + 2 * area)  # of a 2 x 2 matrix
    level = np.linalg.solve(root, rows)
    turned: F64 = to_view @ np.vstack([level, np.cross(level[0], level[1])])
    return turned


def with_head(rotations: F64, keypoints: F64, size: float, *, blazepose: bool) -> F64:
    """Return local rotations (22, 3, 3), Hips in the view, with the head rotated to match its five points.

    keypoints (23, 3) as in `head_in_view`. Unchanged where one of the five is not seen.
    """
    score = float(keypoints[_FACE, 2].min())
    if score < _LEAST_SCORE:
        return rotations
    seen = head_in_view(keypoints, size, blazepose=blazepose)
    if seen is None:
        return rotations
    above = rotations[_CHAIN[0]]
    for joint in _CHAIN[1:-1]:
        above = above @ rotations[joint]
    head = above @ rotations[_HEAD]
    angle = float(np.arccos(np.clip((np.trace(head.T @ seen) - 1) / 2, -1.0, 1.0)))
    trust = TRUST * score * float(np.exp(-((angle / DOUBT_RAD) ** 2)))
    mixed = (1 - trust) * head + trust * seen
    turned = rotations.copy()
    turned[_HEAD] = above.T @ rotation_6d_to_matrix(np.concatenate([mixed[:, 0], mixed[:, 1]]))
    return turned
