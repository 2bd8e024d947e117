"""Resample uneven timestamps to the even times of animation files; frames without a person hold the pose.

A time without frames is held for at most LONGEST_HOLD_S: a clip with a day's gap does not become a file of a day. Each
shortened gap is kept as a `Gap`, and every format marks it. Poses come in blocks, so that hours need no more memory
than minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import OutputError
from engine.motion.held_details import HeldDetails, held_frames
from engine.motion.take import MotionTake, median_rate
from engine.types import F64
from models.detail_skeleton import Skeleton, skeleton_with
from models.skeleton import NUM_JOINTS

LONGEST_HOLD_S = 10.0
"""A longer time without frames is shortened to this."""
BLOCK_FRAMES = 2048
_PAUSE_S = 1.0  # a longer time without frames is a pause: the pose is held, and changes in its last moment
_AFTER_PAUSE_S = 0.2
_HIGHEST_RATE_HZ = 1000.0
_ROUNDING_S = 0.6e-3  # video files round timestamps to 1 ms: within this, frames count as even
_SAME_RATE = 2e-3  # 29.97 counts as 30
_PARALLEL = 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without frames that was shortened to LONGEST_HOLD_S."""

    at_s: float  # start of the hold, on the shortened clock
    lasted_s: float


@dataclass(frozen=True, slots=True)
class MotionBlock:
    """Some consecutive frames."""

    start: int  # index of the first one
    rotations_xyzw: F64  # (m, 22, 4) local to the parent, Hips in the world
    root_m: F64  # (m, 3)
    details_xyzw: F64  # (m, D, 4) fingers and eyes, if the take has them, in the order of DETAIL_NAMES
    expression: F64 | None = None  # (m, 52)


@dataclass(frozen=True, slots=True)
class HeldMotion:
    """Motion at the take's own times, a pose in every frame; times start at 0 and increase strictly."""

    take: MotionTake
    frames: NDArray[np.intp]  # (M,) frame of the take, without those whose time does not increase
    shown: NDArray[np.intp]  # (M,) frame whose pose is shown: itself, or the held one
    times_s: F64  # (M,) with gaps shortened
    gaps: tuple[Gap, ...]
    details: HeldDetails

    def __len__(self) -> int:
        """Frames."""
        return len(self.times_s)

    @property
    def skeleton(self) -> Skeleton:
        """The person's joints, with fingers and eyes if the take has them."""
        take = self.take
        return skeleton_with(
            take.rest_offsets_m, fingers=take.fingers_xyzw is not None, eyes=take.eyes_xyzw is not None
        )

    def poses(self, start: int, stop: int) -> tuple[F64, F64]:
        """Return unit quaternions (m, 22 + D, 4) and root (m, 3) of some consecutive frames."""
        shown = self.shown[start:stop]
        rotations = self.take.rotations_xyzw[shown].astype(np.float64)
        rotations = np.concatenate([rotations, self.details.rotations(self.frames[start:stop])], axis=1)
        rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
        return rotations, self.take.root_m[shown].astype(np.float64)

    def blocks(self) -> Iterator[MotionBlock]:
        """Yield all frames in order; quaternion signs are continuous, also between blocks."""
        last: F64 | None = None
        for start in range(0, len(self), BLOCK_FRAMES):
            rotations, root = self.poses(start, start + BLOCK_FRAMES)
            before = rotations[:1] if last is None else last
            chain = np.concatenate([before, rotations])
            flips = np.where((chain[1:] * chain[:-1]).sum(-1, keepdims=True) < 0, -1.0, 1.0)
            rotations *= np.cumprod(flips, axis=0)
            last = rotations[-1:].copy()
            expression = self.details.expression(self.frames[start : start + BLOCK_FRAMES])
            yield _block(start, rotations, root, expression)


@dataclass(frozen=True, slots=True)
class EvenMotion:
    """Motion at a constant rate, a pose in every frame."""

    fps: float
    held: HeldMotion
    one_to_one: bool  # the frames of `held` are already even
    frames: int

    def __len__(self) -> int:
        """Frames."""
        return self.frames

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Gaps that were shortened."""
        return self.held.gaps

    def blocks(self) -> Iterator[MotionBlock]:
        """Yield all frames in order, interpolated (slerp, lerp) at the even times."""
        if self.one_to_one:
            yield from self.held.blocks()
            return
        for start in range(0, self.frames, BLOCK_FRAMES):
            yield self._between(start, min(start + BLOCK_FRAMES, self.frames))

    def _between(self, start: int, stop: int) -> MotionBlock:
        times = self.held.times_s
        wanted = np.minimum(np.arange(start, stop) / self.fps, times[-1])
        left = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, len(times) - 2)
        interval = times[left + 1] - times[left]
        moving = np.where(interval > _PAUSE_S, _AFTER_PAUSE_S, interval)
        alpha = np.clip(1.0 - (times[left + 1] - wanted) / moving, 0.0, 1.0)
        first = int(left[0])
        last = int(left[-1]) + 2
        rotations, root = self.held.poses(first, last)
        expression = self.held.details.expression(self.held.frames[first:last])
        left = left - first
        mixed_root = root[left] + alpha[:, None] * (root[left + 1] - root[left])
        if expression is not None:
            expression = expression[left] + alpha[:, None] * (expression[left + 1] - expression[left])
        return _block(start, slerp(rotations[left], rotations[left + 1], alpha[:, None]), mixed_root, expression)


def _block(start: int, rotations: F64, root: F64, expression: F64 | None) -> MotionBlock:
    """Split (m, 22 + D, 4) into a block's body and details."""
    return MotionBlock(start, rotations[:, :NUM_JOINTS], root, rotations[:, NUM_JOINTS:], expression)


