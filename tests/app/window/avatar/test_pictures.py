"""Textures are decoded to a bounded size, and a bad one costs no other."""

from __future__ import annotations

import numpy as np

from app.window.avatar.pictures import LARGEST_SIDE, LARGEST_SIDE_FRUGAL, decode_pictures
from engine.opencv import cv2


def _png(width: int, height: int) -> bytes:
    picture = np.full((height, width, 4), (10, 20, 30, 128), np.uint8)
    return cv2.imencode(".png", picture)[1].tobytes()


def test_large_textures_are_made_smaller_and_keep_shape_and_alpha() -> None:
    for frugal, side in ((False, LARGEST_SIDE), (True, LARGEST_SIDE_FRUGAL)):
        (image,) = decode_pictures((_png(3000, 1500),), frugal=frugal)
        assert image is not None
        assert (image.width(), image.height()) == (side, side // 2)
        assert image.pixelColor(5, 5).getRgb() == (30, 20, 10, 128)


def test_small_textures_stay_and_jpeg_is_read() -> None:
    jpeg = cv2.imencode(".jpg", np.full((8, 16, 3), 200, np.uint8))[1].tobytes()
    small, other = decode_pictures((_png(16, 8), jpeg), frugal=True)
    assert small is not None
    assert other is not None
    assert (small.width(), other.height()) == (16, 8)


def test_what_is_no_picture_is_left_out() -> None:
    whole = _png(64, 64)
    images = decode_pictures((b"", b"not a picture", whole[: len(whole) // 2], whole), frugal=True)
    assert images[0] is None
    assert images[1] is None
    assert images[3] is not None


def test_many_textures_are_all_smaller() -> None:
    images = decode_pictures((_png(2048, 64),) * 25, frugal=False)
    assert {image.width() for image in images if image is not None} == {1024}
