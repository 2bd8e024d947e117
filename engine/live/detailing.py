"""Add the newest hands and face to each pose, and calibrate them: resting face, finger range."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from engine.config import Config
from engine.live.details_share import DetailsShare
from engine.live.hand_range import HandRange
from engine.live.interfaces import DetailSolverLike, Factories
from engine.types import Details, DetailsMeasured, FaceView, Pose

RESTING_S = 1.0
"""The resting face is the median over this time before a calibration."""
_MOST_VIEWS = 64
_SIDES = ("left", "right")
Say = Callable[[str, str], None]


class Detailing:
    """One per solve thread, which alone calls it."""

    def __init__(self, share: DetailsShare, factories: Factories, say: Say, clock: Callable[[], float]) -> None:
        self._share, self._factories, self._say, self._clock = share, factories, say, clock
        self._solver: DetailSolverLike | None = None
        self._looks_at = (False, False)  # hands, face: tracked by the current solver
        self._faces: deque[FaceView] = deque(maxlen=_MOST_VIEWS)
        self._wanted: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())  # of the settings, as last given
        self._hand_range: HandRange | None = None

    def follow(self, config: Config) -> None:
        """Apply the settings' calibration if it changed; otherwise keep newer measurements."""
        wanted = (config.face_at_rest, config.finger_ranges)
        if wanted != self._wanted:
            self._wanted = wanted
            if self._solver is not None:
                self._solver.calibration = wanted

    def reset(self) -> None:
        """Reset for another source."""
        self._faces.clear()
        self._hand_range = None
        if self._solver is not None:
            self._solver.reset()

    def __call__(self, pose: Pose | None, source_number: int) -> Pose | None:
        """Return the pose with hands and face as far as known; unchanged when neither is tracked."""
        now = self._share.now
        if (now.hands, now.face) != self._looks_at:
            self._make(now.hands, now.face)
        if pose is None or self._solver is None:
            return pose
        details = now.details if now.source_number == source_number else None
        self._measure_hands(self._solver, details, pose.captured_at_s)
        if details is None:
            details = Details(pose.frame_id, pose.captured_at_s)
        elif details.face is not None and (not self._faces or details.face is not self._faces[-1]):
            self._faces.append(details.face)
        return self._solver.solve(pose, details)

    def calibrate(self, captured_at_s: float) -> None:
        """Use the current face as the resting face; without a recent view the old one is kept."""
        views = [view for view in self._faces if captured_at_s - view.captured_at_s <= RESTING_S]
        if self._solver is not None and views:
            self._solver.rest_on(views)
            self._tell(self._solver)

    def _measure_hands(self, solver: DetailSolverLike, details: Details | None, time_s: float) -> None:
        """Start on request, continue with each pose, use the result."""
        if self._share.hands_asked:
            self._share.hands_asked = False
            self._hand_range = HandRange()
        if self._hand_range is None:
            return
        line = self._hand_range.push(details, time_s)
        if line is not None:
            self._say("info", line)
        if not self._hand_range.over:
            return
        sides = solver.measure_hands(*self._hand_range.views)
        self._hand_range = None
        seen = [name for name, good in zip(_SIDES, sides, strict=True) if good]
        if seen:
            self._say("info", f"hands: measured {' and '.join(seen)}")
            self._tell(solver)
        else:
            self._say("warning", "hands: not measured, no hand was seen open and then as a fist; come closer")

    def _tell(self, solver: DetailSolverLike) -> None:
        self._share.measured = DetailsMeasured(*solver.calibration, self._clock())

    def _make(self, hands: bool, face: bool) -> None:
        """Create another solver that keeps the calibration."""
        before, make = self._solver, self._factories.make_detail_solver
        self._looks_at = (hands, face)
        self._solver = make(hands=hands, face=face, before=before) if make is not None and (hands or face) else None
        if self._solver is not None and before is None:
            self._solver.calibration = self._wanted
