"""Two screens of one window: the operator's with everything, the performer's with a large picture and large words.

The performer stands three metres away and only needs to see themselves and whether they are tracked.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.window.widgets.performer_bar import PerformerBar

SCREENS = ("operator", "performer")


def with_bar(strip: QWidget, bar: PerformerBar) -> QWidget:
    """Return the bottom of the window: the operator's figures or the performer's words."""
    foot = QWidget()
    column = QVBoxLayout(foot)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(strip)
    column.addWidget(bar)
    return foot


class Screens(QObject):
    """Switches between the two. Qt thread."""

    def __init__(self, window: QWidget, bar: PerformerBar, operators: tuple[QWidget, ...]) -> None:
        """operators: widgets shown only on the operator's screen."""
        super().__init__(window)
        self._window, self._bar, self._operators = window, bar, operators
        self._hidden: list[QWidget] = []
        self.current = "operator"
        bar.hide()
        window.installEventFilter(self)

    def show_performer(self, on: bool) -> None:
        """Switch to the performer's screen, or back to the operator's."""
        if on == (self.current == "performer"):
            return
        self.current = "performer" if on else "operator"
        if on:
            self._hidden = [widget for widget in self._operators if widget.isHidden()]
        for widget in self._operators:
            widget.setVisible(not on and widget not in self._hidden)
        self._bar.place(self._window.height())
        self._bar.setVisible(on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Keep the bar at its fraction of the window's height."""
        if event.type() == QEvent.Type.Resize:
            self._bar.place(self._window.height())
        return super().eventFilter(watched, event)
