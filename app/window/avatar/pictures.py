"""Decode an avatar's textures to images of limited size. Any thread: decoding takes up to a second."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

LARGEST_SIDE, LARGEST_SIDE_FRUGAL = 2048, 1024
"""Longest side of a texture in pixels: with a GPU, and with software rendering."""
_SMALLER_SIDE = 1024
_MOST_FULL_SIZE = 24  # with more textures than this, all are smaller


def decode_pictures(pictures: tuple[bytes, ...], *, frugal: bool) -> tuple[QImage | None, ...]:
    """Return RGBA images; None for a missing or undecodable one."""
    side = LARGEST_SIDE_FRUGAL if frugal else LARGEST_SIDE
    if sum(bool(data) for data in pictures) > _MOST_FULL_SIZE:
        side = min(side, _SMALLER_SIDE)
    return tuple(_decode(data, side) if data else None for data in pictures)


def _decode(data: bytes, side: int) -> QImage | None:
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)  # refuses images above 256 MB
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > side:
        reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        return None
    if max(image.width(), image.height()) > side:
        image = image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    return image.convertToFormat(QImage.Format.Format_RGBA8888)
