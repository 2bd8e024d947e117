"""F11: pictures alone, the figure alone, and the window as it was."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QWidget

from app.window.full_screen import FullScreen


@pytest.fixture
def parts(application):
    """A shown window with a header, a hidden panel, a picture and a figure."""
    assert application
    window, root = QMainWindow(), QWidget()
    line = QHBoxLayout(root)
    made = [QWidget() for _ in range(4)]
    for widget in made:
        line.addWidget(widget)
    made[1].hide()
    window.setCentralWidget(root)
    window.show()
    return window, *made


def test_pictures_then_the_figure_then_all_again(parts):
    window, header, panel, picture, figure = parts
    screens = FullScreen(window, (header, panel), (picture,))
    screens.next()
    assert (header.isHidden(), picture.isHidden(), figure.isHidden()) == (True, False, False)
    assert window.isFullScreen()
    screens.next()
    assert (header.isHidden(), picture.isHidden(), figure.isHidden()) == (True, True, False)
    screens.next()
    assert (header.isHidden(), picture.isHidden(), figure.isHidden()) == (False, False, False)
    assert panel.isHidden()  # what was hidden before stays so
    assert not window.isFullScreen()


def test_escape_leads_back_from_either(parts):
    window, header, panel, picture, _ = parts
    screens = FullScreen(window, (header, panel), (picture,))
    screens.show("figure")
    screens.show("window")
    assert not header.isHidden()
    assert not picture.isHidden()
    assert screens.screen == "window"
