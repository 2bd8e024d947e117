"""The camera's picture with the 2D skeleton, coloured by score; cues and the banner are drawn over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.window.widgets.banner import Banner
from app.window.widgets.cue_overlay import CueOverlay
from app.window.widgets.details_paint import draw_details
from app.window.widgets.take_card import TakeCard
from app.window.widgets.theme import ACCENT, BACKGROUND, ERROR, MUTED, WARNING
from engine.opencv import cv2
from engine.types import Details, Detection, Frame, Keypoints2D
from models.keypoints import KEYPOINT_BONES

SHOWN_FROM_SCORE = 0.2
"""Keypoints below this score are not drawn."""
_STEPS = 9


def _mix(low: str, high: str, share: float) -> QColor:
    a, b = QColor(low), QColor(high)
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(x + (y - x) * share) for x, y in pairs))


def _score_colours() -> list[QColor]:
    shares = np.linspace(0.0, 1.0, _STEPS)
    return [_mix(ERROR, WARNING, s * 2) if s < 0.5 else _mix(WARNING, ACCENT, s * 2 - 1) for s in shares]


_COLOURS = _score_colours()


def score_colour(score: float) -> QColor:
    """Return a score's colour: red for low, amber for half, the accent for high."""
    share = (score - SHOWN_FROM_SCORE) / (0.9 - SHOWN_FROM_SCORE)
    return _COLOURS[int(np.clip(share, 0.0, 1.0) * (_STEPS - 1))]


def fitted(image_size: tuple[int, int], room: QRect) -> QRectF:
    """Return the largest centred rectangle in `room` with the picture's aspect ratio."""
    width, height = image_size
    scale = min(room.width() / width, room.height() / height)
    return QRectF(
        room.x() + (room.width() - width * scale) / 2,
        room.y() + (room.height() - height * scale) / 2,
        width * scale,
        height * scale,
    )


