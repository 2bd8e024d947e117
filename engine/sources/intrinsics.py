"""Which camera intrinsics to use: the user's file, else the horizontal field of view and the size of the picture."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path

from engine.config import Config
from engine.errors import UsageError
from models.camera import Intrinsics

_KEYS = ("fx", "fy", "cx", "cy")
_EXPECTED = 'expected JSON like {"fx": 600, "fy": 600, "cx": 320, "cy": 240}, in pixels of the picture'


@lru_cache(maxsize=8)
def read_intrinsics(path: str) -> Intrinsics:
    """A .json with fx, fy, cx, cy in pixels. Raises UsageError."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(f"cannot read the intrinsics file {path} ({error}): {_EXPECTED}") from error
    found = [values.get(key) for key in _KEYS] if isinstance(values, dict) else []
    numbers = [float(n) for n in found if isinstance(n, int | float) and math.isfinite(n)]
    if len(numbers) < len(_KEYS) or min(numbers[:2]) <= 0:
        raise UsageError(f"the intrinsics file {path} does not hold a camera: {_EXPECTED}")
    return Intrinsics(*numbers)


def intrinsics_for(config: Config, image_size: tuple[int, int]) -> Intrinsics:
    """The intrinsics of a (width, height) picture as the source gives it, mirrored or not. Raises UsageError."""
    if config.intrinsics_file is None:
        return Intrinsics.from_hfov(image_size, math.radians(config.hfov_deg))
    camera = read_intrinsics(config.intrinsics_file)
    if not config.mirror:
        return camera
    return Intrinsics(camera.fx, camera.fy, image_size[0] - camera.cx, camera.cy)
