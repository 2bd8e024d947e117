"""Options of `vtm compare` besides the sources and their settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """Output files, duration and the target of the mean."""

    json: Path | None = None
    picture: Path | None = None
    seconds: float | None = None
    force: bool = False
    osc_mean: tuple[str, ...] = ()
