"""A video stream (http, rtsp, udp, …) through FFmpeg (PyAV), with the cv2.VideoCapture methods of a live source.

A bad picture is skipped. A stream joined between two keyframes delivers its first picture at the next keyframe.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from engine.opencv import cv2
from engine.sources.pictures import PictureMaker
from engine.sources.video_reader import picture_stream

log = logging.getLogger(__name__)

OPEN_S = 4.0
READ_S = 2.0
_OPTIONS = {
    "rtsp_transport": "tcp",
    "fflags": "nobuffer",
    "analyzeduration": "1500000",  # microseconds; the rest is learnt from the first keyframe
}


class StreamCapture:
    """Pictures as they come, each in its own size. One thread opens, reads and releases."""

    def __init__(self, url: str) -> None:
        """Open the stream. Raises av.FFmpegError, OSError: no answer, or it is not a video."""
        self._container = av.open(url, options=_OPTIONS, timeout=(OPEN_S, READ_S), metadata_errors="ignore")
        try:
            self._stream = picture_stream(self._container)
        except IndexError as error:
            self._container.close()
            raise ValueError("no video in it") from error
        self._stream.thread_type = "SLICE"  # frame threading would delay frames
        self._stream.codec_context.flags |= av.codec.context.Flags.low_delay
        self._maker = PictureMaker(self._stream)
        self._pictures = self._decoded()

    def read(self) -> tuple[bool, NDArray[Any]]:
        """Return success and the next picture, (H, W, 3) BGR; False at the end, and after READ_S without data."""
        picture = next(self._pictures, None)
        return (False, np.empty(0, np.uint8)) if picture is None else (True, picture)

    def get(self, propId: int, /) -> float:
        """Return the stream's claimed rate for cv2.CAP_PROP_FPS; else 0."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        return float(rate or 0.0) if propId == cv2.CAP_PROP_FPS else 0.0

    def release(self) -> None:
        """Close the connection."""
        self._pictures.close()
        self._container.close()

    def _decoded(self) -> Generator[NDArray[np.uint8]]:
        for packet in self._packets():
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                log.debug("a picture of the stream could not be decoded: %s", error)
                continue
            for frame in frames:
                for whole in self._maker.upright_frames(frame):
                    yield self._maker.picture(whole)

    def _packets(self) -> Iterator[av.Packet[av.VideoStream]]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                log.info("the stream ended: %s", error)
                return
            if packet is None:
                return
            yield packet
