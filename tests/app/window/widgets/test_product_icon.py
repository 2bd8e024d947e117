"""The program's icon: every size drawn, left and right side in their colours, files that other programs read."""

from __future__ import annotations

import struct

import pytest
from PySide6.QtGui import QColor, QImage

from app.window.widgets.product_icon import SIZES_PX, ico, painted, png, product
from app.window.widgets.theme import ACCENT, RIGHT_SIDE


@pytest.mark.parametrize("size_px", [16, 48, 512])
def test_the_right_arm_is_coral_and_the_left_one_teal(size_px):
    image = painted(size_px)
    for x, colour in ((0.28, RIGHT_SIDE), (0.72, ACCENT)):
        seen, expected = QColor(image.pixel(int(x * size_px), int(0.32 * size_px))), QColor(colour)
        assert abs(seen.hue() - expected.hue()) < 12
    assert image.pixelColor(0, 0).alpha() == 0  # rounded corners


@pytest.mark.usefixtures("application")
def test_the_window_gets_all_sizes():
    assert {size.width() for size in product().availableSizes()} == set(SIZES_PX)


def test_the_file_for_windows_holds_every_size():
    data = ico()
    assert struct.unpack_from("<3H", data) == (0, 1, len(SIZES_PX))
    for index, size_px in enumerate(SIZES_PX):
        *_, length, start = struct.unpack_from("<4B2H2I", data, 6 + 16 * index)
        image = QImage.fromData(data[start : start + length])
        assert image.width() == image.height() == size_px
    assert data.endswith(png(SIZES_PX[-1]))
