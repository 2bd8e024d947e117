"""Where the motion is sent: a row per OSC target with its live state; add, change, remove; test poses."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.window.widgets import icons
from app.window.widgets.fields import Choice, Dot, Elided, Section, icon_button, label
from app.window.widgets.target_dialog import PRESET_NAMES, TargetDialog
from app.window.widgets.target_url import split_query
from app.window.widgets.theme import ACCENT, FAINT, WARNING
from engine.takes.recording import TEST_POSES
from engine.types import TargetState

_RATES_HZ = (0.0, 60.0, 90.0, 120.0)
_NAMES = {"vmc": "VMC", "vrchat": "VRChat", "osc": "OSC"}


def target_name(url: str) -> str:
    """VSeeFace  127.0.0.1:39539"""
    scheme, _, rest = url.partition("://")
    preset, *_ = split_query(url)
    who = _NAMES.get(scheme, scheme) if scheme != "vmc" or preset == "generic" else PRESET_NAMES.get(preset, preset)
    return f"{who}  {rest.partition('?')[0]}"


def _rate_name(rate_hz: float) -> str:
    return f"{rate_hz:g} per second" if rate_hz else "As the camera"


class TargetRow(QWidget):
    """One target."""

    edit = Signal(str)
    remove = Signal(str)

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self._dot = Dot()
        self.name, self.state = Elided(), Elided("muted")
        self.name.set_whole(target_name(url), middle=True)
        self.name.setToolTip(url)
        change, remove = icon_button(icons.pencil(), f"Change {url}"), icon_button(icons.cross(), f"Remove {url}")
        change.clicked.connect(lambda: self.edit.emit(self.url))
        remove.clicked.connect(lambda: self.remove.emit(self.url))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.name)
        words.addWidget(self.state)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self._dot)
        line.addSpacing(4)
        line.addLayout(words, 1)
        line.addWidget(change)
        line.addWidget(remove)
        self.show_state(None)

    def show_state(self, state: TargetState | None) -> None:
        """Packets per second, or what is wrong."""
        if state is None:
            self._dot.set_colour(FAINT)
            self.state.set_whole("waiting")
        elif state.error:
            self._dot.set_colour(WARNING)
            self.state.set_whole(state.error)
        else:
            self._dot.set_colour(ACCENT if state.packets_per_s > 0 else FAINT)
            self.state.set_whole(f"{state.packets_per_s:.0f} packets/s")


class TargetsPanel(Section):
    """Emits `changed` with the new `osc` of Config, and `test` with the name of a test pose, "" to end it."""

    changed = Signal(dict)
    test = Signal(str)

    def __init__(self) -> None:
        super().__init__("Send to")
        self._urls: tuple[str, ...] = ()
        self._vmc_receive = ""
        self.rows: list[TargetRow] = []
        self.add = icon_button(icons.plus(), "Add a target")
        self.head.addWidget(self.add)
        self._none = label("No target. Add one to drive an avatar", "muted")
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self.body.addWidget(self._none)
        self.body.addLayout(self._list)
        self.tests = {name: self._test_button(name) for name in TEST_POSES}
        self.row("Test pose", *self.tests.values())
        self.rate = Choice("Rate of sending", [(_rate_name(rate_hz), f"{rate_hz:g}") for rate_hz in _RATES_HZ])
        self.rate.setToolTip("At a rate of its own, poses are predicted to the present between the camera's frames")
        self.row("Rate", self.rate)
        self.rate.activated.connect(lambda _index: self.changed.emit({"osc_rate_hz": float(self.rate.value)}))
        self.add.clicked.connect(lambda: self._ask(""))

    def _test_button(self, name: str) -> QPushButton:
        button = QPushButton(name)
        button.setCheckable(True)
        button.setToolTip(f"Send this pose instead of your motion, to check a receiver: {name}")
        button.clicked.connect(lambda on: self.test.emit(name if on else ""))
        return button

    def show_rate(self, rate_hz: float) -> None:
        """Show the setting without emitting; a rate of the command line joins the list."""
        if self.rate.findData(f"{rate_hz:g}") < 0:
            self.rate.addItem(_rate_name(rate_hz), f"{rate_hz:g}")
        self.rate.choose(f"{rate_hz:g}")

    def show_test(self, name: str) -> None:
        """The test pose that is sent now; "" for none."""
        for own, button in self.tests.items():
            button.setChecked(own == name)

    def show_urls(self, urls: tuple[str, ...], vmc_receive: str = "") -> None:
        """One row per target. `vmc_receive`: what we listen on, where none may be."""
        self._vmc_receive = vmc_receive
        if urls == self._urls:
            return
        self._urls = urls
        for row in self.rows:
            self._list.removeWidget(row)
            row.deleteLater()
        self.rows = [TargetRow(url) for url in urls]
        for row in self.rows:
            row.edit.connect(self._ask)
            row.remove.connect(self._remove)
            self._list.addWidget(row)
        self._none.setVisible(not urls)

    def show_states(self, states: tuple[TargetState, ...]) -> None:
        """Live figures, matched by address."""
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
