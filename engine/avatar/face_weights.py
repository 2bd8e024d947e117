"""Convert a pose's expression (52 scores with ARKit's names) to a model's morph targets.

A model made for "perfect sync" has expressions with those names and gets them unchanged. Others get VRM's presets as
in the stream (models/vrm_expressions.py): vowels, eyelids and moods.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from engine.avatar.expressions import ExpressionNames
from engine.avatar.mesh import Gaze, Model
from engine.types import F32, Pose
from models.face import EXPRESSION, EXPRESSION_NAMES
from models.vrm_expressions import VRM1_NAMES, vrm_expressions

_ENOUGH_OF_52 = 30
_LEAST = 0.005


class FaceWeights:
    """Computes the weights of one model's morph targets."""

    def __init__(self, model: Model) -> None:
        """Determine which expressions the model has."""
        names = ExpressionNames(model.expressions)
        exact = {name: names.find(name) for name in EXPRESSION_NAMES}
        self._perfect = sum(found is not None for found in exact.values()) >= _ENOUGH_OF_52
        self._exact, self._names = exact, names
        self._expressions = model.expressions
        self._gaze = model.gaze

    def __call__(self, pose: Pose) -> dict[tuple[int, int], float]:
        """Return the weight of each moved morph target, by mesh and target; contributions are added, up to 1."""
        wanted: dict[str, float] = {}
        if pose.expression is not None:
            wanted = self._by_name(pose.expression) if self._perfect else _presets(pose.expression)
        if pose.eyes_xyzw is not None and not self._gaze.by_bones:
            wanted |= look_weights(pose.eyes_xyzw, self._gaze)
        weights: dict[tuple[int, int], float] = {}
        for name, value in self._names.only_known(wanted.items()):
            expression = self._expressions[name]
            value = float(value >= 0.5) if expression.binary else min(max(value, 0.0), 1.0)
            for bind in expression.binds if value > _LEAST else ():
                key = (bind.mesh, bind.target)
                weights[key] = min(weights.get(key, 0.0) + value * bind.weight, 1.0)
        return weights

    def _by_name(self, scores: F32) -> dict[str, float]:
        return {found: float(scores[EXPRESSION[name]]) for name, found in self._exact.items() if found is not None}


def _presets(scores: F32) -> dict[str, float]:
    """Convert scores (52,) to VRM 1.0's presets."""
    return dict(zip(VRM1_NAMES, vrm_expressions(scores).tolist(), strict=True))


def look_weights(eyes_xyzw: F32, gaze: Gaze) -> dict[str, float]:
    """Return the four look expressions of a model without eye bones, from the mean of both eyes."""
    ahead = Rotation.from_quat(eyes_xyzw).apply([0.0, 0.0, 1.0]).mean(axis=0)
    left = float(np.degrees(np.arctan2(ahead[0], ahead[2])))
    up = float(np.degrees(np.arctan2(ahead[1], np.hypot(ahead[0], ahead[2]))))

    def look(angle: float, span: tuple[float, float]) -> float:
        return min(max(angle, 0.0) / span[0], 1.0) * min(span[1], 1.0)

    return {
        "lookLeft": look(left, gaze.outer),
        "lookRight": look(-left, gaze.outer),
        "lookUp": look(up, gaze.up),
        "lookDown": look(-up, gaze.down),
    }
