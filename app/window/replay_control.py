"""Connects playback to the window: the timeline, the 3D view, the buttons for test poses. Qt thread only."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.window.session import Session
from app.window.take_editor import TakeEditor
from app.window.widgets.body_pane import BodyPane
from app.window.widgets.details_panel import DetailsPanel
from app.window.widgets.targets_panel import TargetsPanel
from engine.takes.player import PlayerState
from engine.takes.recording import TEST_POSES, load_recording, pose_recording


class ReplayControl(QObject):
    """Polled by the window's timer."""

    def __init__(
        self, parent: QObject, session: Session, body: BodyPane, targets: TargetsPanel, details: DetailsPanel
    ) -> None:
        super().__init__(parent)
        self._session, self._body, self._targets, self._details = session, body, targets, details
        self.height_m = 1.7
        self.state: PlayerState | None = None
        playback, bar = session.playback, body.replay
        bar.paused.connect(playback.pause)
        bar.resumed.connect(playback.resume)
        bar.sought.connect(playback.seek)
        bar.closed.connect(session.stop_playing)
        self.editor = TakeEditor(self, bar, playback, session.tell)
        targets.test.connect(self.test)

    def open(self, path: Path) -> None:
        """Replay a take or an OSC log."""
        self._session.play(partial(load_recording, path))

    def test(self, name: str) -> None:
        """Send a test pose repeatedly; "": stop."""
        if name:
            self._session.play(partial(pose_recording, name, self.height_m), loop=True)
        else:
            self._session.stop_playing()

    def pull(self) -> bool:
        """Show the playback; return whether there is one."""
        state = self._session.playback.state()
        if state is not None:
            self._body.show_pose(state.pose)
            self._details.show_pose(state.pose)
        if state is not None or self.state is not None:
            self._body.replay.show_state(state)
            test = state is not None and state.path in TEST_POSES
            self._targets.show_test(state.path if state and test else "", state.position_s if state else 0.0)
        self.state = state
        return state is not None
