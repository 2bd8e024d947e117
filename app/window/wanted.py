"""What the window wants of its pipeline, as one frozen value. The session's worker brings about what it says.

The latest wish wins: a wish that was overtaken before the worker came to it is never carried out, and however many are
made, none is lost for want of room.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.config import Config
from engine.takes.recording import Recording


@dataclass(frozen=True, slots=True, eq=False)
class Playing:
    """A recording to be played instead of the live motion. Compared by identity: the same one again starts anew."""

    load: Callable[[], Recording]
    loop: bool


@dataclass(frozen=True, slots=True, eq=False)
class WantedTake:
    """A take. Compared by identity."""

    path: Path
    from_s: float = -math.inf  # the countdown is over, on the session's clock
    overwrite: bool = False  # of a finished take


@dataclass(frozen=True, slots=True)
class Wanted:
    """Replaced as a whole. The numbers grow with each wish of their kind."""

    config: Config | None = None  # None: nothing runs yet
    applied: int = 0  # the same settings again try again what has failed
    restarted: int = 0  # `applied` at the last wish to begin again
    take: WantedTake | None = None
    playing: Playing | None = None
    calibrated: int = 0  # a new number: calibrate, or call it off:
    calibrating: bool = False
    partials: tuple[Path, ...] = ()  # left behind by a crash, to be finished
    closed: bool = False

    def with_config(self, config: Config, *, restart: bool) -> Wanted:
        """Run with these settings."""
        number = self.applied + 1
        restarted = number if restart else self.restarted
        return dataclasses.replace(self, config=config, applied=number, restarted=restarted)

    def with_calibration(self, calibrating: bool) -> Wanted:
        """Calibrate, or call it off."""
        return dataclasses.replace(self, calibrated=self.calibrated + 1, calibrating=calibrating)

    def with_partials(self, partials: tuple[Path, ...]) -> Wanted:
        """Finish these, too."""
        return dataclasses.replace(self, partials=tuple(dict.fromkeys((*self.partials, *partials))))
