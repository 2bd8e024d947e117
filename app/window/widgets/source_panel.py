"""Source of the pictures: a camera by name, the demo, a file or a network address; and their orientation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QPushButton, QToolButton

from app.window.file_dialogs import ask_open
from app.window.widgets import icons
from app.window.widgets.fields import Choice, Section, Switch, icon_button
from engine.config import AUTO_ROTATION, ROTATIONS_DEG, Config
from engine.masking import mask_secrets
from engine.sources.camera_list import CameraInfo

_ROTATIONS = {
    AUTO_ROTATION: "Automatic",
    0: "not turned",
    90: "90° clockwise",
    180: "by half",
    270: "90° anticlockwise",
}
_VIDEOS = "Videos (*.mp4 *.mov *.avi *.mkv *.webm *.m4v *.mpg *.mpeg);;All files (*)"


class SourcePanel(Section):
    """Emits `changed` with the fields of Config that the user set."""

    changed = Signal(dict)
    refresh_wanted = Signal()
    second_wanted = Signal(str)
    """A second camera to compare with: a camera, a file, an address, or "demo" for the bundled pair."""

    def __init__(self) -> None:
        super().__init__("Source")
        self._cameras: tuple[CameraInfo, ...] = ()
        self._source = ""
        self.choice = Choice("Camera or clip")
        self.refresh = icon_button(icons.refresh(), "Look for cameras again")
        self.open = QToolButton()
        self.open.setText("Open…")
        self.open.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.open)
        menu.addAction("Video file…", self.ask_file)
        menu.addAction("Network camera…", self.ask_address)
        self.open.setMenu(menu)
        self.demo = QPushButton("Demo clip")
        self.second = QToolButton()
        self.second.setText("+ Camera")
        self.second.setToolTip("Add a second camera on the same performer and compare the two answers")
        self.second.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.second_menu = QMenu(self.second)
        self.second_menu.aboutToShow.connect(self._fill_second)
        self.second.setMenu(self.second_menu)
        self.mirror = Switch("Mirror the picture")
        self.head.addWidget(self.refresh)
        self.row("", self.choice)
        self.row("", self.open, self.demo, self.second)
        self.rotate = Choice("Rotate the picture")
        self.rotate.setToolTip("Automatic: by 180° if you are upside down in the picture")
        for degrees in (AUTO_ROTATION, *ROTATIONS_DEG):
            self.rotate.addItem(_ROTATIONS[degrees], str(degrees))
        self.row("Mirror", self.mirror)
        self.row("Turn", self.rotate)
        self.choice.activated.connect(lambda _index: self.changed.emit({"source": self.choice.value}))
        self.refresh.clicked.connect(self.refresh_wanted)
        self.demo.clicked.connect(lambda: self.changed.emit({"source": "demo"}))
        self.mirror.toggled.connect(lambda on: self.changed.emit({"mirror": on}))
        self.rotate.activated.connect(lambda _index: self.changed.emit({"rotate_deg": int(self.rotate.value)}))

    def show_config(self, config: Config) -> None:
        """Show settings without emitting."""
        self._source = config.source
        self.mirror.set_quietly(config.mirror)
        self.rotate.choose(str(config.rotate_deg))
        self._fill()

    def show_cameras(self, cameras: Sequence[CameraInfo]) -> None:
        """Show a new list of cameras."""
        self._cameras = tuple(cameras)
        self._fill()

    @property
    def cameras(self) -> tuple[CameraInfo, ...]:
        """Cameras of the last list."""
        return self._cameras

    def ask_file(self) -> None:
        """Let the user pick a video."""
        if path := self._asked_file():
            self.changed.emit({"source": path})

    def ask_address(self) -> None:
        """Ask for the address of a network camera."""
        if address := self._asked_address():
            self.changed.emit({"source": address})

    def _asked_file(self) -> str:
        return ask_open(self, "Open a video", "video", _VIDEOS)

    def _asked_address(self) -> str:
        address, good = QInputDialog.getText(
            self, "Network camera", "Address, for example http://192.168.1.20:8080/video"
        )
        return address.strip() if good else ""

    def _fill_second(self) -> None:
        """List the cameras other than the first, and every other kind of source."""
        self.second_menu.clear()
        others = [camera for camera in self._cameras if _value(camera, self._cameras) != self._source]
        for camera in others:
            value = _value(camera, self._cameras)
            self.second_menu.addAction(camera.name, partial(self.second_wanted.emit, value))
        if others:
            self.second_menu.addSeparator()
        for words, ask in (("Video file…", self._asked_file), ("Network camera…", self._asked_address)):
            self.second_menu.addAction(words, partial(self._ask_second, ask))
        self.second_menu.addAction("Demo pair", partial(self.second_wanted.emit, "demo"))

    def _ask_second(self, ask: Callable[[], str]) -> None:
        if source := ask():
            self.second_wanted.emit(source)

    def _fill(self) -> None:
        entries = [("First camera, else the demo", "")]
        entries += [(camera.name, _value(camera, self._cameras)) for camera in self._cameras]
        entries.append(("Demo clip", "demo"))
        if self._source not in [value for _, value in entries]:
            entries.append((_short(self._source), self._source))
        before = self.choice.blockSignals(True)
        self.choice.clear()
        for text, value in entries:
            self.choice.addItem(text, value)
        self.choice.blockSignals(before)
        self.choice.choose(self._source)
        self.choice.setToolTip(mask_secrets(self._source) or "The first camera, or the demo clip if there is none")


def _value(camera: CameraInfo, cameras: tuple[CameraInfo, ...]) -> str:
    """Return the camera's name, which is stable when numbers change; its number if two share a name."""
    return camera.name if [other.name for other in cameras].count(camera.name) == 1 else str(camera.index)


def _short(source: str) -> str:
    if "://" in source:
        return mask_secrets(source)
    return f"Camera {source}" if source.isdigit() else Path(source).name
