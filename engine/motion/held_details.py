"""Hands and face of a take in every frame: where they are not seen, the last seen values are held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.motion.take import MotionTake
from engine.types import F32, F64

_TURNS = ("fingers_xyzw", "eyes_xyzw")


def held_frames(there: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Map (N,) bool to the frame (N,) to show: itself, else the last valid one, else the first valid one."""
    frames = np.maximum.accumulate(np.where(there, np.arange(len(there)), -1))
    held: NDArray[np.intp] = np.where(frames < 0, int(np.argmax(there)), frames)
    return held


class HeldDetails:
    """Fingers, eyes and expression of a take, if it has them, by the take's own frames."""

    def __init__(self, take: MotionTake) -> None:
        """Determine the frame to show for each frame."""
        self._turns: list[tuple[F32, NDArray[np.intp]]] = []  # values (N, n, 4), the frame to show (N,)
        for name in _TURNS:
            values = getattr(take, name)
            if values is not None:
                self._turns.append((values, held_frames(np.isfinite(values[:, 0, 0]))))
        self._expression = take.expression
        if take.expression is not None:
            self._shown_face = held_frames(np.isfinite(take.expression[:, 0]))

    def rotations(self, frames: NDArray[np.intp]) -> F64:
        """Return fingers and eyes (m, D, 4) for frames (m,) of the take."""
        parts = [values[shown[frames]].astype(np.float64) for values, shown in self._turns]
        return np.concatenate([np.zeros((len(frames), 0, 4)), *parts], axis=1)

    def expression(self, frames: NDArray[np.intp]) -> F64 | None:
        """Return expressions (m, 52) for frames (m,) of the take; None: the take has no face."""
        if self._expression is None:
            return None
        return self._expression[self._shown_face[frames]].astype(np.float64)
