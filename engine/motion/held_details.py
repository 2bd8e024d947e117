"""Hands and face of a take in every frame: where they are not seen, what was seen last is held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.motion.take import MotionTake
from engine.types import F32, F64

_TURNS = ("fingers_xyzw", "eyes_xyzw")


def held_frames(there: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(N,) bool -> (N,) the frame that is shown: itself, else the last one that is there, else the first one."""
    frames = np.maximum.accumulate(np.where(there, np.arange(len(there)), -1))
    held: NDArray[np.intp] = np.where(frames < 0, int(np.argmax(there)), frames)
    return held


class HeldDetails:
    """Fingers, eyes and expression of a take, as far as it has them, by the take's own frames."""

    def __init__(self, take: MotionTake) -> None:
        """Find out which frame is shown in which."""
        self._turns: list[tuple[F32, NDArray[np.intp]]] = []  # values (N, n, 4), the frame that is shown (N,)
        for name in _TURNS:
            values = getattr(take, name)
            if values is not None:
                self._turns.append((values, held_frames(np.isfinite(values[:, 0, 0]))))
        self._expression = take.expression
        if take.expression is not None:
            self._shown_face = held_frames(np.isfinite(take.expression[:, 0]))

    def rotations(self, frames: NDArray[np.intp]) -> F64:
        """(m,) frames of the take -> (m, D, 4) fingers and eyes."""
        parts = [values[shown[frames]].astype(np.float64) for values, shown in self._turns]
        return np.concatenate([np.zeros((len(frames), 0, 4)), *parts], axis=1)

    def expression(self, frames: NDArray[np.intp]) -> F64 | None:
        """(m,) frames of the take -> (m, 52) scores; None: the take has no face."""
        if self._expression is None:
            return None
        return self._expression[self._shown_face[frames]].astype(np.float64)
