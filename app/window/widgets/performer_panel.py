"""The performer: name, height, measured lengths, calibration, and how the lower body is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QMenu, QPushButton, QToolButton

from app.window.widgets.fields import Choice, Countdown, Number, Section, label
from engine.config import Config
from engine.solver.detail_calibration import resting_words
from engine.solver.measuring import lengths_in_cm
from engine.types import Calibration

_BODIES = (
    ("Automatic", "auto"),
    ("As seen", "whole"),
    ("Standing", "upper"),
    ("Seated", "seated"),
)
_NOT_MEASURED = "Arms and legs: estimated. Calibrate in a T-pose, head to toe in the picture, to measure them."


class PerformerPanel(Section):
    """Emits `changed` with the fields of Config that the user set, `calibrate`, and actions on performers."""

    changed = Signal(dict)
    calibrate, measure_hands = Signal(), Signal()
    chosen, added, renamed = Signal(str), Signal(str), Signal(str)
    deleted = Signal()

    def __init__(self) -> None:
        super().__init__("Performer")
        self.who = Choice("Performer")
        self.more = QToolButton()
        self.more.setText("…")
        self.more.setAccessibleName("Performers")
        self.more.setToolTip("Add, rename or delete a performer")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.height_cm = Number("Performer's height", 50, 260, "cm")
        self.height_cm.setToolTip("Sets the scale of all lengths")
        self.lengths = label(_NOT_MEASURED, "muted")
        self.lengths.setWordWrap(True)
        self.face = label("", "muted")
        self.face.setWordWrap(True)
        self.button = QPushButton("Calibrate")
        self.button.setToolTip(
            "Stand upright and face the camera: this becomes facing forward, at the origin (C).\n"
            "Arms held out to the sides for a second: arms and legs are measured, too."
        )
        self.countdown = Countdown("Countdown before a calibration")
        self.lower_body = Choice("Lower body", _BODIES)
        self.lower_body.setToolTip("Legs outside the picture stand or sit still instead of being guessed")
        self._fill_menu()
        self.row("", self.who, self.more)
        self.row("Height", self.height_cm)
        self.row("Lower body", self.lower_body)
        self.body.addWidget(self.lengths)
        self.body.addWidget(self.face)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.button, 1)
        line.addWidget(self.countdown)
        self.body.addLayout(line)
        self._connect()

    def _fill_menu(self) -> None:
        menu = QMenu(self.more)
        menu.addAction("Add…", lambda: self._ask("Add a performer", "", self.added.emit))
        menu.addAction("Rename…", lambda: self._ask("Rename the performer", self.who.value, self.renamed.emit))
        self.delete = menu.addAction("Delete")
        self.delete.triggered.connect(self.deleted)
        self.forget = menu.addAction("Forget the lengths")
        self.forget.triggered.connect(lambda: self.changed.emit({"proportions": ()}))
        hands = menu.addAction("Measure the hands", self.measure_hands.emit)
        hands.setToolTip("Two seconds of open hands, then two of fists: matches the range of your fingers")
        self.forget_face = menu.addAction("Forget face and hands")
        self.forget_face.triggered.connect(lambda: self.changed.emit({"face_at_rest": (), "finger_ranges": ()}))
        self.more.setMenu(menu)

    def _connect(self) -> None:
        self.who.activated.connect(lambda _index: self.chosen.emit(self.who.value))
        self.lower_body.activated.connect(lambda _index: self.changed.emit({"body": self.lower_body.value}))
        self.height_cm.valueChanged.connect(lambda cm: self.changed.emit({"height_m": cm / 100}))
        self.button.clicked.connect(self.calibrate)
        self.countdown.activated.connect(lambda _index: self.changed.emit({"countdown_s": self.countdown.seconds}))

    def _ask(self, title: str, text: str, answer: Callable[[str], None]) -> None:
        name, good = QInputDialog.getText(self, title, "Name", text=text)
        if good and name.strip():
            answer(name.strip())

    def show_config(self, config: Config) -> None:
        """Show settings without emitting."""
        self.height_cm.set_quietly(round(config.height_m * 100))
        self.countdown.choose(str(config.countdown_s))
        self.lower_body.choose(config.body)
        words = lengths_in_cm(config.proportions, config.height_m)
        self.lengths.setText(f"Measured: {words}" if words else _NOT_MEASURED)
        self.forget.setEnabled(bool(words))
        at_rest = resting_words(config.face_at_rest)
        self.face.setText(f"Face at rest, subtracted: {at_rest}" if at_rest else "")
        self.face.setVisible(bool(at_rest))
        self.forget_face.setEnabled(bool(config.face_at_rest or config.finger_ranges))

    def show_performers(self, names: Sequence[str], current: str) -> None:
        """Show the performers and the current one."""
        before = self.who.blockSignals(True)
        self.who.clear()
        for name in names:
            self.who.addItem(name, name)
        self.who.blockSignals(before)
        self.who.choose(current)
        self.delete.setEnabled(len(names) > 1)

    def show_calibration(self, calibration: Calibration) -> None:
        """The button cancels a calibration under way."""
        text = "Cancel" if calibration.active else "Calibrate"
        if text != self.button.text():
            self.button.setText(text)
