"""A label that says the same in fewer words where there is less room."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.window.widgets.fitted_label import FittedLabel

LONG, SHORT = "Whole body, hips 0.93 m high, 0.10 m across", "Whole body"


@pytest.mark.usefixtures("application")
def test_the_longest_wording_that_fits_is_shown():
    label = FittedLabel()
    label.show()
    label.set_wordings(LONG, SHORT)
    metrics = label.fontMetrics()
    for width, expected in ((metrics.horizontalAdvance(LONG) + 5, LONG), (metrics.horizontalAdvance(SHORT) + 5, SHORT)):
        label.resize(width, 20)
        assert label.text() == expected
    label.resize(metrics.horizontalAdvance(SHORT) // 2, 20)
    assert "…" in label.text()
    assert metrics.horizontalAdvance(label.text()) <= label.width()


@pytest.mark.usefixtures("application")
def test_new_words_are_whole_at_once_where_the_layout_has_room():
    root = QWidget()
    line = QHBoxLayout(root)
    label = FittedLabel()
    line.addWidget(label)
    line.addStretch(1)
    root.resize(800, 40)
    root.ensurePolished()
    label.set_wordings(SHORT)
    label.set_wordings(LONG, SHORT)
    assert label.text() == LONG
    root.deleteLater()
