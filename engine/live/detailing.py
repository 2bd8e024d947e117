"""Adds the newest hands and face to each pose, and takes the face at rest when the performer calibrates."""

from __future__ import annotations

from collections import deque

from engine.live.details_share import DetailsShare
from engine.live.interfaces import DetailSolverLike, Factories
from engine.types import Details, FaceView, Pose

RESTING_S = 1.0
"""The face at rest is the middle of what was seen for so long before a calibration."""
_MOST_VIEWS = 64


class Detailing:
    """One per solve thread; only that calls it."""

    def __init__(self, share: DetailsShare, factories: Factories) -> None:
        self._share = share
        self._factories = factories
        self._solver: DetailSolverLike | None = None
        self._looks_at = (False, False)  # hands, face: what the solver was made for
        self._faces: deque[FaceView] = deque(maxlen=_MOST_VIEWS)

    def reset(self) -> None:
        """Another source."""
        self._faces.clear()
        if self._solver is not None:
            self._solver.reset()

    def __call__(self, pose: Pose | None, source_number: int) -> Pose | None:
        """Return the pose with hands and face as far as they are known; the same one while neither is looked at."""
        now = self._share.now
        if (now.hands, now.face) != self._looks_at:
            self._make(now.hands, now.face)
        if pose is None or self._solver is None:
            return pose
        details = now.details if now.source_number == source_number else None
        if details is None:
            details = Details(pose.frame_id, pose.captured_at_s)
        elif details.face is not None and (not self._faces or details.face is not self._faces[-1]):
            self._faces.append(details.face)
        return self._solver.solve(pose, details)

    def calibrate(self, captured_at_s: float) -> None:
        """Take the face of the last moment as the one at rest; without a view the old one stays."""
        views = [view for view in self._faces if captured_at_s - view.captured_at_s <= RESTING_S]
        if self._solver is not None and views:
            self._solver.rest_on(views)

    def _make(self, hands: bool, face: bool) -> None:
        """Another solver, which keeps what was calibrated."""
        before, make = self._solver, self._factories.make_detail_solver
        self._looks_at = (hands, face)
        self._solver = make(hands=hands, face=face, before=before) if make is not None and (hands or face) else None
