"""Animated pictures: a .png or .webp that holds more than one; FFmpeg reads the one, OpenCV the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.errors import CameraError
from engine.opencv import cv2
from engine.sources.reader import MAX_FPS, Picture

_PNG, _WEBP = b"\x89PNG\r\n\x1a\n", b"WEBPVP8X"
_ANIMATION_FLAG = 0x02
_HEAD_BYTES = 4096
_WHOLE_MS = 1.5e-3  # durations are whole milliseconds: 33, 33 and 34 are 30 a second
_BLOCK = 64  # pictures that are decoded at a time


def is_animated(path: Path) -> bool:
    """True for a PNG with an animation chunk before its picture, and a WebP with the animation flag."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    if head.startswith(_PNG):
        return b"acTL" in head.split(b"IDAT", 1)[0]
    return is_animated_webp(head)


def is_animated_webp(head: bytes) -> bool:
    """The first bytes of a file are those of an animated WebP."""
    return head[8:16] == _WEBP and len(head) > 20 and bool(head[20] & _ANIMATION_FLAG)


class WebpReader:
    """Pictures of an animated WebP, each shown for as long as the file says."""

    def __init__(self, path: Path) -> None:
        """Raises CameraError: it cannot be decoded."""
        self._path = path
        self._block: list[Picture] = []
        self._begin()
        self._fill()
        if not self._block:
            raise CameraError(f"{path} is no animated WebP that can be decoded; check it in a browser")
        times = [picture.time_s for picture in self._block]
        steps = np.abs(np.diff(times))
        usual = steps[np.abs(steps - np.median(steps)) < _WHOLE_MS] if len(steps) else np.ones(1)
        self.fps = min(float(1.0 / usual.mean()), MAX_FPS)
        self.frames = 0  # unknown until the end

    def _begin(self) -> None:
        self._read, self._time_s, self._over = 0, 0.0, False
        self._block.clear()

    def _fill(self) -> None:
        try:
            good, animation = cv2.imreadanimation(str(self._path), self._read, _BLOCK)
        except cv2.error as error:
            raise CameraError(f"{self._path} cannot be decoded: {error.err}") from error
        frames = animation.frames if good else ()
        self._over = len(frames) < _BLOCK
        for bgr, lasts_ms in zip(frames, animation.durations, strict=False):
            self._block.append(Picture(np.ascontiguousarray(bgr[..., :3], np.uint8), self._time_s))
            self._time_s += max(int(lasts_ms), 1) / 1000.0
        self._read += len(frames)
        self._block.reverse()

    @property
    def problem(self) -> str | None:
        """Nothing is known to be wrong."""
        return None

    def read(self) -> Picture | None:
        """The next picture; None at the end."""
        if not self._block and not self._over:
            self._fill()
        return self._block.pop() if self._block else None

    def rewind(self) -> bool:
        """Begin again."""
        self._begin()
        return True

    def close(self) -> None:
        """Nothing is open between two blocks."""
