"""A video file through FFmpeg (PyAV), with its timestamps, edit list, pixel aspect, rotation and fields."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Iterator
from pathlib import Path

import av

from engine.errors import CameraError, UsageError
from engine.sources.pictures import PictureMaker
from engine.sources.reader import DEFAULT_FPS, MAX_FPS, Picture

log = logging.getLogger(__name__)

ENDED_EARLY = 0.95
_JUMPING_CLOCKS = ("mpegts", "mpeg")
"""Recordings of broadcasts: their time jumps where the sender's clock does, and they begin anywhere."""
_LONGEST_STEP_S = 10.0
_WORTH_SAYING_S = 0.2
_TEXT_CODECS = ("ansi", "bintext", "xbin", "idf")  # FFmpeg would decode a text file as a video of its letters


class VideoReader:
    """Pictures in display order. A picture that cannot be decoded is skipped."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises UsageError (no such file), CameraError (no video)."""
        self._path = path
        self._container = _open(path)
        self._stream = picture_stream(self._container)
        self._stream.thread_type = "AUTO"
        self._maker = PictureMaker(self._stream)
        rate = float(self._stream.guessed_rate or self._stream.average_rate or 0)
        self.fps = rate if 0.0 < rate <= MAX_FPS else DEFAULT_FPS
        self._length_s = _length_s(self._container, self._stream)
        self._format = self._container.format.name
        # FFmpeg takes the duration of an AVI without an index from its size; the header counts frames, or ticks
        tick_s = float(self._stream.time_base or 0)
        self._counted = self._format == "avi" and self._stream.frames > 0 and abs(tick_s * self.fps - 1.0) < 0.01
        by_time = round((self._length_s or 0.0) * self.fps)
        self.frames = min(self._stream.frames or by_time, by_time or self._stream.frames)
        self._begin()

    def _begin(self) -> None:
        self._read, self._bad = 0, 0
        self._offset_s: float | None = None
        self._last_s, self._last_lasts_s = -1.0 / self.fps, 1.0 / self.fps
        self._over = self._jumped = False
        self._missed_s = 0.0  # of the beginning, which cannot be decoded
        self._pictures = self._decoded()

    @property
    def problem(self) -> str | None:
        """The file's problem, known after reading to its end."""
        if not self._over:
            return None
        end_s, claimed = self._missed_s + self._last_s + self._last_lasts_s, self._stream.frames
        short = self._length_s is not None and end_s < ENDED_EARLY * self._length_s and not self._jumped
        few = self._read < ENDED_EARLY * claimed if claimed else True
        if few and (short or self._counted):
            claimed = claimed or round((self._length_s or 0.0) * self.fps)
            return f"{self._path.name} is cut off: {self._read} of {claimed} frames could be read"
        if self._missed_s > _WORTH_SAYING_S:
            return f"{self._path.name} begins between two keyframes: its first {self._missed_s:.1f} s cannot be shown"
        if self._bad:
            return f"{self._path.name} is damaged: {self._bad} of its frames could not be decoded and were skipped"
        return None

    def read(self) -> Picture | None:
        """Return the next picture; None at the end."""
        return next(self._pictures, None)

    def rewind(self) -> bool:
        """Restart. Rewinding is much cheaper than reopening, which frees the old memory late."""
        try:
            self._container.seek(0, backward=True)
            self._stream.codec_context.flush_buffers()
        except av.FFmpegError:
            return False
        self._pictures.close()
        self._maker = PictureMaker(self._stream)
        self._begin()
        return True

    def close(self) -> None:
        """Idempotent."""
        self._pictures.close()
        self._container.close()

    def _decoded(self) -> Generator[Picture]:
        for frame in self._frames():
            for whole in self._maker.upright_frames(frame):
                self._read += 1
                time_s = self._time_s(whole)
                yield Picture(self._maker.picture(whole), time_s)
        for whole in self._maker.upright_frames(None):
            self._read += 1
            yield Picture(self._maker.picture(whole), self._time_s(whole))
        self._over = True

    def _frames(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:  # the file is cut off
                log.info("%s: %s", self._path, error)
                packet = None
            if packet is None:
                return
            try:
                yield from packet.decode()
            except av.FFmpegError as error:
                self._bad += 1
                log.info("%s: a frame could not be decoded: %s", self._path, error)

    def _time_s(self, frame: av.VideoFrame) -> float:
        """Return the time from 0, increasing: a timestamp that is missing, falls or jumps follows the previous one."""
        stamp_s = frame.time
        following_s = self._last_s + self._last_lasts_s
        if stamp_s is None or not math.isfinite(stamp_s):
            time_s = following_s
        else:
            if self._offset_s is None:
                self._offset_s = following_s - stamp_s
                self._missed_s = self._before(stamp_s)
            later_s = stamp_s + self._offset_s - self._last_s
            if later_s <= 0.0 or (self._format in _JUMPING_CLOCKS and later_s > _LONGEST_STEP_S):
                self._offset_s, self._jumped = following_s - stamp_s, True
            time_s = stamp_s + self._offset_s
        lasts_s = float((frame.duration or 0) * (frame.time_base or 0))
        self._last_s, self._last_lasts_s = time_s, lasts_s if lasts_s > 0.0 else 1.0 / self.fps
        return time_s

    def _before(self, first_stamp_s: float) -> float:
        """Return how much of the file comes before the first picture that could be decoded, seconds."""
        start, base = self._stream.start_time, self._stream.time_base
        if start is None or base is None or self._format not in _JUMPING_CLOCKS:
            return 0.0
        return min(max(0.0, first_stamp_s - float(start * base)), self._length_s or 0.0)


def _open(path: Path) -> av.container.InputContainer:
    if not path.exists():
        raise UsageError(f"there is no file {path}; check the path")
    if path.is_dir():
        raise UsageError(f"{path} is a folder without pictures, expected a video or a folder of pictures")
    if path.stat().st_size == 0:
        raise CameraError(f"{path} is empty (0 bytes); record or copy it again")
    not_video = CameraError(f"{path} is not a video, or its beginning or index is missing; check it in a video player")
    try:
        # absolute: FFmpeg would take "take 10:30.mp4" for a protocol
        container = av.open(str(path.absolute()), metadata_errors="ignore")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise not_video from error
    if not container.streams.video and container.streams.audio:
        container.close()
        raise CameraError(f"{path} holds sound and no picture; choose a video")
    if not container.streams.video or picture_stream(container).codec_context.name in _TEXT_CODECS:
        container.close()
        raise not_video
    return container


def picture_stream(container: av.container.InputContainer) -> av.VideoStream:
    """Return the film of a file that may also hold a cover picture. Raises IndexError: it holds neither."""
    best = container.streams.best("video")
    return best if isinstance(best, av.VideoStream) else container.streams.video[0]


def _length_s(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    """Return the duration claimed by the file; None: unknown."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration and len(container.streams) == 1:
        return float(container.duration) / float(av.time_base)
    return None
