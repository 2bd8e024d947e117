"""A small drawn face that shows what is sent: brows, eyelids, irises and mouth from the scores and eyes of a pose."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.window.widgets.theme import ACCENT, CENTRE, FAINT, LINE, RAISED
from engine.types import F32, Pose
from models.face import EXPRESSION, EXPRESSION_NAMES

SIZE = (92, 108)
STRONG = 0.15
"""Scores of at least this are listed."""
_SIDES = (("Left", 1.0), ("Right", -1.0))  # the performer's left eye is on the right, as in an unmirrored picture


def strongest(expression: F32, count: int = 3) -> list[tuple[str, float]]:
    """Return names and values of the largest scores, largest first; none below STRONG, and no gaze, which is drawn."""
    order = np.argsort(-expression, kind="stable")
    named = [(EXPRESSION_NAMES[row], float(expression[row])) for row in order]
    return [(name, score) for name, score in named if score >= STRONG and not name.startswith("eyeLook")][:count]


class FaceMask(QWidget):
    """Shows the expression of one Pose. Qt thread only."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(*SIZE)
        self.setAccessibleName("Expression")
        self.setToolTip("Your face as it is sent")
        self._scores: dict[str, float] | None = None
        self._look = (0.0, 0.0)

    def show_pose(self, pose: Pose | None) -> None:
        """Draw a pose's face; without one the mask is empty."""
        if pose is None or pose.expression is None:
            if self._scores is not None:
                self._scores = None
                self.update()
            return
        self._scores = {name: float(pose.expression[row]) for name, row in EXPRESSION.items()}
        if pose.eyes_xyzw is not None:
            x, y, _, w = (float(value) for value in pose.eyes_xyzw[0])
            self._look = (2 * math.atan2(y, w), 2 * math.atan2(x, w))  # left, down
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint head, then brows, eyes and mouth."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self.width() / 2, self.height() / 2)
        seen = self._scores is not None
        painter.setPen(QPen(QColor(LINE), 1.5))
        painter.setBrush(QColor(RAISED))
        painter.drawRoundedRect(QRectF(-42, -50, 84, 100), 38, 44)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(CENTRE if seen else FAINT, 2.4))
        scores = self._scores or {}
        for side, sign in _SIDES:
            self._draw_brow(painter, scores, side, sign)
            self._draw_eye(painter, scores, side, sign)
        self._draw_mouth(painter, scores)
        painter.end()

    def _draw_brow(self, painter: QPainter, scores: dict[str, float], side: str, sign: float) -> None:
        down = scores.get(f"browDown{side}", 0.0)
        inner = -27 - 6 * scores.get("browInnerUp", 0.0) + 6 * down
        outer = -26 - 7 * scores.get(f"browOuterUp{side}", 0.0) + 2 * down
        path = QPainterPath(QPointF(sign * 8, inner))
        path.quadTo(QPointF(sign * 19, (inner + outer) / 2 - 5), QPointF(sign * 30, outer))
        painter.drawPath(path)

    def _draw_eye(self, painter: QPainter, scores: dict[str, float], side: str, sign: float) -> None:
        """Draw the closing eyelids, and the iris between them in the gaze direction."""
        opened = 6.5 * (1 - scores.get(f"eyeBlink{side}", 0.0)) * (1 - 0.4 * scores.get(f"eyeSquint{side}", 0.0))
        inner, outer = QPointF(sign * 9, -12), QPointF(sign * 29, -12)
        lids = QPainterPath(inner)
        lids.quadTo(QPointF(sign * 19, -12 - 2 * opened), outer)
        lids.quadTo(QPointF(sign * 19, -12 + 1.4 * opened), inner)
        if self._scores is not None and opened > 1.0:
            painter.save()
            painter.setClipPath(lids)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ACCENT))
            painter.drawEllipse(QPointF(sign * 19 + 11 * self._look[0], -12.5 + 11 * self._look[1]), 4.4, 4.4)
            painter.restore()
        painter.drawPath(lids)

    def _draw_mouth(self, painter: QPainter, scores: dict[str, float]) -> None:
        def both(name: str) -> float:
            return (scores.get(f"{name}Left", 0.0) + scores.get(f"{name}Right", 0.0)) / 2

        narrow = max(scores.get("mouthPucker", 0.0), scores.get("mouthFunnel", 0.0))
        half = 16 * (1 - 0.55 * narrow) * (1 + 0.3 * both("mouthStretch") + 0.2 * both("mouthSmile"))
        shift = 6 * (scores.get("mouthLeft", 0.0) - scores.get("mouthRight", 0.0))
        opened = 24 * scores.get("jawOpen", 0.0) + 5 * scores.get("mouthFunnel", 0.0)

        def corner(side: str, sign: float) -> QPointF:
            lifted = scores.get(f"mouthSmile{side}", 0.0) - scores.get(f"mouthFrown{side}", 0.0)
            return QPointF(sign * half + shift, 23 - 7 * lifted)

        left, right = corner("Left", 1.0), corner("Right", -1.0)
        path = QPainterPath(right)
        path.quadTo(QPointF(shift, 23 - 0.3 * opened), left)
        path.quadTo(QPointF(shift, 24 + 2 * opened), right)
        painter.drawPath(path)


def _pen(colour: str, width: float) -> QPen:
    return QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
