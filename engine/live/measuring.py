"""Measure arms and legs during calibration, if a suitable pose is held. Solve thread only."""

from __future__ import annotations

from engine.live.interfaces import HoldLike, SolverLike
from engine.live.shared_state import SharedState
from engine.types import Keypoints2D, Measured, Pose


class Measuring:
    """Mediates between calibration, which waits for a held pose, and solver, which gets the lengths."""

    def __init__(self, shared: SharedState, hold: HoldLike | None) -> None:
        self._shared = shared
        self._hold = hold
        self._wanted: tuple[float, ...] | None = None  # from the settings, as last passed to the solver

    def follow(self, solver: SolverLike, lengths: tuple[float, ...]) -> None:
        """Pass the settings' lengths to the solver if they changed; otherwise keep newer measurements."""
        if lengths != self._wanted:
            self._wanted = lengths
            solver.set_proportions(lengths)

    def look(self, state: str, keypoints: Keypoints2D, pose: Pose | None) -> None:
        """Add a solved frame. state: of the calibration."""
        if self._hold is not None and state in ("countdown", "waiting"):
            self._hold.push(keypoints, pose)

    @property
    def waits(self) -> bool:
        """Whether a pose is held, but not yet long enough."""
        return self._hold is not None and self._hold.under_way

    def calibrated(self, solver: SolverLike, now_s: float) -> None:
        """After calibration: use and report the measured lengths, or say why there are none."""
        if self._hold is None:
            return
        result = self._hold.result()
        if isinstance(result, str):
            how = "to measure them, hold a T- or A-pose for a second while calibrating"
            self._shared.say("info", f"arms and legs stay estimated; {how} ({result})")
            return
        solver.set_proportions(result)
        self._shared.measured = Measured(result, now_s)
        self._shared.say("info", "arms and legs are measured and used from now on")
