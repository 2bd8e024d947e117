"""Figures of a take of somebody who is seen in part, and of one who stands still: with the truth beside it where known.

Joints are compared in a level frame that looks where the camera looks, so that each version's own yaw, place and floor
do not count, but its idea of up does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.bench.head_figures import head_roll_slope, head_yaw
from engine.motion.take import MotionTake
from engine.types import F64
from models.parts import PART
from models.skeleton import FEET, JOINT, ROOT, SOLE, TOES

STILL_PX = 1.0
SETTLED_S = 1.0
"""The first second is left out: filters and floor settle."""
_SEEN, _PLANTED = 0.3, 0.5
_THIGHS = [(JOINT[side + "UpperLeg"], JOINT[side + "LowerLeg"]) for side in ("Left", "Right")]
_ARMS = [JOINT[side + name] for side in ("Left", "Right") for name in ("LowerArm", "Hand")]
_MOST_DELAY_S, _DELAY_STEP_S = 0.2, 0.005
_KERNEL = np.array([1.0, 3.0, 4.0, 3.0, 1.0]) / 12.0


@dataclass(frozen=True, slots=True)
class TrueMotion:
    """What a rendered person really did: joints (N, 22, 3) in the camera frame, metres, up (3,) in it,
    and, where known, the head's orientation (N, 3, 3), camera <- head."""

    joints_cam_m: F64
    up_cam: F64
    heads_cam: F64 | None = None


def upper_body_figures(
    take: MotionTake, truth: TrueMotion | None = None, face_take: MotionTake | None = None
) -> dict[str, float | None]:
    """Return what the table of upper bodies shows; degrees, metres and mm. None: not to be told from this clip.

    face_take  the same frames with the head from the face network, for the yaw where no truth is known
    """
    tracked = take.tracked.copy()
    joints = take.joints_world_m.astype(np.float64)[tracked]
    figures: dict[str, float | None] = {"tracked_percent": 100.0 * float(tracked.mean())}
    if not len(joints):
        return figures
    down = [joints[:, knee] - joints[:, hip] for hip, knee in _THIGHS]
    angle = np.max([np.degrees(np.arccos(-way[:, 1] / np.linalg.norm(way, axis=-1))) for way in down], axis=0)
    hips = joints[:, ROOT, 1]
    legs = take.part_confidence[tracked][:, [PART["left_leg"], PART["right_leg"]]].max(1)
    heads = None if truth is None else truth.heads_cam
    yaw_slope, yaw_off_deg = head_yaw(take, heads, face_take)
    figures |= {
        "thigh_over_45_percent": 100.0 * float((angle > 45.0).mean()),
        "hips_range_m": float(hips.max() - hips.min()),
        "legs_confidence": float(legs.mean()),
        "head_roll_slope": head_roll_slope(take, heads),
        "head_yaw_slope": yaw_slope,
        "head_yaw_off_deg": yaw_off_deg,
    }
    return figures if truth is None else figures | _against(take, truth)


def _against(take: MotionTake, truth: TrueMotion) -> dict[str, float | None]:
    count = min(len(take), len(truth.joints_cam_m))
    kept = take.tracked[:count]
    to_cam = take.R_world_cam.T.astype(np.float64)
    up = take.R_world_cam[1].astype(np.float64)
    own = take.joints_world_m[:count][kept].astype(np.float64) @ to_cam.T @ level_frame(up).T
    true = truth.joints_cam_m[:count][kept] @ level_frame(truth.up_cam).T
    lean = _degrees(own[:, JOINT["Neck"]] - own[:, ROOT], true[:, JOINT["Neck"]] - true[:, ROOT])

    def arms_about(joint: int) -> float:
        off = (own[:, _ARMS] - own[:, [joint]]) - (true[:, _ARMS] - true[:, [joint]])
        return 1000.0 * float(np.linalg.norm(off, axis=-1).mean())

    return {
        "lean_off_deg": float(np.median(lean)),
        "arms_to_hips_mm": arms_about(ROOT),
        "arms_to_neck_mm": arms_about(JOINT["Neck"]),
        "up_off_deg": float(_degrees(up[None], truth.up_cam[None])[0]),
    }


def level_frame(up_cam: F64) -> F64:
    """Return (3, 3) level <- camera: y up, z where the camera looks."""
    forward = np.array([0.0, 0.0, 1.0]) - up_cam[2] * up_cam
    z = forward / np.linalg.norm(forward)
    return np.stack([np.cross(up_cam, z), up_cam, z])


def _degrees(a: F64, b: F64) -> F64:
    """(N, 3), (N, 3) -> (N,) degrees between them."""
    across = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.asarray(np.degrees(np.arctan2(across, (a * b).sum(-1))))


