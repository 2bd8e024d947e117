"""Scores of a face become expressions that the model has, by whichever names it has them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.avatar.face_weights import FaceWeights
from engine.avatar.mesh import Bind, Expression, Gaze
from engine.osc.demo_pose import wave_pose
from engine.types import Pose
from models.face import EXPRESSION, EXPRESSION_NAMES, NUM_EXPRESSIONS


class _Face:
    """What FaceWeights asks of a model: a target of its own for each expression."""

    def __init__(self, names: tuple[str, ...], gaze: Gaze | None = None, binary: bool = False) -> None:
        self.expressions = {name: Expression((Bind(0, row, 1.0),), binary) for row, name in enumerate(names)}
        self.gaze = gaze or Gaze()
        self._names = names

    def weights(self, pose: Pose) -> dict[str, float]:
        """What is moved, by name."""
        found = FaceWeights(self)(pose)  # type: ignore[arg-type]  # has what is asked of a model
        return {self._names[target]: weight for (_, target), weight in found.items()}


def _pose(**scores: float) -> Pose:
    values = np.zeros(NUM_EXPRESSIONS, np.float32)
    for name, score in scores.items():
        values[EXPRESSION[name]] = score
    return dataclasses.replace(wave_pose(1.7, 0.0), expression=values)


def test_a_model_for_perfect_sync_gets_the_scores_as_they_are() -> None:
    names = tuple(name[0].upper() + name[1:] for name in EXPRESSION_NAMES[1:])
    assert _Face(names).weights(_pose(jawOpen=0.4, mouthSmileLeft=0.7)) == pytest.approx(
        {"JawOpen": 0.4, "MouthSmileLeft": 0.7}
    )


def test_lids_close_together_and_one_by_one_as_the_model_can() -> None:
    wink = _pose(eyeBlinkLeft=0.9)
    assert _Face(("Blink", "Blink_L", "Blink_R")).weights(wink) == pytest.approx({"Blink_L": 0.9})
    assert _Face(("Blink",)).weights(wink) == {}
    assert _Face(("Blink",)).weights(_pose(eyeBlinkLeft=0.9, eyeBlinkRight=0.6)) == pytest.approx({"Blink": 0.6})


@pytest.mark.parametrize(
    ("scores", "name"),
    [
        ({"jawOpen": 0.6}, "aa"),
        ({"jawOpen": 0.6, "mouthFunnel": 0.9}, "oh"),
        ({"mouthPucker": 0.9}, "ou"),
        ({"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "jawOpen": 0.5}, "happy"),
        ({"mouthFrownLeft": 0.8, "mouthFrownRight": 0.8}, "sad"),
        ({"browDownLeft": 0.8, "browDownRight": 0.8}, "angry"),
        ({"browInnerUp": 0.8, "browOuterUpLeft": 0.8, "browOuterUpRight": 0.8}, "surprised"),
    ],
)
def test_the_strongest_expression_is_the_one_that_is_meant(scores: dict[str, float], name: str) -> None:
    weights = _Face(("aa", "ih", "ou", "ee", "oh", "happy", "sad", "angry", "surprised")).weights(_pose(**scores))
    assert max(weights, key=lambda one: weights[one]) == name


def test_a_binary_expression_is_on_or_off() -> None:
    assert _Face(("happy",), binary=True).weights(_pose(mouthSmileLeft=0.7, mouthSmileRight=0.7)) == {"happy": 1.0}
    assert _Face(("happy",), binary=True).weights(_pose(mouthSmileLeft=0.3, mouthSmileRight=0.3)) == {}


def test_a_model_without_eye_bones_looks_round_by_expressions() -> None:
    turn = Rotation.from_euler("YX", [20, -10], degrees=True).as_quat().astype(np.float32)
    pose = dataclasses.replace(wave_pose(1.7, 0.0), eyes_xyzw=np.stack([turn, turn]))
    gaze = Gaze(False, *[(40.0, 1.0)] * 4)
    names = ("lookLeft", "lookRight", "lookUp", "lookDown")
    assert _Face(names, gaze).weights(pose) == pytest.approx({"lookLeft": 0.5, "lookUp": 0.25}, abs=0.01)
    assert _Face(names).weights(pose) == {}, "by bones"


def test_without_a_face_nothing_moves() -> None:
    assert _Face(("aa", "Blink")).weights(wave_pose(1.7, 0.0)) == {}
