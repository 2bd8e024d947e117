"""Hands and face over the picture: finger bones and face lines of recent views."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.window.widgets.theme import ACCENT, BACKGROUND, CENTRE, RIGHT_SIDE
from engine.types import Details, FaceView, Frame, HandView
from models.face import FACE_LINES
from models.fingers import FINGER_POINTS, INDEX_ROOT, LITTLE_ROOT, WRIST

SHOWN_FOR_S = 0.3
"""Views older than this relative to the picture are not drawn."""
_PALM = (WRIST, INDEX_ROOT, 9, 13, LITTLE_ROOT, WRIST)
HAND_LINES: tuple[tuple[int, ...], ...] = (_PALM, *((WRIST, *FINGER_POINTS[0]), *FINGER_POINTS[1:]))


def shown(details: Details | None, frame: Frame) -> Iterator[tuple[HandView | FaceView, str]]:
    """Yield each recent view with its colour."""
    if details is None:
        return
    for view, colour in ((details.left, ACCENT), (details.right, RIGHT_SIDE), (details.face, CENTRE)):
        if view is not None and abs(frame.captured_at_s - view.captured_at_s) <= SHOWN_FOR_S:
            yield view, colour


def draw_details(painter: QPainter, details: Details | None, frame: Frame, place: QRectF) -> None:
    """Draw hands and face in the picture's place in the widget."""
    scale = place.width() / frame.image_size[0]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(place)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for view, colour in shown(details, frame):
        points = [
            QPointF(place.x() + x * scale, place.y() + y * scale)
            for x, y in np.asarray(view.points_px[:, :2], float).tolist()
        ]
        size = view.size_px * scale
        if isinstance(view, HandView):
            _draw_hand(painter, points, colour, float(np.clip(size / 45, 1.2, 3.0)))
        else:
            _draw_face(painter, points, colour, float(np.clip(size / 110, 0.8, 1.6)))
    painter.restore()


def _draw_hand(painter: QPainter, points: list[QPointF], colour: str, thick: float) -> None:
    """Draw lines with a dark outline, visible on skin and clothes, and a dot at every point."""
    for ink, width in ((BACKGROUND, 2.2 * thick), (colour, thick)):
        pen = QPen(QColor(ink), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        for line in HAND_LINES:
            painter.drawPolyline(QPolygonF([points[row] for row in line]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    for point in points:
        painter.drawEllipse(point, thick, thick)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_face(painter: QPainter, points: list[QPointF], colour: str, thick: float) -> None:
    ink = QColor(colour)
    ink.setAlpha(210)
    painter.setPen(QPen(ink, thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    for line in FACE_LINES:
        painter.drawPolyline(QPolygonF([points[row] for row in line]))
