"""The two sources of `vtm compare`: both of a kind, never the same device twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import CameraError, UsageError
from engine.file_kinds import TAKE_SUFFIX
from engine.masking import mask_secrets
from engine.sources.camera_list import CameraInfo, camera_by_name, list_cameras
from engine.sources.open_source import DEMO, DEMO_PAIR
from engine.sources.picture_reader import is_picture_place

ListCameras = Callable[[], tuple[CameraInfo, ...]]


@dataclass(frozen=True, slots=True)
class TwoSources:
    """Sources A and B."""

    a: str
    b: str
    files: bool  # both are recordings, compared frame by frame

    @property
    def names(self) -> tuple[str, str]:
        """Names for errors and pictures: A (left.mp4)."""
        return f"A ({short_name(self.a)})", f"B ({short_name(self.b)})"


def short_name(source: str) -> str:
    """Return a file's name, a camera's number or name, or an address without its password."""
    if "://" in source:
        return mask_secrets(source)
    return f"camera {source}" if source.isdecimal() else Path(source).name


def two_sources(a: str, b: str | None, cameras: ListCameras = list_cameras) -> TwoSources:
    """Check and return both sources.

    Raises UsageError: one is missing, no such file, not a recording; CameraError: both are the same device.
    """
    if a == DEMO and b in (None, DEMO):
        first, second = DEMO_PAIR
        return TwoSources(str(first), str(second), files=True)
    if b is None:
        raise UsageError(f"got one source, {short_name(a)}, expected two: vtm compare A B, or vtm compare demo")
    if DEMO in (a, b):
        raise UsageError(f"the demo is already a pair: vtm compare demo; or name two sources, got {a} and {b}")
    if _same(a, b, cameras):
        raise CameraError(
            f"A and B are one {'file' if _is_recording(a) else 'device'}, {short_name(a)}: name two that show the "
            "performer from two sides (vtm cameras lists the cameras)"
        )
    return TwoSources(a, b, files=_is_recording(a) and _is_recording(b))


def _is_recording(source: str) -> bool:
    path = Path(source)
    if "://" in source or source.isdecimal():
        return False
    if is_picture_place(source):
        return True
    if path.is_dir():
        raise UsageError(f"{source} is a folder without pictures; expected a video, pictures, a keypoints or take .npz")
    if not path.exists() and (path.suffix or "/" in source or "\\" in source):
        raise UsageError(f"there is no file {source}; check the path")
    return path.is_file()


def is_playable(source: str) -> bool:
    """Return whether a file can be played live: keypoints and takes have no pictures."""
    return Path(source).suffix.lower() != TAKE_SUFFIX


def _same(a: str, b: str, cameras: ListCameras) -> bool:
    if a == b:
        return True
    if _is_recording(a) or _is_recording(b):
        return Path(a).exists() and Path(b).exists() and Path(a).samefile(b)
    if "://" in a or "://" in b:
        return False
    listed = cameras()
    found = [_camera(source, listed) for source in (a, b)]
    return found[0] is not None and found[0] == found[1]


def _camera(source: str, listed: tuple[CameraInfo, ...]) -> CameraInfo | None:
    if source.isdecimal():
        return next((camera for camera in listed if camera.index == int(source)), None)
    return camera_by_name(source, listed)
