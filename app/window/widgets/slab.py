"""The rounded, slightly transparent background of what lies over the picture: banner and take card."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from app.window.widgets.theme import LINE, RAISED

_RADIUS_PX = 9.0


def paint_slab(widget: QWidget, opacity: float) -> None:
    """Paint a slab as large as the widget; call it in the widget's paintEvent. opacity 0..1."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    slab = QColor(RAISED)
    slab.setAlphaF(opacity)
    painter.setPen(QColor(LINE).lighter(140))
    painter.setBrush(slab)
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS_PX, _RADIUS_PX)
    painter.end()
