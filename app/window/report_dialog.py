"""The report of `vtm doctor --report` in a window, to be read first, then copied or saved."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.commands.report import write_report
from app.window.background import Background
from app.window.file_dialogs import ask_save
from app.window.widgets.fields import label
from engine.errors import OutputError, describe

_POLL_MS = 100
_ABOUT = (
    "Copy or save this text and send it with your question. It contains versions, settings and the end of the log; "
    "passwords in addresses are masked. Read it before you send it."
)

log = logging.getLogger(__name__)


class ReportDialog(QDialog):
    """collect: makes the text, on a separate thread because it takes a second or two."""

    def __init__(self, parent: QWidget | None, collect: Callable[[], str]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Report a problem")
        self.resize(860, 560)
        self._work: Background[str] = Background("report")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setPlaceholderText("Collecting…")
        self.copy, self.save, self.done_button = QPushButton("Copy"), QPushButton("Save…"), QPushButton("Close")
        self.told = label("", "muted")
        self._lay_out()
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._ask_where)
        self.done_button.clicked.connect(self.close)
        self._work.start(collect)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)
        self._timer.start(_POLL_MS)

    def _lay_out(self) -> None:
        about = label(_ABOUT, "muted")
        about.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.told, 1)
        for button in (self.copy, self.save, self.done_button):
            buttons.addWidget(button)
        for button in (self.copy, self.save):
            button.setEnabled(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 16, 18, 16)
        box.setSpacing(12)
        box.addWidget(about)
        box.addWidget(self.text, 1)
        box.addLayout(buttons)

    def _poll(self) -> None:
        outcome = self._work.take()
        if outcome is None:
            return
        self._timer.stop()
        if isinstance(outcome, Exception):
            log.error("making the report failed", exc_info=outcome)
            self.told.setText(describe(outcome))
            return
        self.text.setPlainText(outcome)
        for button in (self.copy, self.save):
            button.setEnabled(True)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.told.setText("Copied")

    def _ask_where(self) -> None:
        name = f"vtm-report-{datetime.now():%Y-%m-%d_%H-%M-%S}.txt"
        chosen = ask_save(self, "Save the report", "report", "Text (*.txt)", name)
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Write the text, or show why it failed."""
        try:
            write_report(path, self.text.toPlainText())
        except OutputError as error:
            log.warning("saving the report failed", exc_info=True)
            self.told.setText(str(error))
        else:
            self.told.setText(f"Saved {path}")
