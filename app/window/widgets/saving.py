"""A small window that stays after the main one is closed, with the progress of a take being written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from app.window.widgets.product_icon import product
from engine.types import RecordingState


class Saving(QWidget):
    """Appears with the first `show_state` and stays until the application ends. Closing it does not stop the
    writing."""

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.Dialog)
        self.setWindowTitle("VTM Live")
        self.setWindowIcon(product())
        self.setFixedWidth(420)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 20)
        layout.addWidget(self.text)
        layout.addWidget(self.bar)

    def show_state(self, state: RecordingState) -> None:
        """Show the progress of the take."""
        self.text.setText(f"Saving the take {Path(state.path).name} ({state.poses} poses)…")
        self.bar.setValue(round(1000 * (state.saved or 0.0)))
        if not self.isVisible():
            self.show()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stay open until the take is written."""
        event.ignore()
