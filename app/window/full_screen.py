"""F11: both pictures full screen, then only the figure, then the normal window. Esc: back to the normal window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QWidget

SCREENS = ("window", "pictures", "figure")


class FullScreen:
    """Hides and restores the other widgets. Qt thread only."""

    def __init__(self, window: QMainWindow, around: Sequence[QWidget], beside: Sequence[QWidget]) -> None:
        """around: everything but the pictures; beside: the pictures other than the figure."""
        self._window, self._around, self._beside = window, tuple(around), tuple(beside)
        self.screen = SCREENS[0]
        self._hidden: list[QWidget] = []
        self._was_full = False

    def next(self) -> None:
        """Switch to the next of SCREENS."""
        self.show(SCREENS[(SCREENS.index(self.screen) + 1) % len(SCREENS)])

    def show(self, screen: str) -> None:
        """Switch to one of SCREENS."""
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
