"""Which views of a hand may turn the wrist: those whose palm is not mistaken for the back of the hand."""

from __future__ import annotations

import numpy as np

from engine.types import F64, HandView

LEAST_ON_SIDE = 0.7
"""The palm of a right hand looks like the back of a left one. Where the network is less sure than this whose hand it
sees, it takes one for the other more often: flipped are 0.6 % instead of 1.6 % of 518 views of rendered hands."""
MOST_TURN_DEG, FORGET_S = 100.0, 0.3
"""A palm that turned farther than this since the last view, not longer ago, has to be seen twice."""
_ALIKE_DEG = 50.0
_PALM = 1  # column of a hand's rotation: out of the back of the hand


class PalmGate:
    """One hand over time: refuses a palm that jumps, until the next view confirms it."""

    def __init__(self) -> None:
        self._last: F64 | None = None
        self._last_s = -np.inf
        self._doubted: F64 | None = None
        self._judged: tuple[float, bool] = (-np.inf, False)

    def accepts(self, view: HandView, side: int, rotation: F64) -> bool:
        """Return whether this view's rotation (3, 3) is believed. Views in order of time; one may come again."""
        if view.captured_at_s > self._judged[0]:
            self._judged = view.captured_at_s, self._judge(view, side, rotation)
        return self._judged[1]

    def _judge(self, view: HandView, side: int, rotation: F64) -> bool:
        if (view.right if side == 1 else 1.0 - view.right) < LEAST_ON_SIDE:
            return False
        normal = rotation[:, _PALM]
        recent = self._last is not None and view.captured_at_s - self._last_s <= FORGET_S
        if recent and _apart_deg(self._last, normal) > MOST_TURN_DEG:
            confirmed = self._doubted is not None and _apart_deg(self._doubted, normal) < _ALIKE_DEG
            self._doubted = normal
            if not confirmed:
                return False
        self._last, self._last_s, self._doubted = normal, view.captured_at_s, None
        return True


def _apart_deg(a: F64 | None, b: F64) -> float:
    return 0.0 if a is None else float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))
