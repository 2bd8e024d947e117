"""How much of a video plays: counted from the pictures that are in it, not from what its header claims."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import av
from av.error import FFmpegError

_FILE = "file:"  # else a name with a colon is taken for a protocol


def playable_seconds(path: Path) -> float:
    """From the first picture to the last one; 0 for a file that holds none or is no video."""
    times: list[float] = []
    with suppress(FFmpegError, OSError), av.open(_FILE + str(path.absolute()), "r") as container:
        if container.streams.video:
            for packet in container.demux(video=0):  # a file that is cut may end in an error
                if packet.pts is not None and packet.time_base is not None:
                    times.append(float(packet.pts * packet.time_base))
    return max(times) - min(times) if times else 0.0
