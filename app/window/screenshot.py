"""`python -m app.window.screenshot OUT.png`: one picture of the real window on the demo. Under Xvfb:

xvfb-run -a -s "-screen 0 1920x1080x24" .venv/bin/python -m app.window.screenshot window.png
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QImage

from app.arguments.options import RunOptions
from app.settings import DEFAULT_TARGET, Settings
from app.terminal import say
from app.window.main_window import MainWindow
from app.window.open_window import open_window
from app.window.widgets.looks import LOOKS
from app.window.widgets.opengl import OpenGL
from app.window.widgets.viewpoints_panel import MODES
from engine.config import BODIES, Config
from engine.osc.targets import parse_target


@dataclass(frozen=True, slots=True)
class Shown:
    """What the window shows in the picture."""

    size: tuple[int, int]  # width, height in pixels
    avatar: str = ""  # a file
    page: str = ""  # of the Viewpoints mode
    look: str = ""  # from where the figure is seen
    performer: bool = False  # the performer's screen
    body: str = "auto"  # one of BODIES


def show_window(source: str, after_s: float, shown: Shown, ready: Callable[[MainWindow], None]) -> int:
    """Open the window on a source and call `ready` after some seconds; returns the exit code when it was closed."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # somebody listens, as on a performer's computer
    receiver.bind(("127.0.0.1", parse_target(DEFAULT_TARGET).port))

    def opened(window: MainWindow) -> None:
        window.resize(*shown.size)
        window.move(0, 0)
        window.header.performer.setChecked(shown.performer)
        if shown.page:
            window.viewpoints.panel.choose(shown.page)
            window.header.viewpoints.setChecked(True)
        if shown.look:
            window.body.bar.buttons[shown.look].click()
        QTimer.singleShot(round(after_s * 1000), lambda: ready(window))

    smooth = OpenGL("", software=False)
    settings = Settings(Config(source=source, body=shown.body, osc=(DEFAULT_TARGET,)), avatar=shown.avatar)
    code = open_window(RunOptions(), settings, opengl=smooth, on_open=opened)
    receiver.close()
    return code


def grabbed(window: MainWindow) -> QImage:
    """The window as it is on the screen, 3D view included."""
    place = window.geometry()
    screen = QGuiApplication.primaryScreen()
    return screen.grabWindow(0, place.x(), place.y(), place.width(), place.height()).toImage()


def take_screenshot(out: Path, source: str, after_s: float, shown: Shown) -> bool:
    """Open the window, wait, grab it, close. True when the picture was written."""
    written = [False]

    def ready(window: MainWindow) -> None:
        written[0] = grabbed(window).save(str(out))
        window.close()

    code = show_window(source, after_s, shown, ready)
    return written[0] and code == 0


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.window.screenshot", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--source", default="demo")
    parser.add_argument("--after", type=float, default=9.0, metavar="SECONDS")
    parser.add_argument("--size", default="1280x800", metavar="WIDTHxHEIGHT")
    parser.add_argument("--performer", action="store_true", help="show the performer's screen")
    parser.add_argument("--avatar", default="", metavar="FILE.vrm")
    parser.add_argument("--viewpoints", default="", choices=MODES, help="show a page of the Viewpoints mode")
    parser.add_argument("--look", default="", choices=LOOKS, help="view of the figure")
    parser.add_argument("--body", default="auto", choices=BODIES, help="which lower body is shown")
    options = parser.parse_args()
    width, _, height = options.size.partition("x")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VTM_CONFIG_DIR"] = folder  # leaves the user's own settings unchanged
        size = int(width), int(height)
        shown = Shown(size, options.avatar, options.viewpoints, options.look, options.performer, options.body)
        good = take_screenshot(options.out, options.source, options.after, shown)
    if not good:
        say(f"vtm: no picture was written to {options.out}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
