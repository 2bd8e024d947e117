"""Keypoints2D -> Window: the last T frames on the model's own clock, as rays in the person's view."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from engine.types import F32, F64, Keypoints2D, Window
from models.camera import Intrinsics
from models.keypoints import KEYPOINT
from models.seen_parts import part_motion, seen_parts
from models.view import MIN_SCORE, person_view
from models.vtm.config import VTMConfig
from models.vtm.evidence import evidence_shape

MAX_GAP_S = 0.2
"""No interpolation across a larger gap between frames: the person counts as not seen."""
MIN_KEYPOINTS = 4
MOTION_FRAMES = 3
"""Number of frames in each of the two means that separate motion from noise."""
_SAME_S = 1e-6  # tolerance for rounded timestamps
_HIPS = [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]


class WindowBuilder:
    """Collects keypoints and returns the window that ends at the newest frame. Solve thread only."""

    def __init__(self, config: VTMConfig, intrinsics: Intrinsics) -> None:
        self._intrinsics = intrinsics
        self._backbone = config.backbone
        self._frames = config.window_frames
        self._latency_frames = config.latency_frames
        self._period_s = 1.0 / config.rate_hz
        self._span_s = self._frames * self._period_s + MAX_GAP_S
        self._seen: deque[tuple[float, F32, F32]] = deque()  # time, (23, 3) rays and score, evidence
        self._last: Keypoints2D | None = None

    def push(self, keypoints: Keypoints2D) -> None:
        """Add the newest frame. A frame that is not later than the previous one replaces it."""
        while self._seen and self._seen[-1][0] >= keypoints.captured_at_s:
            self._seen.pop()
        evidence = _evidence(keypoints, self._backbone)
        self._seen.append((keypoints.captured_at_s, self._rays(keypoints), evidence))
        while self._seen[0][0] < keypoints.captured_at_s - self._span_s:
            self._seen.popleft()
        self._last = keypoints

    def reset(self) -> None:
        """Forget all frames, for another person or source."""
        self._seen.clear()
        self._last = None

    def window(self) -> Window | None:
        """Return the window that ends at the newest frame, or None if too little of a person is in it."""
        last = self._last
        if last is None:
            return None
        scores = self._seen[-1][1][:, 2]
        seen = scores > MIN_SCORE
        if int(seen.sum()) < MIN_KEYPOINTS:
            return None
        points, evidence = self._resampled(last.captured_at_s)
        parts = seen_parts(last.points_px, last.scores, last.image_size)
        view, keypoints = person_view(points[None, ..., :2], points[None, ..., 2])
        return Window(
            frame_id=last.frame_id,
            captured_at_s=last.captured_at_s,
            keypoints=keypoints.astype(np.float32),
            evidence=evidence[None],
            box=view.box.astype(np.float32),
            view_rotation=view.rotation,
            view_size=view.size,
            confidence=float(parts.mean()),
            latency_frames=self._latency_frames,
            root_visible=bool((scores[_HIPS] > 0.3).all()),
            parts_seen=parts,
            motion=self._motion(float(view.size[0])),
        )

    def _motion(self, size: float) -> F32 | None:
        """Return the motion (6,) of each part per frame: the mean of the last frames minus the mean of those before.

        Detector noise cancels in the means; motion does not.
        """
        recent = [self._seen[-1]]
        while len(recent) < min(len(self._seen), 2 * MOTION_FRAMES):
            before = self._seen[-1 - len(recent)]
            if recent[-1][0] - before[0] > MAX_GAP_S:
                break
            recent.append(before)
        half = len(recent) // 2
        if not half:
            return None
        times = np.array([row[0] for row in recent])
        points = np.stack([row[1] for row in recent[: 2 * half]])  # newest first
        now, past = points[:half].mean(0), points[half:].mean(0)
        now[:, 2] = past[:, 2] = points[..., 2].min(0)
        gap_s = float(times[:half].mean() - times[half : 2 * half].mean())
        return part_motion(past, now, size, self._intrinsics.fx, gap_s)

    def _rays(self, keypoints: Keypoints2D) -> F32:
        """Return (23, 3) x/z, y/z, score; non-finite points count as not seen."""
        rays = self._intrinsics.to_rays(keypoints.points_px)
        scores = np.clip(keypoints.scores, 0.0, 1.0)
        good = np.isfinite(rays).all(-1) & np.isfinite(scores)
        rows = np.concatenate([rays, scores[:, None]], axis=-1)
        return np.where(good[:, None], rows, 0.0).astype(np.float32)

    def _resampled(self, end_s: float) -> tuple[F64, F32]:
        """Return keypoints (T, 23, 3) and evidence (T, rows, numbers) on the model's clock; the last frame is exact."""
        seen = list(self._seen)
        times = np.array([row[0] for row in seen])
        wanted = end_s - np.arange(self._frames - 1, -1, -1) * self._period_s
        high = np.minimum(np.searchsorted(times, wanted - _SAME_S), len(times) - 1)
        low = np.maximum(high - 1, 0)
        gap = np.maximum(times[high] - times[low], 1e-9)
        fraction = np.clip((wanted - times[low]) / gap, 0.0, 1.0)
        fraction = np.where((high == low) | (times[high] - wanted < _SAME_S), 1.0, fraction)
        covered = (wanted >= times[0] - self._period_s / 2) & ((gap < MAX_GAP_S) | (fraction == 1.0))
        points = np.stack([row[1] for row in seen]).astype(np.float64)
        mixed = _mixed(points[low], points[high], fraction, covered)
        if self._backbone != "landmarks":
            return mixed, self._nearest(np.where(fraction >= 0.5, high, low), covered)
        evidence = np.stack([row[2] for row in seen]).astype(np.float64)
        return mixed, _mixed(evidence[low], evidence[high], fraction, covered).astype(np.float32)

    def _nearest(self, index: NDArray[np.intp], covered: NDArray[np.bool_]) -> F32:
        """Return evidence (T, rows, numbers) of the nearer frame: interpolating a feature map makes no sense, and it is
        76 times as large (interpolated, a window of 32 frames took 8 ms)."""
        seen = list(self._seen)
        out = np.zeros((self._frames, *evidence_shape(self._backbone)), np.float32)
        for frame in np.flatnonzero(covered).tolist():
            out[frame] = seen[index[frame]][2]
        return out


def _mixed(low: F64, high: F64, fraction: F64, covered: NDArray[np.bool_]) -> F64:
    """Interpolate rows (T, K, n) of two frames; the last column is visibility. A point that only one frame saw is taken
    from the nearer frame."""
    part = fraction[:, None, None]
    between = low * (1 - part) + high * part
    nearer = np.where(part >= 0.5, high, low)
    both = (low[..., -1:] > 0) & (high[..., -1:] > 0)
    return np.asarray(np.where(both, between, nearer) * covered[:, None, None], np.float64)


def _evidence(keypoints: Keypoints2D, backbone: str) -> F32:
    """Return a frame's evidence (rows, numbers) for the backbone, with a flag; zeros where there is none."""
    rows = np.zeros(evidence_shape(backbone), np.float32)
    given = keypoints.evidence_m if backbone == "landmarks" else keypoints.features
    if given is not None:
        present = np.isfinite(given).all(-1)
        rows[present, :-1] = given[present]
        rows[present, -1] = 1.0
    return rows
