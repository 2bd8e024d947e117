"""The Viewpoints mode as one thing of the window: its panel in place of the settings, its button, its looks, F11.

What it needs of the window is handed in; the window pulls it with its timer.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget

from app.window.full_screen import FullScreen
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
        """`settings` is the panel whose place the mode takes; `change` takes fields of Config from the user."""
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
        """What F11 hides; see FullScreen."""
        self.full_screen = FullScreen(self._window, around, beside)

    def pull(self, snapshot: Snapshot) -> None:
        """One look at the pipeline."""
        self.control.pull(snapshot)
        bar = self._body.bar
        if bar.look == "camera":
            bar.show_fit(fit_px(snapshot.pose, snapshot.detection))
            config = self._config()
            clip_deg = self.control.lens_deg
            known = config.intrinsics_file is not None or clip_deg is not None
            bar.show_lens(config.hfov_deg if clip_deg is None else clip_deg, known=known)

    @property
    def busy(self) -> bool:
        """A rendered clip stands in for the user's own source."""
        return self.control.shown == "rendered"

    def close(self) -> None:
        """The mode ends; the user's source is back."""
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
