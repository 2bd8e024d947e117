"""The bundled clip of one motion from twelve sides, with its ground truth: true errors by viewpoint.

Made by `python -m models.rendering.turntable views`; the people are rendered, which must be said with every figure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.errors import InputError
from engine.viewpoints.facing import F64
from engine.viewpoints.fit import about_hips, distances_mm
from models.npz import NpzError, read_npz
from models.skeleton import LIMBS, NUM_JOINTS

CLIP = Path(__file__).resolve().with_name("clip")
SETTLE_FRAMES = 30
"""Frames after a start or cut that are not counted: the window still contains earlier frames."""


@dataclass(frozen=True, slots=True)
class RenderedViews:
    """N frames of one motion in front of V cameras."""

    folder: Path
    views_deg: tuple[int, ...]  # camera directions: 0 front, 90 the performer's left
    joints_world_m: F64  # (N, 22, 3)
    R: F64  # (V, 3, 3) world -> camera
    height_m: float
    hfov_deg: float

    @property
    def frames(self) -> int:
        """Number of frames of the motion."""
        return len(self.joints_world_m)

    def video(self, view: int) -> Path:
        """Return the clip of this camera."""
        return self.folder / f"{self.views_deg[view]:03d}.mp4"

    def error_mm(self, view: int, frame: int, joints_cam_m: F64) -> float:
        """Return the mean distance of the 12 limb joints from the truth, relative to the hips: no rotation or scale
        fitted."""
        truth = self.joints_world_m[frame % self.frames] @ self.R[view].T
        return float(distances_mm(about_hips(joints_cam_m)[LIMBS,], about_hips(truth)[LIMBS,]).mean())


def read_views(folder: Path = CLIP) -> RenderedViews:
    """Read the bundled clip. Raises InputError when it is incomplete."""
    try:
        found = read_npz(folder / "truth.npz", "views_deg", "joints_world_m", "R", "height_m", "hfov_deg")
    except (NpzError, OSError) as error:
        raise InputError(f"the clip of the viewpoint slider cannot be used ({error}); reinstall the program") from error
    views = RenderedViews(
        folder,
        tuple(int(view) for view in found["views_deg"]),
        found["joints_world_m"].astype(np.float64),
        found["R"].astype(np.float64),
        float(found["height_m"]),
        float(found["hfov_deg"]),
    )
    missing = [str(views.video(view)) for view in range(len(views.views_deg)) if not views.video(view).is_file()]
    if missing or views.joints_world_m.shape[1:] != (NUM_JOINTS, 3) or not views.frames:
        raise InputError(
            f"the clip of the viewpoint slider is incomplete ({', '.join(missing)}); reinstall the program"
        )
    return views


@dataclass(slots=True)
class ViewErrors:
    """True errors of each view so far, ours and the detector's. One thread."""

    views: RenderedViews
    view: int = 0
    _first: int | None = None  # frame_id at which counting begins
    _ours: dict[int, list[float]] = field(default_factory=dict)
    _theirs: dict[int, list[float]] = field(default_factory=dict)
    now: tuple[float | None, float | None] = (None, None)

    def look_from(self, view: int) -> None:
        """Another clip begins; previous errors of this view are discarded."""
        self.view, self._first, self.now = view, None, (None, None)
        self._ours.pop(view, None)
        self._theirs.pop(view, None)

    def push(self, frame_id: int, joints_cam_m: F64, theirs_m: F64 | None) -> None:
        """Add a tracked frame of the current view. The first frames of a clip are not counted, see SETTLE_FRAMES."""
        if self._first is None:
            self._first = frame_id + SETTLE_FRAMES
        ours = self.views.error_mm(self.view, frame_id, joints_cam_m)
        theirs = None
        if theirs_m is not None and np.isfinite(theirs_m[LIMBS,]).all():
            theirs = self.views.error_mm(self.view, frame_id, theirs_m)
        self.now = (ours, theirs)
        if frame_id < self._first or frame_id % self.views.frames < SETTLE_FRAMES:
            return
        self._ours.setdefault(self.view, []).append(ours)
        if theirs is not None:
            self._theirs.setdefault(self.view, []).append(theirs)

    def means(self) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
        """Return mean errors, (V,) ours and (V,) the detector's; None for views not measured yet."""
        views = range(len(self.views.views_deg))
        return tuple(_mean(self._ours.get(view)) for view in views), tuple(
            _mean(self._theirs.get(view)) for view in views
        )


def _mean(values: list[float] | None) -> float | None:
    return float(np.mean(values)) if values else None
