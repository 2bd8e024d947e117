"""Error of the head's orientation on rendered people: network, points of the face in closed form, regressor, joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.evaluation.frames import inputs_of
from models.evaluation.predict import Inputs
from models.head.closed_form import head_in_view
from models.head.inputs import face_shown
from models.head.joined import LEAST_SCORE
from models.head.regressor import HeadRegressor, head_regressor
from models.rotations import geodesic_angle, rotation_6d_to_matrix
from models.training.losses import head_turned

if TYPE_CHECKING:
    from models.evaluation.rendered import Shown

F64 = NDArray[np.float64]

WITHIN_DEG = (30, 60, 180)
"""Groups of frames by the angle between the face and the direction to the camera."""
WAYS = ("network", "closed_form", "regressor", "joined")


def heads_table(shown: Sequence[Shown]) -> dict[str, dict[str, float]]:
    """Return for each group of WITHIN_DEG the frames and the mean error of each way in degrees, over the frames that
    show the face's five points and the detector's landmarks."""
    rows = [_errors(one) for one in shown]
    away = np.concatenate([row[0] for row in rows]) if rows else np.zeros(0)
    errors = np.concatenate([row[1] for row in rows]) if rows else np.zeros((0, len(WAYS)))
    table = {}
    for limit in WITHIN_DEG:
        kept = away <= limit
        if kept.any():
            mean = errors[kept].mean(0).tolist()
            table[f"within_{limit}"] = {"frames": float(kept.sum())} | dict(zip(WAYS, mean, strict=True))
    return table


def _errors(shown: Shown) -> tuple[F64, F64]:
    """Return the faces' angles to the camera (N,) and the errors (N, WAYS), degrees."""
    windows = shown.windows
    inputs = inputs_of(windows)
    kept = windows.seen.numpy() & (face_shown(inputs.keypoints) > LEAST_SCORE) & (inputs.evidence[:, -1, 0, 3] > 0)
    own = Inputs(inputs.keypoints[kept], inputs.evidence[kept], inputs.box[kept])
    truth = head_turned(rotation_6d_to_matrix(windows.rotations_6d[:, -1])).double().numpy()[kept]
    network = shown.network_head[kept]
    heads = [network, _closed_form(own, network), _regressed(head_regressor(), own), shown.found.head[kept]]
    errors = np.stack([geodesic_angle(found, truth) for found in heads], axis=-1)
    return _away_deg(own, truth), np.degrees(errors)


def _closed_form(inputs: Inputs, otherwise: F64) -> F64:
    """Return the heads (N, 3, 3) from the five points; the other ones where they are no face."""
    rows = []
    for keypoints, box, other in zip(inputs.keypoints, inputs.box, otherwise, strict=True):
        found = head_in_view(keypoints[-1].astype(np.float64), float(np.exp(box[2])), blazepose=True)
        rows.append(other if found is None else found)
    return np.stack(rows) if rows else otherwise


def _regressed(regressor: HeadRegressor, inputs: Inputs) -> F64:
    size = np.exp(inputs.box[:, 2].astype(np.float64))
    return regressor.guess(inputs.keypoints.astype(np.float64), inputs.evidence.astype(np.float64), size).rotations


def _away_deg(inputs: Inputs, truth: F64) -> F64:
    """Return the angle (N,) between where each head looks and the direction from it to the camera."""
    rays = inputs.keypoints[:, -1, 0, :2].astype(np.float64) * np.exp(inputs.box[:, 2:].astype(np.float64))
    to_camera = -np.concatenate([rays, np.ones((len(rays), 1))], axis=-1)
    to_camera /= np.linalg.norm(to_camera, axis=-1, keepdims=True)
    cosine = (truth[:, :, 2] * to_camera).sum(-1)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
