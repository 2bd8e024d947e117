"""Measures arms and legs while somebody is calibrated, if they hold a pose for it. Solve thread only."""

from __future__ import annotations

from engine.live.interfaces import HoldLike, SolverLike
from engine.live.shared_state import SharedState
from engine.types import Keypoints2D, Measured, Pose


class Measuring:
    """Between calibration, which waits for a pose that is being held, and solver, which gets the lengths."""

    def __init__(self, shared: SharedState, hold: HoldLike | None) -> None:
        self._shared = shared
        self._hold = hold
        self._wanted: tuple[float, ...] | None = None  # of the settings, as the solver was last given

    def follow(self, solver: SolverLike, lengths: tuple[float, ...]) -> None:
        """Give the solver the lengths of the settings when they have changed; what was measured since stays else."""
        if lengths != self._wanted:
            self._wanted = lengths
            solver.set_proportions(lengths)

    def look(self, state: str, keypoints: Keypoints2D, pose: Pose | None) -> None:
        """Take a solved frame. state: of the calibration."""
        if self._hold is not None and state in ("countdown", "waiting"):
            self._hold.push(keypoints, pose)

    @property
    def waits(self) -> bool:
        """A pose is held, but not for long enough yet."""
        return self._hold is not None and self._hold.under_way

    def calibrated(self, solver: SolverLike, now_s: float) -> None:
        """The performer was calibrated: use and tell what was measured, or say why nothing was."""
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
