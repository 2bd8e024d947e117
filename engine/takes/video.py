"""The camera's picture beside a take, in step with it: NAME.mkv at a constant rate, placed by the same timestamps.

A frame that comes late is repeated, one that comes early is left out, so that second t of the video is second t of the
take. Matroska, because a file cut off by a crash still plays. Own thread, bounded queue: encoding blocks nothing else.
"""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any

from engine.errors import OutputError, UsageError
from engine.opencv import cv2
from engine.types import Frame

VIDEO_SUFFIX = ".mkv"
_QUEUE_FRAMES = 32  # pictures are large: 1080p is 6 MB each
_LONGEST_GAP_S = 120.0  # a gap that is longer is not filled with copies of one picture
_CODEC = "mp4v"
_JOIN_S = 30.0


class VideoRecorder:
    """One video. `write`, `error`, `lost` and `close` from any thread; "video" alone encodes."""

    def __init__(self, path: Path | str, *, fps: float = 30.0) -> None:
        """Start a video; the size is that of the first frame.

        Raises UsageError for another suffix than .mkv or a rate of no camera, OutputError for a folder not writable.
        """
        self._path = Path(path)
        if self._path.suffix.lower() != VIDEO_SUFFIX or not 1.0 <= fps <= 1000.0:
            raise UsageError(f"cannot record video to {self._path.name} at {fps:g} fps: give NAME{VIDEO_SUFFIX}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.open("ab").close()  # OpenCV does not say why it cannot write
        except OSError as error:
            raise OutputError(f"cannot record video to {self._path}: {error.strerror or error}") from error
        self._fps = fps
        self._queue: queue.Queue[Frame | None] = queue.Queue(_QUEUE_FRAMES)
        self._lost = 0
        self._error: str | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="video", daemon=True)
        self._thread.start()

    @property
    def error(self) -> str | None:
        """Why nothing is written any more."""
        return self._error

    @property
    def lost(self) -> int:
        """Frames that came while the encoder was behind; the one before is shown instead."""
        return self._lost

    def write(self, frame: Frame) -> None:
        """Queue one frame; never waits. The picture must not be changed afterwards."""
        if self._closed.is_set() or self._error is not None:
            return
        try:
            self._queue.put_nowait(frame)
        except queue.Full:
            self._lost += 1

    def close(self) -> Path:
        """Encode what waits and finish the file. May be called again. Raises OutputError if it could not be written."""
        if not self._closed.is_set():
            self._closed.set()
            try:
                self._queue.put(None, timeout=_JOIN_S)
            except queue.Full:
                self._error = f"the encoder does not answer; {self._path} may lack its end"
        self._thread.join(_JOIN_S)
        if self._error is not None:
            raise OutputError(self._error)
        return self._path

    def _run(self) -> None:
        try:
            self._encode()
        except Exception as error:  # noqa: BLE001 — a dead worker's exception is kept as data
            self._error = f"cannot write the video {self._path}: {error}"

    def _encode(self) -> None:
        first = self._queue.get()
        if first is None:
            self._path.unlink(missing_ok=True)
            raise OutputError("no picture arrived")
        size = first.image_size
        writer = cv2.VideoWriter(str(self._path), cv2.VideoWriter.fourcc(*_CODEC), self._fps, size)
        if not writer.isOpened():
            raise OutputError(f"OpenCV has no encoder for {size[0]}x{size[1]} at {self._fps:g} fps")
        try:
            self._place_frames(writer, first)
        finally:
            writer.release()

    def _place_frames(self, writer: Any, first: Frame) -> None:
        """Frame at its time: the picture of slot n is the last one captured by then."""
        shown, written = first, 0
        frame: Frame | None = first
        while frame is not None:
            slot = round((frame.captured_at_s - first.captured_at_s) * self._fps)
            if slot - written > _LONGEST_GAP_S * self._fps:
                raise OutputError(f"no picture for more than {_LONGEST_GAP_S:g} s")
            while written < slot:
                writer.write(shown.bgr)
                written += 1
            if frame.image_size == first.image_size:
                shown = frame
            frame = self._queue.get()
        writer.write(shown.bgr)
