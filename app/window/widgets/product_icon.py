"""The program's icon: a figure in a rounded square, its left side teal, its right side coral. Drawn at every size.

`python -m app.window.widgets.product_icon FOLDER` writes vtm.png and vtm.ico, which lie in app/assets.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPen, QPixmap

from app.window.widgets.icons import lines
from app.window.widgets.theme import ACCENT, BACKGROUND, RIGHT_SIDE

SIZES_PX = (16, 24, 32, 48, 64, 128, 256)
"""Square, for windows, menus and task bars."""
_GRID = 16.0
_LIMB = 1.7


def painted(size_px: int) -> QImage:
    """The icon on a transparent ground. Needs no QApplication."""
    image = QImage(size_px, size_px, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size_px / _GRID, size_px / _GRID)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(BACKGROUND).lighter(170))
    painter.drawRoundedRect(QRectF(0, 0, _GRID, _GRID), 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, side in ((RIGHT_SIDE, -1.0), (ACCENT, 1.0)):
        painter.setPen(_pen(colour))
        painter.drawPath(
            lines(((8 + side * 1.1, 6.4), (8 + side * 4.6, 4.6)), ((8 + side * 0.9, 9.4), (8 + side * 2.6, 13.4)))
        )
    painter.setPen(_pen("white"))
    painter.drawLine(QPointF(8, 6.4), QPointF(8, 9.2))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("white"))
    painter.drawEllipse(QPointF(8, 3.7), 1.4, 1.4)
    painter.end()
    return image


def product() -> QIcon:
    """The icon for windows, each size drawn for itself."""
    icon = QIcon()
    for size_px in SIZES_PX:
        icon.addPixmap(QPixmap.fromImage(painted(size_px)))
    return icon


def png(size_px: int) -> bytes:
    """The icon as a PNG file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    painted(size_px).save(buffer, "PNG")  # type: ignore[call-overload]  # the stub wants bytes
    return bytes(data.data())


def ico() -> bytes:
    """All sizes as one Windows .ico file, which holds PNG files after a table (MS-ICO)."""
    files = [png(size_px) for size_px in SIZES_PX]
    table = struct.pack("<3H", 0, 1, len(files))
    start = 6 + 16 * len(files)
    for size_px, file in zip(SIZES_PX, files, strict=True):
        table += struct.pack("<4B2H2I", size_px % 256, size_px % 256, 0, 0, 1, 32, len(file), start)
        start += len(file)
    return table + b"".join(files)


def _pen(colour: str) -> QPen:
    return QPen(QColor(colour), _LIMB, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "vtm.png").write_bytes(png(512))
    (folder / "vtm.ico").write_bytes(ico())
