"""The few icons of the window, drawn as strokes on a 16 x 16 grid: no downloads, sharp at every scale."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from app.window.widgets.theme import ERROR, MUTED

_SCALE = 4


def _stroke(path: QPainterPath, colour: str = MUTED, fill: str | None = None) -> QIcon:
    pixmap = QPixmap(16 * _SCALE, 16 * _SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_SCALE, _SCALE)
    painter.setPen(
        QPen(QColor(colour), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        if fill is None
        else Qt.PenStyle.NoPen
    )
    if fill is not None:
        painter.setBrush(QColor(fill))
    painter.drawPath(path)
    painter.end()
    return QIcon(pixmap)


def lines(*strokes: tuple[tuple[float, float], ...]) -> QPainterPath:
    """A path of open strokes."""
    path = QPainterPath()
    for points in strokes:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    return path


def refresh() -> QIcon:
    """A circular arrow."""
    path = QPainterPath()
    box = QRectF(3, 3, 10, 10)
    path.arcMoveTo(box, 50)
    path.arcTo(box, 50, 290)
    path.addPath(lines(((11.6, 1.6), (11.4, 4.6), (8.4, 4.4))))
    return _stroke(path)


def folder() -> QIcon:
    """A folder."""
    return _stroke(lines(((2, 12.5), (2, 3.5), (6.2, 3.5), (7.8, 5.5), (14, 5.5), (14, 12.5), (2, 12.5))))


def open_outside() -> QIcon:
    """An arrow out of a box."""
    return _stroke(
        lines(((8, 3), (3, 3), (3, 13), (13, 13), (13, 8)), ((10, 2.5), (13.5, 2.5), (13.5, 6)), ((13, 3), (8, 8)))
    )


def pencil() -> QIcon:
    """Edit."""
    return _stroke(lines(((3, 13), (3.6, 10.2), (11, 2.8), (13.2, 5), (5.8, 12.4), (3, 13)), ((9.4, 4.4), (11.6, 6.6))))


def cross() -> QIcon:
    """Remove."""
    return _stroke(lines(((4, 4), (12, 12)), ((12, 4), (4, 12))))


def plus() -> QIcon:
    """Add."""
    return _stroke(lines(((8, 3), (8, 13)), ((3, 8), (13, 8))))


def scissors() -> QIcon:
    """Scissors: a part of a take."""
    path = lines(((4.5, 2.5), (10, 10)), ((11.5, 2.5), (6, 10)))
    path.addEllipse(QPointF(4.8, 11.8), 1.9, 1.9)
    path.addEllipse(QPointF(11.2, 11.8), 1.9, 1.9)
    return _stroke(path)


def report() -> QIcon:
    """A speech bubble with an exclamation mark: report a problem."""
    bubble = ((2.5, 3), (13.5, 3), (13.5, 10.5), (8, 10.5), (5, 13.5), (5, 10.5), (2.5, 10.5), (2.5, 3))
    return _stroke(lines(bubble, ((8, 4.9), (8, 6.9)), ((8, 8.5), (8, 8.6))))


def home() -> QIcon:
    """A house: reset the view."""
    return _stroke(lines(((2.5, 8), (8, 3), (13.5, 8)), ((4.2, 7), (4.2, 13), (11.8, 13), (11.8, 7))))


def performer_screen() -> QIcon:
    """A screen with a wide bar below."""
    return _stroke(lines(((2, 3), (14, 3), (14, 13), (2, 13), (2, 3)), ((2, 9.6), (14, 9.6)), ((4.5, 11.4), (9, 11.4))))


def avatar() -> QIcon:
    """Head and shoulders."""
    path = lines(((2.8, 13.5), (4, 10.4), (6.4, 9.6)), ((13.2, 13.5), (12, 10.4), (9.6, 9.6)))
    path.addEllipse(QPointF(8, 5.6), 3.1, 3.4)
    return _stroke(path)


def record() -> QIcon:
    """A red disc."""
    path = QPainterPath()
    path.addEllipse(QPointF(8, 8), 5, 5)
    return _stroke(path, fill=ERROR)


def stop() -> QIcon:
    """A red square."""
    path = QPainterPath()
    path.addRoundedRect(QRectF(3.5, 3.5, 9, 9), 1.5, 1.5)
    return _stroke(path, fill=ERROR)


def play() -> QIcon:
    """A triangle."""
    return _stroke(lines(((5, 3), (13, 8), (5, 13), (5, 3))))


def pause() -> QIcon:
    """Two bars."""
    return _stroke(lines(((5.5, 3.5), (5.5, 12.5)), ((10.5, 3.5), (10.5, 12.5))))


def speaker(on: bool) -> QIcon:
    """A loudspeaker with waves, or crossed out."""
    path = lines(((2.5, 6), (5, 6), (8, 3.2), (8, 12.8), (5, 10), (2.5, 10), (2.5, 6)))
    if not on:
        path.addPath(lines(((10.5, 6), (14, 10)), ((14, 6), (10.5, 10))))
        return _stroke(path)
    for radius in (3.0, 5.5):
        box = QRectF(8.5 - radius, 8 - radius, 2 * radius, 2 * radius)
        path.arcMoveTo(box, -40)
        path.arcTo(box, -40, 80)
    return _stroke(path)
