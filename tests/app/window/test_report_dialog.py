"""The report in a window is made off the Qt thread, shown, copied and saved."""

from __future__ import annotations

import threading

from PySide6.QtGui import QGuiApplication

from app.window.report_dialog import ReportDialog


def test_the_report_appears_when_it_is_made_and_can_be_copied_and_saved(until, tmp_path):
    made = threading.Event()
    dialog = ReportDialog(None, lambda: (made.wait(10), "VTM Live 1\nall is well\n")[1])
    dialog.open()
    assert not dialog.copy.isEnabled()
    made.set()
    until(dialog.copy.isEnabled)
    dialog.copy.click()
    assert QGuiApplication.clipboard().text() == "VTM Live 1\nall is well\n"
    dialog.save_to(tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text() == "VTM Live 1\nall is well\n"
    assert "report.txt" in dialog.told.text()
    dialog.save_to(tmp_path / "nowhere" / "report.txt")
    assert "cannot write the report" in dialog.told.text()
    dialog.close()


def test_a_report_that_cannot_be_made_says_why(until, caplog):
    def broken() -> str:
        raise KeyError("backend")

    dialog = ReportDialog(None, broken)
    dialog.open()
    until(lambda: "KeyError" in dialog.told.text())
    assert not dialog.copy.isEnabled()
    assert any(record.exc_info for record in caplog.records)
    dialog.close()
