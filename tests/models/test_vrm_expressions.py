"""The few expressions of a VRM model from the 52 scores: vowels, blinks, moods."""

from __future__ import annotations

import numpy as np
import pytest

from models.face import EXPRESSION, MIRROR_EXPRESSIONS, NUM_EXPRESSIONS
from models.vrm_expressions import VRM0_NAMES, VRM1_NAMES, vrm_expressions


def of(**scores: float) -> dict[str, float]:
    values = np.zeros(NUM_EXPRESSIONS, np.float32)
    for name, score in scores.items():
        values[EXPRESSION[name]] = score
    return dict(zip(VRM1_NAMES, vrm_expressions(values).tolist(), strict=True))


def test_a_still_face_has_no_expression():
    assert set(of().values()) == {0.0}


@pytest.mark.parametrize(
    ("vowel", "scores"),
    [
        ("aa", {"jawOpen": 0.9}),
        ("oh", {"jawOpen": 0.8, "mouthFunnel": 0.9}),
        ("ou", {"mouthPucker": 0.9}),
        ("ih", {"mouthStretchLeft": 0.8, "mouthStretchRight": 0.8}),
        ("ee", {"mouthStretchLeft": 0.9, "mouthStretchRight": 0.9, "jawOpen": 0.8}),
    ],
)
def test_each_vowel_wins_where_it_should(vowel: str, scores: dict[str, float]):
    found = of(**scores)
    assert max(VRM1_NAMES[:5], key=found.__getitem__) == vowel
    assert found[vowel] > 0.6


def test_vowels_never_sum_to_more_than_one_and_everything_stays_in_range():
    scores = np.random.default_rng(0).uniform(0, 1, (500, NUM_EXPRESSIONS))
    found = vrm_expressions(scores)
    assert found[:, :5].sum(-1).max() <= 1 + 1e-9
    assert found.min() >= 0
    assert found.max() <= 1


def test_a_blink_of_both_eyes_is_the_blink_and_a_wink_is_one_side_and_they_add_up():
    found = of(eyeBlinkLeft=0.9, eyeBlinkRight=0.3)
    assert found["blink"] == pytest.approx(0.3)
    assert found["blinkLeft"] == pytest.approx(0.6)
    assert found["blinkRight"] == 0


def test_a_talking_smile_is_no_mood_and_a_broad_one_is():
    assert of(mouthSmileLeft=0.25, mouthSmileRight=0.25)["happy"] == 0
    assert of(mouthSmileLeft=1.0, mouthSmileRight=1.0)["happy"] == 1
    assert of(browDownLeft=0.8, browDownRight=0.8)["angry"] > 0.6
    assert of(browInnerUp=0.9, browOuterUpLeft=0.9, browOuterUpRight=0.9)["surprised"] > 0.8


def test_a_mirrored_face_changes_the_sides_of_the_lids_alone():
    scores = np.random.default_rng(1).uniform(0, 1, NUM_EXPRESSIONS)
    found, mirrored = vrm_expressions(scores), vrm_expressions(scores[list(MIRROR_EXPRESSIONS)])
    swapped = found.copy()
    left, right = VRM1_NAMES.index("blinkLeft"), VRM1_NAMES.index("blinkRight")
    swapped[[left, right]] = found[[right, left]]
    np.testing.assert_allclose(mirrored, swapped)


def test_both_versions_name_the_same_expressions():
    assert len(VRM0_NAMES) == len(VRM1_NAMES)
    with pytest.raises(ValueError, match="52 scores"):
        vrm_expressions(np.zeros(51))
