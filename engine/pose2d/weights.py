"""BlazePose's networks (Apache-2.0) in the user's cache: which are available, checked by sha256.

One network finds people; three sizes of another read landmarks. Their origin: engine.pose2d.weight_sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.networks.weight_files import FileState, WeightFile, cache_folder, file_state, ready_path

PERSON = WeightFile(
    "pose_detection.tflite", 2_959_046, "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"
)
LITE = WeightFile(
    "pose_landmark_lite.tflite", 2_819_824, "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61"
)
LANDMARKS = WeightFile(
    "pose_landmark_full.tflite", 6_440_512, "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"
)
HEAVY = WeightFile(
    "pose_landmark_heavy.tflite", 27_709_200, "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe"
)
BY_SIZE: dict[str, WeightFile] = {"lite": LITE, "full": LANDMARKS, "heavy": HEAVY}
"""Landmark networks, smallest first."""
FILES = (PERSON, *BY_SIZE.values())
"""In download order: the most important first."""
_AGAIN = "run `vtm fetch` to download the networks again"
_FETCH = "run `vtm fetch` to download the networks"


@dataclass(frozen=True, slots=True)
class WeightPaths:
    """Paths of a checked person finder and a landmark network, and the size of the latter."""

    person: Path
    landmarks: Path
    size: str = "full"


@dataclass(frozen=True, slots=True)
class WeightsState:
    """State of the cache.

    state   ready: the person finder and at least one landmark network; tampered: a file with wrong contents
    sizes   available and checked landmark networks, smallest first
    fix     what to do; "" when every network is there
    """

    state: FileState
    folder: Path
    fix: str
    sizes: tuple[str, ...] = ()


def weights_state() -> WeightsState:
    """Return the state of the cache, including checksums. Never raises, never downloads."""
    states = {file.name: file_state(file) for file in (PERSON, *BY_SIZE.values())}
    sizes = tuple(size for size, file in BY_SIZE.items() if states[file.name] == "ready")
    if "tampered" in states.values():
        return WeightsState("tampered", cache_folder(), _AGAIN, sizes)
    if states[PERSON.name] == "missing" or not sizes:
        return WeightsState("missing", cache_folder(), _FETCH, sizes)
    return WeightsState("ready", cache_folder(), "" if len(sizes) == len(BY_SIZE) else _FETCH, sizes)


def installed_weights(size: str = "full") -> WeightPaths:
    """Return the checked files in the cache. Raises DetectorError when one is missing or not the published one."""
    person, landmarks = (
        ready_path(file, name=f"BlazePose's network {file.name}", missing=_FETCH, tampered=_AGAIN)
        for file in (PERSON, BY_SIZE[size])
    )
    return WeightPaths(person, landmarks, size)


def nearest_size(wanted: str, there: tuple[str, ...]) -> str:
    """Return the wanted size if available, else the next smaller one, else the smallest larger one."""
    order = list(BY_SIZE)
    smaller = [size for size in there if order.index(size) <= order.index(wanted)]
    return max(smaller, key=order.index) if smaller else min(there, key=order.index)
