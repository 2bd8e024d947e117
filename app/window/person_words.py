"""Words in the header on the person: what is seen, and what is guessed. No Qt here."""

from __future__ import annotations

from engine.types import Pose
from models.parts import PART

GUESSED_BELOW = 0.3
"""Confidence below which a part is called guessed, here and in the 3D view."""
_HARDLY_SEEN = "Hardly seen"
_EVERYTHING = ["head", "trunk", "arms", "legs"]
_BODIES = {"upper": "Upper body", "seated": "Seated"}


def person_words(pose: Pose | None) -> str:
    """Return one line: "Whole body", "Upper body, legs guessed", "Lost", or "" before a person was seen."""
    if pose is None:
        return ""
    if not pose.tracked:
        return "Lost"
    guessed = _guessed(pose)
    if guessed == _EVERYTHING:
        return f"{_HARDLY_SEEN}, the whole pose is guessed"
    whole = "Whole body" if not guessed else "Tracked"
    shown = _BODIES.get(pose.body, whole)
    return f"{shown}, {_listed(guessed)} guessed" if guessed else shown


def unseen_words(pose: Pose) -> str:
    """Return "Left arm and legs not seen", "Hardly seen", or "". A seated stance shows no tracked legs."""
    guessed = _guessed(pose)
    if guessed == _EVERYTHING:
        return _HARDLY_SEEN
    words = [word for word in guessed if pose.body == "whole" or "leg" not in word]
    return f"{_listed(words).capitalize()} not seen" if words else ""


def _guessed(pose: Pose) -> list[str]:
    """Return the guessed parts; a pair as one word."""
    low = {name for name, index in PART.items() if float(pose.part_confidence[index]) < GUESSED_BELOW}
    words: list[str] = [name for name in ("head", "trunk") if name in low]
    for limb in ("arm", "leg"):
        sides = [side for side in ("left", "right") if f"{side}_{limb}" in low]
        words += [f"{limb}s"] if len(sides) == 2 else [f"{side} {limb}" for side in sides]
    return words


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
