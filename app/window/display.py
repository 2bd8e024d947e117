"""Check for a screen before QApplication is created: Qt's xcb plug-in aborts the process when there is none."""

from __future__ import annotations

import os
import sys

_HEADLESS_PLATFORMS = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")


def display_available() -> bool:
    """Return whether a window can be opened."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _HEADLESS_PLATFORMS:
        return True
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True