def held_motion(take: MotionTake) -> HeldMotion:
    """Hold the pose where no person is seen. Raises OutputError when no frame has a person."""
    if not take.tracked.any():
        raise OutputError("there is no person in any frame, so there is no motion to write; .npz keeps the keypoints")
    times = take.timestamps_s.astype(np.float64)
    frames = np.flatnonzero(np.concatenate([[True], np.diff(np.maximum.accumulate(times)) > 0]))
    shortened, gaps = shorten_gaps(times[frames])
    return HeldMotion(take, frames, held_frames(take.tracked)[frames], shortened, gaps, HeldDetails(take))


def shorten_gaps(times_s: F64) -> tuple[F64, tuple[Gap, ...]]:
    """Return increasing times (M,) from 0 with gaps limited to LONGEST_HOLD_S, and what was shortened."""
    intervals = np.diff(times_s)
    shortened = np.concatenate([[0.0], np.cumsum(np.minimum(intervals, LONGEST_HOLD_S))])
    long = np.flatnonzero(intervals > LONGEST_HOLD_S)
    if len(long) == 0:
        return times_s - times_s[0], ()
    return shortened, tuple(Gap(float(shortened[at]), float(intervals[at])) for at in long)


def gaps_of(take: MotionTake) -> tuple[Gap, ...]:
    """Return the gaps shortened by every format but .npz and .csv, which keep the original times."""
    times = np.maximum.accumulate(take.timestamps_s.astype(np.float64))
    return shorten_gaps(times)[1] if len(times) else ()


def gaps_text(gaps: tuple[Gap, ...]) -> str:
    """Return a message on the gaps."""
    first = f"{gaps[0].lasted_s:.0f} s without frames at {gaps[0].at_s:.1f} s"
    more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
    return f"{first}{more}: held for {LONGEST_HOLD_S:.0f} s only"


def gaps_json(gaps: tuple[Gap, ...]) -> list[dict[str, float]]:
    """Return the gaps for files that contain JSON."""
    return [{"at_s": round(gap.at_s, 6), "lasted_s": round(gap.lasted_s, 6), "held_s": LONGEST_HOLD_S} for gap in gaps]


def even_motion(take: MotionTake, rate_hz: float | None = None) -> EvenMotion:
    """Hold the pose where no person is seen, then interpolate rotations (slerp) and root (lerp) at even times.

    rate_hz: of the result; None: the take's own, where evenly timed frames are used one to one.
    Raises OutputError when no frame has a person.
    """
    motion = held_motion(take)
    times = motion.times_s
    last = len(motion) - 1
    fps = take.fps if 0.0 < take.fps <= _HIGHEST_RATE_HZ else min(median_rate(times), _HIGHEST_RATE_HZ)
    if last == 0:
        return EvenMotion(rate_hz or fps, motion, True, 1)
    interval_s, start_s = np.polyfit(np.arange(last + 1), times, 1)
    if rate_hz is not None and abs(interval_s * rate_hz - 1.0) > _SAME_RATE:
        return EvenMotion(rate_hz, motion, False, round(times[-1] * rate_hz) + 1)
    if np.abs(times - (start_s + interval_s * np.arange(last + 1))).max() <= _ROUNDING_S:
        return EvenMotion(float(1.0 / interval_s), motion, True, last + 1)
    return EvenMotion(fps, motion, False, round(times[-1] * fps) + 1)


def slerp(a: F64, b: F64, fraction: F64) -> F64:
    """Interpolate unit quaternions (..., 4) along the short way; fraction (...) is the weight of b."""
    dot = (a * b).sum(-1)
    b = np.where(dot[..., None] < 0, -b, b)
    dot = np.abs(dot)
    angle = np.arccos(np.clip(dot, -1.0, 1.0))
    near = dot > _PARALLEL
    scale = np.where(near, 1.0, np.sin(angle))
    fraction = np.broadcast_to(fraction, dot.shape)
    weight_a = np.where(near, 1.0 - fraction, np.sin((1.0 - fraction) * angle) / scale)
    weight_b = np.where(near, fraction, np.sin(fraction * angle) / scale)
    mixed = weight_a[..., None] * a + weight_b[..., None] * b
    unit: F64 = mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)
    return unit
