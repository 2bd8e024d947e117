"""The Viewpoints mode as one part of the window: its panel in place of the settings, its button, its views, F11.

Its dependencies on the window are passed in; the window polls it with its timer.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget

from app.window.full_screen import FullScreen
from app.window.replay_words import replay_words
from app.window.session import Session
from app.window.viewpoints_control import ViewpointsControl
from app.window.widgets.body_pane import BodyPane
from app.window.widgets.viewpoints_panel import ViewpointsPanel
from engine.config import Config
from engine.types import Snapshot
from engine.viewpoints.lens_fit import fit_px


class ViewpointsMode(QObject):
    """Qt thread only."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        body: BodyPane,
        settings: QWidget,
        button: QPushButton,
        *,
        config: Callable[[], Config],
        change: Callable[[dict[str, object]], None],
        say: Callable[[str, str], None],
    ) -> None:
        """settings: the panel that the mode replaces; change: applies fields of Config set by the user."""
        super().__init__(window)
        self._window, self._body, self._settings, self._button = window, body, settings, button
        self._config = config
        self.panel = ViewpointsPanel()
        self.control = ViewpointsControl(self.panel, session, config, say)
        self.full_screen: FullScreen | None = None
        self.panel.closed.connect(lambda: button.setChecked(False))
        self.panel.mode_chosen.connect(lambda _mode: self._show_camera())
        button.toggled.connect(self._toggled)
        body.bar.lens_changed.connect(lambda hfov_deg: change({"hfov_deg": hfov_deg}))
        for key, action in (("V", button.toggle), ("F11", self._next_screen), ("Escape", self._leave_screen)):
            QShortcut(QKeySequence(key), window).activated.connect(action)

    def place_full_screen(self, around: tuple[QWidget, ...], beside: tuple[QWidget, ...]) -> None:
        """Set what F11 hides; see FullScreen."""
        self.full_screen = FullScreen(self._window, around, beside)

    def pull(self, snapshot: Snapshot) -> None:
        """Process a snapshot."""
        self.control.pull(snapshot)
        bar = self._body.bar
        bar.show_replay("" if self._body.pictured else replay_words(self._body.shown))
        if bar.look == "camera" and self._body.pictured:
            bar.show_fit(fit_px(snapshot.pose, snapshot.detection))
            config = self._config()
            clip_deg = self.control.lens_deg
            known = config.intrinsics_file is not None or clip_deg is not None
            bar.show_lens(config.hfov_deg if clip_deg is None else clip_deg, known=known)

    @property
    def busy(self) -> bool:
        """Whether a rendered clip replaces the user's source."""
        return self.control.shown == "rendered"

    def close(self) -> None:
        """End the mode and restore the user's source."""
        self._button.setChecked(False)

    def _toggled(self, on: bool) -> None:
        self._settings.setVisible(not on)
        self.panel.setVisible(on)
        if on:
            self.control.open(self.panel.mode)
        else:
            self.control.close()
        self._show_camera()

    def _show_camera(self) -> None:
        self._body.show_camera(self._button.isChecked() and self.panel.mode == "carry")

    def _next_screen(self) -> None:
        if self.full_screen is not None:
            self.full_screen.next()

    def _leave_screen(self) -> None:
        if self.full_screen is not None:
            self.full_screen.show("window")
