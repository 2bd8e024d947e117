"""Pictures of a file in order, each with its time: what the source of a file is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DEFAULT_FPS = 30.0
MAX_FPS = 1000.0


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture (H, W, 3) BGR; time_s in the file, from 0 on, rising."""

    bgr: NDArray[np.uint8]
    time_s: float


class Reader(Protocol):
    """One thread reads. Whoever opens it closes it."""

    @property
    def fps(self) -> float:
        """What the file claims; pictures with times of their own need not keep to it."""

    @property
    def frames(self) -> int:
        """How many pictures the file claims to hold; 0: it does not say."""

    @property
    def problem(self) -> str | None:
        """After the last picture: what was wrong with the file ("is cut off: …"), None for nothing."""

    def read(self) -> Picture | None:
        """The next picture; None at the end."""

    def rewind(self) -> bool:
        """Begin again with the first picture; False: it cannot, open the file anew."""

    def close(self) -> None:
        """Idempotent."""
