"""What Qt says and what goes wrong in a slot is in the log."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, QTimer, qCritical, qWarning
from PySide6.QtWidgets import QWidget

from app.log_file import defects_shown, log_path, logging_set_up
from app.window.qt_log import qt_messages_logged


@pytest.mark.usefixtures("application")
def test_what_qt_says_is_logged_and_heard_by_whoever_heard_it_before(qt_warnings):
    with logging_set_up(debug=False), qt_messages_logged():
        qWarning("a font is missing")
        qCritical("a screen is missing")
    text = log_path().read_text()
    assert "WARNING" in text
    assert "a font is missing" in text
    assert "ERROR" in text
    assert qt_warnings == ["a font is missing", "a screen is missing"]
    qt_warnings.clear()


def test_an_error_in_a_slot_is_logged_said_and_shown(until, capsys):
    def defect() -> None:
        raise KeyError("LeftHand")

    shown: list[str] = []
    with logging_set_up(debug=False), defects_shown(shown.append):
        QTimer.singleShot(0, defect)
        until(lambda: bool(shown))
    assert "unexpected KeyError: 'LeftHand'" in shown[0]
    assert "KeyError" in capsys.readouterr().err
    assert "in defect" in log_path().read_text()


def test_an_error_in_an_overridden_method_of_qt_is_logged_too(until):
    class Broken(QWidget):
        def paintEvent(self, _event: object) -> None:  # noqa: N802 - Qt's name
            self.hide()
            raise ZeroDivisionError("pixels")

    shown: list[str] = []
    with logging_set_up(debug=False), defects_shown(shown.append):
        widget = Broken()
        widget.show()
        until(lambda: bool(shown))
        widget.close()
    assert "ZeroDivisionError" in shown[0]
    assert isinstance(widget, QObject)
    assert "pixels" in log_path().read_text()
