"""`vtm compare --picture`: curves, two skeletons and the results on one page of 1920 x 1080, drawn without a screen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

from app.comparison_file import write_new
from app.window.widgets.comparison_paint import (
    COLOUR_A,
    COLOUR_B,
    DETECTOR,
    card,
    legend,
    paint_curves,
    paint_parts,
    paint_skeletons,
    text,
)
from app.window.widgets.theme import BACKGROUND, FAMILIES, MUTED, TEXT
from engine.errors import OutputError
from engine.types import F64
from engine.viewpoints.comparison import Comparison

WIDTH, HEIGHT = 1920, 1080
_NO_TIMES = np.zeros(0)


def write_picture(path: Path, comparison: Comparison, names: tuple[str, str], *, overwrite: bool = False) -> Path:
    """Write a .png, or one with the next free name, and return its path. Raises OutputError."""
    with _fonts():
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if not _drawn(comparison, names).save(buffer, "PNG"):  # type: ignore[call-overload]  # the stubs say bytes
            raise OutputError(f"cannot draw {path}: Qt cannot write PNG here; --json FILE has the results")
        png = bytes(data.data())
    return write_new(path, png, overwrite=overwrite)


def _drawn(comparison: Comparison, names: tuple[str, str]) -> QImage:
    """Draw the page; needs a Qt application."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor(BACKGROUND))
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    font = painter.font()
    font.setFamilies(list(FAMILIES))
    painter.setFont(font)
    try:
        _figures(painter, comparison, names)
        _graphs(painter, comparison)
        _bodies(painter, comparison)
    finally:
        painter.end()
    return image


@contextmanager
def _fonts() -> Iterator[None]:
    """Context: a Qt application for text; without one, an offscreen application is created."""
    if QGuiApplication.instance() is not None:
        yield
        return
    before = os.environ.get("QT_QPA_PLATFORM")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QGuiApplication(["vtm"])
    try:
        yield
    finally:
        application.shutdown()
        if before is None:
            del os.environ["QT_QPA_PLATFORM"]
        else:
            os.environ["QT_QPA_PLATFORM"] = before


def _figures(painter: QPainter, comparison: Comparison, names: tuple[str, str]) -> None:
    """Draw the upper row: names, and the three main figures, readable from afar."""
    fit, ours, detector = comparison.fit, comparison.ours, comparison.detector
    legend(painter, QRectF(40, 24, 1840, 44), list(zip(names, (COLOUR_A, COLOUR_B), strict=True)), 28)
    skew = "clocks not compared" if fit.skew is None else f"B's clock {fit.skew_s * 1e3:+.0f} ms"
    columns = (
        (f"{fit.angle_deg:.0f}°", "between the cameras", f"from the motion alone · {skew}"),
        (
            f"{ours.mean_mm:.0f} mm",
            "ours, mean difference",
            f"p95 {ours.p95_mm:.0f} mm · {len(comparison.pairs)} frames",
        ),
        (
            "–" if detector is None else f"{detector.mean_mm:.0f} mm",
            "the detector's own 3D, same measure",
            "it has none"
            if detector is None
            else f"p95 {detector.p95_mm:.0f} mm · ours is {comparison.ratio:.2f} of it",
        ),
    )
    for number, (figure, what, more) in enumerate(columns):
        left = 40 + number * 620
        colour = TEXT if number < 2 else DETECTOR
        text(painter, QRectF(left, 84, 600, 120), figure, 108, colour=colour, bold=True)
        text(painter, QRectF(left, 204, 600, 36), what, 28)
        text(painter, QRectF(left, 242, 600, 30), more, 22, colour=MUTED)


def _graphs(painter: QPainter, comparison: Comparison) -> None:
    ours, detector = comparison.ours, comparison.detector
    room = card(painter, QRectF(40, 296, 1180, 400), "Difference of the two answers: ours solid, the detector's dashed")
    paint_curves(
        painter,
        room,
        comparison.pairs.times_s,
        ours.frames_mm,
        comparison.detector_times_s,
        _NO_TIMES if detector is None else detector.frames_mm,
        comparison.fit.until_s,
    )
    room = card(painter, QRectF(40, 716, 1180, 316), "By part, in millimetres: ours filled, the detector's hollow")
    paint_parts(painter, room, ours.parts_mm, None if detector is None else detector.parts_mm)


def _bodies(painter: QPainter, comparison: Comparison) -> None:
    """Draw one moment of typical difference, from both cameras; the rotation is the frozen one."""
    at, R = usual_moment(comparison.ours.frames_mm), comparison.fit.R_b_a
    a, b = comparison.pairs.a_m[at], comparison.pairs.b_m[at]
    room = card(painter, QRectF(1240, 296, 640, 736), "A typical moment, as each camera sees it")
    half = room.height() / 2
    for number, (name, bodies) in enumerate(
        (("from A", ((a, COLOUR_A), (b @ R, COLOUR_B))), ("from B", ((a @ R.T, COLOUR_A), (b, COLOUR_B))))
    ):
        place = QRectF(room.left(), room.top() + number * half, room.width(), half)
        text(painter, QRectF(place.left(), place.top(), 200, 30), name, 22, colour=MUTED)
        paint_skeletons(painter, place.adjusted(0, 12, 0, -12), bodies)
    foot = QRectF(40, 1040, 1840, 30)
    words = "Agreement is not accuracy: both may have the same error."
    text(painter, foot, words, 20, colour=MUTED, align=Qt.AlignmentFlag.AlignRight)


def usual_moment(frames_mm: F64) -> int:
    """Return the moment whose difference is nearest to the median."""
    return int(np.abs(frames_mm - np.median(frames_mm)).argmin())
