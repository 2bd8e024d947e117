"""Values of options: their limits, and their argparse types."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from engine.config import AUTO_ROTATION, ROTATIONS_DEG, SMOOTHNESS
from engine.file_kinds import VIDEO_SUFFIXES

MOTION_SUFFIXES = (".npz", ".bvh", ".csv", ".glb", ".vrma", ".jsonl", ".fbx")
"""Suffixes of takes; the same as in engine.motion.formats, which is slow to import."""

STYLES = ("default", "blender", "mixamo", "rokoko", "lafan1", "gmr", "smpl")
"""The same as engine.motion.formats.STYLES."""
MAX_JOBS = 64
HEIGHT_M, HFOV_DEG, OSC_RATE_HZ = (0.5, 2.6), (10.0, 170.0), (1.0, 120.0)
"""Lowest and highest value."""
PICTURES_FPS = (0.1, 240.0)
_LONGEST_S = 1e6  # Qt's timers overflow at 24 days


def number_between(low: float, high: float, expected: str, cm: bool = False) -> Callable[[str], float]:
    """Return an argparse type for a number in a range; `cm`: hint when the value looks like centimetres."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            hint = f"; {text} cm is {value / 100:g}" if cm and low <= value / 100 <= high else ""
            raise argparse.ArgumentTypeError(f"got {text}, expected {expected}{hint}")
        return value

    return convert


seconds = number_between(1e-3, _LONGEST_S, "seconds above 0, for example 20")
field_of_view = number_between(*HFOV_DEG, "degrees from 10 to 170")
height = number_between(*HEIGHT_M, "metres from 0.5 to 2.6", cm=True)
moment = number_between(0.0, _LONGEST_S, "seconds from the start, for example 2.5")
pictures_fps = number_between(*PICTURES_FPS, "0.1 to 240 pictures per second")
rate = number_between(*OSC_RATE_HZ, "1 to 120 per second")


def smoothness(text: str) -> float:
    """Return the smoothness (0..1) of a preset's name or a number."""
    if text in SMOOTHNESS:
        return SMOOTHNESS[text]
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"got {text}, expected {', '.join(SMOOTHNESS)} or a number from 0 to 1")
    return value


def rotation(text: str) -> int:
    """Return a clockwise rotation in degrees, or AUTO_ROTATION."""
    if text == "auto":
        return AUTO_ROTATION
    if text not in map(str, ROTATIONS_DEG):
        raise argparse.ArgumentTypeError(f"got {text}, expected auto, {', '.join(map(str, ROTATIONS_DEG))}")
    return int(text)


def motion_suffix(text: str) -> str:
    suffix = f".{text.lower().removeprefix('.')}"
    if suffix not in MOTION_SUFFIXES:
        raise argparse.ArgumentTypeError(f"got {text}, expected one of {' '.join(MOTION_SUFFIXES)}")
    return suffix


def jobs(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MAX_JOBS:
        raise argparse.ArgumentTypeError(f"got {text}, expected a whole number from 1 to {MAX_JOBS}")
    return int(text)


def take_path(text: str) -> Path:
    path = Path(text)
    suffix = path.suffix.lower()
    if suffix not in MOTION_SUFFIXES:
        expected = f"a file name that ends in {' or '.join(MOTION_SUFFIXES)}"
        if suffix in VIDEO_SUFFIXES:
            expected += "; --record-video saves the video beside it"
        elif not suffix:
            expected += f", for example {text}.bvh"
        raise argparse.ArgumentTypeError(f"got {text}, expected {expected}")
    return path
