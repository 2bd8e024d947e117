"""`python -m app.window.moving_picture OUT.webp`: the real window on the demo in motion, as the README shows it.

xvfb-run -a -s "-screen 0 1920x1080x24" .venv/bin/python -m app.window.moving_picture app/assets/window.webp
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage

from app.terminal import say
from app.window.main_window import MainWindow
from app.window.screenshot import Shown, grabbed, show_window
from engine.errors import OutputError, describe
from engine.takes.animation import write_animation

_CHANNELS = 3


class Film:
    """Pictures of the window at a steady rate, in memory. Main thread."""

    def __init__(self, window: MainWindow, fps: float, seconds: float) -> None:
        self.pictures: list[QImage] = []  # scaled and packed afterwards: the window needs the time
        self.times_s: list[float] = []
        self._window, self._seconds = window, seconds
        self._timer = QTimer(window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._take)
        self._timer.start(round(1000 / fps))

    def _take(self) -> None:
        self.pictures.append(grabbed(self._window))
        self.times_s.append(time.monotonic())
        if self.times_s[-1] - self.times_s[0] >= self._seconds:
            self._timer.stop()
            self._window.close()


def to_bgr(image: QImage, width: int) -> NDArray[np.uint8]:
    """(H, W, 3) of the picture scaled to a width; height and width are even."""
    height = round(image.height() * width / image.width() / 2) * 2
    small = image.scaled(
        width // 2 * 2, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    ).convertToFormat(QImage.Format.Format_BGR888)
    rows = np.frombuffer(small.constBits(), np.uint8).reshape(small.height(), small.bytesPerLine())
    return rows[:, : small.width() * _CHANNELS].reshape(small.height(), small.width(), _CHANNELS).copy()


def main() -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.window.moving_picture", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--source", default="demo")
    parser.add_argument("--after", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--fps", type=float, default=10.0, metavar="HZ")
    parser.add_argument("--size", default="1280x800", metavar="WIDTHxHEIGHT", help="of the window")
    parser.add_argument("--width", type=int, default=960, metavar="PIXELS", help="of the animation")
    parser.add_argument("--quality", type=int, default=60, help="0..100")
    parser.add_argument("--avatar", default="", metavar="FILE.vrm")
    options = parser.parse_args()
    width, _, height = options.size.partition("x")
    films: list[Film] = []

    def ready(window: MainWindow) -> None:
        films.append(Film(window, options.fps, options.seconds))

    with tempfile.TemporaryDirectory() as folder:
        os.environ["VTM_CONFIG_DIR"] = folder  # the user's own settings stay as they are
        shown = Shown((int(width), int(height)), avatar=options.avatar)
        code = show_window(options.source, options.after, shown, ready)
    try:
        pictures = [to_bgr(picture, options.width) for film in films for picture in film.pictures]
        write_animation(options.out, pictures, [time_s for film in films for time_s in film.times_s], options.quality)
    except OutputError as error:
        say(f"vtm: no animation was written to {options.out}: {describe(error)}")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
