"""Fingers, eyes and expression between the camera's poses: eased to, never predicted.

They are looked at 8 to 15 times a second and smoothed already: carried on at their last speed a blink would shut twice
and a fist would overshoot. So each new value is approached in a straight line, and reached when the next pose is due.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from engine.types import F32, Pose

LONGEST_S = 0.05
"""A new value is reached after so long at the latest."""


class _Fields(TypedDict):
    """The fields of a Pose that are eased."""

    fingers_xyzw: F32 | None
    eyes_xyzw: F32 | None
    expression: F32 | None


_NONE: _Fields = {"fingers_xyzw": None, "eyes_xyzw": None, "expression": None}


class DetailEasing:
    """Takes poses as they come, gives fingers, eyes and expression of any moment after. One thread at a time."""

    def __init__(self) -> None:
        self._from, self._to = _NONE, _NONE
        self._came_s = self._captured_s = float("-inf")
        self._lasts_s = 0.0

    def push(self, pose: Pose, now_s: float) -> None:
        """Take a new pose, which arrived at `now_s`; what is shown now is where the way to it begins."""
        self._from = self.at(now_s)
        self._to = {
            "fingers_xyzw": pose.fingers_xyzw,
            "eyes_xyzw": pose.eyes_xyzw,
            "expression": pose.expression,
        }
        self._lasts_s = min(max(pose.captured_at_s - self._captured_s, 0.0), LONGEST_S)
        self._came_s, self._captured_s = now_s, pose.captured_at_s

    def at(self, now_s: float) -> _Fields:
        """Return the fields at this moment; None where hands or face are not looked at."""
        since_s = now_s - self._came_s
        if since_s >= self._lasts_s:
            return self._to
        weight = np.float32(max(since_s, 0.0) / self._lasts_s)
        before, after = self._from, self._to
        return {
            "fingers_xyzw": _turned(before["fingers_xyzw"], after["fingers_xyzw"], weight),
            "eyes_xyzw": _turned(before["eyes_xyzw"], after["eyes_xyzw"], weight),
            "expression": _mixed(before["expression"], after["expression"], weight),
        }


def _mixed(before: F32 | None, after: F32 | None, weight: np.float32) -> F32 | None:
    if before is None or after is None:
        return after
    result: F32 = before + weight * (after - before)
    return result


def _turned(before: F32 | None, after: F32 | None, weight: np.float32) -> F32 | None:
    """Return quaternions (n, 4) on the shorter way; for steps of one camera frame as good as along the arc."""
    if before is None or after is None:
        return after
    nearer = np.where((before * after).sum(-1, keepdims=True) < 0, -before, before)
    mixed = nearer + weight * (after - nearer)
    result: F32 = mixed / np.maximum(np.linalg.norm(mixed, axis=-1, keepdims=True), np.float32(1e-6))
    return result
