"""The strip below the pictures: rates, latency and drops as figures, time per stage as bars, latency as a line."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.window.widgets.fields import label, rule
from app.window.widgets.theme import ACCENT, FAINT, HOVER, LINE, MUTED, STAGE_COLOURS, TEXT, WARNING
from engine.types import Percentiles, Stats

_STAGE_NAMES = {"capture": "Camera", "pose2d": "2D pose", "vtm": "VTM", "solver": "Solver", "osc": "Send"}
LATENCY_TIP = "From the frame to the pose handed out: p50, and p95 below"
_HISTORY = 240  # points of the latency line, four a second: a minute


def _small(painter: QPainter, colour: str) -> None:
    font = QFont(painter.font())
    font.setPixelSize(11)
    painter.setFont(font)
    painter.setPen(QColor(colour))


class Figure(QWidget):
    """One number with its name above and a remark below."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self._value, self._remark = label("–", "figure"), label("", "muted")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(1)
        for part in (label(name.upper(), "section"), self._value, self._remark):
            box.addWidget(part)
        box.addStretch(1)
        self.setToolTip(tip)
        self.setMinimumWidth(92)

    def set(self, value: str, remark: str = "") -> None:
        """Show a value."""
        _set_text(self._value, value)
        _set_text(self._remark, remark)

    @property
    def text(self) -> str:
        """What is shown, for tests and screen readers."""
        return f"{self._value.text()} {self._remark.text()}".strip()


def _set_text(target: QLabel, text: str) -> None:
    if target.text() != text:
        target.setText(text)


class StageBars(QWidget):
    """A bar for each stage: solid to p50, pale to p95."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(220)
        self.setToolTip("Time per stage: solid p50, pale p95 of the last seconds")
        self._stages: dict[str, Percentiles] = {}

    def set(self, stages: dict[str, Percentiles]) -> None:
        """Show new times."""
        self._stages = stages
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Rows: name, bar, p50."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rows = list(self._stages.items())[:6]
        longest = max([times.p95 for _, times in rows] + [10.0])
        step = self.height() / max(len(rows), 5)
        room = self.width() - 62 - 58
        for index, (name, times) in enumerate(rows):
            y = index * step
            _small(painter, MUTED)
            painter.drawText(QRectF(0, y, 58, step), int(Qt.AlignmentFlag.AlignVCenter), _STAGE_NAMES.get(name, name))
            colour = QColor(STAGE_COLOURS.get(name, ACCENT))
            pale = QColor(colour)
            pale.setAlpha(70)
            for length, brush in ((1.0 * longest, QColor(HOVER)), (times.p95, pale), (times.p50, colour)):
                if length == longest and brush == QColor(HOVER):
                    brush.setAlpha(90)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(brush)
                painter.drawRoundedRect(QRectF(62, y + step / 2 - 3.5, max(room * length / longest, 2), 7), 3.5, 3.5)
            _small(painter, TEXT)
            place = QRectF(self.width() - 54, y, 54, step)
            painter.drawText(
                place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), f"{times.p50:.1f} ms"
            )
        painter.end()


class LatencyChart(QWidget):
    """p50 and p95 of the last minute."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(160)
        self.setToolTip("Latency over the last minute: frame available to pose handed out; line p50, pale p95")
        self._points: deque[tuple[float, float]] = deque(maxlen=_HISTORY)

    def add(self, latency: Percentiles) -> None:
        """One more moment."""
        self._points.append((latency.p50, latency.p95))
        self.update()

    def clear(self) -> None:
        """A new source begins."""
        self._points.clear()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Two guide lines and two curves, newest at the right."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        peak = max([p95 for _, p95 in self._points] + [20.0]) * 1.15
        width, height = float(self.width() - 44), float(self.height() - 4)
        for share in (0.0, 0.5, 1.0):
            y = 2 + height * (1 - share / 1.0)
            painter.setPen(QPen(QColor(LINE), 1))
            painter.drawLine(QPointF(0, y), QPointF(width, y))
            if share > 0:
                _small(painter, FAINT)
                side = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                painter.drawText(QRectF(width, max(y - 7, 0), 42, 14), side, f"{peak * share:.0f} ms")
        pale = QColor(WARNING)
        pale.setAlpha(150)
        for column, pen in ((1, QPen(pale, 1.2)), (0, QPen(QColor(ACCENT), 1.8))):
            points = [
                QPointF(
                    width - (len(self._points) - 1 - i) * width / (_HISTORY - 1),
                    2 + height * (1 - moment[column] / peak),
                )
                for i, moment in enumerate(self._points)
            ]
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(points))
        painter.end()


class TimingStrip(QWidget):
    """All of it; `show_stats` a few times a second is enough."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(124)
        self.camera = Figure("Camera", "Frames per second that really arrive; low light halves a webcam's rate")
        self.output = Figure("Output", "Poses per second")
        self.latency = Figure("Latency", LATENCY_TIP)
        self.dropped = Figure(
            "Dropped", "Frames skipped because a newer one was there: latency goes before completeness"
        )
        self.stages, self.chart = StageBars(), LatencyChart()
        figures = QGridLayout()
        figures.setHorizontalSpacing(14)
        for column, figure in enumerate((self.camera, self.output, self.latency, self.dropped)):
            figures.addWidget(figure, 0, column)
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 12)
        line.setSpacing(18)
        line.addLayout(figures, 3)
        line.addWidget(rule(upright=True))
        line.addWidget(self.stages, 3)
        line.addWidget(rule(upright=True))
        line.addWidget(self.chart, 3)

    def show_stats(self, stats: Stats, screen_fps: float) -> None:
        """New figures."""
        running = stats.frames_captured > 0
        self.camera.set(f"{stats.camera_fps:.1f}" if running else "–", "frames/s")
        self.output.set(f"{stats.fps:.1f}" if running else "–", "poses/s")
        reduced = ", less detail" if stats.left_out else ""
        latency = stats.latency_ms
        if stats.fps > 0:
            self.latency.set(f"{latency.p50:.0f} ms", f"p95 {latency.p95:.0f} ms{reduced}")
        else:
            self.latency.set("–", "no poses")
        gone = f". Left out until there is time for it: {', '.join(stats.left_out)}" if stats.left_out else ""
        self.latency.setToolTip(LATENCY_TIP + gone)
        self.output.setToolTip(f"Poses per second; the screen shows {screen_fps:.0f} of them")
        share = 100 * stats.frames_dropped / max(stats.frames_captured, 1)
        self.dropped.set(f"{stats.frames_dropped}" if running else "–", f"{share:.1f} %")
        self.stages.set(stats.stages)
        if stats.latency_ms.p50 > 0:
            self.chart.add(stats.latency_ms)
