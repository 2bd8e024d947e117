"""What every source of frames offers to the pipeline, whatever it is: camera, URL or file."""

from __future__ import annotations

from typing import Protocol

from engine.types import Frame


class Source(Protocol):
    """Frames in order. One thread reads; `close` may come from any thread and ends a `read` soon."""

    @property
    def name(self) -> str:
        """As the user knows it: the camera's name, the file's name, the URL, "demo"."""

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) in pixels of the newest frame."""

    @property
    def fps(self) -> float:
        """Frames per second that the device or file claims."""

    @property
    def frames(self) -> int:
        """How many frames a file claims to hold; 0: unknown, or a live source."""

    @property
    def live(self) -> bool:
        """A camera or URL: it has no end and cannot wait for us."""

    @property
    def status(self) -> str | None:
        """One line when something is wrong right now ("camera X stopped, trying again"), else None."""

    @property
    def dropped(self) -> int:
        """Frames that came while nobody read; 0 for a file."""

    @property
    def ended(self) -> bool:
        """There will be no more frames: the file is over, or the source was closed."""

    def read(self) -> Frame | None:
        """The next frame, waited for. None: none came for half a second (see `status`; ask again), or it `ended`."""

    def close(self) -> None:
        """Release the device. May be called again."""
