"""The cameras of this computer by name."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import UsageError
from engine.opencv import cv2

log = logging.getLogger(__name__)

_BACKEND = {"win32": "MSMF", "darwin": "AVFOUNDATION"}.get(sys.platform, "V4L2")


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """One camera: its number for OpenCV, its name, and the system's interface it is reached by (V4L2, MSMF, …)."""

    index: int
    name: str
    backend: str

    @property
    def api(self) -> int:
        """OpenCV's number of the interface."""
        return int(getattr(cv2, f"CAP_{self.backend}"))


ListCameras = Callable[[], tuple[CameraInfo, ...]]


def list_cameras() -> tuple[CameraInfo, ...]:
    """All cameras, lowest number first; empty when there is none or the system does not tell."""
    try:
        from cv2_enumerate_cameras import enumerate_cameras  # imports cv2, which engine.opencv must do first

        found = enumerate_cameras(int(getattr(cv2, f"CAP_{_BACKEND}")))
    except (OSError, ImportError, NotImplementedError, RuntimeError):
        log.debug("the cameras cannot be listed", exc_info=True)  # asked every few seconds while one is gone
        return ()
    cameras = {
        camera.index: CameraInfo(camera.index, camera.name or f"camera {camera.index}", _BACKEND) for camera in found
    }
    return tuple(cameras[index] for index in sorted(cameras))


def unlisted_camera(index: int) -> CameraInfo:
    """A camera that only its number is known of."""
    return CameraInfo(index, f"camera {index}", _BACKEND)


def named(cameras: tuple[CameraInfo, ...]) -> str:
    """For messages: `0 "Webcam C920", 2 "OBS"`, or that there is none."""
    return ", ".join(f'{camera.index} "{camera.name}"' for camera in cameras) or "none found"


def camera_by_name(text: str, cameras: tuple[CameraInfo, ...]) -> CameraInfo | None:
    """The camera whose name is this or contains it, upper and lower case alike; None when there is none.

    Raises UsageError when several fit and none is exact.
    """
    wanted = text.casefold()
    exact = [camera for camera in cameras if camera.name.casefold() == wanted]
    fitting = exact or [camera for camera in cameras if wanted in camera.name.casefold()]
    if len(fitting) > 1 and not exact:
        raise UsageError(f'"{text}" fits several cameras: {named(tuple(fitting))}; give more of the name or the number')
    return fitting[0] if fitting else None
