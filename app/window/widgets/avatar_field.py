"""The avatar's file in the target dialog: its path, a browse button, its description or why it cannot be used."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.window.avatar_drop import described
from app.window.file_dialogs import ask_open
from app.window.widgets.fields import label
from engine.errors import InputError
from engine.osc.avatar_bones import known_avatar

_AVATARS = "Avatars (*.vrm);;All files (*)"


class AvatarField(QWidget):
    """`path` is the file, "" for none; `problem` says why it cannot be used."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.problem = ""
        self.line, self.about = QLineEdit(), label("", "muted")
        self.line.setPlaceholderText("none; a .vrm makes the stream fit that model")
        self.line.setAccessibleName("Avatar file")
        self.line.setClearButtonEnabled(True)
        self.about.setWordWrap(True)
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.choose)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(row)
        box.addWidget(self.about)
        self.line.textChanged.connect(self._look)
        self.choose.clicked.connect(self._ask)
        self._look()

    @property
    def path(self) -> str:
        """The file as typed."""
        return self.line.text().strip()

    def _ask(self) -> None:
        path = ask_open(self, "Choose an avatar", "avatar", _AVATARS, str(Path(self.path).parent) if self.path else "")
        if path:
            self.line.setText(path)

    def _look(self) -> None:
        """Read the file; only its description is loaded, no mesh."""
        self.problem, about = "", ""
        if self.path:
            try:
                about = described(known_avatar(self.path))
            except InputError as error:
                self.problem = str(error)
        self.about.setText(about)
        self.about.setVisible(bool(about))
        self.changed.emit()
