"""Finger bones and eyes for a VMC target: which ones, and their local transforms. One per encoder, one thread.

What is not tracked is not sent: an identity would override the receiver's other sources. With an avatar its own bones
are used: their positions, their axes if the target wants raw rotations, and the rotation of a missing finger bone is
passed to the next one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from engine.avatar.avatar import Avatar, Bone
from engine.osc.coordinates import unity_positions, unity_quaternions
from engine.osc.vmc_options import VmcOptions
from engine.types import F32, F64, Pose
from models.detail_skeleton import DETAIL_NAMES, EYE_NAMES, detail_offsets_m
from models.fingers import FINGER_NAMES, SEGMENTS

NO_DETAILS: tuple[tuple[str, ...], list[float]] = ((), [])
_NUM_FINGERS = len(FINGER_NAMES)
_GAZE_M = 2.0
"""Distance of the eyes' common target point (`eyes=target`)."""


class _Sent(NamedTuple):
    """The bones of one kind of frame."""

    names: tuple[str, ...]
    rows: list[int]  # of DETAIL_NAMES


class DetailBones:
    """Names and numbers (position, quaternion; Unity's axes) of a pose's finger bones and eyes."""

    def __init__(self, options: VmcOptions, avatar: Avatar | None = None) -> None:
        """Determine which bones there are."""
        self._options = options
        there = [row for row, name in enumerate(DETAIL_NAMES) if avatar is None or name in avatar.details]
        fingers = [row for row in there if row < _NUM_FINGERS] if options.fingers else []
        eyes = [row for row in there if row >= _NUM_FINGERS] if options.eyes == "bones" else []
        self._kinds = {
            (has_fingers, has_eyes): _sent(fingers * has_fingers + eyes * has_eyes)
            for has_fingers in (False, True)
            for has_eyes in (False, True)
        }
        self._avatar = None if avatar is None else _AvatarDetails(avatar, raw=options.rotations == "raw")
        self._rest: F32 | None = None  # the rest offsets that the positions below were made from
        self._positions = np.zeros((len(DETAIL_NAMES), 3), np.float32)
        self._before: F64 | None = None  # (32, 4) quaternions of the previous frame

    def of(self, pose: Pose) -> tuple[tuple[str, ...], list[float]]:
        """Return the bone names, and 7 numbers for each in that order."""
        kind = self._kinds[pose.fingers_xyzw is not None, pose.eyes_xyzw is not None]
        if not kind.names:
            return NO_DETAILS
        numbers = np.concatenate([self._places(pose), self._turns(pose)], axis=1)[kind.rows]
        flat: list[float] = numbers.ravel().tolist()
        return (kind.names, flat) if math.isfinite(sum(flat)) else NO_DETAILS

    def _turns(self, pose: Pose) -> F64:
        """Return quaternions (32, 4), of q and -q the one nearer to the previous frame; identity for missing ones."""
        turns = np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (len(DETAIL_NAMES), 1))
        if pose.fingers_xyzw is not None:
            turns[:_NUM_FINGERS] = pose.fingers_xyzw
        if pose.eyes_xyzw is not None:
            turns[_NUM_FINGERS:] = pose.eyes_xyzw
        if self._avatar is not None:
            turns = self._avatar.turns(turns)
        turns = unity_quaternions(turns.astype(np.float32)).astype(np.float64)
        reference = turns[:, 3:] if self._before is None else (turns * self._before).sum(1, keepdims=True)
        turns = np.where(reference < 0, -turns, turns)
        self._before = turns
        return turns

    def _places(self, pose: Pose) -> F32:
        """Return positions (32, 3); they seldom change."""
        if self._options.positions != "none" and self._rest is not pose.rest_offsets_m:
            self._rest = pose.rest_offsets_m
            offsets = detail_offsets_m(pose.rest_offsets_m) if self._avatar is None else self._avatar.offsets
            self._positions = unity_positions(offsets)
        return self._positions


def _sent(rows: list[int]) -> _Sent:
    return _Sent(tuple(DETAIL_NAMES[row] for row in rows), rows)


class _AvatarDetails:
    """A model's finger bones and eyes."""

    def __init__(self, avatar: Avatar, *, raw: bool) -> None:
        self.offsets = np.zeros((len(DETAIL_NAMES), 3), np.float32)
        self._missing = [row for row in range(_NUM_FINGERS) if DETAIL_NAMES[row] not in avatar.details]
        before, after = (np.tile([0.0, 0.0, 0.0, 1.0], (len(DETAIL_NAMES), 1)) for _ in range(2))
        for row, name in enumerate(DETAIL_NAMES):
            bone = avatar.details.get(name)
            if bone is None:
                continue
            self.offsets[row] = bone.offset if raw else bone.position - _above(avatar, row).position
            if raw:
                before[row] = Rotation.from_matrix(bone.above_rotation.T).as_quat()
                after[row] = Rotation.from_matrix(bone.rotation).as_quat()
        self._before, self._after = Rotation.from_quat(before), Rotation.from_quat(after)
        self._raw = raw

    def turns(self, turns: F64) -> F64:
        """Convert rotations (32, 4) from relative to the T-pose to relative to the model's rest pose."""
        for row in self._missing:
            if (row + 1) % len(SEGMENTS):  # not the last one
                both = Rotation.from_quat(turns[row]) * Rotation.from_quat(turns[row + 1])
                turns[row + 1] = both.as_quat()
        if not self._raw:
            return turns
        quaternions: F64 = (self._before * Rotation.from_quat(turns) * self._after).as_quat()
        return quaternions


def _above(avatar: Avatar, row: int) -> Bone:
    """Return the nearest existing ancestor of a finger bone or eye in the avatar."""
    name = DETAIL_NAMES[row]
    if name in EYE_NAMES:
        return avatar.bones["Head"]
    for above in range(row - 1, row - 1 - row % len(SEGMENTS), -1):
        if DETAIL_NAMES[above] in avatar.details:
            return avatar.details[DETAIL_NAMES[above]]
    return avatar.bones["LeftHand" if name.startswith("Left") else "RightHand"]


def gaze_target(pose: Pose) -> tuple[float, float, float] | None:
    """Return the gaze target relative to the head, Unity's axes, metres (/VMC/Ext/Set/Eye). None: no eyes."""
    if pose.eyes_xyzw is None:
        return None
    x, y, z, w = pose.eyes_xyzw[0].tolist()
    ahead = (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))
    left, right = detail_offsets_m(pose.rest_offsets_m)[_NUM_FINGERS:]
    between = (left + right) / 2
    right_, up, front = (float(at) + _GAZE_M * way for at, way in zip(between, ahead, strict=True))
    target = (-right_, up, front)
    return target if all(map(math.isfinite, target)) else None
