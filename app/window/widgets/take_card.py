"""The verdict on the take that has just been recorded: a small card over the picture, gone by itself after a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.take_judge import JudgedTake
from app.window.widgets.fields import Dot, Elided, label
from app.window.widgets.slab import paint_slab
from app.window.widgets.theme import ACCENT, ERROR, WARNING
from engine.quality.lights import LIMITS, Light
from engine.quality.report import Finding, number_text

SHOWN_FOR_S = 40.0
_MOST_ROWS = 4
_COLOURS: dict[Light, str] = {"green": ACCENT, "amber": WARNING, "red": ERROR}
_WIDTH, _MARGIN = 440, 12
_OPACITY = 0.96


def headline(judged: JudgedTake) -> str:
    """A good take, 12 s | Look at 2 things, 12 s | 1 thing is bad, 12 s"""
    bad = sum(finding.light == "red" for finding in judged.report.findings)
    amber = sum(finding.light == "amber" for finding in judged.report.findings)
    words = "A good take"
    if bad:
        words = "1 thing is bad" if bad == 1 else f"{bad} things are bad"
    elif amber:
        words = f"Look at {amber} thing{'s' if amber > 1 else ''}"
    return f"{words}  ·  {judged.report.seconds:.0f} s"


def worst_findings(judged: JudgedTake) -> list[Finding]:
    """What is not green, red first."""
    found = [finding for finding in judged.report.findings if finding.light != "green"]
    return sorted(found, key=lambda finding: finding.light != "red")


class TakeCard(QWidget):
    """Hidden until `show_take`."""

    whole_report = Signal()

    def __init__(self, parent: QWidget, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._room, self._clock = parent, clock
        self._shown_at_s = clock()
        self.judged: JudgedTake | None = None
        self._light = Dot()
        self.title, self.name = label("", "title"), Elided("muted")
        self.whole, close = QPushButton("Whole report"), QPushButton("Close")
        for button in (self.whole, close):
            button.setProperty("role", "banner")
        self.rows = QGridLayout()
        self.rows.setHorizontalSpacing(10)
        self.rows.setVerticalSpacing(4)
        self.rows.setColumnStretch(1, 1)
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self._light)
        head.addWidget(self.title, 1)
        foot.addWidget(self.name, 1)
        foot.addWidget(self.whole)
        foot.addWidget(close)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 12, 10)
        box.setSpacing(8)
        for part in (head, self.rows, foot):
            box.addLayout(part)
        self.whole.clicked.connect(self.whole_report)
        close.clicked.connect(self.hide)
        self.hide()

    def show_take(self, judged: JudgedTake) -> None:
        """Show the verdict."""
        self.judged, self._shown_at_s = judged, self._clock()
        self._light.set_colour(_COLOURS[judged.report.light])
        self.title.setText(headline(judged))
        self.name.set_whole(judged.path.name, middle=True)
        while (item := self.rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for row, finding in enumerate(worst_findings(judged)[:_MOST_ROWS]):
            self._add_row(row, finding)
        if (more := len(worst_findings(judged)) - _MOST_ROWS) > 0:
            self.rows.addWidget(label(f"and {more} more in the whole report", "muted"), _MOST_ROWS, 1)
        self.show()
        self.place()
        self.raise_()

    def _add_row(self, row: int, finding: Finding) -> None:
        limit, dot = LIMITS[finding.name], Dot()
        dot.set_colour(_COLOURS[finding.light])
        where = f", first at {finding.spans[0].start_s:.1f} s" if finding.spans else ""
        detail = f" ({finding.detail})" if finding.detail and finding.name != "lost_percent" else ""
        words = label(f"{limit.label[0].upper()}{limit.label[1:]}{where}{detail}: {limit.advice}")
        words.setWordWrap(True)
        value = label(f"{number_text(finding.value)} {limit.unit}")
        self.rows.addWidget(dot, row, 0, Qt.AlignmentFlag.AlignTop)
        self.rows.addWidget(words, row, 1)
        self.rows.addWidget(value, row, 2, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)

    def follow(self, *, recording: bool) -> None:
        """Go when its time is over, or when the next take begins."""
        if self.isVisible() and (recording or self._clock() - self._shown_at_s > SHOWN_FOR_S):
            self.hide()

    def place(self) -> None:
        """In the lower left corner of the parent."""
        width = max(min(self._room.width() - 2 * _MARGIN, _WIDTH), 160)
        layout = self.layout()
        height = layout.totalHeightForWidth(width) if layout is not None else 0
        self.setGeometry(_MARGIN, max(_MARGIN, self._room.height() - height - _MARGIN), width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the background."""
        paint_slab(self, _OPACITY)
