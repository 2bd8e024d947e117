"""The table of faces on rendered clips: detection, head rotation, jaw, eyelids, gaze. Angles are degrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from models.evaluation.details_files import DetailsClip
from models.evaluation.hands import HELD_FRAMES, START_FRAMES
from models.face import EXPRESSION

F64 = NDArray[np.float64]
Table = dict[str, Any]
MIN_PX, EXPRESSION_PX = 40.0, 60.0
"""Least longer side of an evaluated face, and of one whose jaw, eyelids and gaze are evaluated."""
TURNS = ("yaw", "pitch", "roll")
_FACING = np.diag([1.0, -1.0, -1.0])  # camera axes -> axes of a head looking into the camera
_BLINKS = [EXPRESSION["eyeBlinkLeft"], EXPRESSION["eyeBlinkRight"]]


def head_turns(rotations_cam: NDArray[Any]) -> F64:
    """Return (N, 3) yaw to the person's left, pitch down, roll from rotations (N, 3, 3) camera <- head."""
    turns: F64 = Rotation.from_matrix(_FACING @ rotations_cam).as_euler("YXZ", degrees=True)
    return turns


def evaluate_faces(clips: Sequence[DetailsClip]) -> Table:
    """Return the table over all frames whose face is in the picture and large enough."""
    found, rows = [], []
    for number, clip in enumerate(clips):
        box = clip.truth["face_box_px"]
        sizes = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
        there = _in_picture(box, clip.truth["size"]) & (sizes >= MIN_PX) & (np.arange(clip.frames) >= START_FRAMES)
        at = clip.found["face_at"]
        age = np.arange(clip.frames) - at
        found.append(((at >= 0) & (age <= HELD_FRAMES))[there])
        fresh = there & (age == 0) & np.isfinite(clip.found["head_rotation_cam"]).all((1, 2))
        if not fresh.any():
            continue
        true, seen = (head_turns(part["head_rotation_cam"][fresh]) for part in (clip.truth, clip.found))
        mouth = [clip.truth["jaw_deg"][fresh], clip.found["expression"][fresh, EXPRESSION["jawOpen"]]]
        lids = [clip.truth["lids"][fresh], clip.found["expression"][fresh][:, _BLINKS]]
        looks = [clip.truth["gaze_deg"][fresh], np.degrees(clip.found["gaze_rad"][fresh])]
        count = np.full(fresh.sum(), number)
        rows.append((true, seen, *mouth, *lids, *looks, sizes[fresh], count))
    there = np.concatenate(found) if found else np.zeros(0)
    table: Table = {"clips": len(clips), "faces": int(there.size)}
    table["found_percent"] = float(100 * there.mean()) if there.size else None
    if not rows:
        return table
    return table | _numbers(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def _in_picture(box_px: NDArray[Any], size: NDArray[Any]) -> NDArray[np.bool_]:
    """Return (N,) whether the whole face is in the picture; faces covered by a hand are included."""
    inside: NDArray[np.bool_] = np.logical_and((box_px[:, :2] >= 0).all(1), (box_px[:, 2:] <= size).all(1))
    return inside


def _numbers(
    true: F64, seen: F64, jaw: F64, opened: F64, lids: F64, shut: F64, gaze: F64, looks: F64, size: F64, clip: F64
) -> Table:
    errors = seen - true
    rested = errors - _clip_medians(errors, clip)
    large = size >= EXPRESSION_PX
    open_lids = large & np.isfinite(looks).all(1) & (lids.max(1) < 0.5)
    off = looks - gaze
    off -= _clip_medians(np.where(open_lids[:, None], off, np.nan), clip)
    return {
        "head_deg": dict(zip(TURNS, np.median(np.abs(errors), axis=0).tolist(), strict=True)),
        "head_rested_deg": dict(zip(TURNS, np.median(np.abs(rested), axis=0).tolist(), strict=True)),
        "head_slope": {name: _slope(true[:, i], seen[:, i]) for i, name in enumerate(TURNS)},
        "large": int(large.sum()),
        "jaw_r": _correlation(jaw[large], opened[large]),
        "lids_r": _correlation(lids[large].ravel(), shut[large].ravel()),
        "open_lids_shut": _mean(shut[large][lids[large] < 0.1]),
        "shut_lids_shut": _mean(shut[large][lids[large] > 0.9]),
        "gaze_deg": [float(value) for value in np.median(np.abs(off[open_lids]), axis=0)] if open_lids.any() else None,
        "gaze_r": [_correlation(gaze[open_lids, i], looks[open_lids, i]) for i in range(2)],
    }


def _clip_medians(values: F64, clip: F64) -> F64:
    """Return for each row the median of its clip, which a calibration would subtract. NaN rows are ignored."""
    result = np.zeros_like(values)
    for number in np.unique(clip):
        own = values[clip == number]
        own = own[np.isfinite(own).all(1)]
        if len(own):
            result[clip == number] = np.median(own, axis=0)
    return result


def _slope(true: F64, seen: F64) -> float | None:
    return float(np.polyfit(true, seen, 1)[0]) if len(true) > 2 and np.ptp(true) > 1 else None


def _correlation(a: F64, b: F64) -> float | None:
    return float(np.corrcoef(a, b)[0, 1]) if len(a) > 2 and np.ptp(a) > 0 and np.ptp(b) > 0 else None


def _mean(values: F64) -> float | None:
    return float(values.mean()) if values.size else None
