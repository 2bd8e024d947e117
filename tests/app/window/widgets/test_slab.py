"""The background of banner and take card."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

from app.window.widgets.slab import paint_slab
from app.window.widgets.theme import RAISED


class Slab(QWidget):
    opacity = 1.0

    def paintEvent(self, _event) -> None:  # noqa: N802 - Qt's name
        paint_slab(self, self.opacity)


@pytest.fixture
def slab(application) -> Slab:
    assert application
    made = Slab()
    made.resize(120, 60)
    return made


def painted(slab: Slab) -> QImage:
    image = QImage(slab.size(), QImage.Format.Format_ARGB32)
    image.fill(QColor("white"))
    slab.render(image, renderFlags=QWidget.RenderFlag(0))
    return image


def test_it_fills_the_widget_but_for_its_rounded_corners(slab):
    image = painted(slab)
    assert image.pixelColor(60, 30) == QColor(RAISED)
    for corner in ((0, 0), (119, 0), (0, 59), (119, 59)):
        assert image.pixelColor(*corner) == QColor("white")
    for edge in ((60, 0), (0, 30), (119, 30), (60, 59)):
        assert image.pixelColor(*edge).lightness() < 100


def test_what_lies_under_it_shows_through_as_told(slab):
    slab.opacity = 0.5
    half = painted(slab).pixelColor(60, 30)
    assert half.red() == pytest.approx((255 + QColor(RAISED).red()) / 2, abs=2)
