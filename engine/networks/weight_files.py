"""The cache of downloaded networks: where it is, and whether a file in it is the published one. VTM_CACHE moves it."""

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
    """One network: its name in the cache, length and checksum."""

    name: str
    num_bytes: int
    sha256: str


def cache_folder() -> Path:
    """Return where downloaded networks are kept: $VTM_CACHE, else the user's cache directory."""
    override = os.environ.get("VTM_CACHE")
    return Path(override) if override else Path(platformdirs.user_cache_dir("vtm-live", appauthor=False))


def file_state(file: WeightFile) -> FileState:
    """Return whether a network lies in the cache and is the published one."""
    path = cache_folder() / file.name
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return "ready" if _sha256(path, status.st_mtime_ns, status.st_size) == file.sha256 else "tampered"


@lru_cache(maxsize=64)
def _sha256(path: Path, _modified_ns: int, _num_bytes: int) -> str:
    """Checksum of a file as it was at that time: 40 MB are not read again at every question."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


@contextmanager
def checked(file: WeightFile, origin: str) -> Iterator[IO[bytes]]:
    """Open a temporary file for a network; it gets the network's name in the cache when its sha256 is right.

    Raises DetectorError when it is not; nothing is left behind then.
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
