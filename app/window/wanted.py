"""The window's requests to its pipeline, as one frozen value. The session's worker carries them out.

The latest request wins: one that was superseded before the worker got to it is never carried out, and however many are
made, none is lost for lack of space.
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
    """A recording to play instead of live motion. Compared by identity: the same one again restarts it."""

    load: Callable[[], Recording]
    loop: bool


@dataclass(frozen=True, slots=True, eq=False)
class WantedTake:
    """A requested take. Compared by identity."""

    path: Path
    from_s: float = -math.inf  # end of the countdown, on the session's clock
    overwrite: bool = False  # replace an existing take


@dataclass(frozen=True, slots=True)
class Wanted:
    """Replaced as a whole. The numbers grow with each request of their kind."""

    config: Config | None = None  # None: nothing requested yet
    applied: int = 0  # applying the same settings again retries what failed
    restarted: int = 0  # value of `applied` at the last request to restart
    take: WantedTake | None = None
    playing: Playing | None = None
    calibrated: int = 0  # a new number: calibrate, or cancel:
    calibrating: bool = False
    partials: tuple[Path, ...] = ()  # left by a crash, to be finished
    closed: bool = False

    def with_config(self, config: Config, *, restart: bool) -> Wanted:
        """Request to run with these settings."""
        number = self.applied + 1
        restarted = number if restart else self.restarted
        return dataclasses.replace(self, config=config, applied=number, restarted=restarted)

    def with_calibration(self, calibrating: bool) -> Wanted:
        """Request to calibrate, or to cancel."""
        return dataclasses.replace(self, calibrated=self.calibrated + 1, calibrating=calibrating)

    def with_partials(self, partials: tuple[Path, ...]) -> Wanted:
        """Request to finish these as well."""
        return dataclasses.replace(self, partials=tuple(dict.fromkeys((*self.partials, *partials))))
