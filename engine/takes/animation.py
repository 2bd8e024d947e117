"""Pictures to an animated WebP that plays without end, for documents."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.codec import codecs_available
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray

from engine.errors import OutputError

_CODEC = "libwebp_anim"
_TICK = Fraction(1, 1000)  # WebP counts milliseconds


def write_animation(
    path: Path, pictures: Sequence[NDArray[np.uint8]], times_s: Sequence[float], quality: int = 60
) -> None:
    """Write (H, W, 3) BGR pictures of one size, each shown from its time on; the last as long as the one before.

    quality  0..100
    Raises OutputError: fewer than two pictures, no encoder in this build of FFmpeg, a disk that cannot be written.
    """
    if len(pictures) < 2:
        raise OutputError(f"an animation needs two pictures or more, got {len(pictures)}")
    if _CODEC not in codecs_available:
        raise OutputError(f"this build of PyAV has no {_CODEC}: install av from PyPI")
    try:
        with av.open(str(path), "w", format="webp", options={"loop": "0"}) as container:
            stream = container.add_stream(_CODEC, rate=25, options={"quality": str(quality), "compression_level": "6"})
            assert isinstance(stream, VideoStream)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = stream.time_base = _TICK
            for picture, time_s in zip(pictures, times_s, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                frame.pts, frame.time_base = round((time_s - times_s[0]) * 1000), _TICK
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (FFmpegError, OSError) as error:
        raise OutputError(f"cannot write {path}: {error}") from error
