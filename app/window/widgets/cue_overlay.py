"""The cue over the video: a digit or a few words, as large as possible, readable from three metres."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.cues import Cue
from app.window.widgets.theme import ACCENT, BACKGROUND, ERROR, TEXT, WARNING

_DIGIT_HEIGHT, _WORDS_HEIGHT = 0.30, 0.10  # largest capital height, as a fraction of the picture's height
_WIDTH = 0.86  # largest headline width, as a fraction of the picture's width
_LINE_HEIGHT, _SMALLEST_LINE_PX, _LARGEST_LINE_PX = 0.048, 16, 40
_LEADING = 1.5  # line spacing of the headline, in capital heights
_MARGIN = 0.04  # bottom margin, as a fraction of the picture


class CueOverlay(QWidget):
    """Covers its parent, ignores the mouse, hidden without a cue."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._cue: Cue | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def cue(self) -> Cue | None:
        """The cue shown."""
        return self._cue

    def show_cue(self, cue: Cue | None) -> None:
        """Show a cue, or hide the overlay. Cheap when nothing changed."""
        if cue == self._cue:
            return
        self._cue = cue
        self.setAccessibleName("" if cue is None else f"{cue.words}. {cue.line}")
        self.setVisible(cue is not None)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint along the lower edge, so that performers can see whether they are in the picture."""
        cue = self._cue
        if cue is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size_px = min(max(round(self.height() * _LINE_HEIGHT), _SMALLEST_LINE_PX), _LARGEST_LINE_PX)
        top = self._draw_line(painter, cue.line, self.height() * (1.0 - _MARGIN), size_px)
        self._draw_headline(painter, cue, top - size_px * 0.5)
        painter.end()

    def _draw_headline(self, painter: QPainter, cue: Cue, bottom: float) -> None:
        lines = cue.headline.split("\n")
        font = self._fitting(lines, _DIGIT_HEIGHT if cue.is_digit else _WORDS_HEIGHT)
        metrics = QFontMetricsF(font)
        path = QPainterPath()
        for above, text in enumerate(reversed(lines)):
            left = (self.width() - metrics.horizontalAdvance(text)) / 2
            path.addText(left, bottom - above * metrics.capHeight() * _LEADING, font, text)
        _draw_outlined(painter, path, max(metrics.capHeight() * 0.12, 4.0), _colour(cue))

    def _fitting(self, lines: list[str], height: float) -> QFont:
        """Return the largest bold font whose capitals fit that fraction of the height, and whose lines fit the
        width."""
        font = QFont(self.font())
        font.setBold(True)
        font.setPixelSize(200)
        metrics = QFontMetricsF(font)
        widest = max(metrics.horizontalAdvance(line) for line in lines)
        scale = min(self.height() * height / metrics.capHeight(), self.width() * _WIDTH / max(widest, 1.0))
        font.setPixelSize(max(round(200 * scale), 12))
        return font

    def _draw_line(self, painter: QPainter, text: str, bottom: float, size_px: int) -> float:
        """Draw wrapped text with its last line at `bottom`; return its upper edge."""
        font = QFont(self.font())
        font.setPixelSize(size_px)
        font.setBold(True)
        metrics = QFontMetricsF(font)
        lines = _wrapped(text, metrics, self.width() * _WIDTH)
        path = QPainterPath()
        for above, line in enumerate(reversed(lines)):
            left = (self.width() - metrics.horizontalAdvance(line)) / 2
            path.addText(left, bottom - above * size_px * 1.2, font, line)
        _draw_outlined(painter, path, 5.0, TEXT)
        return bottom - len(lines) * size_px * 1.2


def _wrapped(text: str, metrics: QFontMetricsF, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and metrics.horizontalAdvance(longer) > width:
            lines.append(word)
        else:
            lines[-1:] = [longer]
    return lines


def _draw_outlined(painter: QPainter, path: QPainterPath, width: float, colour: str) -> None:
    """Draw text with an outline, legible on any picture."""
    outline = QPen(QColor(BACKGROUND), width)
    outline.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, outline)
    painter.fillPath(path, QColor(colour))


def _colour(cue: Cue) -> str:
    if cue.level == "warning":
        return WARNING
    return ERROR if cue.kind == "record" else ACCENT
