"""The script that films the window: pictures as arrays, and the shipped film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from app.window import moving_picture
from app.window.moving_picture import to_bgr

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("width", [64, 33])  # rows of 99 bytes are padded to 100
def test_a_picture_becomes_rows_of_blue_green_red(width: int):
    image = QImage(128, 80, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 20, 30))
    array = to_bgr(image, width)
    assert array.shape == (round(80 * width / 128 / 2) * 2, width // 2 * 2, 3)
    np.testing.assert_array_equal(array, np.broadcast_to([30, 20, 10], array.shape))


def test_where_the_window_cannot_be_filmed_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(moving_picture, "show_window", lambda *_: 1)
    monkeypatch.setattr("sys.argv", ["moving_picture", str(tmp_path / "a.webp")])
    monkeypatch.setenv("VTM_CONFIG_DIR", str(tmp_path))
    assert moving_picture.main() == 1
    assert "no animation was written" in capsys.readouterr().err
    assert not (tmp_path / "a.webp").exists()


def test_the_film_of_the_readme_is_small():
    film = ROOT / "app" / "assets" / "window.webp"
    assert film.stat().st_size < 2_000_000
    assert "(app/assets/window.webp)" in (ROOT / "README.md").read_text(encoding="utf-8")
