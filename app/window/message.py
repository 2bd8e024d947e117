"""A box with one message, for when there is no window to show it in."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication, QMessageBox


def message_box(title: str, text: str) -> None:
    """Show it until it is closed. Main thread."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    box = QMessageBox(QMessageBox.Icon.Critical, title, text)
    box.exec()
    del application
