"""The table of hands on rendered clips: detection, position, palm, fingers, false hands.

Angles are degrees, sizes pixels. A hand counts when most of its points are visible and it is large enough; the first
0.3 s of a clip do not count, since a hand is accepted after two good views.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from models.evaluation.details_files import DetailsClip
from models.hand_geometry import bends, bends_of, hand_rotation

F64 = NDArray[np.float64]
Table = dict[str, Any]
MIN_PX = 40.0
SEEN, GONE = 0.6, 0.1
"""Fraction of visible points from which a hand is there, and up to which it is gone."""
PLACE = 0.25
"""In the right place: mean distance of the points, as a fraction of the hand's size."""
STRAIGHT_DEG, CLOSED_DEG, BETWEEN_DEG = 60.0, 200.0, 130.0
"""A finger is straight or closed by the sum of its three joint angles; measured ones are divided in between."""
START_FRAMES = 9
HELD_FRAMES = 9
FLIPPED_DEG = 90.0


@dataclass(frozen=True, slots=True)
class HandSamples:
    """One row per frame and side in which the hand is there."""

    found: NDArray[np.bool_]
    placed: NDArray[np.bool_]
    palm_deg: F64  # NaN: no view of this frame, or one whose palm is not trusted
    normal_deg: F64
    believed: F64  # 1, 0; NaN: no view of this very frame
    bends_deg: F64  # (n, 2, 4, 3) true, measured
    size_px: F64
    group: list[str]
    gone: int  # frames and sides where the hand is hidden or outside the picture
    false: int  # number of them with a detected hand


def hand_samples(clips: Sequence[DetailsClip], min_px: float = MIN_PX) -> HandSamples:
    """Return the samples of hands with at least `min_px` pixels."""
    rows: list[tuple[Any, ...]] = []
    groups: list[str] = []
    gone = false = 0
    for clip in clips:
        pixels, shares = clip.truth["hand_points_px"], clip.truth["hand_visible"].mean(-1)
        for frame in range(START_FRAMES, clip.frames):
            for side in range(2):
                at = int(clip.found["hand_at"][frame, side])
                there = at >= 0 and frame - at <= HELD_FRAMES
                if shares[frame, side] <= GONE:
                    gone += 1
                    false += there
                size = float(np.ptp(pixels[frame, side], axis=0).max())
                if shares[frame, side] >= SEEN and size >= min_px:
                    rows.append(_row(clip, frame, side, at if there else -1, size))
                    groups.append(_group(clip, frame))
    columns = [np.array(column) for column in zip(*rows, strict=True)] if rows else [np.zeros(0)] * 7
    found, placed, palm, normal, believed, angles, sizes = columns
    whether = found.astype(bool), placed.astype(bool)
    return HandSamples(*whether, palm, normal, believed, angles, sizes, groups, gone, false)


def _group(clip: DetailsClip, frame: int) -> str:
    return f"{round(float(clip.truth['distance_m'][frame]))} m, {int(clip.truth['size'][0])} px wide"


def _row(clip: DetailsClip, frame: int, side: int, at: int, size: float) -> tuple[Any, ...]:
    nothing = np.full((2, 4, 3), np.nan)
    if at < 0:
        return False, False, np.nan, np.nan, np.nan, nothing, size
    error = clip.found["hand_points_px"][frame, side, :, :2] - clip.truth["hand_points_px"][at, side]
    placed = bool(np.linalg.norm(error, axis=-1).mean() <= PLACE * size)
    if at != frame or not placed:
        return True, placed, np.nan, np.nan, np.nan, nothing, size
    points = clip.truth["hand_points_cam_m"][frame, side].astype(np.float64)
    true = hand_rotation(points, side)
    seen = clip.found["hand_rotation_cam"][frame, side]
    if true is None or not np.isfinite(seen).all():
        return True, placed, np.nan, np.nan, np.nan, nothing, size
    palm = np.degrees(np.linalg.norm(Rotation.from_matrix(true.T @ seen).as_rotvec()))
    normal = np.degrees(np.arccos(np.clip(true[:, 1] @ seen[:, 1], -1, 1)))
    angles = np.stack([bends(points @ true, side), measured_bends(clip.found["fingers_xyzw"][frame, side], side)])
    if not clip.found["palm_believed"][frame, side]:
        return True, placed, np.nan, np.nan, 0.0, angles, size
    return True, placed, palm, normal, 1.0, angles, size


def measured_bends(fingers_xyzw: NDArray[Any], side: int) -> F64:
    """Return the flexion (4, 3) of index to little finger for 15 bones (15, 4)."""
    local = Rotation.from_quat(fingers_xyzw[3:]).as_matrix().reshape(4, 3, 3, 3)
    along = np.array([1.0 if side == 0 else -1.0, 0.0, 0.0])
    turned, bones = np.tile(np.eye(3), (4, 1, 1)), []
    for bone in range(3):
        turned = turned @ local[:, bone]
        bones.append(turned @ along)
    return bends_of(np.stack(bones, axis=1), side)


def evaluate_hands(clips: Sequence[DetailsClip], min_px: float = MIN_PX) -> Table:
    """Return the table: overall, and by distance and width of the picture."""
    samples = hand_samples(clips, min_px)
    everything = np.ones(len(samples.found), bool)
    by_group = {
        name: _numbers(samples, np.array([group == name for group in samples.group], bool))
        for name in sorted(set(samples.group))
    }
    gone = {"gone": samples.gone, "false_percent": 100 * samples.false / samples.gone if samples.gone else None}
    return {"clips": len(clips), "min_px": min_px, **_numbers(samples, everything), **gone, "groups": by_group}


def _numbers(samples: HandSamples, chosen: NDArray[np.bool_]) -> Table:
    angles = samples.bends_deg[chosen] if len(samples.found) else np.zeros((0, 2, 4, 3))
    angles = angles[np.isfinite(angles).all((1, 2, 3))]
    errors = np.abs(angles[:, 1] - angles[:, 0])
    sums = angles.sum(-1)  # (n, 2, 4)
    straight, closed = sums[:, 0] < STRAIGHT_DEG, sums[:, 0] > CLOSED_DEG
    palm, normal = (values[chosen & np.isfinite(values)] for values in (samples.palm_deg, samples.normal_deg))
    return {
        "hands": int(chosen.sum()),
        "found_percent": _percent(samples.found[chosen]),
        "right_place_percent": _percent(samples.placed[chosen]),
        "right_of_found_percent": _percent(samples.placed[chosen & samples.found]),
        "palm_deg": _median(palm),
        "palm_normal_deg": _median(normal),
        "palm_believed_percent": _percent(samples.believed[chosen & np.isfinite(samples.believed)]),
        "flipped_percent": _percent(normal > FLIPPED_DEG),
        "flexion_deg": _median(errors),
        "flexion_by_joint_deg": [_median(errors[..., joint]) for joint in range(3)],
        "straight_percent": _percent(sums[:, 1][straight] < BETWEEN_DEG),
        "closed_percent": _percent(sums[:, 1][closed] >= BETWEEN_DEG),
        "true_closed_deg": _median(sums[:, 0][closed]),
        "measured_closed_deg": _median(sums[:, 1][closed]),
    }


def _percent(values: NDArray[Any]) -> float | None:
    return float(100 * values.mean()) if values.size else None


def _median(values: NDArray[Any]) -> float | None:
    return float(np.median(values)) if values.size else None
