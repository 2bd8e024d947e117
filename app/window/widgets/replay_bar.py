"""The timeline under the 3D view while a take is replayed or a test pose is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from app.window.widgets import icons
from app.window.widgets.fields import Elided, icon_button, label
from app.window.widgets.part_slider import PartSlider
from engine.file_kinds import TAKE_SUFFIX
from engine.takes.player import WHOLE, Part, PlayerState
from engine.takes.recording import TEST_POSES

_STEPS_PER_S = 100


def time_text(position_s: float, duration_s: float) -> str:
    """0:07.2 / 1:05.0"""
    return " / ".join(f"{int(seconds // 60)}:{seconds % 60:04.1f}" for seconds in (position_s, duration_s))


class ReplayBar(QWidget):
    """Shows a PlayerState; hidden without one. Emits the user's requests."""

    paused = Signal()
    resumed = Signal()
    sought = Signal(float)
    closed = Signal()
    marked = Signal(Part)
    export = Signal(bool)  # with gaps filled
    find_loop = Signal()
    judge = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(44)
        self._state: PlayerState | None = None
        self.button = icon_button(icons.play(), "Play or pause")
        self.name, self.time = Elided("muted"), label("", "muted")
        self.slider = PartSlider()
        self.slider.setAccessibleName("Position in the take")
        self.slider.setPageStep(_STEPS_PER_S)
        self.part_button = icon_button(icons.scissors(), "Mark a part of the take, export it, loop it")
        self.part_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._fill_menu()
        self.close_button = icon_button(icons.cross(), "End the replay: send live motion again")
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 0, 8, 0)
        line.setSpacing(8)
        for widget, stretch in (
            (self.button, 0),
            (self.name, 2),
            (self.slider, 5),
            (self.time, 0),
            (self.part_button, 0),
            (self.close_button, 0),
        ):
            line.addWidget(widget, stretch)
        self.button.clicked.connect(self.toggle)
        self.slider.sliderMoved.connect(self._seek)
        self.slider.actionTriggered.connect(lambda _action: self._seek(self.slider.sliderPosition()))
        self.close_button.clicked.connect(self.closed)
        self.hide()

    def _fill_menu(self) -> None:
        menu = QMenu(self)
        steps: tuple[tuple[str, Callable[[], object]], ...] = (
            ("Begin here", lambda: self._mark(start=True)),
            ("End here", lambda: self._mark(start=False)),
            ("Whole take", lambda: self.marked.emit(WHOLE)),
            ("Find a loop near the marks", self.find_loop.emit),
            ("Export…", lambda: self.export.emit(False)),
            ("Export, short gaps filled…", lambda: self.export.emit(True)),
            ("Report on the take", self.judge.emit),
        )
        for words, do in steps:
            menu.addAction(words).triggered.connect(lambda _checked=False, do=do: do())
        self.loop_action = QAction("Repeat", menu, checkable=True)
        self.loop_action.triggered.connect(self._loop)
        menu.insertAction(menu.actions()[3], self.loop_action)
        self.part_button.setMenu(menu)

    def _mark(self, *, start: bool) -> None:
        """Mark one end of the part at the current position; the other end is removed if it would be on the wrong
        side."""
        state = self._state
        if state is None:
            return
        part, at_s = state.part, state.position_s
        if start:
            end_s = part.end_s if part.end_s is None or part.end_s > at_s else None
            self.marked.emit(Part(at_s, end_s, part.loop))
        else:
            self.marked.emit(Part(part.start_s if part.start_s < at_s else 0.0, at_s, part.loop))

    def _loop(self, wanted: bool) -> None:
        if self._state is not None:
            self.marked.emit(replace(self._state.part, loop=wanted))

    def set_busy(self, busy: bool) -> None:
        """Disable the menu while a part is exported or checked."""
        self.part_button.setEnabled(not busy)

    def toggle(self) -> None:
        """Play or pause."""
        if self._state is not None:
            (self.paused if self._state.state == "playing" else self.resumed).emit()

    def show_state(self, state: PlayerState | None) -> None:
        """Show the player's state; cheap when nothing is played."""
        before, self._state = self._state, state
        if state is None:
            self.hide()
            return
        test = state.path in TEST_POSES
        if before is None or before.path != state.path:
            words = f"Test pose: {state.path}. Your motion is not sent meanwhile" if test else Path(state.path).name
            self.name.set_whole(state.message or words, middle=not test)
            self.slider.setRange(0, max(1, round(state.duration_s * _STEPS_PER_S)))
            for widget in (self.button, self.slider, self.time):
                widget.setVisible(not test)
            self.part_button.setVisible(state.path.lower().endswith(TAKE_SUFFIX))
            self.show()
        if state.state == "failed":
            self.name.set_whole(state.message or "The replay stopped")
        if before is None or before.state != state.state:
            self.button.setIcon(icons.pause() if state.state == "playing" else icons.play())
        part = state.part
        self.loop_action.setChecked(part.loop)
        ends = part.start_s, state.duration_s if part.end_s is None else part.end_s
        whole = (part.start_s, part.end_s) == (0.0, None)
        self.slider.show_part(None if whole else (round(ends[0] * _STEPS_PER_S), round(ends[1] * _STEPS_PER_S)))
        self.time.setText(time_text(state.position_s, state.duration_s))
        if not self.slider.isSliderDown():
            self.slider.setValue(round(state.position_s * _STEPS_PER_S))

    def _seek(self, step: int) -> None:
        self.sought.emit(step / _STEPS_PER_S)
