"""The rate at which a source gives frames, whether or not all of them are used."""

from __future__ import annotations

from collections import deque

from engine.types import Frame

_FRAMES = 45
_AT_LEAST = 12


class FrameRate:
    """Period between frames, from their numbers and times over the last second or so. Pose thread only."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float]] = deque(maxlen=_FRAMES)

    def add(self, frame: Frame) -> float | None:
        """Seconds between frames of the source; None at its beginning, and where its frames have no times."""
        if self._seen and (frame.frame_id <= self._seen[-1][0] or frame.captured_at_s <= self._seen[-1][1]):
            self._seen.clear()  # from the start again
        self._seen.append((frame.frame_id, frame.captured_at_s))
        (first, began_s), (last, now_s) = self._seen[0], self._seen[-1]
        return (now_s - began_s) / (last - first) if last - first >= _AT_LEAST else None

    def reset(self) -> None:
        """Another source."""
        self._seen.clear()
