"""Traffic lights: one table of all measures of a take, with the limits of amber and red."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Light = Literal["green", "amber", "red"]
LIGHTS: tuple[Light, ...] = ("green", "amber", "red")


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits of a measure, larger is worse: green up to `green`, amber up to `amber`, else red."""

    label: str
    unit: str
    green: float
    amber: float
    advice: str

    def light(self, value: float) -> Light:
        """Return the light of a value; NaN (not measured) is green."""
        if not value > self.green:  # NaN, too
            return "green"
        return "amber" if value <= self.amber else "red"


LIMITS: dict[str, Limit] = {
    "lost_percent": Limit("nobody seen", "%", 2.0, 10.0, "stay in the picture; more light; nobody else nearer"),
    "no_frames_s": Limit(
        "longest time without frames", "s", 0.5, 2.0, "the camera or the disk stopped: check cable and load"
    ),
    "unseen_percent": Limit(
        "parts not seen, on average",
        "%",
        10.0,
        40.0,
        "turn or step back; legs out of the picture: lower body upper or seated (--body)",
    ),
    "jitter_mm": Limit(
        "jitter at rest",
        "mm",
        1.5,
        4.0,
        "more light, a larger person in the picture, or calm smoothing (--smoothness calm)",
    ),
    "sliding_mm_s": Limit("sliding of planted feet", "mm/s", 30.0, 90.0, "show the feet; keep the camera still"),
    "below_floor_mm": Limit(
        "lowest point of the feet below the floor", "mm", 10.0, 30.0, "calibrate on the floor you stand on"
    ),
    "spikes_per_minute": Limit("spikes of speed", "per min", 0.5, 6.0, "check these times: tracking jumped there"),
    "bone_spread_percent": Limit(
        "spread of the bones' lengths", "%", 5.0, 12.0, "the person's distance was unclear: set the lens (--hfov)"
    ),
    "height_spread_percent": Limit(
        "spread of the height that each limb implies", "%", 15.0, 25.0, "calibrate proportions in a T-pose"
    ),
    "latency_ms": Limit(
        "latency from frame to pose, 95 % within",
        "ms",
        60.0,
        120.0,
        "close other programs; a smaller detector (--detector-size)",
    ),
}
"""Jitter, sliding and floor: the live solver's targets. The others: what is visible when watching a take."""


def worst(lights: list[Light]) -> Light:
    """Return the worst of some lights; green for none."""
    return max(lights, key=LIGHTS.index, default="green")
