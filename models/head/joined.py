"""The network's head, joined with the one that the points of the face show.

The network sees the whole body over a second, but underestimates head rotation. The regressor is trained on faces as
BlazePose sees them; without landmarks (another detector, keypoints from a file) the closed form is used instead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.head.closed_form import head_in_view
from models.head.inputs import FACE, FRAMES, face_shown
from models.head.regressor import head_regressor
from models.parts import HEAD_CHAIN, HEAD_LEVER, PART
from models.rotations import rotation_6d_to_matrix
from models.skeleton import JOINT
from models.vtm.evidence import evidence_shape

F64 = NDArray[np.float64]

TRUST = 0.9
"""Weight of the closed form at full scores."""
DOUBT_RAD = np.radians(70.0)
"""Its weight falls as exp(-(angle to the network's answer / this)^2)."""
LEAST_SCORE = 0.2
_LEVER_OF_ANGLE = HEAD_LEVER * np.pi / 4
"""Mean displacement of the tips of the head's axes, body heights per radian of rotation."""
_ALIKE = np.sqrt(2)
"""Both answers weigh the same where the regressor's expected error is this many times the network's. Their errors are
correlated, since both read the same points, so the weight moves quickly to the one that expects the smaller error."""
_USUAL_ERROR_RAD = 0.3
"""Expected error of a network without confidence."""
_HEAD = JOINT["Head"]


def with_head(rotations: F64, keypoints: F64, evidence: F64, size: float, log_spread: F64 | None) -> F64:
    """Return local rotations (22, 3, 3), Hips in the view, with the head turned to match the points of the face.

    keypoints (T, 23, 3) x, y in box units, score, to the frame of the answer; evidence (T, rows, numbers) as in
    models.vtm.evidence, zeros where there is none; size in ray units; log_spread (6,) of the network's parts, or None.
    Unchanged where one of the five points is not seen.
    """
    score = float(face_shown(keypoints[None])[0])
    if score < LEAST_SCORE:
        return rotations
    above = rotations[HEAD_CHAIN[0]]
    for joint in HEAD_CHAIN[1:-1]:
        above = above @ rotations[joint]
    head = above @ rotations[_HEAD]
    found = _regressed(keypoints, evidence, size, log_spread)
    if found is None:
        found = _in_closed_form(head, keypoints[-1], size, score, blazepose=bool(evidence.any()))
    if found is None:
        return rotations
    seen, trust = found
    mixed = (1 - trust) * head + trust * seen
    turned = rotations.copy()
    turned[_HEAD] = above.T @ rotation_6d_to_matrix(np.concatenate([mixed[:, 0], mixed[:, 1]]))
    return turned


def _regressed(keypoints: F64, evidence: F64, size: float, log_spread: F64 | None) -> tuple[F64, float] | None:
    """Return the regressor's head and its weight; None without landmarks."""
    landmarks = evidence.shape[1:] == evidence_shape("landmarks") and bool(evidence[-1, FACE, -1].all())
    if len(keypoints) < FRAMES or not landmarks:
        return None
    guess = head_regressor().guess(keypoints[None], evidence[None], np.array([size]))
    own = _USUAL_ERROR_RAD if log_spread is None else float(np.exp(log_spread[PART["head"]])) / _LEVER_OF_ANGLE
    error = float(guess.error_rad[0])
    return guess.rotations[0], own**4 / (own**4 + (error / _ALIKE) ** 4)


def _in_closed_form(
    head: F64, keypoints: F64, size: float, score: float, *, blazepose: bool
) -> tuple[F64, float] | None:
    """Return the head in closed form and its weight; None where the points are not a face."""
    seen = head_in_view(keypoints, size, blazepose=blazepose)
    if seen is None:
        return None
    angle = float(np.arccos(np.clip((np.trace(head.T @ seen) - 1) / 2, -1.0, 1.0)))
    return seen, TRUST * score * float(np.exp(-((angle / DOUBT_RAD) ** 2)))
