"""Re-estimate the first frames of a recording from their future: they have no past.

A window of one or two frames says little about which way a person faces, so a take would begin with a sudden turn.
The same frames in reverse order end at the first frame with a full window before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import F32, Keypoints2D, RawMotion, Window
from models.camera import Intrinsics
from models.skeleton import ROOT
from models.vtm.config import VTMConfig

_FULL = 0.9
"""Weight at which the forward window has seen as much as the backward one."""
_OPPOSED_RAD = 1.0
"""Answers whose hips differ by more than this are not blended: one of them is wrong."""


class _Windows(Protocol):
    def push(self, keypoints: Keypoints2D) -> None: ...
    def window(self) -> Window | None: ...


class _Network(Protocol):
    @property
    def config(self) -> VTMConfig: ...
    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion: ...


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    keypoints: Keypoints2D
    raw: RawMotion | None  # from the forward window


class FirstWindow:
    """Buffers the start of a recording and re-estimates its first frames. One thread."""

    def __init__(self, make_window: Callable[[], _Windows], runtime: _Network, intrinsics: Intrinsics) -> None:
        """make_window: creates an empty window with the network's configuration."""
        self._make_window, self._runtime, self._intrinsics = make_window, runtime, intrinsics
        self._span_s = runtime.config.window_frames / runtime.config.rate_hz
        self._rows: list[_Row] = []
        self._collecting = True

    def add(self, number: int, keypoints: Keypoints2D, raw: RawMotion | None) -> Iterator[tuple[int, RawMotion]]:
        """Add a frame and its forward answer; yield the results of `finish` once there are enough frames."""
        if self._collecting:
            self._rows.append(_Row(number, keypoints, raw))
            if self._elapsed_s(self._rows[-1]) > 2 * self._span_s:
                yield from self.finish()
                self._collecting = False

    def restart(self) -> Iterator[tuple[int, RawMotion]]:
        """End this stretch because the window was cleared; a new one starts."""
        if self._collecting:
            yield from self.finish()
        self._collecting = True

    def finish(self) -> Iterator[tuple[int, RawMotion]]:
        """Yield the number and the blended answer of each frame of the first window, last frame first."""
        rows, self._rows = self._rows, []
        if len(rows) < 2:
            return
        window, last_s = self._make_window(), rows[-1].keypoints.captured_at_s
        begin_s = rows[0].keypoints.captured_at_s
        span_s = min(self._span_s, last_s - begin_s)
        for row in reversed(rows):
            time_s = row.keypoints.captured_at_s
            window.push(replace(row.keypoints, captured_at_s=2 * last_s - time_s))
            past = (time_s - begin_s) / span_s
            if past >= 1.0:
                continue
            view = window.window()
            if view is not None:
                backwards = replace(self._runtime.lift(view, self._intrinsics), captured_at_s=time_s)
                yield row.number, joined(backwards, row.raw, past * past * (3 - 2 * past))

    def _elapsed_s(self, row: _Row) -> float:
        return row.keypoints.captured_at_s - self._rows[0].keypoints.captured_at_s


def joined(backwards: RawMotion, forwards: RawMotion | None, weight: float) -> RawMotion:
    """Blend two answers (weight 0: backward, 1: forward), or return one of them where they contradict each other."""
    if forwards is None:
        return backwards
    start = Rotation.from_matrix(np.asarray(backwards.rotations, np.float64))
    step = (start.inv() * Rotation.from_matrix(np.asarray(forwards.rotations, np.float64))).as_rotvec()
    if np.linalg.norm(step[ROOT]) > _OPPOSED_RAD:
        return forwards if weight >= _FULL else backwards

    def mixed(a: F32, b: F32) -> F32:
        return np.asarray((1 - weight) * a + weight * b, np.float32)

    up = mixed(backwards.up_cam, forwards.up_cam)
    sure = forwards.part_confidence, backwards.part_confidence
    return replace(
        forwards,
        rotations=(start * Rotation.from_rotvec(weight * step)).as_matrix().astype(np.float32),
        root_px=mixed(backwards.root_px, forwards.root_px),
        root_depth=float(np.exp((1 - weight) * np.log(backwards.root_depth) + weight * np.log(forwards.root_depth))),
        bone_ratio=mixed(backwards.bone_ratio, forwards.bone_ratio),
        up_cam=up / max(float(np.linalg.norm(up)), 1e-9),
        contacts=mixed(backwards.contacts, forwards.contacts),
        confidence=(1 - weight) * backwards.confidence + weight * forwards.confidence,
        part_confidence=None if sure[0] is None or sure[1] is None else mixed(sure[1], sure[0]),
    )
