"""Choose the lower body: the tracked legs, or a stance. `--body auto` decides by their visibility."""

from __future__ import annotations

from engine.solver.settings import STANDARD, BodyModeSettings
from engine.solver.stance import SEATED, UPPER, Stance

_STANCES = {"upper": UPPER, "seated": SEATED, "auto": UPPER, "whole": UPPER}


class BodyMode:
    """Converts the legs' confidence to a weight of the stance, 0 (tracked legs) to 1. Solve thread only."""

    def __init__(self, setting: str = "auto", settings: BodyModeSettings = STANDARD.body_mode) -> None:
        self._s = settings
        self._setting = setting
        self.reset()

    def reset(self) -> None:
        """Reset: the first frame decides at once, without a fade."""
        self._hidden: bool | None = None
        self._for_s = 0.0
        self._weight = 0.0

    @property
    def setting(self) -> str:
        """User's choice: auto, whole, upper or seated."""
        return self._setting

    @setting.setter
    def setting(self, setting: str) -> None:
        self._setting = setting

    @property
    def stance(self) -> Stance:
        """Stance to fade to."""
        return _STANCES[self._setting]

    @property
    def name(self) -> str:
        """Current mode: "whole", "upper" or "seated"."""
        return self.stance.name if self._target else "whole"

    @property
    def weight(self) -> float:
        """Weight of the stance, with a smooth start and end of the fade."""
        return self._weight * self._weight * (3 - 2 * self._weight)

    @property
    def _target(self) -> bool:
        return bool(self._hidden) if self._setting == "auto" else self._setting != "whole"

    def push(self, legs_confidence: float, dt_s: float) -> float:
        """Add a frame with the confidence of the better visible leg; return the weight of the stance."""
        first = self._hidden is None
        if first:
            self._hidden = legs_confidence < self._s.unseen
        changed = legs_confidence > self._s.seen if self._hidden else legs_confidence < self._s.unseen
        self._for_s = self._for_s + dt_s if changed else 0.0
        if self._for_s >= self._s.after_s:
            self._hidden, self._for_s = not self._hidden, 0.0
        step = 1.0 if first else dt_s / self._s.fade_s
        self._weight = min(self._weight + step, 1.0) if self._target else max(self._weight - step, 0.0)
        return self.weight
