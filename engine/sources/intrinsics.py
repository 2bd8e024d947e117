"""Choose the camera intrinsics: the user's file, else derived from the horizontal field of view and the picture
size."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.config import AUTO_ROTATION, Config
from engine.errors import InputError, UsageError
from engine.sources.orientation import Orientation
from models.camera import Intrinsics
from models.json_text import JsonError, finite_number, read_json

_MAX_BYTES = 64 << 10
_MAX_SIDE_PX = 100_000
_KEYS = ("fx", "fy", "cx", "cy")
_EXPECTED = (
    'expected JSON like {"fx": 600, "fy": 600, "cx": 320, "cy": 240, "image_size": [640, 480]}, in pixels; '
    "image_size may be left out"
)
_CENTRED = 0.15  # largest distance of a principal point from the centre, relative to half the picture
_USUAL_SIDES_PX = (320, 480, 640, 800, 960, 1024, 1280, 1600, 1920, 2560, 3840)  # longer side of a picture
_SAME_ASPECT = 0.02
_FIELD_OF_VIEW_DEG = (10.0, 170.0)
_CHECK_EVERY_S = 1.0

ImageSize = tuple[int, int]
"""(width, height) in pixels."""


@dataclass(frozen=True, slots=True)
class MeasuredCamera:
    """Contents of an intrinsics file."""

    intrinsics: Intrinsics
    image_size: ImageSize | None = None  # picture size of the measurement; None: not in the file


def read_intrinsics(path: str) -> MeasuredCamera:
    """Read a .json with fx, fy, cx, cy in pixels and optionally image_size. Read again when it changes.

    Raises UsageError: no such file; InputError: it does not describe a camera.
    """
    try:
        status = Path(path).stat()
    except OSError as error:
        raise UsageError(f"cannot read the intrinsics file {path} ({error.strerror}): {_EXPECTED}") from error
    return _read(path, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=8)
def _read(path: str, _version: tuple[int, int]) -> MeasuredCamera:
    try:
        values = read_json(Path(path), max_bytes=_MAX_BYTES)
    except (OSError, JsonError) as error:
        raise InputError(f"cannot read the intrinsics file {path} ({error}): {_EXPECTED}") from error
    found = [finite_number(values.get(key)) for key in _KEYS] if isinstance(values, dict) else []
    numbers = [value for value in found if value is not None]
    if len(numbers) < len(_KEYS) or not Intrinsics(*numbers).plausible:
        raise InputError(f"the intrinsics file {path} does not hold a camera: {_EXPECTED}")
    return MeasuredCamera(Intrinsics(*numbers), _image_size(path, values.get("image_size")))


def _image_size(path: str, value: Any) -> ImageSize | None:
    if value is None:
        return None
    if (
        isinstance(value, list)
        and len(value) == 2
        and all(type(side) is int and 0 < side <= _MAX_SIDE_PX for side in value)
    ):
        return value[0], value[1]
    raise InputError(f"image_size in the intrinsics file {path} is {reprlib.repr(value)}: {_EXPECTED}")


def fitted(camera: MeasuredCamera, image_size: ImageSize, path: str) -> Intrinsics:
    """Return the camera for a picture (width, height): unchanged, or scaled from another size of the same aspect.

    For a file without a size, the size of this picture's aspect whose centre is the principal point is assumed. Raises
    UsageError when file and picture do not match.
    """
    width, height = image_size
    was = camera.intrinsics
    measured_at = camera.image_size or _size_by_centre(was, image_size)
    if measured_at is None:
        raise UsageError(
            f"the intrinsics file {path} does not fit a picture of {width}x{height}: its principal point is "
            f"({was.cx:g}, {was.cy:g}), expected near ({width / 2:g}, {height / 2:g}); measure the camera at this size,"
            ' or add "image_size": [width, height] to the file'
        )
    scale = width / measured_at[0]
    if abs(scale * measured_at[1] / height - 1.0) > _SAME_ASPECT:
        raise UsageError(
            f"the intrinsics file {path} is for pictures of {measured_at[0]}x{measured_at[1]}, got {width}x{height}, "
            "which has another aspect: measure the camera at this size"
        )
    angle_deg = math.degrees(2.0 * math.atan(width / 2 / (was.fx * scale)))
    if not _FIELD_OF_VIEW_DEG[0] <= angle_deg <= _FIELD_OF_VIEW_DEG[1]:
        raise UsageError(
            f"the intrinsics file {path} does not fit a picture of {width}x{height}: its field of view would be "
            f"{angle_deg:.0f} degrees, expected 10 to 170; measure the camera at this size"
        )
    return was if scale == 1.0 else Intrinsics(was.fx * scale, was.fy * scale, was.cx * scale, was.cy * scale)


def _size_by_centre(camera: Intrinsics, image_size: ImageSize) -> ImageSize | None:
    """Return the picture size whose centre is the principal point: this one's, else a common one."""
    longer = max(image_size)

    def off_centre(size: ImageSize) -> float:
        return max(abs(2 * camera.cx / size[0] - 1.0), abs(2 * camera.cy / size[1] - 1.0))

    if off_centre(image_size) <= _CENTRED:
        return image_size
    usual = [(round(image_size[0] * side / longer), round(image_size[1] * side / longer)) for side in _USUAL_SIDES_PX]
    best = min(usual, key=off_centre)
    return best if off_centre(best) <= _CENTRED else None


