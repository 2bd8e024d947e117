"""From real, uneven timestamps to a constant rate, as animation files need it; frames with no person hold the pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import OutputError
from engine.motion.take import MotionTake
from engine.types import F64

_ROUNDING_S = 0.6e-3  # video files round their timestamps to 1 ms: closer than that, frames are taken as even
_PARALLEL = 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class HeldMotion:
    """Motion at the take's own times, a pose in every frame; times begin at 0 and rise strictly."""

    frames: NDArray[np.intp]  # (M,) the frame of the take; those whose time does not rise are left out
    times_s: F64  # (M,)
    rotations_xyzw: F64  # (M, 22, 4) local to the parent, Hips in the world; signs continuous
    root_m: F64  # (M, 3)

    def __len__(self) -> int:
        """Frames."""
        return len(self.times_s)


@dataclass(frozen=True, slots=True)
class EvenMotion:
    """Motion at a constant rate, a pose in every frame."""

    fps: float
    rotations_xyzw: F64  # (M, 22, 4) local to the parent, Hips in the world
    root_m: F64  # (M, 3)

    def __len__(self) -> int:
        """Frames."""
        return len(self.root_m)


def held_motion(take: MotionTake) -> HeldMotion:
    """Hold the pose where no person is seen. Raises OutputError when no frame has a person."""
    if not take.tracked.any():
        raise OutputError("there is no person in any frame, so there is no motion to write; .npz keeps the keypoints")
    times = take.timestamps_s.astype(np.float64)
    frames = np.flatnonzero(np.concatenate([[True], np.diff(np.maximum.accumulate(times)) > 0]))
    held = held_frames(take.tracked)[frames]
    rotations = take.rotations_xyzw[held].astype(np.float64)
    rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
    flips = np.where((rotations[1:] * rotations[:-1]).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    rotations[1:] *= np.cumprod(flips, axis=0)
    return HeldMotion(frames, times[frames] - times[0], rotations, take.root_m[held].astype(np.float64))


def even_motion(take: MotionTake) -> EvenMotion:
    """Hold the pose where no person is seen, then slerp rotations and lerp the root onto even times.

    Evenly timed frames are taken one to one. Raises OutputError when no frame has a person.
    """
    motion = held_motion(take)
    times, rotations, root = motion.times_s, motion.rotations_xyzw, motion.root_m
    last = len(motion) - 1
    if last == 0:
        return EvenMotion(take.fps, rotations, root)
    interval_s, start_s = np.polyfit(np.arange(last + 1), times, 1)
    if np.abs(times - (start_s + interval_s * np.arange(last + 1))).max() <= _ROUNDING_S:
        return EvenMotion(float(1.0 / interval_s), rotations, root)
    wanted = np.minimum(np.arange(round(times[-1] * take.fps) + 1) / take.fps, times[-1])
    left = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, last - 1)
    share = (wanted - times[left]) / (times[left + 1] - times[left])
    mixed_root = root[left] + share[:, None] * (root[left + 1] - root[left])
    return EvenMotion(take.fps, slerp(rotations[left], rotations[left + 1], share[:, None]), mixed_root)


def held_frames(tracked: np.ndarray) -> np.ndarray:
    """(N,) bool -> (N,) the frame whose pose is shown: itself, else the last with a person, else the first."""
    frames = np.maximum.accumulate(np.where(tracked, np.arange(len(tracked)), -1))
    return np.where(frames < 0, int(np.argmax(tracked)), frames)


def slerp(a: F64, b: F64, share: F64) -> F64:
    """(..., 4), (..., 4) unit quaternions, (...) share of b -> (..., 4), the short way round."""
    dot = (a * b).sum(-1)
    b = np.where(dot[..., None] < 0, -b, b)
    dot = np.abs(dot)
    angle = np.arccos(np.clip(dot, -1.0, 1.0))
    near = dot > _PARALLEL
    scale = np.where(near, 1.0, np.sin(angle))
    share = np.broadcast_to(share, dot.shape)
    weight_a = np.where(near, 1.0 - share, np.sin((1.0 - share) * angle) / scale)
    weight_b = np.where(near, share, np.sin(share * angle) / scale)
    mixed = weight_a[..., None] * a + weight_b[..., None] * b
    unit: F64 = mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)
    return unit
