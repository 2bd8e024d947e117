"""Record a take: one big button, clock and size, folder and format."""

from __future__ import annotations

import datetime
from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from app.cues import digit
from app.window.file_dialogs import ask_folder, ask_open
from app.window.widgets import icons
from app.window.widgets.fields import Choice, Countdown, Elided, Section, Switch, icon_button, label
from engine.config import Config
from engine.motion.formats import PLAIN_STYLE, STYLES
from engine.takes.names import dated_take
from engine.types import RecordingState

_FORMATS = (
    ("BVH", ".bvh"),
    ("glTF", ".glb"),
    ("VRM", ".vrma"),
    ("FBX", ".fbx"),
    ("CSV", ".csv"),
    ("OSC log", ".jsonl"),
    ("NumPy", ".npz"),
)
_PROGRAMS = {
    "default": "Any program",
    "blender": "Blender",
    "mixamo": "Mixamo",
    "rokoko": "Rokoko",
    "lafan1": "LAFAN1",
    "gmr": "GMR, robots",
    "smpl": "SMPL, AMASS",
}
"""By style, what a person calls it."""
_REPLAYED = "Takes and OSC logs (*.npz *.jsonl);;All files (*)"


def clock_text(seconds: float, size_bytes: int) -> str:
    """00:12 · 1.3 MB"""
    minutes, rest = divmod(int(seconds), 60)
    size = f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e6 else f"{size_bytes / 1e3:.0f} kB"
    return f"{minutes:02d}:{rest:02d}  ·  {size}"


def recording_text(state: RecordingState) -> str:
    """00:12 · 1.3 MB, Paused · 00:12 · 1.3 MB, Saving 43 %"""
    if state.saved is not None:
        return f"Saving {state.saved * 100:.0f} %"
    clock = clock_text(state.seconds, state.size_bytes)
    return f"Paused  ·  {clock}" if state.paused else clock


def _from_home(folder: Path) -> str:
    """~/Documents/VTM Live"""
    home = Path.home()
    return str(Path("~") / folder.relative_to(home)) if folder.is_relative_to(home) else str(folder)


