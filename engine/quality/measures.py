"""Measures of a take without ground truth: metres and seconds in, the units of `LIMITS` out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.take import MotionTake, median_rate
from engine.types import F64
from models.kinematics import stature
from models.skeleton import FEET, JOINT, JOINT_NAMES, NON_ROOT, PARENTS, REST_OFFSETS, SOLE, TOES

UNSEEN = 0.3
"""A part below this confidence is not seen."""
PLANTED = 0.5
RESTING_M_S = 0.15
"""A joint slower than this about the hips rests: what it moves then is jitter."""
SPIKE_M_S, SPIKE_RAD_S, SPIKE_LIMB_RAD_S = 12.0, 20.0, 40.0
"""Faster than any performer: a boxer's elbow turns at 24 rad/s, as measured; the trunk and the head are slower."""
_LIMBS = ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot", "Toes")
_FASTEST_TURN = np.array([SPIKE_LIMB_RAD_S if name.endswith(_LIMBS) else SPIKE_RAD_S for name in JOINT_NAMES])
_RECORDED_GAP_S = 0.25
_SHORT = 1e-6
LIMB_BONES: dict[str, tuple[str, ...]] = {
    "trunk": ("Spine", "Chest", "UpperChest", "Neck"),
    "left arm": ("LeftLowerArm", "LeftHand"),
    "right arm": ("RightLowerArm", "RightHand"),
    "left leg": ("LeftLowerLeg", "LeftFoot"),
    "right leg": ("RightLowerLeg", "RightFoot"),
}
"""Joints whose offsets to their parents add up to a limb's length."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the take, seconds from its start."""

    start_s: float
    end_s: float


def times_of(take: MotionTake) -> F64:
    """Return (N,) seconds from the take's start, never decreasing."""
    times = np.maximum.accumulate(np.nan_to_num(take.timestamps_s.astype(np.float64)))
    return np.asarray(times - times[0]) if len(times) else times


def spans_of(flags: NDArray[np.bool_], times_s: F64) -> tuple[Span, ...]:
    """Return where the flag (N,) is set; a frame lasts until the next one."""
    if not flags.any():
        return ()
    edges = np.diff(np.concatenate([[False], flags, [False]]).astype(int))
    ends = np.append(times_s[1:], times_s[-1] + 1.0 / median_rate(times_s))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return tuple(Span(float(times_s[a]), float(ends[b])) for a, b in zip(starts, stops, strict=True))


def no_frames(take: MotionTake) -> tuple[Span, ...]:
    """Return times longer than a quarter of a second without any frame."""
    times = times_of(take)
    long = np.flatnonzero(np.diff(times) > max(_RECORDED_GAP_S, 4.0 / take.fps))
    return tuple(Span(float(times[at]), float(times[at + 1])) for at in long)


def unseen_percent(take: MotionTake) -> F64:
    """Return for each part the percentage of frames with a person in which it is not seen; NaN without a person."""
    if not take.tracked.any():
        return np.full(take.part_confidence.shape[1], np.nan)
    return np.asarray((take.part_confidence[take.tracked] < UNSEEN).mean(0) * 100.0, np.float64)


def _about_hips(take: MotionTake) -> F64:
    """Return joints (N, 22, 3) relative to the hips, world axes; NaN without a person."""
    joints = take.joints_world_m.astype(np.float64)
    return np.asarray(joints - joints[:, :1])


def jitter_mm(take: MotionTake) -> float:
    """Return the median distance of a resting joint from the mean of the previous and next frame, mm."""
    joints, times = _about_hips(take), times_of(take)
    if len(joints) < 3:
        return float("nan")
    seconds = (times[2:] - times[:-2])[:, None]
    speed = np.linalg.norm(joints[2:] - joints[:-2], axis=-1) / np.maximum(seconds, _SHORT)
    off = np.linalg.norm(joints[1:-1] - (joints[2:] + joints[:-2]) / 2.0, axis=-1)[:, NON_ROOT]
    resting = off[speed[:, NON_ROOT] < RESTING_M_S]
    return float(np.median(resting) * 1000.0) if len(resting) else float("nan")


