"""Camera position for the avatar's window: head, upper body or whole body, from the model's own size. No Qt."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from engine.avatar.mesh import Model
from engine.types import F64

FOV_DEG = 26.0
"""Vertical field of view: narrow, to avoid distorting faces."""
_LEAST_HEAD = 0.15  # least height above the head joint, as a fraction of the joint's height
_ARM_WITH_HAND = 1.3  # arm with hand, relative to the length up to the wrist
_BELOW_HEAD = 0.35  # shown below the head joint (neck and collar), relative to the part above it
_MARGIN = 1.08


class Framing(NamedTuple):
    """View of the camera. Metres."""

    centre_m: float  # height above the floor at rest
    span_m: float  # visible height
    bone: str  # the bone that the camera follows


def framing(model: Model, name: str) -> Framing:
    """Return one of looks.FRAMINGS for a model."""
    heights: dict[str, F64] = model.rest
    head = float(heights["Head"][1])
    top = max(_top_m(model), head * (1.0 + _LEAST_HEAD))
    if name == "whole":
        top = max(top, _reach_m(model))
    bottom = {"whole": 0.0, "upper": float(heights["Hips"][1]), "head": head - _BELOW_HEAD * (top - head)}[name]
    span = (top - bottom) * _MARGIN
    return Framing((top + bottom) / 2, span, "Head" if name == "head" else "Hips")


def _reach_m(model: Model) -> float:
    """Return the height that the hands can reach, including fingers."""
    shoulder, hand = model.rest["LeftUpperArm"], model.rest["LeftHand"]
    return float(shoulder[1]) + _ARM_WITH_HAND * float(np.linalg.norm(hand - shoulder))


def _top_m(model: Model) -> float:
    """Return the height of the highest vertex at rest: head and hair sizes vary."""
    up = model.joints.binds[:, 1]  # (J, 4) row that gives a vertex's height
    heights = [
        np.einsum("vk,vkj,vj->v", shape.weights, up[shape.joints][..., :3], shape.positions)
        + np.einsum("vk,vk->v", shape.weights, up[shape.joints][..., 3])
        for shape in model.shapes
        if len(shape.positions)
    ]
    return max((float(height.max()) for height in heights), default=0.0)


def distance_m(span_m: float) -> float:
    """Return the camera distance at which the window's height shows the span."""
    return span_m / (2.0 * math.tan(math.radians(FOV_DEG) / 2))


def fov_across_deg(width: int, height: int) -> float:
    """Return the horizontal field of view that gives FOV_DEG vertically."""
    return math.degrees(2.0 * math.atan(math.tan(math.radians(FOV_DEG) / 2) * width / max(height, 1)))
