"""Convert decoder output to displayable pictures: square pixels, upright, deinterlaced."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.sidedata.sidedata import SideData
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from engine.opencv import cv2

_SANE_ASPECT = (0.25, 4.0)


class PictureMaker:
    """Converts decoded frames to BGR pictures. A stream may change its size, aspect and rotation at any time."""

    def __init__(self, stream: av.VideoStream) -> None:
        self._stream = stream
        self._deinterlacer: _Deinterlacer | None = None
        self._reformatter = VideoReformatter()  # caches its tables between frames

    def upright_frames(self, frame: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        """Yield the frames that can be shown now. None: the end, which flushes frames held back.

        Interlaced video is deinterlaced from its first interlaced frame on, which holds one frame back.
        """
        if self._deinterlacer is None and (frame is None or not frame.interlaced_frame):
            if frame is not None:
                yield frame
            return
        if frame is not None and (self._deinterlacer is None or not self._deinterlacer.fits(frame)):
            if self._deinterlacer is not None:
                yield from self._deinterlacer.frames(None)
            self._deinterlacer = _Deinterlacer(self._stream, frame)
        assert self._deinterlacer is not None
        yield from self._deinterlacer.frames(frame)

    def picture(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """Return (H, W, 3) BGR with square pixels, rotated and flipped by the file's display matrix."""
        width, height = square_size(frame.width, frame.height, self._stream.sample_aspect_ratio)
        bgr = self._reformatter.reformat(frame, width, height, "bgr24").to_ndarray()
        return np.ascontiguousarray(_turned(np.asarray(bgr, np.uint8), _display_matrix(frame)))


class _Deinterlacer:
    """FFmpeg's bwdif, one frame out for each frame in; progressive frames pass."""

    def __init__(self, stream: av.VideoStream, frame: av.VideoFrame) -> None:
        self._size = (frame.width, frame.height, frame.format.name)
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=stream.time_base
        )
        bwdif = self._graph.add("bwdif", "mode=send_frame:deint=interlaced")
        sink = self._graph.add("buffersink")
        self._graph.link_nodes(source, bwdif, sink)
        self._graph.configure()

    def fits(self, frame: av.VideoFrame) -> bool:
        return self._size == (frame.width, frame.height, frame.format.name)

    def frames(self, frame: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        self._graph.vpush(frame)
        while True:
            try:
                yield self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return


def square_size(width: int, height: int, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Return (width, height) with square pixels, losing none; pixel_aspect: width of a pixel divided by its height."""
    aspect = float(pixel_aspect or 1)
    if not _SANE_ASPECT[0] <= aspect <= _SANE_ASPECT[1]:
        return width, height
    return (round(width * aspect), height) if aspect >= 1 else (width, round(height / aspect))


def _display_matrix(frame: av.VideoFrame) -> NDArray[np.int32] | None:
    """Return the 2 x 2 part of FFmpeg's 3 x 3 display matrix (destination of x and y); None without one."""
    data = frame.side_data.get("DISPLAYMATRIX")
    return None if not isinstance(data, SideData) else np.frombuffer(bytes(data), np.int32).reshape(3, 3)[:2, :2]


def _turned(bgr: NDArray[np.uint8], matrix: NDArray[np.int32] | None) -> NDArray[np.uint8]:
    """Apply quarter turns and flips; other matrices (tilt, scale) are rounded to the nearest of them."""
    if matrix is None or not matrix.any():
        return bgr
    (a, b), (c, d) = matrix.tolist()  # x' = a x + c y, y' = b x + d y
    if abs(b) + abs(c) > abs(a) + abs(d):
        bgr, flip_x, flip_y = np.asarray(cv2.transpose(bgr), np.uint8), c < 0, b < 0
    else:
        flip_x, flip_y = a < 0, d < 0
    if flip_x or flip_y:
        bgr = np.asarray(cv2.flip(bgr, -1 if flip_x and flip_y else int(flip_x)), np.uint8)
    return bgr
