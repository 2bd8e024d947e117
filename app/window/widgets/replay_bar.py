"""The timeline under the 3D view while a take is replayed or a test pose is sent."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from app.window.widgets import icons
from app.window.widgets.fields import Elided, icon_button, label
from engine.takes.player import PlayerState
from engine.takes.recording import TEST_POSES

_STEPS_PER_S = 100


def time_text(position_s: float, duration_s: float) -> str:
    """0:07.2 / 1:05.0"""
    return " / ".join(f"{int(seconds // 60)}:{seconds % 60:04.1f}" for seconds in (position_s, duration_s))


class ReplayBar(QWidget):
    """Shows a PlayerState; hidden without one. Emits what the user wants of it."""

    paused = Signal()
    resumed = Signal()
    sought = Signal(float)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(44)
        self._state: PlayerState | None = None
        self.button = icon_button(icons.play(), "Play or pause")
        self.name, self.time = Elided("muted"), label("", "muted")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Place in the take")
        self.slider.setPageStep(_STEPS_PER_S)
        self.close_button = icon_button(icons.cross(), "End the replay: send the live motion again")
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 0, 8, 0)
        line.setSpacing(8)
        for widget, stretch in (
            (self.button, 0),
            (self.name, 2),
            (self.slider, 5),
            (self.time, 0),
            (self.close_button, 0),
        ):
            line.addWidget(widget, stretch)
        self.button.clicked.connect(self.toggle)
        self.slider.sliderMoved.connect(self._seek)
        self.slider.actionTriggered.connect(lambda _action: self._seek(self.slider.sliderPosition()))
        self.close_button.clicked.connect(self.closed)
        self.hide()

    def toggle(self) -> None:
        """Play or pause."""
        if self._state is not None:
            (self.paused if self._state.state == "playing" else self.resumed).emit()

    def show_state(self, state: PlayerState | None) -> None:
        """Follow the player; cheap when nothing is played."""
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
            self.show()
        if state.state == "failed":
            self.name.set_whole(state.message or "The replay has stopped")
        if before is None or before.state != state.state:
            self.button.setIcon(icons.pause() if state.state == "playing" else icons.play())
        self.time.setText(time_text(state.position_s, state.duration_s))
        if not self.slider.isSliderDown():
            self.slider.setValue(round(state.position_s * _STEPS_PER_S))

    def _seek(self, step: int) -> None:
        self.sought.emit(step / _STEPS_PER_S)
