"""Results of a live comparison, readable from the last row, over a chart of the last half minute."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.window.widgets.comparison_paint import DETECTOR, paint_curves, text
from app.window.widgets.theme import MUTED, SURFACE, TEXT, WARNING
from engine.viewpoints.live import LiveState
from engine.viewpoints.tally import Figures


def headline(state: LiveState) -> str:
    """Return an instruction for the performer or a problem; "" while the results are valid."""
    if state.state == "waiting":
        return "Both cameras need to see you"
    if state.state == "fitting":
        return f"Keep moving: {state.left_s:.0f} s left" if state.left_s >= 0.5 else "Fitting…"
    return "" if state.state == "fitted" else state.problem.split(";")[0].split(":")[0].capitalize()


def columns(state: LiveState) -> list[tuple[str, str, str, str]]:
    """Return value, name, remark and colour of the four main results; dashes before there is a fit."""
    fit, ours, detector = state.fit, state.ours, state.detector
    return [
        ("–" if fit is None else f"{fit.angle_deg:.0f}°", "between", "the cameras", TEXT),
        ("–" if state.now_mm is None else f"{state.now_mm:.0f}", "mm now", "apart", TEXT),
        (*_mean(ours, "mm mean"), TEXT),
        (*_mean(detector, "detector"), DETECTOR),
    ]


def _mean(figures: Figures | None, name: str) -> tuple[str, str, str]:
    return ("–", name, "") if figures is None else (f"{figures.mean_mm:.0f}", name, f"p95 {figures.p95_mm:.0f}")


def footer(state: LiveState) -> str:
    """Return what is frozen, and the limits of agreement."""
    if state.fit is None:
        return "One rotation is fitted on ten seconds, then frozen."
    skew = "clocks not compared" if state.fit.skew is None else f"B's clock {state.fit.skew_s * 1e3:+.0f} ms"
    return f"Rotation frozen; {skew}. Agreement is not accuracy: both may have the same error."


class ComparisonFigures(QWidget):
    """Shows one LiveState. Qt thread only."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(220)
        self._state = LiveState("waiting")
        self._problem = ""

    def show_state(self, state: LiveState, problem: str = "") -> None:
        """Draw results and chart; `problem`: why the comparison ended."""
        if state is not self._state or problem != self._problem:
            self._state, self._problem = state, problem
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint four results, then text or the chart."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(SURFACE))
        room = QRectF(self.rect()).adjusted(16, 8, -16, -8)
        tall = room.height() * 0.36
        each = room.width() / 4
        for number, (figure, name, more, colour) in enumerate(columns(self._state)):
            left = room.left() + number * each
            text(painter, QRectF(left, room.top(), each - 20, tall), figure, tall * 0.88, colour=colour, bold=True)
            text(painter, QRectF(left, room.top() + tall, each - 12, 24), name, 19, colour=colour)
            text(painter, QRectF(left, room.top() + tall + 22, each - 12, 20), more, 15, colour=MUTED)
        below = QRectF(room.left(), room.top() + tall + 46, room.width(), room.height() - tall - 46)
        self._draw_below(painter, below)
        painter.end()

    def _draw_below(self, painter: QPainter, room: QRectF) -> None:
        words = self._problem or headline(self._state)
        if words:
            colour = WARNING if self._problem or self._state.state == "different" else TEXT
            text(painter, room, words, min(40.0, room.height() * 0.5), colour=colour, bold=True)
            return
        foot = QRectF(room.left(), room.bottom() - 20, room.width(), 20)
        text(painter, foot, footer(self._state), 13, colour=MUTED, align=Qt.AlignmentFlag.AlignRight)
        times_s, ours_mm, detector_mm = self._state.times_s, self._state.ours_mm, self._state.detector_mm
        if times_s is None or ours_mm is None or detector_mm is None:
            return
        known = np.isfinite(detector_mm)
        plot = room.adjusted(0, 0, 0, -18)
        paint_curves(painter, plot, times_s, ours_mm, times_s[known], detector_mm[known], None, scale=0.75)
