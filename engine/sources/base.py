"""Interface of every source of frames: camera, URL or file."""

from __future__ import annotations

from typing import Protocol

from engine.types import Frame


class Source(Protocol):
    """Frames in order. One thread reads; `close` may be called from any thread and ends a waiting `read` soon."""

    @property
    def name(self) -> str:
        """Name known to the user: the camera's name, the file's name, the URL, "demo"."""

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) in pixels of the newest frame."""

    @property
    def fps(self) -> float:
        """Frame rate claimed by the device or file."""

    @property
    def frames(self) -> int:
        """Number of frames claimed by a file; 0: unknown, or a live source."""

    @property
    def live(self) -> bool:
        """Whether it is a camera or URL, which has no end and cannot wait."""

    @property
    def status(self) -> str | None:
        """One line about a current problem ("camera X stopped, trying again"), else None."""

    @property
    def dropped(self) -> int:
        """Number of frames that came while no one read; 0 for a file."""

    @property
    def ended(self) -> bool:
        """Whether there will be no more frames: the file has ended, or the source was closed."""

    def read(self) -> Frame | None:
        """Wait for and return the next frame. None: none for half a second (see `status`; call again), or it has
        `ended`."""

    def close(self) -> None:
        """Release the device. Idempotent."""
