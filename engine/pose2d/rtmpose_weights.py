"""RTMPose's two networks (Apache-2.0): found locally or downloaded once; their sha256 is always checked.

They are those of rtmlib's BodyWithFeet, "balanced". Their publisher gives no checksums; these are the values found
independently by several public projects.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.errors import DetectorError
from engine.networks.download import Progress, download
from engine.networks.weight_files import cache_folder

_BASE = "https://download.openmmlab.com/mmpose/v1/projects/rtmposev1/onnx_sdk/"
_MEMBER = "end2end.onnx"


@dataclass(frozen=True, slots=True)
class RtmFile:
    """One network: the name of its archive without .zip, and the sha256 of the archive and of the ONNX in it."""

    name: str
    archive_sha256: str
    sha256: str

    @property
    def url(self) -> str:
        """Download address of the archive."""
        return f"{_BASE}{self.name}.zip"


PERSON = RtmFile(
    "yolox_m_8xb8-300e_humanart-c2c7a14a",
    "a000224fd8ba283202bc62d4a5fcdfe353adb9f468777dbac1ea2ada2093adde",
    "3dea6513388889f0fff4b77bf7a26013600321b9eb9ceb0e9a400a82572f5f23",
)
POSE = RtmFile(
    "rtmpose-m_simcc-body7_pt-body7-halpe26_700e-256x192-4d3e73dd_20230605",
    "55b81170e236040b59fc792ad0a8315301ac4c079a3bdb1095d838aad3088d18",
    "26f3a19e61304a600dfb82d1001d41d24343b89fc70a33ffc84657e0b0bf2ecf",
)


@dataclass(frozen=True, slots=True)
class RtmPaths:
    """Two local ONNX files: people finder and keypoints."""

    person: Path
    pose: Path


def require_rtmlib() -> None:
    """Raise DetectorError when rtmlib is not installed."""
    try:
        import rtmlib  # noqa: F401
    except ImportError as error:
        raise DetectorError(f"rtmlib is missing ({error}); run `pip install --no-deps rtmlib`") from error


def ensure_rtm_weights(progress: Progress | None = None) -> RtmPaths:
    """Return checked local files, downloaded if missing or modified (some 150 MB, once).

    Raises DetectorError: no rtmlib, offline, another sha256.
    """
    require_rtmlib()
    paths = [_local(file) or _fetch(file, progress) for file in (PERSON, POSE)]
    return RtmPaths(*paths)


def _folders() -> tuple[Path, ...]:
    """Return our cache, then rtmlib's."""
    base = os.environ.get("TORCH_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "rtmlib")  # noqa: PTH118
    return cache_folder() / "rtmpose", Path(base).expanduser() / "hub" / "checkpoints"


def _local(file: RtmFile) -> Path | None:
    """Return the file in our cache or rtmlib's if it is the published one."""
    candidates = [folder / f"{file.name}.onnx" for folder in _folders()]
    return next((path for path in candidates if path.is_file() and _sha256(path) == file.sha256), None)


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _fetch(file: RtmFile, progress: Progress | None) -> Path:
    """Download the archive and store the network in our cache if it is the published one."""
    target = _folders()[0] / f"{file.name}.onnx"
    archive, unpacked = target.with_suffix(".zip"), target.with_suffix(".unpacked")
    try:
        download(file.url, archive, file.archive_sha256, progress)
        _unzip(archive, unpacked)
        if _sha256(unpacked) != file.sha256:
            raise ValueError(f"the network inside does not have sha256  {file.sha256[:12]}…")
        unpacked.replace(target)
        archive.unlink()
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        unpacked.unlink(missing_ok=True)
        raise DetectorError(
            f"could not fetch RTMPose's network {target.name} ({_one_line(error)}); "
            "check the network and try again, or use --detector blazepose"
        ) from error
    return target


def _unzip(archive: Path, target: Path) -> None:
    """Extract the network in the archive to `target`. Raises ValueError when there is none."""
    with zipfile.ZipFile(archive) as content:
        member = next((name for name in content.namelist() if PurePosixPath(name).name == _MEMBER), None)
        if member is None:
            raise ValueError(f"the archive holds no {_MEMBER}")
        with content.open(member) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