def intrinsics_for(config: Config, image_size: ImageSize) -> Intrinsics:
    """Return the intrinsics of a picture (width, height) from the source, as rotated and mirrored by the settings.

    Raises UsageError, InputError.
    """
    if config.intrinsics_file is None:
        return Intrinsics.from_hfov(image_size, math.radians(config.hfov_deg))
    orientation = orientation_of(config)
    camera_size = orientation.camera_size(image_size)
    camera = fitted(read_intrinsics(config.intrinsics_file), camera_size, config.intrinsics_file)
    return orientation.applied_to_camera(camera, camera_size)


def orientation_of(config: Config) -> Orientation:
    """Return the rotation and mirroring of the settings, before an automatic rotation."""
    return Orientation(config.mirror, 0 if config.rotate_deg == AUTO_ROTATION else config.rotate_deg)


def check_intrinsics(config: Config) -> None:
    """Check the file before the picture size is known. Raises UsageError, InputError: it does not describe a camera."""
    if config.intrinsics_file is not None:
        read_intrinsics(config.intrinsics_file)


class LiveIntrinsics:
    """The intrinsics of a run: follows settings, picture size and changes of the file. One thread.

    A bad file does not end a performance: it is reported once, and the previous intrinsics of this size, else the field
    of view of the settings, are used.
    """

    def __init__(self, clock: Callable[[], float], say: Callable[[str, str], None]) -> None:
        """say(level, line): called with problems of the file, or when it was read again."""
        self._clock = clock
        self._say = say
        self._asked: tuple[object, ...] = ()  # settings and size of the current result
        self._answer: Intrinsics | None = None
        self._checked_at_s = -math.inf
        self._trouble = ""

    def __call__(self, config: Config, image_size: ImageSize) -> Intrinsics:
        """Return the intrinsics for a picture of (width, height)."""
        asked = (config.intrinsics_file, config.hfov_deg, config.mirror, config.rotate_deg, image_size)
        now_s, held = self._clock(), self._answer if asked == self._asked else None
        if held is not None and (config.intrinsics_file is None or now_s - self._checked_at_s < _CHECK_EVERY_S):
            return held
        self._asked, self._checked_at_s = asked, now_s
        self._answer = self._look(config, image_size, held)
        return self._answer

    def _look(self, config: Config, image_size: ImageSize, held: Intrinsics | None) -> Intrinsics:
        try:
            found = intrinsics_for(config, image_size)
        except (UsageError, InputError) as error:
            kept = held or Intrinsics.from_hfov(image_size, math.radians(config.hfov_deg))
            what = "the previous camera is kept" if held else f"a field of view of {config.hfov_deg:g} degrees is used"
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._say("warning", f"{error}; until then {what}")
            return kept
        if held is not None and found != held:
            self._say("info", f"the intrinsics file {config.intrinsics_file} has changed and was read again")
        elif held is None:
            self._tell_scaled(config, image_size)
        self._trouble = ""
        return found

    def _tell_scaled(self, config: Config, image_size: ImageSize) -> None:
        if config.intrinsics_file is None:
            return
        camera = read_intrinsics(config.intrinsics_file)
        size = camera.image_size or _size_by_centre(camera.intrinsics, image_size)
        if size is not None and size != image_size:
            width, height = image_size
            text = f"the intrinsics file {config.intrinsics_file} is for pictures of {size[0]}x{size[1]}"
            self._say("info", f"{text}: scaled to {width}x{height}")
