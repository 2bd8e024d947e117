"""What the header says of the person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.window.person_words import person_words, unseen_words
from engine.osc.demo_pose import wave_pose
from engine.types import Pose
from models.parts import PART, PART_NAMES


def posed(body: str = "whole", tracked: bool = True, **confidence: float) -> Pose:
    parts = np.ones(len(PART_NAMES), np.float32)
    for name, value in confidence.items():
        parts[PART[name]] = value
    return replace(wave_pose(1.7, 0.0), body=body, tracked=tracked, part_confidence=parts)


def words(body: str = "whole", tracked: bool = True, **confidence: float) -> str:
    return person_words(posed(body, tracked, **confidence))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words(), "Whole body"),
        (words("upper", left_leg=0.1, right_leg=0.2), "Upper body, legs guessed"),
        (words("seated", left_leg=0.0, right_leg=0.0, left_arm=0.1), "Seated, left arm and legs guessed"),
        (words(right_arm=0.1), "Tracked, right arm guessed"),
        (words("upper", trunk=0.2, left_arm=0, right_arm=0, left_leg=0, right_leg=0), "trunk, arms and legs guessed"),
        (words("upper", **dict.fromkeys(PART_NAMES, 0.1)), "Hardly seen, the whole pose is guessed"),
        (words(tracked=False), "Lost"),
        (person_words(None), ""),
    ],
)
def test_a_line_says_what_is_seen_and_what_is_guessed(said: str, expected: str):
    assert said.endswith(expected)


@pytest.mark.parametrize(
    ("pose", "expected"),
    [
        (posed(), ""),
        (posed(left_arm=0.1, left_leg=0.0, right_leg=0.0), "Left arm and legs not seen"),
        (posed("seated", left_leg=0.0, right_leg=0.0), ""),
        (posed("upper", **dict.fromkeys(PART_NAMES, 0.1)), "Hardly seen"),
    ],
)
def test_the_performer_reads_what_is_not_seen(pose: Pose, expected: str):
    assert unseen_words(pose) == expected
