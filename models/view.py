"""The person's view: a virtual camera rotated to the person and scaled by their size in the picture.

The network's input is independent of the person's position and size in the picture: every point becomes a ray in the
virtual camera, divided by the person's size (box units). Its answers (Hips rotation, gravity) are in that camera's
frame. Shared by training (torch) and the engine (NumPy), so that both use the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from models.array_library import array_namespace
from models.rotations import rotation_between

Array: TypeAlias = Any  # a NumPy array or a torch tensor

MIN_SCORE = 0.1
_LIMIT = 6.0  # box units; a person's points are within this
_MIN_SIZE = 1e-3


@dataclass(frozen=True, slots=True)
class View:
    """Virtual camera of a window. `rotation` (B, 3, 3) view -> camera; `size` (B,) ray units; `box` (B, 3)."""

    rotation: Array
    size: Array
    box: Array  # box centre as a ray x/z, y/z and log size: "box centre and size as rays" in VTM.md


def _weights(scores: Array) -> Array:
    """Return weights for scores (B, T, K); recent frames have more (the answer is for the last frame)."""
    xp = array_namespace(scores)
    frames = scores.shape[1]
    recency = xp.linspace(0.2, 1.0, frames, dtype=scores.dtype, device=getattr(scores, "device", None))
    return xp.where(scores > MIN_SCORE, scores, xp.zeros_like(scores)) * recency[None, :, None]


def _turn(rays: Array, rotation: Array) -> Array:
    """Rotate rays (B, T, K, 2) in the camera by (B, 3, 3) view -> camera; returns rays (B, T, K, 2) in the view."""
    xp = array_namespace(rays)
    points = xp.concat([rays, xp.ones_like(rays[..., :1])], axis=-1)
    turned = xp.matmul(points, rotation[:, None, :, :])  # row vector times R = R^T times column
    return turned[..., :2] / xp.clip(turned[..., 2:], 0.05, None)


def person_view(rays: Array, scores: Array) -> tuple[View, Array]:
    """Build the view of a window and transform the keypoints into it.

    rays     (B, T, K, 2) x/z, y/z in the camera frame
    scores   (B, T, K) 0..1; 0 = missing
    returns  View, keypoints (B, T, K, 3): x, y in box units, score; zeros where missing

    Centre and size are the weighted mean and spread of the keypoints: unlike the corners of a box they hardly change
    when one keypoint jumps.
    """
    xp = array_namespace(rays)
    weights = _weights(scores)  # (B, T, K)
    total = xp.clip(xp.sum(weights, axis=(1, 2)), 1e-6, None)  # (B,)
    centre = xp.sum(rays * weights[..., None], axis=(1, 2)) / total[:, None]  # (B, 2)
    ahead = xp.concat([centre * 0, xp.ones_like(centre[:, :1])], axis=-1)
    rotation = rotation_between(ahead, xp.concat([centre, xp.ones_like(centre[:, :1])], axis=-1))
    turned = _turn(rays, rotation)
    per_frame = xp.clip(xp.sum(weights, axis=2, keepdims=True), 1e-6, None)[..., None]
    middle = xp.sum(turned * weights[..., None], axis=2, keepdims=True) / per_frame  # (B, T, 1, 2)
    spread = xp.sum((turned - middle) ** 2, axis=-1)  # (B, T, K)
    size = xp.clip(xp.sqrt(xp.sum(spread * weights, axis=(1, 2)) / total), _MIN_SIZE, None)
    seen = xp.astype(scores > MIN_SCORE, rays.dtype)
    points = xp.clip(turned / size[:, None, None, None], -_LIMIT, _LIMIT)
    keypoints = xp.concat([points * seen[..., None], (scores * seen)[..., None]], axis=-1)
    box = xp.concat([centre, xp.log(size)[:, None]], axis=-1)
    return View(rotation, size, box), keypoints


def root_to_camera(depth: Array, place: Array, view: View) -> Array:
    """Convert the root from the view to the camera frame, in body heights.

    depth  (B, ...) log(z in body heights x size); place (B, ..., 2) x, y in box units; returns (B, ..., 3).
    """
    xp = array_namespace(depth)
    extra = (1,) * (depth.ndim - 1)
    size = xp.reshape(view.size, (-1, *extra))
    z = xp.exp(depth) / size
    points = xp.stack([place[..., 0] * size * z, place[..., 1] * size * z, z], axis=-1)
    return xp.matmul(xp.reshape(view.rotation, (-1, *extra, 3, 3)), points[..., None])[..., 0]


def gravity_up(pitch_roll: Array) -> Array:
    """Return the up direction (..., 3), OpenCV axes, for (..., 2) pitch (positive: looking down), roll in radians."""
    xp = array_namespace(pitch_roll)
    pitch, roll = pitch_roll[..., 0], pitch_roll[..., 1]
    down = xp.cos(pitch)
    return xp.stack([xp.sin(roll) * down, -xp.cos(roll) * down, -xp.sin(pitch)], axis=-1)
