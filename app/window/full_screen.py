"""F11: both pictures alone on the whole screen, then the figure alone, then the window as it was. Esc: as it was."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QWidget

SCREENS = ("window", "pictures", "figure")


class FullScreen:
    """Hides what is not shown, and shows again what was there. Qt thread only."""

    def __init__(self, window: QMainWindow, around: Sequence[QWidget], beside: Sequence[QWidget]) -> None:
        """`around` the pictures is everything but them; `beside` the figure are the other pictures."""
        self._window, self._around, self._beside = window, tuple(around), tuple(beside)
        self.screen = SCREENS[0]
        self._hidden: list[QWidget] = []
        self._was_full = False

    def next(self) -> None:
        """The next of SCREENS."""
        self.show(SCREENS[(SCREENS.index(self.screen) + 1) % len(SCREENS)])

    def show(self, screen: str) -> None:
        """One of SCREENS."""
        if screen == self.screen:
            return
        if self.screen == "window":
            self._was_full = self._window.isFullScreen()
        self.screen = screen
        for widget in self._hidden:
            widget.show()
        hidden = {"window": (), "pictures": self._around, "figure": (*self._around, *self._beside)}[screen]
        self._hidden = [widget for widget in hidden if not widget.isHidden()]
        for widget in self._hidden:
            widget.hide()
        full = screen != "window" or self._was_full
        state = self._window.windowState()
        flag = Qt.WindowState.WindowFullScreen
        self._window.setWindowState(state | flag if full else state & ~flag)
