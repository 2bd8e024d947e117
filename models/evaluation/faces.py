"""The table of faces on rendered clips: detection, head rotation, jaw, eyelids, gaze. Angles are degrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from models.evaluation.details_files import DetailsClip
from models.evaluation.hands import HELD_FRAMES, START_FRAMES
from models.face import EXPRESSION

F64 = NDArray[np.float64]
Table = dict[str, Any]
MIN_PX, EXPRESSION_PX, LARGE_PX = 40.0, 60.0, 90.0
"""Least longer side of an evaluated face, of one whose jaw, eyelids and gaze are evaluated, and of a large one."""
WINK = 0.5
"""Least difference of the eyelids of a wink."""
TURNS = ("yaw", "pitch", "roll")
_FACING = np.diag([1.0, -1.0, -1.0])  # camera axes -> axes of a head looking into the camera
_BLINKS = [EXPRESSION["eyeBlinkLeft"], EXPRESSION["eyeBlinkRight"]]


@dataclass(frozen=True, slots=True)
class Faces:
    """One row for each face that was looked at in its frame; pairs are true, measured."""

    turns: F64  # (n, 2, 3) yaw, pitch, roll of the head, degrees
    jaw: F64  # (n, 2) degrees, score
    lids: F64  # (n, 2, 2) left and right, 0 open to 1 shut
    eyes_seen: NDArray[np.bool_]  # (n, 2) the camera sees the left and right eye
    gaze: F64  # (n, 2, 2) left and down, degrees; NaN: not measured
    size_px: F64  # (n,)
    clip: NDArray[Any]  # (n,) number of the clip


def head_turns(rotations_cam: NDArray[Any]) -> F64:
    """Return (N, 3) yaw to the person's left, pitch down, roll from rotations (N, 3, 3) camera <- head."""
    turns: F64 = Rotation.from_matrix(_FACING @ rotations_cam).as_euler("YXZ", degrees=True)
    return turns


def evaluate_faces(clips: Sequence[DetailsClip]) -> Table:
    """Return the table over all frames whose face is in the picture and large enough."""
    found: list[NDArray[np.bool_]] = []
    rows: list[Faces] = []
    for number, clip in enumerate(clips):
        box = clip.truth["face_box_px"]
        sizes = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
        there = _in_picture(box, clip.truth["size"]) & (sizes >= MIN_PX) & (np.arange(clip.frames) >= START_FRAMES)
        at = clip.found["face_at"]
        age = np.arange(clip.frames) - at
        found.append(((at >= 0) & (age <= HELD_FRAMES))[there])
        fresh = there & (age == 0) & np.isfinite(clip.found["head_rotation_cam"]).all((1, 2))
        if fresh.any():
            rows.append(_faces(clip, fresh, sizes, number))
    there = np.concatenate(found) if found else np.zeros(0)
    table: Table = {"clips": len(clips), "faces": int(there.size)}
    table["found_percent"] = float(100 * there.mean()) if there.size else None
    if not rows:
        return table
    columns = ([getattr(row, column.name) for row in rows] for column in fields(Faces))
    return table | _numbers(Faces(*(np.concatenate(column) for column in columns)))


def _faces(clip: DetailsClip, fresh: NDArray[np.bool_], sizes: NDArray[Any], number: int) -> Faces:
    truth, found = clip.truth, clip.found
    scores = found["expression"][fresh]
    return Faces(
        turns=np.stack([head_turns(part["head_rotation_cam"][fresh]) for part in (truth, found)]).swapaxes(0, 1),
        jaw=np.stack([truth["jaw_deg"][fresh], scores[:, EXPRESSION["jawOpen"]]], axis=1),
        lids=np.stack([truth["lids"][fresh], scores[:, _BLINKS]], axis=1),
        eyes_seen=truth["eyes_visible"][fresh],
        gaze=np.stack([truth["gaze_deg"][fresh], np.degrees(found["gaze_rad"][fresh])], axis=1),
        size_px=sizes[fresh],
        clip=np.full(int(fresh.sum()), number),
    )


def _in_picture(box_px: NDArray[Any], size: NDArray[Any]) -> NDArray[np.bool_]:
    """Return (N,) whether the whole face is in the picture; faces covered by a hand are included."""
    inside: NDArray[np.bool_] = np.logical_and((box_px[:, :2] >= 0).all(1), (box_px[:, 2:] <= size).all(1))
    return inside


def _numbers(faces: Faces) -> Table:
    true, seen = faces.turns[:, 0], faces.turns[:, 1]
    errors = seen - true
    rested = errors - _clip_medians(errors, faces.clip)
    large = faces.size_px >= EXPRESSION_PX
    return {
        "head_deg": dict(zip(TURNS, np.median(np.abs(errors), axis=0).tolist(), strict=True)),
        "head_rested_deg": dict(zip(TURNS, np.median(np.abs(rested), axis=0).tolist(), strict=True)),
        "head_slope": {name: _slope(true[:, i], seen[:, i]) for i, name in enumerate(TURNS)},
        "large": int(large.sum()),
        "jaw_r": _correlation(*faces.jaw[large].T),
        **_lids(faces, large),
        **_gaze(faces, large),
    }


def _lids(faces: Faces, large: NDArray[np.bool_]) -> Table:
    lids, shut = faces.lids[:, 0], faces.lids[:, 1]
    sighted = faces.eyes_seen & large[:, None]
    near = sighted & (faces.size_px >= LARGE_PX)[:, None]
    winks = sighted.all(1) & (np.abs(lids[:, 0] - lids[:, 1]) > WINK)
    ways = np.sign(lids[winks, 0] - lids[winks, 1])
    return {
        "lids_r": _correlation(lids[sighted], shut[sighted]),
        "all_lids_r": _correlation(lids[large].ravel(), shut[large].ravel()),
        "large_lids_r": _correlation(lids[near], shut[near]),
        "open_lids_shut": _mean(shut[sighted & (lids < 0.1)]),
        "shut_lids_shut": _mean(shut[sighted & (lids > 0.9)]),
        "winks": [_mean(ways * (values[winks, 0] - values[winks, 1])) for values in (lids, shut)],
    }


def _gaze(faces: Faces, large: NDArray[np.bool_]) -> Table:
    """The gaze of open eyes, less the clip's own mean, which a calibration takes away."""
    gaze, looks = faces.gaze[:, 0], faces.gaze[:, 1]
    opened = large & np.isfinite(looks).all(1) & (faces.lids[:, 0].max(1) < 0.5)
    off = looks - gaze
    off -= _clip_medians(np.where(opened[:, None], off, np.nan), faces.clip)
    return {
        "gaze_deg": [float(value) for value in np.median(np.abs(off[opened]), axis=0)] if opened.any() else None,
        "gaze_r": [_correlation(gaze[opened, i], looks[opened, i]) for i in range(2)],
        "gaze_slope": [_slope(gaze[opened, i], looks[opened, i]) for i in range(2)],
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
