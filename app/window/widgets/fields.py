"""Building blocks of the panels: labels with a role, a switch, a combo box with a chevron, rows and sections."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.window.widgets.theme import ACCENT, ACCENT_DARK, FAINT, HOVER, MUTED
from engine.config import COUNTDOWNS_S


def label(text: str, role: str = "") -> QLabel:
    """Return a label; `role` selects its style in the style sheet."""
    made = QLabel(text)
    if role:
        made.setProperty("role", role)
    return made


def icon_button(icon: QIcon, tip: str) -> QToolButton:
    """Return a flat button with an icon; the tooltip is also its accessible name."""
    made = QToolButton()
    made.setIcon(icon)
    made.setIconSize(QSize(16, 16))
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setProperty("role", "icon")
    return made


def rule(upright: bool = False) -> QFrame:
    """Return a thin dividing line."""
    made = QFrame()
    made.setProperty("role", "upright" if upright else "line")
    return made


class Switch(QAbstractButton):
    """An on/off switch."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(38, 22)

    def set_quietly(self, on: bool) -> None:
        """Set the state without a signal."""
        before = self.blockSignals(True)
        self.setChecked(on)
        self.blockSignals(before)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint a pill with a knob, with a ring on keyboard focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        painter.setPen(QPen(QColor(ACCENT_DARK), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ACCENT if on else HOVER))
        painter.drawRoundedRect(QRectF(1, 1, 36, 20), 10, 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#06211d" if on else MUTED))
        painter.drawEllipse(QPointF(27 if on else 11, 11), 7, 7)
        painter.end()


class Choice(QComboBox):
    """A combo box with a chevron; the mouse wheel scrolls the panel instead of changing the value."""

    def __init__(self, name: str, entries: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        for text, value in entries:
            self.addItem(text, value)

    @property
    def value(self) -> str:
        """Data of the chosen entry."""
        return str(self.currentData() or "")

    def choose(self, value: str) -> None:
        """Select by data, without a signal."""
        before = self.blockSignals(True)
        self.setCurrentIndex(max(self.findData(value), 0))
        self.blockSignals(before)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to the scroll area."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the box, then a chevron at its right end."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(MUTED if self.isEnabled() else FAINT), 1.5))
        x, y = self.width() - 16.0, self.height() / 2
        painter.drawPolyline(QPolygonF([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]))
        painter.end()


class Countdown(Choice):
    """Seconds before a calibration or a take."""

    def __init__(self, name: str) -> None:
        super().__init__(name, [(f"{seconds} s" if seconds else "At once", str(seconds)) for seconds in COUNTDOWNS_S])
        self.setToolTip(f"{name}: time to get into position")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedWidth(92)

    @property
    def seconds(self) -> int:
        """The chosen value of COUNTDOWNS_S."""
        return int(self.value)


class Number(QDoubleSpinBox):
    """A number with a unit; emits when editing is finished, not at every key."""

    def __init__(self, name: str, low: float, high: float, unit: str, step: float = 1.0) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setDecimals(0)
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setSuffix(f" {unit}" if unit else "")
        self.setKeyboardTracking(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def set_quietly(self, value: float) -> None:
        """Set the value without a signal."""
        before = self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(before)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to the scroll area."""
        event.ignore()


class Dot(QWidget):
    """A small status light."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(12, 12)
        self._colour = FAINT

    def set_colour(self, colour: str) -> None:
        """Set the colour; repaints only when it differs."""
        if colour != self._colour:
            self._colour = colour
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A disc."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        painter.drawEllipse(QPointF(6, 6), 4, 4)
        painter.end()


class Section(QWidget):
    """A titled group in the side panel; `head` is the title row, for buttons at its right end."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(8)
        self.head = QHBoxLayout()
        self.head.addWidget(label(title.upper(), "section"))
        self.head.addStretch(1)
        self.body.addLayout(self.head)

    def row(self, name: str, *widgets: QWidget) -> None:
        """Add a row: name on the left, widgets on the right."""
        line = QHBoxLayout()
        line.setSpacing(8)
        if name:
            text = label(name)
            text.setFixedWidth(96)
            line.addWidget(text)
        for widget in widgets:
            if isinstance(widget, Switch):
                line.addStretch(1)
            line.addWidget(widget)
        self.body.addLayout(line)


class Elided(QLabel):
    """A label that ends in … instead of growing; its tooltip is the whole text."""

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self._whole = ""
        self._mode = Qt.TextElideMode.ElideRight
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    def set_whole(self, text: str, middle: bool = False) -> None:
        """Show `text`, shortened to the available width."""
        if text == self._whole:
            return
        self._whole = text
        self._mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        self.setToolTip(text)
        self._shorten()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Shorten again for the new width."""
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, self._mode, self.width()))
