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
    """One camera: its number for OpenCV, its name, and the system's interface to it (V4L2, MSMF, …)."""

    index: int
    name: str
    backend: str

    @property
    def api(self) -> int:
        """OpenCV's number of the interface."""
        return int(getattr(cv2, f"CAP_{self.backend}"))


ListCameras = Callable[[], tuple[CameraInfo, ...]]


def list_cameras() -> tuple[CameraInfo, ...]:
    """Return all cameras, lowest number first; empty when there is none or the system does not report them."""
    try:
        from cv2_enumerate_cameras import enumerate_cameras  # imports cv2, which engine.opencv must do first

        found = enumerate_cameras(int(getattr(cv2, f"CAP_{_BACKEND}")))
    except (OSError, ImportError, NotImplementedError, RuntimeError):
        log.debug("listing the cameras failed", exc_info=True)  # called every few seconds while a camera is missing
        return ()
    cameras = {
        camera.index: CameraInfo(camera.index, camera.name or f"camera {camera.index}", _BACKEND) for camera in found
    }
    return tuple(cameras[index] for index in sorted(cameras))


def unlisted_camera(index: int) -> CameraInfo:
    """Return a camera of which only the number is known."""
    return CameraInfo(index, f"camera {index}", _BACKEND)


def named(cameras: tuple[CameraInfo, ...]) -> str:
    """Return the cameras for messages: `0 "Webcam C920", 2 "OBS"`, or that there is none."""
    return ", ".join(f'{camera.index} "{camera.name}"' for camera in cameras) or "none found"


def camera_by_name(text: str, cameras: tuple[CameraInfo, ...]) -> CameraInfo | None:
    """Return the camera whose name is or contains this text, ignoring case; None when there is none.

    Raises UsageError when several match and none exactly.
    """
    wanted = text.casefold()
    exact = [camera for camera in cameras if camera.name.casefold() == wanted]
    fitting = exact or [camera for camera in cameras if wanted in camera.name.casefold()]
    if len(fitting) > 1 and not exact:
        raise UsageError(f'"{text}" matches several cameras: {named(tuple(fitting))}; give a longer part or the number')
    return fitting[0] if fitting else None