class RecordPanel(Section):
    """Emits `pressed` to start or stop a take, `replay` with a file, `chosen` with folder and suffix, `sounded` with
    whether tones are on, and `changed` with the fields of Config that the user set."""

    pressed = Signal()
    replay = Signal(Path)
    sounded = Signal(bool)
    chosen = Signal(str, str)
    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__("Record")
        self._folder = Path()
        self._wanted_style = PLAIN_STYLE
        self._state: RecordingState | None = None
        self.button = QPushButton(icons.record(), "Record")
        self.button.setProperty("role", "record")
        self.button.setToolTip("Start or end a take, or cancel its countdown (R)")
        self.countdown = Countdown("Countdown before a take")
        self._counting = ""
        self.format = Choice("Format of the take", _FORMATS)
        self.place = Elided("muted")
        pick, show = (
            icon_button(icons.folder(), "Choose the folder"),
            icon_button(icons.open_outside(), "Open the folder"),
        )
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.button, 1)
        first.addWidget(self.countdown)
        self.body.addLayout(first)
        self.format.setFixedWidth(96)
        self.format.setToolTip(
            "NumPy takes and OSC logs can be replayed; vtm convert turns a NumPy take into any format."
            " BVH and FBX hold no face"
        )
        replay = icon_button(icons.play(), "Replay a take (.npz) or an OSC log (.jsonl)")
        self.sound = icon_button(icons.speaker(True), "Sound of countdowns")
        self.sound.setCheckable(True)
        self.head.addWidget(self.sound)
        self.head.addWidget(replay)
        line = QHBoxLayout()
        line.setSpacing(4)
        for widget, stretch in ((self.format, 0), (self.place, 1), (pick, 0), (show, 0)):
            line.addWidget(widget, stretch)
        self.body.addLayout(line)
        self.problem = label("", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.body.addWidget(self.problem)
        self.video = Switch("Record the video with the take")
        self.video.setToolTip("The camera's video as .mkv, in sync with the take")
        self.row("Video beside", self.video)
        self.program = Choice("Program that takes are for")
        self.program.setToolTip("Names, unit and axes of joints as this program expects them")
        self.row("Made for", self.program)
        self.button.clicked.connect(self.pressed)
        self.countdown.activated.connect(lambda _index: self.changed.emit({"countdown_s": self.countdown.seconds}))
        self.sound.toggled.connect(self._sound_toggled)
        self.format.activated.connect(lambda _index: self.chosen.emit(str(self._folder), self.format.value))
        self.video.toggled.connect(lambda on: self.changed.emit({"record_video": on}))
        self.program.activated.connect(lambda _index: self.changed.emit({"take_style": self.program.value}))
        pick.clicked.connect(self._pick)
        show.clicked.connect(self._show)
        replay.clicked.connect(self._ask_take)

    @property
    def counting(self) -> bool:
        """Whether a take's countdown is running."""
        return bool(self._counting)

    @property
    def recording(self) -> bool:
        """Whether a take is running."""
        return self._state is not None

    def new_take(self) -> Path:
        """Return the file for a new take."""
        return dated_take(self._folder, self.format.value, datetime.datetime.now())

    def show_config(self, config: Config) -> None:
        """Show settings without emitting."""
        self.video.set_quietly(config.record_video)
        self.countdown.choose(str(config.countdown_s))
        self._wanted_style = config.take_style
        self._show_styles()

    def _show_styles(self) -> None:
        """Those of the format; another format's is kept and not used."""
        styles = STYLES.get(self.format.value, (PLAIN_STYLE,))
        if [self.program.itemData(row) for row in range(self.program.count())] != list(styles):
            self.program.clear()
            for style in styles:
                self.program.addItem(_PROGRAMS[style], style)
        self.program.choose(self._wanted_style)
        self.program.setEnabled(len(styles) > 1 and self._state is None)

    def show_sound(self, on: bool) -> None:
        """Show whether countdowns are audible, without emitting."""
        before = self.sound.blockSignals(True)
        self.sound.setChecked(on)
        self.sound.blockSignals(before)
        self.sound.setIcon(icons.speaker(on))

    def _sound_toggled(self, on: bool) -> None:
        self.show_sound(on)
        self.sounded.emit(on)

    def show_countdown(self, take_in_s: float | None) -> None:
        """The button cancels a running countdown."""
        counting = f"Cancel  ·  {digit(take_in_s)}" if take_in_s else ""
        if counting == self._counting:
            return
        self._counting = counting
        if self._state is None:
            self.button.setText(counting or "Record")

    def show_choice(self, folder: Path, suffix: str) -> None:
        """Show where takes are stored, without emitting."""
        self._folder = folder
        self.format.choose(suffix)
        self._show_styles()
        self._show_place(_from_home(folder))

    def show_state(self, state: RecordingState | None) -> None:
        """Show the running take, if any."""
        changed = (state is None) != (self._state is None)
        self._state = state
        if state is not None:
            self.button.setText(recording_text(state))
            self.button.setEnabled(state.saved is None)
            self._show_place(Path(state.path).name)
        self._show_problem("" if state is None else state.error or "")
        if not changed:
            return
        self.button.setIcon(icons.record() if state is None else icons.stop())
        self.button.setProperty("on", "true" if state is not None else "false")
        self.button.style().unpolish(self.button)
        self.button.style().polish(self.button)
        self.format.setEnabled(state is None)
        self.video.setEnabled(state is None)
        self._show_styles()
        if state is None:
            self.button.setText(self._counting or "Record")
            self.button.setEnabled(True)
            self._show_place(_from_home(self._folder))

    def _show_problem(self, text: str) -> None:
        """Show the complete message, never shortened."""
        if text != self.problem.text():
            self.problem.setText(text)
            self.problem.setVisible(bool(text))

    def _show_place(self, text: str) -> None:
        self.place.set_whole(text, middle=True)

    def _pick(self) -> None:
        folder = ask_folder(self, "Folder for takes", str(self._folder))
        if folder:
            self.chosen.emit(folder, self.format.value)

    def _ask_take(self) -> None:
        path = ask_open(self, "Replay a take", "take", _REPLAYED, str(self._folder))
        if path:
            self.replay.emit(Path(path))

    def _show(self) -> None:
        folder = self._folder if self._folder.is_dir() else self._folder.parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
