"""The strip below the pictures: rates, latency and drops as figures, time per stage as bars, latency as a curve."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.window.widgets.fields import label, rule
from app.window.widgets.theme import ACCENT, FAINT, HOVER, LINE, MUTED, STAGE_COLOURS, TEXT, WARNING
from engine.types import Percentiles, Stats

_STAGE_NAMES = {
    "capture": "Camera",
    "pose2d": "2D pose",
    "visual": "Features",
    "window": "Window",
    "vtm": "VTM",
    "solver": "Solver",
    "details": "Hands, face",
    "osc": "Send",
}
_GAP = 6.0
LATENCY_TIP = "From frame to output pose: p50, and p95 below"
_SPACE = 18
_HISTORY = 240  # points of the latency curve, four per second: one minute


def _small(painter: QPainter, colour: str) -> None:
    painter.setFont(_small_font(painter.font()))
    painter.setPen(QColor(colour))


def _small_font(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(11)
    return small


def milliseconds(value: float) -> str:
    """4.2 ms, 417 ms, 1.5 s"""
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"


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

    def set(self, value: str, remark: str = "") -> None:
        """Show a value."""
        _set_text(self._value, value)
        _set_text(self._remark, remark)

    @property
    def text(self) -> str:
        """The displayed text, for tests and screen readers."""
        return f"{self._value.text()} {self._remark.text()}".strip()


def _set_text(target: QLabel, text: str) -> None:
    if target.text() != text:
        target.setText(text)


class StageRow(NamedTuple):
    """Positions of a stage's name, bar and figure."""

    name: str
    name_place: QRectF
    bar_place: QRectF
    figure: str
    figure_place: QRectF


class StageBars(QWidget):
    """A bar per stage: solid to p50, pale to p95."""

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

    def rows(self) -> list[StageRow]:
        """Return the layout: columns as wide as their widest text, bars in the remaining space."""
        metrics = QFontMetricsF(_small_font(self.font()))
        names = [_STAGE_NAMES.get(name, name) for name in self._stages]
        figures = [milliseconds(times.p50) for times in self._stages.values()]
        left = max(map(metrics.horizontalAdvance, names), default=0.0) + _GAP
        right = max(map(metrics.horizontalAdvance, figures), default=0.0) + _GAP
        step = self.height() / max(len(names), 5)
        bar = max(self.width() - left - right, 1.0)
        return [
            StageRow(
                name,
                QRectF(0, at * step, left, step),
                QRectF(left, at * step + step / 2 - 3.5, bar, 7),
                figure,
                QRectF(left + bar, at * step, right, step),
            )
            for at, (name, figure) in enumerate(zip(names, figures, strict=True))
        ]

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint rows of name, bar and p50."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        longest = max([times.p95 for times in self._stages.values()] + [10.0])
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        for row, (name, times) in zip(self.rows(), self._stages.items(), strict=True):
            _small(painter, MUTED)
            painter.drawText(row.name_place, middle, row.name)
            colour, ground = QColor(STAGE_COLOURS.get(name, ACCENT)), QColor(HOVER)
            pale = QColor(colour)
            pale.setAlpha(70)
            ground.setAlpha(90)
            painter.setPen(Qt.PenStyle.NoPen)
            for length, brush in ((longest, ground), (times.p95, pale), (times.p50, colour)):
                bar = QRectF(row.bar_place)
                bar.setWidth(max(bar.width() * length / longest, 2))
                painter.setBrush(brush)
                painter.drawRoundedRect(bar, 3.5, 3.5)
            _small(painter, TEXT)
            painter.drawText(row.figure_place, middle | int(Qt.AlignmentFlag.AlignRight), row.figure)
        painter.end()


