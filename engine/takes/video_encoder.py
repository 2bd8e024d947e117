"""Encode pictures to H.264 in Matroska with PyAV: each at its own time, soon on disk, at low cost.

H.264 plays everywhere; the fastest preset, one thread and no look-ahead leave the CPU to the motion. Each picture is a
cluster that is written at once and needs no later data: a video cut off by a crash plays.
"""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.codec import codecs_available
from av.error import FFmpegError
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from engine.opencv import cv2
from engine.takes.video_file import VideoFile

_TICK = Fraction(1, 1000)  # Matroska timestamps are milliseconds
_CLUSTER_MS = 1  # a cluster is written when the next one begins
_KEYFRAME_EVERY = 30
_USUAL_FPS = 30  # only for the rate control
_BT709 = 1
_LIMITED_RANGE = 1
_OPTIONS = {"libx264": {"preset": "ultrafast", "tune": "zerolatency", "crf": "23"}, "mpeg4": {"qmin": "3", "qmax": "3"}}
"""Encoders by preference: FFmpeg builds without x264 have MPEG-4."""

EncodeError = FFmpegError


class VideoEncoder:
    """One video of one size. One thread."""

    def __init__(self, file: VideoFile, size: tuple[int, int]) -> None:
        """`size`: (width, height) of the first picture. Raises EncodeError."""
        self._size = (max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2))  # colour has half the resolution
        self._last_ms = -1
        codec = next(name for name in _OPTIONS if name in codecs_available)
        options = {"cluster_time_limit": str(_CLUSTER_MS), "flush_packets": "1"}
        self._container = av.open(file, "w", format="matroska", options=options)
        stream = self._container.add_stream(codec, rate=_USUAL_FPS, options=_OPTIONS[codec])
        assert isinstance(stream, VideoStream)
        self._stream = stream
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = _TICK
        context = self._stream.codec_context
        context.time_base, context.gop_size, context.max_b_frames, context.thread_count = _TICK, _KEYFRAME_EVERY, 0, 1
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED_RANGE

    def encode(self, bgr: NDArray[np.uint8], time_s: float) -> bool:
        """Encode (H, W, 3) at a time from the start of the video. False: skipped, not later than the previous one.

        Raises EncodeError, OSError.
        """
        time_ms = round(time_s * 1000)
        if time_ms <= self._last_ms:
            return False
        self._last_ms = time_ms
        picture = av.VideoFrame.from_ndarray(fitted(bgr, self._size), format="bgr24")
        picture = picture.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        picture.pts, picture.time_base = time_ms, _TICK
        self._container.mux(self._stream.encode(picture))
        return True

    def close(self) -> None:
        """Write the end of the file. Raises EncodeError, OSError."""
        try:
            self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()


def fitted(bgr: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Convert (H, W, 3) to (height, width, 3): cropped by a pixel to be even; another size is scaled with black
    borders."""
    width, height = size
    rows, columns = bgr.shape[:2]
    if 0 <= rows - height <= 1 and 0 <= columns - width <= 1:
        return np.ascontiguousarray(bgr[:height, :width])
    scale = min(width / columns, height / rows)
    inner = max(1, round(columns * scale)), max(1, round(rows * scale))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    whole: NDArray[np.uint8] = np.zeros((height, width, 3), np.uint8)
    whole[top : top + inner[1], left : left + inner[0]] = cv2.resize(bgr, inner, interpolation=cv2.INTER_AREA)
    return whole
