"""Cache of downloaded networks: its location, and whether its files are the published ones. VTM_CACHE moves it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Literal

import platformdirs

from engine.errors import DetectorError

FileState = Literal["ready", "missing", "tampered"]


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A network file: name in the cache, length and checksum."""

    name: str
    num_bytes: int
    sha256: str


def cache_folder() -> Path:
    """Return the cache folder: $VTM_CACHE, else the user's cache directory."""
    override = os.environ.get("VTM_CACHE")
    return Path(override) if override else Path(platformdirs.user_cache_dir("vtm-live", appauthor=False))


def file_state(file: WeightFile) -> FileState:
    """Return whether a network is in the cache and is the published one."""
    path = cache_folder() / file.name
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return "ready" if _sha256(path, status.st_mtime_ns, status.st_size) == file.sha256 else "tampered"


@lru_cache(maxsize=64)
def _sha256(path: Path, _modified_ns: int, _num_bytes: int) -> str:
    """Return a file's checksum, cached by modification time: 40 MB are not read again each time."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


@contextmanager
def checked(file: WeightFile, origin: str) -> Iterator[IO[bytes]]:
    """Context: open a temporary file for a network; it is renamed into the cache when its sha256 is right.

    Raises DetectorError when it is not; no file is left then.
    """
    handle, name = tempfile.mkstemp(dir=cache_folder(), suffix=".partial")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            yield target
        if hashlib.sha256(partial.read_bytes()).hexdigest() != file.sha256:
            raise DetectorError(f"{file.name} in {origin} has a wrong sha256; expected {file.sha256[:12]}…")
        partial.replace(cache_folder() / file.name)
    finally:
        partial.unlink(missing_ok=True)


def ready_path(file: WeightFile, *, name: str, missing: str, tampered: str) -> Path:
    """Return where a checked file lies in the cache.

    name               what the file is called in a message
    missing, tampered  what to do when it is missing, and when it is not the published one
    Raises DetectorError in both cases.
    """
    state, folder = file_state(file), cache_folder()
    if state == "missing":
        raise DetectorError(f"{name} is not in {folder}; {missing}")
    if state == "tampered":
        raise DetectorError(f"{name} in {folder} has a wrong sha256; {tampered}")
    return folder / file.name