class LatencyChart(QWidget):
    """p50 and p95 over the last minute."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(160)
        self.setToolTip("Latency over the last minute, from frame to output pose; line p50, pale p95")
        self._points: deque[tuple[float, float]] = deque(maxlen=_HISTORY)

    def add(self, latency: Percentiles) -> None:
        """Add the current value."""
        self._points.append((latency.p50, latency.p95))
        self.update()

    def clear(self) -> None:
        """Clear, for a new source."""
        self._points.clear()
        self.update()

    def labels(self) -> list[tuple[str, QRectF]]:
        """Return the figures at the right of the guide lines, upper one first."""
        metrics = QFontMetricsF(_small_font(self.font()))
        texts = [milliseconds(self._peak_ms() * part) for part in (1.0, 0.5)]
        wide, high = max(map(metrics.horizontalAdvance, texts)) + _GAP, metrics.height()
        middle = 2 + (self.height() - 4) / 2
        return [
            (text, QRectF(self.width() - wide, top, wide, high))
            for text, top in zip(texts, (0.0, middle - high / 2), strict=True)
        ]

    def _peak_ms(self) -> float:
        return max([p95 for _, p95 in self._points] + [20.0]) * 1.15

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint two guide lines and two curves, newest on the right."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        peak, labels = self._peak_ms(), self.labels()
        width, height = labels[0][1].left(), float(self.height() - 4)
        painter.setPen(QPen(QColor(LINE), 1))
        for part in (0.0, 0.5, 1.0):
            y = 2 + height * part
            painter.drawLine(QPointF(0, y), QPointF(width, y))
        _small(painter, FAINT)
        for text, place in labels:
            painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text)
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
    """The whole strip; call `show_stats` a few times per second."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(124)
        self.camera = Figure("Camera", "Frames per second received; low light halves a webcam's rate")
        self.output = Figure("Output", "Poses per second")
        self.latency = Figure("Latency", LATENCY_TIP)
        self.dropped = Figure("Dropped", "Frames skipped for a newer one: low latency matters more than completeness")
        self.stages, self.chart = StageBars(), LatencyChart()
        self._figures = (self.camera, self.output, self.latency, self.dropped)
        figures = QHBoxLayout()
        figures.setSpacing(_SPACE)
        for figure in self._figures:
            figures.addWidget(figure, 1)
        self._line = line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 12)
        line.setSpacing(_SPACE)
        self._rules = [rule(upright=True), rule(upright=True)]
        line.addLayout(figures, 3)
        for mark, widget in zip(self._rules, (self.stages, self.chart), strict=True):
            line.addWidget(mark)
            line.addWidget(widget, 3)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return space for the figures; the window does not grow for the rest."""
        return QSize(self._figures_width() + 36, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Hide what does not fit: the curve first, then the bars, never a figure."""
        super().resizeEvent(event)
        self._arrange()

    def _figures_width(self) -> int:
        return sum(figure.sizeHint().width() for figure in self._figures) + _SPACE * (len(self._figures) - 1)

    def _arrange(self) -> None:
        room = self.width() - 36 - self._figures_width()
        for mark, widget in zip(self._rules, (self.stages, self.chart), strict=True):
            room -= widget.minimumWidth() + 2 * _SPACE + 1
            for shown in (mark, widget):
                shown.setVisible(room >= 0)

    def show_stats(self, stats: Stats, screen_fps: float) -> None:
        """Show new statistics."""
        running = stats.frames_captured > 0
        self.camera.set(f"{stats.camera_fps:.1f}" if running else "–", "frames/s")
        self.output.set(f"{stats.fps:.1f}" if running else "–", "poses/s")
        reduced = ", less detail" if stats.left_out else ""
        latency = stats.latency_ms
        if stats.fps > 0:
            self.latency.set(milliseconds(latency.p50), f"p95 {milliseconds(latency.p95)}{reduced}")
        else:
            self.latency.set("–", "no poses")
        gone = f". Off until there is time: {', '.join(stats.left_out)}" if stats.left_out else ""
        self.latency.setToolTip(LATENCY_TIP + gone)
        self.output.setToolTip(f"Poses per second; the screen shows {screen_fps:.0f} of them")
        share = 100 * stats.frames_dropped / max(stats.frames_captured, 1)
        self.dropped.set(f"{stats.frames_dropped}" if running else "–", f"{share:.1f} %")
        self.stages.set(stats.stages)
        self._arrange()
        if stats.latency_ms.p50 > 0:
            self.chart.add(stats.latency_ms)
