"""The ring of `vtm viewpoints` as a picture: painted with the same code as on screen, without a window."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter

from app.window.viewpoint_rings import mm, ratio, turn_words
from app.window.widgets.theme import BACKGROUND, MUTED, TEXT
from app.window.widgets.viewpoint_ring import RingData, paint_ring, paint_scale
from engine.errors import OutputError
from engine.motion.atomic import new_file
from engine.viewpoints.turn import CANNOT_SEE, Side, TurnReport

_SIZE = (1600, 1000)


def ring_of(report: TurnReport) -> RingData:
    """Return the ring's data for a measured turn."""
    words = turn_words(report)
    pointer = None if report.turns >= 2 else report.yaw_deg
    sides = report.ours.sectors_mm, report.detector.sectors_mm
    return RingData(*sides, report.confidence, pointer, words.title, words.big, words.small)


def turn_png(report: TurnReport, source: str) -> bytes:
    """Return the picture of a turn as PNG. Main thread. Raises OutputError."""
    if QGuiApplication.instance() is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"  # painting needs no display
        _keep.append(QGuiApplication(sys.argv[:1]))
    image = QImage(*_SIZE, QImage.Format.Format_RGB32)
    image.fill(QColor(BACKGROUND))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    height = _SIZE[1]
    paint_ring(painter, QRectF(20, 20, height - 100, height - 100), ring_of(report))
    paint_scale(painter, QRectF(220, height - 66, height - 500, 46))
    _beside(painter, QRectF(height - 40, 60, _SIZE[0] - height, height - 100), report, source)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]  # PySide's stub knows file names only
        raise OutputError("the picture cannot be encoded as PNG")
    return bytes(buffer.data().data())


_keep: list[QGuiApplication] = []
"""Kept alive: Qt needs its application to outlive every picture."""


def save_turn(path: Path, report: TurnReport, source: str) -> Path:
    """Save the picture under this name or the next free one; return its path. Raises OutputError."""
    with new_file(path) as new:
        new.file.write(turn_png(report, source))
    return new.path


def _beside(painter: QPainter, box: QRectF, report: TurnReport, source: str) -> None:
    """Draw the text on the right of the ring."""
    y = box.y()

    def line(text: str, size: int, colour: str = TEXT, *, bold: bool = False, gap: float = 1.5) -> None:
        nonlocal y
        font = QFont(painter.font())
        font.setPixelSize(size)
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        room = QRectF(box.x(), y, box.width(), 400)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
        y += painter.boundingRect(room, flags, text).height() + size * (gap - 1)
        painter.drawText(room, flags, text)

    line("Turn on the spot", 46, bold=True)
    seconds = "".join(f", {value:.0f} s" for value in report.seconds)
    line(f"{source}: {report.filled} of 12 sectors{seconds}", 26, MUTED, gap=2.2)
    for name, side in (("Ours (wide ring)", report.ours), ("The detector's own 3D (thin ring)", report.detector)):
        if side.mean_mm is not None:
            line(name, 28, bold=True)
            line(side_text(side), 28, gap=2.0)
    line("Distance of each sector's pose from the mean pose over all sectors, mm.", 24, MUTED)
    line("White arcs: visibility of the body.", 24, MUTED, gap=2.2)
    line("Agreement is not accuracy:", 24, bold=True)
    for text in CANNOT_SEE:
        line(f"·  {text}", 22, MUTED, gap=1.3)


def side_text(side: Side) -> str:
    """Return mean, worst over best and noise floor as one line."""
    floor = "" if side.floor_mean_mm is None else f", floor {mm(side.floor_mean_mm)} mm"
    return f"{mm(side.mean_mm)} mm, worst / best {ratio(side.worst_over_best)}{floor}"
