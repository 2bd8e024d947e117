"""The ring: colours that everybody can tell apart, numbers where something is known."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.window.widgets.viewpoint_ring import FULL_SCALE_MM, RingData, colour_of, ink_on, paint_ring

UNKNOWN = (None,) * 12
_SIMULATED = {  # linear RGB as dichromats see it: Vienot, Brettel and Mollon 1999
    "protan": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deutan": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
}


def linear(colour: QColor) -> np.ndarray:
    return np.array([colour.redF(), colour.greenF(), colour.blueF()]) ** 2.2


@pytest.mark.parametrize("kind", ["everybody", "protan", "deutan"])
def test_small_middle_and_large_are_told_apart(kind):
    matrix = np.eye(3) if kind == "everybody" else np.array(_SIMULATED[kind])
    small, middle, large = (matrix @ linear(colour_of(value)) for value in (5.0, FULL_SCALE_MM / 2, FULL_SCALE_MM))
    for a, b in ((small, middle), (middle, large), (small, large)):
        assert np.linalg.norm(a - b) > 0.25


def test_colours_end_where_the_scale_does():
    assert colour_of(FULL_SCALE_MM) == colour_of(10 * FULL_SCALE_MM)
    assert colour_of(-5.0) == colour_of(0.0)


@pytest.mark.parametrize("value", [0.0, 30.0, 60.0, 90.0, 120.0])
def test_numbers_can_be_read_on_every_colour(value):
    ground, ink = (
        float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (colour_of(value), ink_on(colour_of(value)))
    )
    assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) > 4.5  # WCAG 2 for text


def painted(data: RingData) -> np.ndarray:
    image = QImage(400, 400, QImage.Format.Format_RGB32)
    image.fill(QColor("black"))
    painter = QPainter(image)
    paint_ring(painter, QRectF(0, 0, 400, 400), data)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(400, 400, 4)[..., 2::-1].astype(int)


@pytest.mark.usefixtures("application")
def test_a_sector_is_coloured_where_the_camera_stood():
    empty = painted(RingData(UNKNOWN, UNKNOWN))
    left = painted(RingData((None,) * 3 + (110.0,) + (None,) * 8, UNKNOWN))
    changed = np.argwhere(np.abs(left - empty).sum(-1) > 60)
    assert len(changed)
    assert changed[:, 1].min() > 200  # the performer's left is at the right of somebody who faces them
    front = painted(RingData((110.0,) + (None,) * 11, UNKNOWN))
    assert np.argwhere(np.abs(front - empty).sum(-1) > 60)[:, 0].min() > 200  # the front is towards the audience


@pytest.mark.usefixtures("application")
def test_the_detector_has_a_ring_of_its_own_around_ours():
    ours = painted(RingData((60.0,) * 12, UNKNOWN))
    both = painted(RingData((60.0,) * 12, (60.0,) * 12))
    changed = np.argwhere(np.abs(both - ours).sum(-1) > 60) - 199.5
    assert np.linalg.norm(changed, axis=1).min() > 0.78 * 200
