"""Repair a video cut off by a crash: its playable length, counted from pictures, and an end that makes it seekable."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from engine.errors import OutputError
from engine.motion.atomic import new_file

_FILE = "file:"  # else a name with a colon is read as a protocol


class _WorseError(Exception):
    """The copy lacks data of the original."""


def playable_seconds(path: Path) -> float:
    """Return the time from the first to the last picture; 0 for a file without pictures or that is not a video."""
    times: list[float] = []
    with suppress(FFmpegError, OSError), _opened(path) as container:
        deque(_packets(container, times), maxlen=0)
    return _span(times)


def repair(path: Path) -> float:
    """Write missing duration and index, as after a crash; return the playable seconds.

    Pictures are copied unchanged. A video that cannot be copied completely (no space) is left as it is.
    """
    try:
        with _opened(path) as container:
            if container.duration is not None:
                return playable_seconds(path)
    except (FFmpegError, OSError):
        return 0.0
    seconds = playable_seconds(path)
    if seconds > 0.0:
        with suppress(FFmpegError, OSError, OutputError, _WorseError), new_file(path, overwrite=True) as new:
            times: list[float] = []
            with _opened(path) as container, av.open(new.file, "w", format="matroska") as copy:
                stream = copy.add_stream_from_template(container.streams.video[0])
                with suppress(FFmpegError):  # the end is cut off
                    for packet in _packets(container, times):
                        packet.stream = stream
                        copy.mux(packet)
            if _span(times) < seconds:
                raise _WorseError
    return seconds


def _opened(path: Path) -> InputContainer:
    return av.open(_FILE + str(path.absolute()), "r")


def _packets(container: InputContainer, times: list[float]) -> Iterator[Packet[VideoStream]]:
    """Yield pictures in order, adding their times to `times`. A truncated file may end in an FFmpegError."""
    for packet in container.demux(container.streams.video):
        if packet.pts is not None and packet.time_base is not None:
            times.append(float(packet.pts * packet.time_base))
            yield packet


def _span(times: list[float]) -> float:
    return max(times) - min(times) if times else 0.0