def sliding_mm_s(take: MotionTake) -> float:
    """Return the mean speed over the floor of feet that are planted in two consecutive frames, mm/s."""
    if len(take) < 2:
        return float("nan")
    feet = take.joints_world_m[:, FEET].astype(np.float64)[..., [0, 2]]
    seconds = np.maximum(np.diff(times_of(take)), _SHORT)[:, None]
    speed = np.linalg.norm(np.diff(feet, axis=0), axis=-1) / seconds
    planted = (take.contacts[1:] > PLANTED) & (take.contacts[:-1] > PLANTED) & np.isfinite(speed)
    return float(speed[planted].mean() * 1000.0) if planted.any() else float("nan")


def below_floor_mm(take: MotionTake) -> float:
    """Return how far the lowest sole is below y = 0 in the worst hundredth of the frames, mm; 0 if never."""
    toes = take.joints_world_m[:, TOES, 1].astype(np.float64)
    sole = SOLE * float(take.rest_offsets_m[0, 1])
    lowest = (toes - sole).min(axis=1)
    lowest = lowest[np.isfinite(lowest)]
    return float(max(0.0, -np.percentile(lowest, 1.0)) * 1000.0) if len(lowest) else float("nan")


def spikes(take: MotionTake) -> tuple[Span, ...]:
    """Return where a joint moves relative to the hips, or rotates, faster than people can."""
    if len(take) < 2:
        return ()
    times = times_of(take)
    seconds = np.maximum(np.diff(times), 1e-3)[:, None]
    speed = np.linalg.norm(np.diff(_about_hips(take), axis=0), axis=-1) / seconds
    q = take.rotations_xyzw.astype(np.float64)
    turn = 2.0 * np.arccos(np.clip(np.abs((q[1:] * q[:-1]).sum(-1)), 0.0, 1.0)) / seconds
    with np.errstate(invalid="ignore"):
        fast = np.concatenate([[False], ((speed > SPIKE_M_S) | (turn > _FASTEST_TURN)).any(1)])
    return spans_of(fast, times)


def bone_spread_percent(take: MotionTake) -> float:
    """Return the standard deviation of the network's bone lengths relative to their mean, mean of all bones,
    percent."""
    lengths = _bone_lengths(take)
    if len(lengths) < 2:
        return float("nan")
    mean = lengths.mean(0)
    return float((lengths.std(0)[mean > _SHORT] / mean[mean > _SHORT]).mean() * 100.0)


def implied_heights_m(take: MotionTake) -> dict[str, float]:
    """Return the body height implied by each limb if proportioned as s̄ (FreeMoCap's test without ground truth)."""
    lengths = _bone_lengths(take)
    if not len(lengths):
        return {}
    own = np.median(lengths, axis=0)
    of_mean = np.linalg.norm(REST_OFFSETS, axis=1)[list(NON_ROOT)]
    height_of_mean = float(stature(REST_OFFSETS))
    found = {}
    for limb, bones in LIMB_BONES.items():
        index = [JOINT[name] - 1 for name in bones]
        found[limb] = float(own[index].sum() / of_mean[index].sum() * height_of_mean)
    return found


def height_spread_percent(take: MotionTake) -> float:
    """Return the largest implied height divided by the smallest, minus one, percent."""
    heights = list(implied_heights_m(take).values())
    if not heights or min(heights) <= _SHORT:
        return float("nan")
    return (max(heights) / min(heights) - 1.0) * 100.0


def latency_ms(take: MotionTake) -> dict[str, float]:
    """p50, p95, p99 from frame to pose; empty where it was not recorded."""
    known = np.zeros(0) if take.latency_s is None else take.latency_s[np.isfinite(take.latency_s)]
    if not len(known):
        return {}
    values = np.percentile(known.astype(np.float64) * 1000.0, (50, 95, 99)).tolist()
    return dict(zip(("p50", "p95", "p99"), values, strict=True))


def late(take: MotionTake, limit_ms: float) -> tuple[Span, ...]:
    """Where poses came later than that after their frame."""
    if take.latency_s is None:
        return ()
    with np.errstate(invalid="ignore"):
        return spans_of(take.latency_s * 1000.0 > limit_ms, times_of(take))


def _bone_lengths(take: MotionTake) -> F64:
    """Return bone lengths (frames with a person, 21) in metres, before smoothing."""
    joints = take.joints_cam_m[take.tracked].astype(np.float64)
    parents = [PARENTS[joint] for joint in NON_ROOT]
    lengths = np.linalg.norm(joints[:, list(NON_ROOT)] - joints[:, parents], axis=-1)
    return np.asarray(lengths[np.isfinite(lengths).all(1)])
