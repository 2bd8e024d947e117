"""A full-screen window that changes between dark and bright, for `vtm latency`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

_LAST_CHANGE_MS = 800  # wait after the last change
_DARK, _BRIGHT = QColor(0, 0, 0), QColor(255, 255, 255)


class FlashScreen(QWidget):
    """Changes at the given intervals; reports when each change was painted. Esc closes it."""

    def __init__(
        self,
        intervals: Iterator[float],
        on_change: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.setWindowTitle("VTM Live: latency")
        self.setCursor(Qt.CursorShape.BlankCursor)
        self._intervals, self._on_change, self._clock = intervals, on_change, clock
        self._bright = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._change)
        self._timer.start(round(next(intervals) * 1000))

    def _change(self) -> None:
        self._bright = not self._bright
        self.repaint()
        self._on_change(self._clock())
        self._timer.start(round(next(self._intervals) * 1000))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Fill everything with one colour."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), _BRIGHT if self._bright else _DARK)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc ends the measurement early."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()


def flash_until(
    over: Callable[[], bool],
    intervals: Iterator[float],
    on_change: Callable[[float], None],
    *,
    settle_s: float,
    poll_s: float,
) -> None:
    """Show the screen until it is done or closed. `over` is called every poll_s seconds, first after settle_s."""
    application = QApplication.instance() or QApplication([])
    screen = FlashScreen(intervals, on_change)

    def look() -> None:
        if over() or not screen.isVisible():
            QTimer.singleShot(_LAST_CHANGE_MS, application.quit)

    watch = QTimer()
    watch.timeout.connect(look)
    QTimer.singleShot(round(settle_s * 1000), lambda: watch.start(round(poll_s * 1000)))
    screen.showFullScreen()
    application.exec()
    screen.close()
