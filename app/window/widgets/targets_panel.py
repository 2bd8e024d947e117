"""Targets of the motion: a card per OSC target with its live state; add, change, remove; test poses."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.window.target_words import card, target_name
from app.window.widgets import icons
from app.window.widgets.fields import Choice, Dot, Elided, Section, icon_button, label
from app.window.widgets.target_dialog import TargetDialog
from app.window.widgets.theme import ACCENT, FAINT, WARNING
from engine.osc.receiver_check import part_at
from engine.takes.recording import RECEIVER_TEST, TEST_POSES
from engine.types import TargetState

_RATES_HZ = (0.0, 60.0, 90.0, 120.0)
_SHORT = {RECEIVER_TEST: "Walk"}
_TIPS = {
    RECEIVER_TEST: "T-pose, a step, a squat, a turn, a raised hand, with what you should see and what to change if not"
}


def _rate_name(rate_hz: float) -> str:
    return f"{rate_hz:g} per second" if rate_hz else "As the camera"


class TargetCard(QWidget):
    """One target: its name, a light with its state in three words, and the complete error."""

    edit = Signal(str)
    remove = Signal(str)

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.setObjectName("card")
        self._dot = Dot()
        self.name, self.state, self.figures = Elided(), label(""), Elided("muted")
        self.problem = label("", "warning")
        self.problem.setWordWrap(True)
        self.name.set_whole(target_name(url), middle=True)
        self.name.setToolTip(url)
        change, remove = icon_button(icons.pencil(), f"Change {url}"), icon_button(icons.cross(), f"Remove {url}")
        change.clicked.connect(lambda: self.edit.emit(self.url))
        remove.clicked.connect(lambda: self.remove.emit(self.url))
        head, live = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(change)
        head.addWidget(remove)
        live.addWidget(self._dot)
        live.addWidget(self.state)
        live.addWidget(self.figures, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        for line in (head, live):
            line.setSpacing(6)
            box.addLayout(line)
        box.addWidget(self.problem)
        self.show_state(None)

    def show_state(self, state: TargetState | None) -> None:
        """Show the current state."""
        shown = card(self.url, state)
        self._dot.set_colour(ACCENT if shown.good else WARNING if shown.good is False else FAINT)
        self.state.setText(shown.words)
        self.figures.set_whole(shown.figures)
        self.problem.setText(shown.problem)
        self.problem.setVisible(bool(shown.problem))


class TargetsPanel(Section):
    """Emits `changed` with the new `osc` of Config, and `test` with the name of a test pose ("": stop)."""

    changed = Signal(dict)
    test = Signal(str)

    def __init__(self) -> None:
        super().__init__("Send to")
        self._urls: tuple[str, ...] = ()
        self._vmc_receive = ""
        self.rows: list[TargetCard] = []
        self.add = icon_button(icons.plus(), "Add a target")
        self.head.addWidget(self.add)
        self._none = label("No target. Add one to drive an avatar", "muted")
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self.body.addWidget(self._none)
        self.body.addLayout(self._list)
        self.tests = {name: self._test_button(name) for name in TEST_POSES}
        self.row("", label("Test"), *self.tests.values())
        self.hint = label("", "muted")
        self.hint.setWordWrap(True)
        self.hint.hide()
        self.body.addWidget(self.hint)
        self.rate = Choice("Send rate", [(_rate_name(rate_hz), f"{rate_hz:g}") for rate_hz in _RATES_HZ])
        self.rate.setToolTip("At a fixed rate, poses between the camera's frames are predicted")
        self.row("Rate", self.rate)
        self.rate.activated.connect(lambda _index: self.changed.emit({"osc_rate_hz": float(self.rate.value)}))
        self.add.clicked.connect(lambda: self._ask(""))

    def _test_button(self, name: str) -> QPushButton:
        button = QPushButton(_SHORT.get(name, name))
        button.setCheckable(True)
        button.setAccessibleName(name)
        button.setToolTip(f"Sent instead of your motion, to check a receiver. {_TIPS.get(name, name)}")
        button.clicked.connect(lambda on: self.test.emit(name if on else ""))
        return button

    def show_rate(self, rate_hz: float) -> None:
        """Show the setting without emitting; a rate from the command line is added to the list."""
        if self.rate.findData(f"{rate_hz:g}") < 0:
            self.rate.addItem(_rate_name(rate_hz), f"{rate_hz:g}")
        self.rate.choose(f"{rate_hz:g}")

    def show_test(self, name: str, position_s: float = 0.0) -> None:
        """Show the test pose being sent ("": none), and what to see at this time of the receiver test."""
        for own, button in self.tests.items():
            button.setChecked(own == name)
        self.hint.setVisible(name == RECEIVER_TEST)
        if name == RECEIVER_TEST:
            part = part_at(position_s)
            self.hint.setText(f"<b>{part.name}.</b> {part.seen}<br>If not: {part.otherwise}")

    def show_urls(self, urls: tuple[str, ...], vmc_receive: str = "") -> None:
        """Show one row per target. `vmc_receive`: our own receive port, which targets cannot use."""
        self._vmc_receive = vmc_receive
        if urls == self._urls:
            return
        self._urls = urls
        for row in self.rows:
            self._list.removeWidget(row)
            row.deleteLater()
        self.rows = [TargetCard(url) for url in urls]
        for row in self.rows:
            row.edit.connect(self._ask)
            row.remove.connect(self._remove)
            self._list.addWidget(row)
        self._none.setVisible(not urls)

    def show_states(self, states: tuple[TargetState, ...]) -> None:
        """Show live figures, matched by address."""
        by_url = {state.target: state for state in states}
        for row in self.rows:
            row.show_state(by_url.get(row.url))

    def _ask(self, url: str) -> None:
        others = tuple(other for other in self._urls if other != url)
        dialog = TargetDialog(self, url, others, self._vmc_receive)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            urls = tuple(dialog.url if one == url else one for one in self._urls) if url else (*self._urls, dialog.url)
            self.changed.emit({"osc": urls})
        dialog.deleteLater()

    def _remove(self, url: str) -> None:
        self.changed.emit({"osc": tuple(one for one in self._urls if one != url)})
