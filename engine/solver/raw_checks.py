"""Checks of the network's answer: whether it can be a person, and the visibility of its parts."""

from __future__ import annotations

import math

import numpy as np

from engine.types import F32, RawMotion
from models.parts import NUM_PARTS, PART
from models.skeleton import NUM_JOINTS

_LEGS = [PART["left_leg"], PART["right_leg"]]
_DEPTH_LIMITS = (0.1, 30.0)  # body heights
_RATIO_LIMITS = (0.4, 2.2)  # of a bone relative to s̄'s: beyond them it is not a person, whatever the confidence


def part_confidence(raw: RawMotion) -> F32:
    """Return the confidence (6,) of the parts; ones if unknown."""
    return np.ones(NUM_PARTS, np.float32) if raw.part_confidence is None else raw.part_confidence


def legs_confidence(raw: RawMotion) -> float:
    """Return the better leg's confidence: a person behind a low table may show one."""
    return float(part_confidence(raw)[_LEGS].max())


def is_plausible(raw: RawMotion) -> bool:
    """Return whether it is finite, with proper rotations, an up vector and a possible depth."""
    numbers = (raw.rotations, raw.root_px, raw.bone_ratio, raw.up_cam, raw.contacts)
    if not all(bool(np.isfinite(array).all()) for array in numbers) or not math.isfinite(raw.confidence):
        return False
    if not bool(((raw.bone_ratio > _RATIO_LIMITS[0]) & (raw.bone_ratio < _RATIO_LIMITS[1])).all()):
        return False
    if not _DEPTH_LIMITS[0] < raw.root_depth < _DEPTH_LIMITS[1] or float(np.linalg.norm(raw.up_cam)) < 0.1:
        return False
    return raw.rotations.shape == (NUM_JOINTS, 3, 3) and bool((np.linalg.det(raw.rotations) > 0.5).all())
