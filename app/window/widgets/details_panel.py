"""Hands and face: a switch for each with its state in words, and a small face with its strongest scores."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.window.widgets.face_mask import FaceMask, strongest
from app.window.widgets.fields import Elided, Section, Switch, label
from engine.config import Config
from engine.types import Details, DetailsState, Pose, Snapshot

_WORDS = {
    "off": "off",
    "missing": "not installed: run vtm fetch",
    "left out": "off, no time for it",
}


def hands_words(state: DetailsState, per_s: float, details: Details | None) -> str:
    """Return the state of hand tracking in words."""
    if state.hands != "on":
        return _not_on(state.hands, state.error)
    absent = [
        name
        for name, view in (("left", details and details.left), ("right", details and details.right))
        if view is None
    ]
    seen = {0: "both seen", 1: f"{absent[0] if absent else ''} not seen", 2: "none seen"}[len(absent)]
    return f"{per_s:.0f}/s, {seen}"


def face_words(state: DetailsState, per_s: float, details: Details | None) -> str:
    """Return the state of face tracking in words."""
    if state.face != "on":
        return _not_on(state.face, state.error)
    return f"{per_s:.0f}/s, {'seen' if details is not None and details.face is not None else 'not seen'}"


def _not_on(word: str, error: str | None) -> str:
    return (error or "failed") if word == "failed" else _WORDS.get(word, word)


class DetailsPanel(Section):
    """Emits `changed` with the fields of Config that the user set."""

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__("Hands and face")
        self.hands, self.face = Switch("Hands"), Switch("Face")
        self.hands.setToolTip("Fingers and wrists from the same camera")
        self.face.setToolTip("Eyes, mouth, brows and the head's turns from the same camera")
        self.hands_state, self.face_state = Elided("muted"), Elided("muted")
        self.small_face = FaceMask()
        self.scores = tuple(Elided("muted") for _ in range(3))
        self._switch_row("Hands", self.hands_state, self.hands)
        self._switch_row("Face", self.face_state, self.face)
        self._line = QHBoxLayout()
        self._line.setSpacing(12)
        self._line.addWidget(self.small_face)
        column = QVBoxLayout()
        column.addStretch(1)
        for score in self.scores:
            column.addWidget(score)
        column.addStretch(1)
        self._line.addLayout(column, 1)
        self.body.addLayout(self._line)
        self._asked = {"hands": "auto", "face": "auto"}
        for name, switch in (("hands", self.hands), ("face", self.face)):
            switch.toggled.connect(lambda on, name=name: self._switched(name, on))

    def _switch_row(self, name: str, state: Elided, switch: Switch) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        text = label(name)
        text.setFixedWidth(48)
        line.addWidget(text)
        line.addWidget(state, 1)
        line.addWidget(switch)
        self.body.addLayout(line)

    def show_config(self, config: Config) -> None:
        """Show settings without emitting."""
        for name, switch in (("hands", self.hands), ("face", self.face)):
            value = getattr(config, name)
            switch.set_quietly(value != "off")
            if value != "off":
                self._asked[name] = value
        self.small_face.setVisible(config.face != "off")
        for score in self.scores:
            score.setVisible(config.face != "off")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show state and strongest scores; call a few times per second."""
        stats, state = snapshot.stats, snapshot.details_state
        self.hands_state.set_whole(hands_words(state, stats.hands_per_s, snapshot.details))
        self.face_state.set_whole(face_words(state, stats.face_per_s, snapshot.details))
        expression = None if snapshot.pose is None else snapshot.pose.expression
        named = [] if expression is None else strongest(expression, len(self.scores))
        for row, line in enumerate(self.scores):
            line.set_whole(f"{named[row][0]}  {named[row][1]:.2f}" if row < len(named) else "")

    def show_pose(self, pose: Pose | None) -> None:
        """Move the small face; call for every pose."""
        if self.small_face.isVisible():
            self.small_face.show_pose(pose)

    def _switched(self, name: str, on: bool) -> None:
        """Switching on restores the previous mode: automatic, or always on."""
        self.changed.emit({name: self._asked[name] if on else "off"})
