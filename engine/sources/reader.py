"""Interface for reading a file's pictures in order, each with its timestamp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DEFAULT_FPS = 30.0
MAX_FPS = 1000.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture (H, W, 3) BGR; time_s in the file, from 0, increasing."""

    bgr: NDArray[np.uint8]
    time_s: float


class Reader(Protocol):
    """One thread reads. The opener closes it."""

    @property
    def fps(self) -> float:
        """Frame rate claimed by the file; pictures with timestamps may differ."""

    @property
    def frames(self) -> int:
        """Number of pictures claimed by the file; 0: unknown."""

    @property
    def problem(self) -> str | None:
        """After the last picture: the file's problem ("is cut off: …"), or None."""

    def read(self) -> Picture | None:
        """Return the next picture; None at the end."""

    def rewind(self) -> bool:
        """Restart at the first picture; False: not possible, open the file again."""

    def close(self) -> None:
        """Idempotent."""
