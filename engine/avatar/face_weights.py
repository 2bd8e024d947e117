"""Expression of a pose (52 scores with ARKit's names) -> morph targets of a model.

A model made for "perfect sync" has expressions with those names and gets them as they are. Any other has VRM's presets:
lids one by one, the mouth as a mixture of five vowels, and four moods.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from engine.avatar.expressions import ExpressionNames
from engine.avatar.mesh import Gaze, Model
from engine.types import F32, Pose
from models.face import EXPRESSION, EXPRESSION_NAMES

_ENOUGH_OF_52 = 30
_LEAST = 0.005


class FaceWeights:
    """Finds the weights of one model's morph targets."""

    def __init__(self, model: Model) -> None:
        """Look up once which expressions the model has."""
        names = ExpressionNames(model.expressions)
        exact = {name: names.find(name) for name in EXPRESSION_NAMES}
        self._perfect = sum(found is not None for found in exact.values()) >= _ENOUGH_OF_52
        self._exact, self._names = exact, names
        self._expressions = model.expressions
        self._gaze = model.gaze

    def __call__(self, pose: Pose) -> dict[tuple[int, int], float]:
        """Return the weight of each moved morph target, by mesh and target; one moved twice gets the sum, at most 1."""
        wanted: dict[str, float] = {}
        if pose.expression is not None:
            wanted = self._by_name(pose.expression) if self._perfect else preset_weights(pose.expression)
        if pose.eyes_xyzw is not None and not self._gaze.by_bones:
            wanted |= look_weights(pose.eyes_xyzw, self._gaze)
        weights: dict[tuple[int, int], float] = {}
        for name, value in self._names.only_known(self._with_both_lids(wanted).items()):
            expression = self._expressions[name]
            value = float(value >= 0.5) if expression.binary else min(max(value, 0.0), 1.0)
            for bind in expression.binds if value > _LEAST else ():
                key = (bind.mesh, bind.target)
                weights[key] = min(weights.get(key, 0.0) + value * bind.weight, 1.0)
        return weights

    def _by_name(self, scores: F32) -> dict[str, float]:
        return {found: float(scores[EXPRESSION[name]]) for name, found in self._exact.items() if found is not None}

    def _with_both_lids(self, wanted: dict[str, float]) -> dict[str, float]:
        """A model with one blink for both eyes closes them by the eye that is open wider."""
        if "blinkLeft" not in wanted or self._names.find("blinkLeft") is not None:
            return wanted
        return wanted | {"blink": min(wanted["blinkLeft"], wanted["blinkRight"])}


def preset_weights(scores: F32) -> dict[str, float]:
    """Return VRM 1.0's presets for (52,) scores of models.face.EXPRESSION_NAMES.

    The jaw opens "aa"; a round mouth turns it to "oh" and "ou", a wide one to "ih" and "ee". Moods share what is left,
    so that a smile does not double an open mouth.
    """

    def score(name: str) -> float:
        return float(scores[EXPRESSION[name]])

    def both(name: str) -> float:
        return (score(f"{name}Left") + score(f"{name}Right")) / 2

    jaw = min(1.6 * score("jawOpen"), 1.0)
    funnel, pucker, wide = score("mouthFunnel"), score("mouthPucker"), both("mouthStretch")
    round_ = min(funnel + pucker, 1.0)
    mouth = {
        "oh": jaw * round_ + (1 - jaw) * 0.5 * funnel,
        "ou": (1 - jaw) * pucker,
        "ee": 0.6 * wide * jaw,
        "ih": 0.6 * wide * (1 - jaw),
    }
    mouth["aa"] = max(jaw - mouth["oh"] - mouth["ee"], 0.0)
    smile = max(both("mouthSmile") - 0.5 * round_, 0.0)
    moods = {
        "happy": smile,
        "sad": both("mouthFrown") * (1 - smile),
        "angry": both("browDown") * (1 - smile),
        "surprised": min(score("browInnerUp"), both("eyeWide")) * (1 - smile),
    }
    calm = 1.0 - 0.5 * min(sum(mouth.values()), 1.0)
    lids = {"blinkLeft": score("eyeBlinkLeft"), "blinkRight": score("eyeBlinkRight")}
    return mouth | {name: value * calm for name, value in moods.items()} | lids


def look_weights(eyes_xyzw: F32, gaze: Gaze) -> dict[str, float]:
    """Return the four looks of a model without eye bones, from the mean of both eyes."""
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
