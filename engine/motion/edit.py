"""Cut, gap-fill or loop a take; the original is not changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError
from engine.motion.resample import slerp
from engine.motion.take import MotionTake
from engine.types import F32, F64
from models.kinematics import forward_kinematics
from models.rotations import quaternion_to_matrix


@dataclass(frozen=True, slots=True)
class Edit:
    """Edits applied to a take before it is written, in this order."""

    fill: bool = False
    start_s: float = 0.0
    end_s: float | None = None  # None: to the end
    loop: bool = False  # move both ends so that they match


LONGEST_FILL_S = 0.5
"""A longer time without a person is not filled, since the motion is unknown."""
_LOOP_SEARCH_S = 1.0
_SPEED_S = 0.1
"""Weight of speed differences: as the distance they make in this time."""


def edited(take: MotionTake, edit: Edit, say: Callable[[str], None]) -> MotionTake:
    """Apply the edit and report results that are not known beforehand. Raises UsageError: nothing is left."""
    if edit.fill:
        take, frames = filled(take)
        say(f"{frames} frames without a person were interpolated, in gaps of up to {LONGEST_FILL_S:g} s")
    start_s, end_s = edit.start_s, edit.end_s
    if edit.loop:
        start_s, end_s = loop_points(take, start_s, end_s)
        say(f"the loop is from {start_s:.2f} s to {end_s:.2f} s")
    if edit.loop or start_s > 0.0 or end_s is not None:
        take = trimmed(take, start_s, end_s)
    return take


def trimmed(take: MotionTake, start_s: float = 0.0, end_s: float | None = None) -> MotionTake:
    """Return the frames from start_s to end_s, seconds from the take's start; their timestamps are unchanged.

    Raises UsageError: no frame lies there.
    """
    if not len(take):
        raise UsageError("the take has no frames")
    times = take.timestamps_s - take.timestamps_s[0]
    last = float(times[-1])
    inside = (times >= start_s - 1e-9) & (times <= (last if end_s is None else end_s) + 1e-9)
    if not inside.any():
        until = "its end" if end_s is None else f"{end_s:g} s"
        raise UsageError(f"the take has no frames between {start_s:g} s and {until}: it is {last:.1f} s long")
    return _frames(take, np.flatnonzero(inside))


def filled(take: MotionTake, longest_s: float = LONGEST_FILL_S) -> tuple[MotionTake, int]:
    """Interpolate gaps without a person of at most longest_s; return the take and the number of filled frames.

    Filled frames count as tracked with a part confidence of 0, "invented".
    """
    times, tracked = take.timestamps_s, take.tracked
    seen = np.flatnonzero(tracked)
    if len(seen) < 2:
        return take, 0
    gaps = [(int(a), int(b)) for a, b in pairwise(seen) if b > a + 1 and times[b] - times[a] <= longest_s + 1e-9]
    if not gaps:
        return take, 0
    arrays = {name: getattr(take, name).copy() for name in ("rotations_xyzw", "root_m", "contacts", "tracked")}
    frames: list[int] = []
    q = take.rotations_xyzw.astype(np.float64)
    for a, b in gaps:
        between = np.arange(a + 1, b)
        alpha = ((times[between] - times[a]) / (times[b] - times[a])).astype(np.float64)
        before, after = (np.repeat(q[[end]], len(between), 0) for end in (a, b))
        arrays["rotations_xyzw"][between] = slerp(before, after, alpha[:, None])
        arrays["root_m"][between] = take.root_m[a] + alpha[:, None] * (take.root_m[b] - take.root_m[a])
        arrays["contacts"][between] = np.minimum(take.contacts[a], take.contacts[b])
        arrays["tracked"][between] = True
        frames.extend(between.tolist())
    made = np.array(frames)
    world, camera = _joints(take, arrays["rotations_xyzw"][made], arrays["root_m"][made])
    joints_world, joints_cam = take.joints_world_m.copy(), take.joints_cam_m.copy()
    confidence = take.part_confidence.copy()
    joints_world[made], joints_cam[made], confidence[made] = world, camera, 0.0
    changed = dataclasses.replace(
        take, joints_world_m=joints_world, joints_cam_m=joints_cam, part_confidence=confidence, **arrays
    )
    return changed, len(made)


def loop_points(take: MotionTake, start_s: float = 0.0, end_s: float | None = None) -> tuple[float, float]:
    """Return where to cut so that the end continues into the start: the best places near the requested ones.

    Compares poses relative to the hips and their speed, within a second of each end. Raises UsageError: too short.
    """
    part = trimmed(take, start_s, end_s)
    times = part.timestamps_s - take.timestamps_s[0]
    search_s = min(_LOOP_SEARCH_S, (times[-1] - times[0]) / 4.0)
    pose, speed = _pose_and_speed(part)
    known = part.tracked & np.isfinite(pose).all((1, 2)) & np.isfinite(speed).all((1, 2))
    starts = np.flatnonzero(known & (times <= times[0] + search_s))
    ends = np.flatnonzero(known & (times >= times[-1] - search_s))
    if len(part) < 8 or not len(starts) or not len(ends):
        raise UsageError("too little is visible at the two ends to match them: mark a longer part")
    places = np.concatenate([pose, speed * _SPEED_S], axis=1)
    apart = np.linalg.norm(places[starts][:, None] - places[ends][None], axis=-1).mean(-1)
    start, end = np.unravel_index(int(apart.argmin()), apart.shape)
    return float(times[starts[start]]), float(times[ends[end]])


def _pose_and_speed(take: MotionTake) -> tuple[F64, F64]:
    """Return joints (N, 22, 3) relative to the hips' place on the floor, and their speed per second."""
    joints = take.joints_world_m.astype(np.float64)
    pose = joints - joints[:, :1] * (1.0, 0.0, 1.0)
    speed = np.gradient(pose, take.timestamps_s, axis=0) if len(pose) > 1 else np.zeros_like(pose)
    return pose, np.asarray(speed)


def _joints(take: MotionTake, rotations_xyzw: F32, root_m: F32) -> tuple[F64, F64]:
    """Return joints (n, 22, 3) of filled frames in the world and in the camera."""
    offsets = np.repeat(take.rest_offsets_m[None].astype(np.float64), len(root_m), 0)
    matrices = quaternion_to_matrix(rotations_xyzw.astype(np.float64))
    world, _ = forward_kinematics(matrices, offsets, root_m.astype(np.float64))
    camera = (world - take.t_world_cam) @ take.R_world_cam  # R_world_cam transposed, from the right
    return np.asarray(world), np.asarray(camera)


def _frames(take: MotionTake, index: NDArray[np.intp]) -> MotionTake:
    """Return some frames of the take; every per-frame array is cut alike."""
    cut: dict[str, Any] = {}
    for field in dataclasses.fields(take):
        value = getattr(take, field.name)
        if isinstance(value, np.ndarray) and field.name not in _OF_THE_WHOLE:
            cut[field.name] = value[index]
    return dataclasses.replace(take, **cut)


_OF_THE_WHOLE = frozenset({"rest_offsets_m", "intrinsics", "R_world_cam", "t_world_cam"})
