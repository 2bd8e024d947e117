"""Convert the 52 scores to the few expressions of every VRM model: five vowels, eyelids, moods.

Vowels and the 52 move the same mouth, so a model gets one or the other. Blink and its two halves add up in most
programs: the common part of both eyes is the blink, the rest goes to one eye.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.face import EXPRESSION, NUM_EXPRESSIONS

F64 = NDArray[np.float64]

VRM1_NAMES: tuple[str, ...] = (
    *("aa", "ih", "ou", "ee", "oh", "blink", "blinkLeft", "blinkRight"),
    *("happy", "angry", "sad", "surprised"),
)
VRM0_NAMES: tuple[str, ...] = (
    *("A", "I", "U", "E", "O", "Blink", "Blink_L", "Blink_R"),
    *("Joy", "Angry", "Sorrow", "Surprised"),
)
"""The same in VRM 0.x; "Surprised" is not a preset there, but a common name. Relaxed (Fun) is not used."""
MOOD_FROM = 0.3
"""A mood starts at this score: a talking mouth is not a smile."""


def _both(scores: F64, name: str) -> F64:
    """Return the mean of left and right score."""
    mean: F64 = (scores[..., EXPRESSION[name + "Left"]] + scores[..., EXPRESSION[name + "Right"]]) / 2
    return mean


def _mood(score: F64) -> F64:
    return np.clip((score - MOOD_FROM) / (1.0 - MOOD_FROM), 0.0, 1.0)


def vrm_expressions(scores: NDArray[np.floating]) -> F64:
    """Convert scores (..., 52) in 0..1 to (..., 12) in the order of VRM1_NAMES, 0..1; the vowels sum to at most 1."""
    if scores.shape[-1] != NUM_EXPRESSIONS:
        raise ValueError(f"{NUM_EXPRESSIONS} scores expected, got {scores.shape[-1]}")
    wide = np.asarray(scores, np.float64)
    jaw, funnel, pucker = (wide[..., EXPRESSION[name]] for name in ("jawOpen", "mouthFunnel", "mouthPucker"))
    stretch = np.maximum(_both(wide, "mouthStretch"), _both(wide, "mouthSmile"))
    vowels = np.stack(
        [
            jaw * (1 - funnel) * (1 - pucker) * (1 - stretch),
            stretch * (1 - jaw),
            pucker * (1 - jaw / 2),
            jaw * stretch * (1 - funnel) * (1 - pucker),
            jaw * funnel,
        ],
        axis=-1,
    )
    vowels /= np.maximum(vowels.sum(-1, keepdims=True), 1.0)
    left, right = wide[..., EXPRESSION["eyeBlinkLeft"]], wide[..., EXPRESSION["eyeBlinkRight"]]
    blink = np.minimum(left, right)
    inner, outer = wide[..., EXPRESSION["browInnerUp"]], _both(wide, "browOuterUp")
    others = [
        *(blink, left - blink, right - blink),
        _mood(_both(wide, "mouthSmile")),
        _mood(_both(wide, "browDown")),
        _mood(_both(wide, "mouthFrown")),
        _mood(np.minimum(inner, outer)),
    ]
    return np.concatenate([vowels, np.stack(others, axis=-1)], axis=-1)