def scaled_picture(bgr: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale (H, W, 3) to size (width, height). Large pictures are halved first, which averages pixels in a tenth of the
    time of INTER_AREA alone (1080p to a pane: 0.9 instead of 7.5 ms)."""
    width, height = size
    while bgr.shape[1] >= 2 * width and bgr.shape[0] >= 2 * height:
        half = (bgr.shape[1] // 2, bgr.shape[0] // 2)
        bgr = np.asarray(cv2.resize(bgr, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(cv2.resize(bgr, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _tag(painter: QPainter, letter: str, colour: str) -> None:
    """Draw a large letter on its colour in the upper left corner."""
    painter.save()
    painter.setClipping(False)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = QRectF(14, 14, 52, 52)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(ground, 8, 8)
    font = painter.font()
    font.setPixelSize(36)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(BACKGROUND))
    painter.drawText(ground, int(Qt.AlignmentFlag.AlignCenter), letter)
    painter.restore()


def caption_place(size: QSizeF, frame: QRectF, picture: QRectF) -> QRectF:
    """Return where a caption goes: centred on the upper edge of a frame, but inside the picture."""
    left = frame.center().x() - size.width() / 2
    top = frame.top() - size.height() / 2
    left = max(picture.left(), min(left, picture.right() - size.width()))
    top = max(picture.top(), min(top, picture.bottom() - size.height()))
    return QRectF(QPointF(left, top), size)


def _caption(painter: QPainter, frame: QRectF, picture: QRectF, text: str) -> None:
    """Draw a line at the upper edge of a frame, on a dark background."""
    room = painter.fontMetrics().boundingRect(text)
    ground = caption_place(QSizeF(room.width() + 12, room.height() + 4), frame, picture)
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(BACKGROUND))
    painter.drawRoundedRect(ground, 5, 5)
    painter.setPen(QColor(MUTED))
    painter.drawText(ground, int(Qt.AlignmentFlag.AlignCenter), text)
    painter.restore()


class VideoView(QWidget):
    """Shows one Frame and its Detection. A click on a person emits a request to follow them. Qt thread only."""

    chosen = Signal(float, float)
    """Emitted with the clicked point, x and y in picture pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(260, 240)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.cue = CueOverlay(self)
        self.banner, self.card = Banner(self), TakeCard(self)
        self.placeholder = ""
        self.tag: tuple[str, str] | None = None
        """Letter and colour in the corner, when there are two cameras."""
        self._frame: Frame | None = None
        self._detection: Detection | None = None
        self._details: Details | None = None
        self._scaled: NDArray[np.uint8] | None = None
        self._image: QImage | None = None

    def show_frame(self, frame: Frame | None, detection: Detection | None, details: Details | None = None) -> None:
        """Draw a new picture; None clears it."""
        self._frame, self._detection, self._details = frame, detection, details
        self._image = None
        self.update()

    def show_placeholder(self, text: str) -> None:
        """Show a text in the empty pane."""
        if text != self.placeholder:
            self.placeholder = text
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the person under the mouse."""
        if self._frame is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        place = fitted(self._frame.image_size, self.rect())
        if place.contains(event.position()):
            scale = self._frame.image_size[0] / place.width()
            at = event.position() - place.topLeft()
            self.chosen.emit(at.x() * scale, at.y() * scale)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Scale again for the new size."""
        self._image = None
        self.banner.place()
        self.card.place()
        self.cue.setGeometry(self.rect())
        super().resizeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint background, picture and skeleton."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(BACKGROUND))
        if self._frame is None:
            painter.setPen(QColor(MUTED))
            painter.drawText(
                self.rect().adjusted(24, 24, -24, -24),
                int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                self.placeholder,
            )
        else:
            place = fitted(self._frame.image_size, self.rect())
            painter.drawImage(place.topLeft().toPoint(), self._scaled_image(self._frame, place))
            if self._detection is not None and self._detection.others:
                self._draw_others(painter, self._detection, place)
            if isinstance(self._detection, Keypoints2D):
                self._draw_skeleton(painter, self._detection, place)
                draw_details(painter, self._details, self._frame, place)
        if self.tag is not None:
            _tag(painter, *self.tag)
        painter.end()

    def _scaled_image(self, frame: Frame, place: QRectF) -> QImage:
        """Return the picture in screen pixels: OpenCV scales many times faster than QPainter."""
        if self._image is None:
            ratio = self.devicePixelRatioF()
            size = (max(round(place.width() * ratio), 1), max(round(place.height() * ratio), 1))
            scaled = self._scaled = scaled_picture(frame.bgr, size)  # QImage borrows this memory
            self._image = QImage(scaled.data, size[0], size[1], scaled.strides[0], QImage.Format.Format_BGR888)
            self._image.setDevicePixelRatio(ratio)
        return self._image

    def _draw_others(self, painter: QPainter, detection: Detection, place: QRectF) -> None:
        """Draw a dashed frame around each person who is not followed."""
        scale = place.width() / detection.image_size[0]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(place)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(MUTED), max(1.5, place.height() / 320), Qt.PenStyle.DashLine))
        for other in detection.others:
            half_width, half_height = 0.2 * other.size_px * scale, 0.42 * other.size_px * scale
            x, y = place.x() + other.x_px * scale, place.y() + other.y_px * scale
            frame = QRectF(x - half_width, y - half_height, 2 * half_width, 2 * half_height)
            painter.drawRoundedRect(frame, 10, 10)
            _caption(painter, frame, place, "click to follow")

    def _draw_skeleton(self, painter: QPainter, keypoints: Keypoints2D, place: QRectF) -> None:
        scale = place.width() / keypoints.image_size[0]
        points = [QPointF(place.x() + float(x) * scale, place.y() + float(y) * scale) for x, y in keypoints.points_px]
        scores = keypoints.scores.tolist()
        thick = max(2.0, place.height() / 190)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(place)
        for a, b in KEYPOINT_BONES:
            worse = min(scores[a], scores[b])
            if worse >= SHOWN_FROM_SCORE:
                painter.setPen(QPen(score_colour(worse), thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawLine(points[a], points[b])
        painter.setPen(QPen(QColor(BACKGROUND), thick * 0.4))
        for point, score in zip(points, scores, strict=True):
            if score >= SHOWN_FROM_SCORE:
                painter.setBrush(score_colour(score))
                painter.drawEllipse(point, thick * 1.25, thick * 1.25)
