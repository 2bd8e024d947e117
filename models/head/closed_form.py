"""Head orientation in closed form from nose, eyes and ears.

Five points of a face of known shape give it: their picture, seen from the head's own direction and divided by the
distance, is linear in the first two rows of the rotation (weak perspective; Tomasi and Kanade 1992). The polar factor
of the least-squares solution gives these rows, their cross product the third.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.head.inputs import FACE
from models.rotations import rotation_between

F64 = NDArray[np.float64]

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
_SMALLEST = 1e-12  # squared scale, per millimetre; below: all points in one place


def head_in_view(keypoints: F64, size: float, *, blazepose: bool) -> F64 | None:
    """Return the rotation (3, 3) view <- head; None when the points are not a face. keypoints (23, 3) x, y in box
    units, score; size in ray units."""
    rays = np.concatenate([keypoints[FACE, :2] * size, np.ones((len(FACE), 1))], axis=-1)
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
