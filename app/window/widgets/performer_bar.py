"""The bar below the picture on the performer's screen: state in letters readable from three metres.

Three metres need capitals of 15 mm, which on a 24-inch screen of 1080 lines (0.28 mm each) are 5 % of the height.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window.notices import Notice
from app.window.person_words import unseen_words
from app.window.widgets.theme import ACCENT, ERROR, MUTED, SURFACE, WARNING
from engine.types import Snapshot

HEIGHT = 0.14
"""Fraction of the window's height that the bar occupies."""
CAPITALS = 0.05
"""Smallest capital height, as a fraction of the window's height."""
_MARGIN = 0.02  # at both ends, as a fraction of the width


class Words(NamedTuple):
    """Text of the bar: tracking on the left, recording on the right."""

    state: str
    colour: str
    right: str
    right_colour: str


def performer_words(
    snapshot: Snapshot, notice: Notice | None, silence_s: float | None, *, too_slow: bool = False
) -> Words:
    """Return the words for a snapshot; few, because they are large. `too_slow`: the silence is this computer's."""
    recording = snapshot.recording
    right, right_colour = "", MUTED
    if recording is not None:
        minutes, seconds = divmod(int(recording.seconds), 60)
        paused = recording.paused or recording.saved is not None
        right, right_colour = f"{'❚❚' if paused else '●'} {minutes:02d}:{seconds:02d}", ERROR
    state, colour = _state(snapshot, notice, silence_s, too_slow)
    return Words(state, colour, right, right_colour)


def _state(snapshot: Snapshot, notice: Notice | None, silence_s: float | None, too_slow: bool) -> tuple[str, str]:
    if snapshot.state == "failed":
        return "Stopped: see the operator's screen", ERROR
    if snapshot.state in ("ended", "stopped"):
        return {"ended": "The clip is over", "stopped": "Stopped"}[snapshot.state], MUTED
    if snapshot.frame is None:
        return "Starting…", MUTED
    if silence_s is not None:
        return "Too slow" if too_slow else "No picture", WARNING
    pose = snapshot.pose
    if pose is None or not pose.tracked:
        return "Step into the picture", WARNING
    unseen = unseen_words(pose)
    if unseen:
        return unseen, WARNING
    if notice is not None and notice.level == "error":
        return "Tracked, with a problem", ERROR
    return {"upper": "Upper body", "seated": "Seated"}.get(pose.body, "Tracked"), ACCENT


class PerformerBar(QWidget):
    """Shows Words as large as they fit."""

    def __init__(self) -> None:
        super().__init__()
        self._words = Words("", MUTED, "", MUTED)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def words(self) -> Words:
        """The words shown."""
        return self._words

    def show_words(self, words: Words) -> None:
        """Show words; repaints only when they differ."""
        if words != self._words:
            self._words = words
            self.setAccessibleName(f"{words.state} {words.right}".strip())
            self.update()

    def place(self, window_height: int) -> None:
        """Set the bar's height to its fraction of the window."""
        self.setFixedHeight(max(round(window_height * HEIGHT), 72))

    def fonts(self) -> tuple[QFont, float]:
        """Return the font, and the width of the words on the right."""
        margin = self.width() * _MARGIN
        room = self.width() - 2 * margin
        font = QFont(self.font())
        font.setBold(True)
        font.setPixelSize(max(round(self.height() * 0.62), 10))
        metrics = QFontMetricsF(font)
        right = metrics.horizontalAdvance(f"{self._words.right} ") if self._words.right else 0.0
        whole = metrics.horizontalAdvance(self._words.state) + right
        if whole > room:
            font.setPixelSize(max(int(font.pixelSize() * room / whole), 10))
            right *= room / whole
        return font, right

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the state on the left, the take on the right."""
        font, right = self.fonts()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(SURFACE))
        painter.setFont(font)
        margin = self.width() * _MARGIN
        place = QRectF(self.rect()).adjusted(margin, 0, -margin, 0)
        painter.setPen(QColor(self._words.colour))
        centre = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(place.adjusted(0, 0, -right, 0), centre | int(Qt.AlignmentFlag.AlignLeft), self._words.state)
        painter.setPen(QColor(self._words.right_colour))
        painter.drawText(place, centre | int(Qt.AlignmentFlag.AlignRight), self._words.right)
        painter.end()
