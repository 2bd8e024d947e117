"""A ring of twelve sectors, seen from above with the performer in the middle: ours wide, the detector's as a thin ring.

Colours go from blue (small) over grey to amber (large), safe for common colour blindness; every sector also shows its
number. The same code paints the widget and the saved picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window.widgets.theme import BACKGROUND, LINE, MUTED, TEXT

Values = tuple[float | None, ...]
SMALL, MIDDLE, LARGE = QColor("#3b82f6"), QColor("#cfd3d8"), QColor("#f59e0b")
FULL_SCALE_MM = 120.0
"""Value at the end of the colour scale."""
_UNKNOWN = QColor("#1b2027")
_OUTER, _THIN, _WIDE, _INNER, _SEEN = 0.90, 0.80, 0.77, 0.47, 0.43
"""Radii as fractions of half the side: edges of the thin ring, of the wide ring, and the visibility arcs."""
_GAP_DEG = 1.4
_PLACES = ((0, "front"), (90, "their left"), (180, "behind"), (270, "their right"))


@dataclass(frozen=True, slots=True)
class RingData:
    """Values of a ring; 12 each, the first in front, then anticlockwise as seen from above."""

    wide: Values
    thin: Values
    seen: Values = ()
    pointer_deg: float | None = None
    title: str = ""
    big: str = ""
    small: str = ""


def colour_of(value_mm: float) -> QColor:
    """Return blue for 0, grey in the middle, amber at FULL_SCALE_MM and above."""
    share = min(max(value_mm / FULL_SCALE_MM, 0.0), 1.0)
    low, high, at = (SMALL, MIDDLE, share * 2) if share < 0.5 else (MIDDLE, LARGE, share * 2 - 1)
    pairs = ((low.red(), high.red()), (low.green(), high.green()), (low.blue(), high.blue()))
    return QColor(*(round(a + (b - a) * at) for a, b in pairs))


def ink_on(colour: QColor) -> QColor:
    """Return black or white, whichever has more contrast."""
    light = 0.299 * colour.red() + 0.587 * colour.green() + 0.114 * colour.blue()
    return QColor("#0b0e12") if light > 120 else QColor("white")


def paint_ring(painter: QPainter, box: QRectF, data: RingData) -> None:
    """Draw the ring in the largest centred square of `box`."""
    side = min(box.width(), box.height())
    centre, half = box.center(), side / 2
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(centre)
    count = max(len(data.wide), 1)
    for index, value in enumerate(data.wide):
        at = index * 360 / count
        _sector(painter, half * _INNER, half * _WIDE, at, 360 / count, value)
        _number(painter, half * (_INNER + _WIDE) / 2, at, value, half * 0.105, bold=True)
    for index, value in enumerate(data.thin):
        at = index * 360 / count
        _sector(painter, half * _THIN, half * _OUTER, at, 360 / count, value)
        _number(painter, half * (_THIN + _OUTER) / 2, at, value, half * 0.062, bold=False)
    for index, value in enumerate(data.seen):
        _seen(painter, half * _SEEN, index * 360 / count, 360 / count, value)
    _places(painter, half)
    _pointer(painter, half, data.pointer_deg)
    _middle(painter, half, data)
    painter.restore()


def _at(radius: float, angle_deg: float) -> QPointF:
    """Return a point; 0 is down (towards the audience), 90 right: the left hand of a person who faces us."""
    angle = math.radians(angle_deg)
    return QPointF(radius * math.sin(angle), radius * math.cos(angle))


def _sector(painter: QPainter, inner: float, outer: float, at_deg: float, wide_deg: float, value: float | None) -> None:
    begin, span = at_deg - wide_deg / 2 + _GAP_DEG / 2, wide_deg - _GAP_DEG
    path = QPainterPath()
    steps = [begin + span * k / 12 for k in range(13)]
    path.addPolygon(QPolygonF([_at(outer, a) for a in steps] + [_at(inner, a) for a in reversed(steps)]))
    path.closeSubpath()
    painter.setPen(QPen(QColor(LINE), 1.5) if value is None else Qt.PenStyle.NoPen)
    painter.setBrush(_UNKNOWN if value is None else colour_of(value))
    painter.drawPath(path)


def _number(painter: QPainter, radius: float, at_deg: float, value: float | None, size: float, *, bold: bool) -> None:
    if value is None or size < 6:
        return
    painter.setPen(ink_on(colour_of(value)))
    _text(painter, _at(radius, at_deg), f"{value:.0f}", size, bold=bold)


def _text(painter: QPainter, at: QPointF, text: str, size: float, *, bold: bool = False) -> None:
    font = QFont(painter.font())
    font.setPixelSize(max(round(size), 6))
    font.setBold(bold)
    painter.setFont(font)
    room = QRectF(-4000, -size, 8000, 2 * size).translated(at)
    painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), text)


def _seen(painter: QPainter, radius: float, at_deg: float, wide_deg: float, value: float | None) -> None:
    """Draw an arc whose length is the sector's visibility."""
    if value is None:
        return
    half = (wide_deg - 2 * _GAP_DEG) / 2 * min(max(value, 0.0), 1.0)
    painter.setPen(QPen(QColor(TEXT), max(radius * 0.035, 2.0), Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([_at(radius, at_deg - half + half * k / 4) for k in range(9)]))


def _places(painter: QPainter, half: float) -> None:
    painter.setPen(QColor(MUTED))
    for angle, word in _PLACES:
        at = _at(half * 0.955, angle)
        painter.save()
        painter.translate(at)
        painter.rotate({90: -90, 270: 90}.get(angle, 0))
        _text(painter, QPointF(0, 0), word, half * 0.068)
        painter.restore()


def _pointer(painter: QPainter, half: float, at_deg: float | None) -> None:
    """Draw a triangle at the camera's current direction, inside the rings, so that it covers no number."""
    if at_deg is None:
        return
    tip, base = half * (_SEEN - 0.015), half * (_SEEN - 0.085)
    painter.setPen(QPen(QColor(BACKGROUND), max(half * 0.012, 1.0)))
    painter.setBrush(QColor("white"))
    painter.drawPolygon(QPolygonF([_at(tip, at_deg), _at(base, at_deg - 7), _at(base, at_deg + 7)]))


def _middle(painter: QPainter, half: float, data: RingData) -> None:
    painter.setPen(QColor(MUTED))
    _text(painter, QPointF(0, -half * 0.25), data.title, half * 0.072)
    painter.setPen(QColor(TEXT))
    _text(painter, QPointF(0, -half * 0.065), data.big, half * 0.20, bold=True)
    painter.setPen(QColor(MUTED))
    for line, text in enumerate(data.small.split("\n")):
        _text(painter, QPointF(0, half * (0.10 + 0.08 * line)), text, half * 0.072)


def paint_scale(painter: QPainter, box: QRectF) -> None:
    """Draw the colour scale with its values, in one row."""
    painter.save()
    steps = 48
    bar = QRectF(box.x(), box.y(), box.width(), box.height() * 0.36)
    painter.setPen(Qt.PenStyle.NoPen)
    for step in range(steps):
        painter.setBrush(colour_of(FULL_SCALE_MM * step / (steps - 1)))
        painter.drawRect(QRectF(bar.x() + bar.width() * step / steps, bar.y(), bar.width() / steps + 1, bar.height()))
    painter.setPen(QColor(MUTED))
    font = QFont(painter.font())
    font.setPixelSize(max(round(box.height() * 0.45), 6))
    painter.setFont(font)
    below = QRectF(box.x(), box.y() + box.height() * 0.42, box.width(), box.height() * 0.58)
    for align, text in (
        (Qt.AlignmentFlag.AlignLeft, "0"),
        (Qt.AlignmentFlag.AlignHCenter, f"{FULL_SCALE_MM / 2:.0f} mm"),
        (Qt.AlignmentFlag.AlignRight, f"{FULL_SCALE_MM:.0f} mm"),
    ):
        painter.drawText(below, int(align | Qt.AlignmentFlag.AlignVCenter), text)
    painter.restore()


class ViewpointRing(QWidget):
    """Shows one RingData with its scale. Qt thread only."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(300, 320)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.data = RingData((None,) * 12, (None,) * 12)

    def show_data(self, data: RingData) -> None:
        """Redraw if the data changed."""
        if data != self.data:
            self.data = data
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the ring with its scale below."""
        painter = QPainter(self)
        scale = 30.0
        paint_ring(painter, QRectF(0, 0, self.width(), self.height() - scale), self.data)
        paint_scale(painter, QRectF(self.width() * 0.2, self.height() - scale + 4, self.width() * 0.6, scale - 6))
        painter.end()
