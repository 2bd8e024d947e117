"""The slider of a replay, with the marked part of the take on its groove."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QStyle

from app.window.widgets.theme import ACCENT

_MARK_PX = 2.0
_BAND_PX = 8.0


class PartSlider(QSlider):
    """A horizontal slider; `show_part` takes the ends of the part in its own steps."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._part: tuple[int, int] | None = None

    def show_part(self, part: tuple[int, int] | None) -> None:
        """Show this part, or none."""
        if part != self._part:
            self._part = part
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the part below the groove and its handle."""
        if self._part is not None:
            painter = QPainter(self)
            left, right = (self._x(step) for step in self._part)
            band = QColor(ACCENT)
            band.setAlpha(90)
            top = (self.height() - _BAND_PX) / 2
            painter.fillRect(QRectF(left, top, max(_MARK_PX, right - left), _BAND_PX), band)
            for x in (left, right - _MARK_PX):
                painter.fillRect(QRectF(x, top - 4, _MARK_PX, _BAND_PX + 8), QColor(ACCENT))
            painter.end()
        super().paintEvent(event)

    def _x(self, step: int) -> float:
        handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, None, self)
        span = self.maximum() - self.minimum()
        return handle / 2 + (self.width() - handle) * (step - self.minimum()) / max(1, span)
