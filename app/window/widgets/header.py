"""The top bar: the product's name and one status line, whose tooltip lists the last messages."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.window.person_words import person_words
from app.window.plain_words import source_name
from app.window.widgets import icons
from app.window.widgets.fields import Dot, icon_button, label
from app.window.widgets.fitted_label import FittedLabel
from app.window.widgets.product_icon import product
from app.window.widgets.theme import ACCENT, ERROR, FAINT, WARNING
from engine.types import Snapshot

_STATES = {
    "starting": ("Starting", WARNING),
    "running": ("Live", ACCENT),
    "ended": ("Clip over", FAINT),
    "failed": ("Stopped by an error", ERROR),
    "stopped": ("Stopped", FAINT),
}

_SHORT = 20
"""Letters of a source's name when space is limited."""


class Header(QWidget):
    """Passive: call `show_snapshot` a few times per second."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(46)
        mark = label("")
        mark.setPixmap(product().pixmap(22, 22))
        self._dot, self.status, self.person = Dot(), FittedLabel("muted"), FittedLabel("muted")
        self.person.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.performer = icon_button(
            icons.performer_screen(), "Performer's screen: big picture, words readable from three metres (P)"
        )
        self.performer.setCheckable(True)
        self.report = icon_button(icons.report(), "Report a problem: versions, settings and the log as one text")
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 0, 16, 0)
        line.setSpacing(9)
        for widget in (mark, label("VTM Live", "title")):
            line.addWidget(widget)
        line.addSpacing(14)
        line.addWidget(self._dot)
        line.addWidget(self.status)
        line.addStretch(1)
        line.addWidget(self.person)
        line.addSpacing(6)
        line.addWidget(self.performer)
        self.viewpoints = QPushButton("Viewpoints")
        self.viewpoints.setCheckable(True)
        self.viewpoints.setProperty("role", "small")
        self.viewpoints.setToolTip("Does it work from any side? Try it with your own body (V)")
        line.addWidget(self.viewpoints)
        line.addWidget(self.report)

    def show_snapshot(self, snapshot: Snapshot, silence_s: float | None = None) -> None:
        """Show state, source and the person. `silence_s`: seconds without a picture, then no person either."""
        words, colour = _STATES.get(snapshot.state, (snapshot.state, FAINT))
        self._dot.set_colour(colour)
        name = source_name(snapshot.source)
        short = name if len(name) <= _SHORT else f"{name[: _SHORT // 2]}…{name[-_SHORT // 2 :]}"
        self.status.set_wordings(*([f"{words}  ·  {name}", f"{words}  ·  {short}"] if name else []), words)
        self.status.setToolTip("\n".join(message.text for message in snapshot.messages[-8:]))
        pose = snapshot.pose
        words = person_words(pose) if snapshot.state == "running" else ""
        if words and silence_s is not None:
            words = f"No picture for {silence_s:.0f} s"
        place: tuple[str, ...] = ()
        if pose is not None and pose.tracked and words and silence_s is None:
            x, y, z = (round(float(value), 2) + 0.0 for value in pose.root_m)  # + 0.0 avoids -0.0
            height = f"{words}  ·  hips {y:.2f} m high"
            place = (f"{height}, {x:+.2f} m across, {z:+.2f} m deep", height)
        self.person.set_wordings(*place, words)
