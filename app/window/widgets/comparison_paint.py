"""Painting of a comparison of two cameras: curves over time, bars by part, two overlaid skeletons.

A is sky blue and B orange (Okabe and Ito's palette, safe for colour-blind people); ours is white and solid, the
detector's own grey and dashed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from app.window.widgets.theme import BACKGROUND, LINE, MUTED, SURFACE, TEXT
from engine.types import F64
from models.parts import PART_NAMES
from models.skeleton import NUM_JOINTS, PARENTS, ROOT

COLOUR_A, COLOUR_B = "#56b4e9", "#e69f00"
DETECTOR = "#9aa3b0"
_FIT = QColor(255, 255, 255, 18)


def text(
    painter: QPainter,
    box: QRectF,
    words: str,
    size_px: float,
    *,
    colour: str = TEXT,
    bold: bool = False,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:
    """Draw one line, vertically centred; smaller if it does not fit."""
    font = QFont(painter.font())
    font.setBold(bold)
    font.setPixelSize(max(int(size_px), 1))
    painter.setFont(font)
    wide = painter.fontMetrics().horizontalAdvance(words)
    if wide > box.width() > 0:
        font.setPixelSize(max(int(size_px * box.width() / wide), 1))
        painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(box, int(align | Qt.AlignmentFlag.AlignVCenter), words)


def card(painter: QPainter, box: QRectF, title: str) -> QRectF:
    """Draw a titled card and return the room inside it."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(SURFACE))
    painter.drawRoundedRect(box, 10, 10)
    inside = box.adjusted(24, 18, -24, -20)
    text(painter, QRectF(inside.topLeft(), QPointF(inside.right(), inside.top() + 26)), title, 19, colour=MUTED)
    return inside.adjusted(0, 38, 0, 0)


def paint_curves(
    painter: QPainter,
    box: QRectF,
    times_s: F64,
    ours_mm: F64,
    detector_times_s: F64,
    detector_mm: F64,
    fit_until_s: float | None,
    scale: float = 1.0,
) -> None:
    """Draw the difference over time; the seconds used for the fit are shaded."""
    if len(times_s) < 2:
        return
    start, end = float(times_s[0]), float(times_s[-1])
    top = _round_up(float(max(np.percentile(ours_mm, 99), np.percentile(detector_mm, 99) if len(detector_mm) else 0.0)))
    plot = box.adjusted(58 * scale, 6, -6, -30 * scale)

    def at(time_s: float, mm: float) -> QPointF:
        x = plot.left() + (time_s - start) / max(end - start, 1e-9) * plot.width()
        return QPointF(x, plot.bottom() - min(mm / top, 1.0) * plot.height())

    if fit_until_s is not None:
        shaded = QRectF(plot.topLeft(), QPointF(at(min(fit_until_s, end), 0).x(), plot.bottom()))
        painter.fillRect(shaded, _FIT)
        text(painter, shaded.adjusted(8, 4, 0, 24 * scale - shaded.height()), "fitted here", 16 * scale, colour=MUTED)
    for mm in np.linspace(0, top, 5):
        painter.setPen(QPen(QColor(LINE), 1))
        painter.drawLine(at(start, mm), at(end, mm))
        label = QRectF(box.left(), at(start, mm).y() - 12 * scale, 50 * scale, 24 * scale)
        text(painter, label, f"{mm:.0f}", 16 * scale, colour=MUTED, align=Qt.AlignmentFlag.AlignRight)
    below = QRectF(plot.left(), plot.bottom() + 4, plot.width(), 26 * scale)
    text(painter, below, "difference, mm", 16 * scale, colour=MUTED)
    seconds = f"{end - start:.0f} s"
    text(painter, below, seconds, 16 * scale, colour=MUTED, align=Qt.AlignmentFlag.AlignRight)
    dashed = QPen(QColor(DETECTOR), 2.2 * scale, Qt.PenStyle.DashLine)
    _curve(painter, [at(t, mm) for t, mm in zip(detector_times_s, detector_mm, strict=True)], dashed)
    _curve(painter, [at(t, mm) for t, mm in zip(times_s, ours_mm, strict=True)], QPen(QColor(TEXT), 3.0 * scale))


def _curve(painter: QPainter, points: Sequence[QPointF], pen: QPen) -> None:
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(list(points)))


def _round_up(mm: float) -> float:
    """Return a round number of millimetres above `mm`, in four steps."""
    return float(max(40.0, 40.0 * np.ceil(mm * 1.1 / 40.0)))


def paint_parts(painter: QPainter, box: QRectF, ours: dict[str, float], detector: dict[str, float] | None) -> None:
    """Draw a bar for each part: ours solid, the detector's own hollow below it."""
    highest = max([*ours.values(), *(detector or {}).values(), 1.0])
    row = box.height() / len(PART_NAMES)
    for number, name in enumerate(PART_NAMES):
        line = QRectF(box.left(), box.top() + number * row, box.width(), row)
        text(painter, QRectF(line.left(), line.top(), 130, row), name.replace("_", " "), min(20, row * 0.4))
        room = line.adjusted(140, row * 0.14, -64, -row * 0.14)
        _bar(painter, room, ours[name] / highest, TEXT, filled=True, upper=True)
        if detector is not None:
            _bar(painter, room, detector[name] / highest, DETECTOR, filled=False, upper=False)
        label = QRectF(line.right() - 60, line.top(), 60, row)
        text(painter, label, f"{ours[name]:.0f}", min(24, row * 0.45), bold=True, align=Qt.AlignmentFlag.AlignRight)


def _bar(painter: QPainter, room: QRectF, length: float, colour: str, *, filled: bool, upper: bool) -> None:
    height = room.height() / 2 - 2
    top = room.top() if upper else room.top() + height + 4
    painter.setPen(Qt.PenStyle.NoPen if filled else QPen(QColor(colour), 1.5))
    painter.setBrush(QColor(colour) if filled else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(room.left(), top, max(room.width() * length, 2.0), height), 3, 3)


def paint_skeletons(painter: QPainter, box: QRectF, bodies: Sequence[tuple[F64, str]]) -> None:
    """Draw bodies (22, 3) relative to the hips, in camera axes, as that camera sees them, overlaid."""
    joints = np.stack([body for body, _ in bodies])[..., :2]
    low, high = joints.min((0, 1)), joints.max((0, 1))
    scale = 0.94 * float(min(box.width() / max(high[0] - low[0], 0.3), box.height() / max(high[1] - low[1], 0.3)))
    middle = (low + high) / 2
    thick = max(4.0, box.height() / 60)
    for body, colour in bodies:
        places = [
            QPointF(*(np.array([box.center().x(), box.center().y()]) + (xy - middle) * scale)) for xy in body[:, :2]
        ]
        painter.setBrush(QColor(colour))
        for joint in range(NUM_JOINTS):
            if joint != ROOT:
                painter.setPen(QPen(QColor(colour), thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawLine(places[PARENTS[joint]], places[joint])
        painter.setPen(QPen(QColor(BACKGROUND), 1.5))
        for place in places:
            painter.drawEllipse(place, thick * 0.8, thick * 0.8)


def legend(painter: QPainter, box: QRectF, entries: Sequence[tuple[str, str]], size_px: float) -> None:
    """Draw names after dots of their colours, in one line."""
    each = box.width() / max(len(entries), 1)
    for number, (words, colour) in enumerate(entries):
        left = box.left() + number * each
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(left + size_px * 0.4, box.center().y()), size_px * 0.36, size_px * 0.36)
        text(painter, QRectF(left + size_px * 1.1, box.top(), each - size_px * 1.4, box.height()), words, size_px)
