"""Frame rate of a source, whether or not all frames are used."""

from __future__ import annotations

from collections import deque

from engine.types import Frame

_FRAMES = 45
_AT_LEAST = 12


class FrameRate:
    """Frame period, from frame numbers and times over about the last second. Pose thread only."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float]] = deque(maxlen=_FRAMES)

    def add(self, frame: Frame) -> float | None:
        """Return seconds between frames of the source; None at its beginning, and without timestamps."""
        if self._seen and (frame.frame_id <= self._seen[-1][0] or frame.captured_at_s <= self._seen[-1][1]):
            self._seen.clear()  # restarted
        self._seen.append((frame.frame_id, frame.captured_at_s))
        (first, began_s), (last, now_s) = self._seen[0], self._seen[-1]
        return (now_s - began_s) / (last - first) if last - first >= _AT_LEAST else None

    def reset(self) -> None:
        """Reset for another source."""
        self._seen.clear()