def stillness_figures(take: MotionTake, truth: TrueMotion | None = None) -> dict[str, float | None]:
    """Return what the table of stillness shows: mm in a frame, milliseconds of delay, jitter as mm a frame cubed."""
    joints = take.joints_world_m.astype(np.float64)
    begun = take.timestamps_s - take.timestamps_s[0] > SETTLED_S if len(take) else np.zeros(0, bool)
    pairs = take.tracked[1:] & take.tracked[:-1] & begun[:-1]
    still = pairs & (_moved_px(take) < STILL_PX)
    steps = 1000.0 * np.linalg.norm(np.diff(joints, axis=0), axis=-1)  # (N - 1, 22)
    planted = (take.contacts[1:] > _PLANTED) & (take.contacts[:-1] > _PLANTED) & pairs[:, None]
    slide = 1000.0 * np.linalg.norm(np.diff(joints[:, list(FEET)][..., [0, 2]], axis=0), axis=-1)[planted]
    toes = joints[take.tracked][:, list(TOES), 1] - SOLE * float(take.rest_offsets_m[0, 1])
    delay_ms, jitter = _delay_and_jitter(take, begun)
    return {
        "still_frames": float(still.sum()),
        "still_mm": _median(steps[still]),
        "true_still_mm": None if truth is None else _median(_true_steps(truth, len(steps))[still]),
        "slide_mm": float(slide.mean()) if len(slide) else None,
        "slide_median_mm": _median(slide),
        "lowest_toe_mm": 1000.0 * float(toes.min()) if len(toes) else None,
        "delay_ms": delay_ms,
        "jitter": jitter,
    }


def _moved_px(take: MotionTake) -> F64:
    """(N - 1,) median way of the points that are seen, pixels a frame; infinite where none is."""
    seen = np.minimum(take.keypoint_scores[1:], take.keypoint_scores[:-1]) > _SEEN
    way = np.linalg.norm(np.diff(take.keypoints_px.astype(np.float64), axis=0), axis=-1)
    found = np.full(len(way), np.inf)
    for frame in np.flatnonzero(seen.any(1)):
        found[frame] = np.median(way[frame][seen[frame]])
    return found


def _true_steps(truth: TrueMotion, count: int) -> F64:
    """(count, 22) mm a frame, NaN beyond the truth's end. A still camera: its frame serves."""
    steps = np.full((count, truth.joints_cam_m.shape[1]), np.nan)
    true = 1000.0 * np.linalg.norm(np.diff(truth.joints_cam_m, axis=0), axis=-1)[:count]
    steps[: len(true)] = true
    return steps


def _median(values: NDArray[np.floating]) -> float | None:
    kept = values[np.isfinite(values)]
    return float(np.median(kept)) if len(kept) else None


def _delay_and_jitter(take: MotionTake, begun: NDArray[np.bool_]) -> tuple[float | None, float | None]:
    """Return how late the sent joints are behind what the network saw, smoothed without delay, and their jitter."""
    kept = take.tracked & begun
    if kept.sum() < 30:
        return None, None
    times = take.timestamps_s[kept]
    sent = take.joints_world_m[kept].astype(np.float64)
    sent = (sent - sent[:, :1]).reshape(len(times), -1)
    seen = take.joints_cam_m[kept].astype(np.float64) @ take.R_world_cam.T.astype(np.float64)
    seen = (seen - seen[:, :1]).reshape(len(times), -1)
    smooth = np.stack([np.convolve(column, _KERNEL, mode="same") for column in seen.T], axis=-1)
    inner = slice(4, -4)  # a kernel's width at both ends
    delays = np.arange(0.0, _MOST_DELAY_S, _DELAY_STEP_S)
    errors = []
    for delay_s in delays:
        late = np.stack([np.interp(times - delay_s, times, column) for column in smooth.T], axis=-1)
        errors.append(np.abs(sent - late)[inner].mean())
    third = np.diff(sent.reshape(len(times), -1, 3), n=3, axis=0)
    return 1000.0 * float(delays[int(np.argmin(errors))]), 1000.0 * float(np.linalg.norm(third, axis=-1).mean())


def held_figures(take: MotionTake, first: int, end: int) -> dict[str, float | None]:
    """Return what happens while one picture is held in frames first..end: mm a frame, and mm left to go after 1 s."""
    joints = 1000.0 * take.joints_world_m.astype(np.float64)
    steps = np.linalg.norm(np.diff(joints, axis=0), axis=-1)
    settled, second = first + round(1.5 * take.fps), first + round(take.fps)
    last = joints[max(end - 3, first) : end].mean(0)
    return {
        "held_mm": _median(steps[settled : end - 1]),
        "to_go_mm": _median(np.linalg.norm(joints[second] - last, axis=-1)),
    }
