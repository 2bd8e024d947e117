"""The Viewpoints mode on the right: turn on the spot, carry the camera, a rendered motion from 12 sides."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSlider, QStackedWidget, QVBoxLayout, QWidget

from app.window.widgets.fields import label
from app.window.widgets.viewpoint_ring import ViewpointRing
from engine.viewpoints.carried import Drift

WIDTH = 440
MODES = ("turn", "carry", "rendered")
_NAMES = {"turn": "Turn", "carry": "Carry", "rendered": "Rendered"}
STILL_CAMERA = (
    "The app assumes a fixed camera. If it moves, a performer who stands still seems to turn, wander and lean:"
    " the figures above show this error. Put the camera down and calibrate (C) to correct it."
)
TURN_HELP = "Hold a pose (T, hands on hips, any) and turn once on the spot, in 15 to 30 s."
RENDERED_HELP = (
    "A rendered person of known pose, and one motion from twelve sides. Both results are computed live from the"
    " picture on the left: mean distance of the 12 limb joints from the truth, relative to the hips, without fitting."
)

ENOUGH_POSES_S = 15.0
SLOW_HELP = (
    "Only {:.0f} poses/s here: most frames of a quick motion are missed, and the errors come from this machine as much"
    " as from the method. Close other programs, or choose a smaller detector."
)


def _words(text: str, role: str = "muted") -> QWidget:
    made = label(text, role)
    made.setWordWrap(True)
    return made


class Figures(QWidget):
    """Large numbers in a row, each with a name below."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self._values = []
        for name in names:
            column = QVBoxLayout()
            value = label("–", "big")
            value.setAlignment(Qt.AlignmentFlag.AlignCenter)
            under = label(name, "muted")
            under.setAlignment(Qt.AlignmentFlag.AlignCenter)
            under.setWordWrap(True)
            column.addWidget(value)
            column.addWidget(under)
            line.addLayout(column, 1)
            self._values.append(value)

    def show_values(self, *texts: str) -> None:
        """Show one text per name."""
        for value, text in zip(self._values, texts, strict=True):
            value.setText(text)

    @property
    def texts(self) -> list[str]:
        """The displayed texts."""
        return [value.text() for value in self._values]


class TurnPage(QWidget):
    """The ring of a turn."""

    again = Signal()
    save = Signal()

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self.ring = ViewpointRing()
        self.figures = Figures("ours, mm", "detector, mm", "floor, mm")
        self.words = label(TURN_HELP)
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(54)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        again, self.saver = QPushButton("Start again"), QPushButton("Save…")
        again.clicked.connect(self.again)
        self.saver.clicked.connect(self.save)
        self.saver.setEnabled(False)
        buttons = QHBoxLayout()
        for button in (again, self.saver):
            buttons.addWidget(button)
        box.addWidget(self.ring, 1)
        box.addWidget(self.figures)
        box.addWidget(self.words)
        box.addLayout(buttons)


class CarryPage(QWidget):
    """Shows how far a person who stands still seems to move."""

    again = Signal()

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(_words("Stand still while another person carries the camera around you.", ""))
        self.now = Figures("hips drift now, cm", "lean now, °")
        self.worst = Figures("worst drift, cm", "worst lean, °")
        self.other = Figures("seems turned, °", "camera's tilt, °")
        for figures in (self.now, self.worst, self.other):
            box.addWidget(figures)
        box.addWidget(_words(STILL_CAMERA, ""))
        again = QPushButton("Start again")
        again.clicked.connect(self.again)
        box.addWidget(again)
        box.addStretch(1)

    def show_drift(self, drift: Drift) -> None:
        """Show the current figures."""
        self.now.show_values(f"{drift.hips_m * 100:.0f}", f"{drift.lean_deg:.0f}")
        self.worst.show_values(f"{drift.worst_hips_m * 100:.0f}", f"{drift.worst_lean_deg:.0f}")
        self.other.show_values(f"{drift.turned_deg:+.0f}", f"{drift.camera_tilt_deg:.0f}")


class RenderedPage(QWidget):
    """One motion from twelve sides, compared with its ground truth."""

    looked_from = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self.mark = label("RENDERED", "mark")
        self.ring = ViewpointRing()
        self.figures = Figures("ours, mm", "detector, mm", "ours / detector")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 11)
        self.slider.setPageStep(3)
        self.slider.setAccessibleName("Camera position around the person")
        self.slider.valueChanged.connect(self.looked_from)
        self.place = label("", "")
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(self.ring, 1)
        box.addWidget(self.figures)
        box.addWidget(self.place)
        box.addWidget(self.slider)
        self.words = label(RENDERED_HELP, "muted")
        self.words.setWordWrap(True)
        box.addWidget(self.words)

    def show_rate(self, poses_per_s: float) -> None:
        """Warn when the machine is too slow for the figures to be the method's."""
        slow = 0 < poses_per_s < ENOUGH_POSES_S
        words = SLOW_HELP.format(poses_per_s) if slow else RENDERED_HELP
        if words != self.words.text():
            self.words.setText(words)


class ViewpointsPanel(QWidget):
    """`mode_chosen` carries one of MODES. Qt thread only."""

    mode_chosen = Signal(str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self.turn, self.carry, self.rendered = TurnPage(), CarryPage(), RenderedPage()
        self._pages = QStackedWidget()
        self._group = QButtonGroup(self)
        tabs = QHBoxLayout()
        for index, (mode, page) in enumerate(zip(MODES, (self.turn, self.carry, self.rendered), strict=True)):
            button = QPushButton(_NAMES[mode])
            button.setCheckable(True)
            self._group.addButton(button, index)
            tabs.addWidget(button)
            self._pages.addWidget(page)
        close = QPushButton("Close")
        close.setToolTip("Back to the settings (V)")
        close.clicked.connect(self.closed)
        tabs.addStretch(1)
        tabs.addWidget(close)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 14, 12, 14)
        box.setSpacing(12)
        box.addLayout(tabs)
        box.addWidget(self._pages, 1)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(lambda index: self.choose(MODES[index]))

    @property
    def mode(self) -> str:
        """The current page."""
        return MODES[self._pages.currentIndex()]

    def choose(self, mode: str) -> None:
        """Show a page and emit it."""
        index = MODES.index(mode)
        self._group.button(index).setChecked(True)
        self._pages.setCurrentIndex(index)
        self.mode_chosen.emit(mode)
