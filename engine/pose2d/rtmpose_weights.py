"""RTMPose's two networks (Apache-2.0): found where they lie already, or fetched from where rtmlib says they are.

Their publisher gives no checksums, so only the transport (https) and the shapes of the loaded network vouch for them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlparse

from engine.errors import DetectorError
from engine.pose2d.weights import Progress, cache_folder

_MODE = "balanced"  # yolox-m and rtmpose-m
_TIMEOUT_S = 20.0
_CHUNK_BYTES = 1 << 18
_MEMBER = "end2end.onnx"


@dataclass(frozen=True, slots=True)
class RtmPaths:
    """Two local ONNX files: people finder and keypoints."""

    person: Path
    pose: Path


def import_rtmlib_urls() -> tuple[str, str]:
    """Where rtmlib says its person and HALPE-26 networks are. Raises DetectorError when rtmlib is not installed."""
    try:
        from rtmlib import BodyWithFeet
    except ImportError as error:
        raise DetectorError(f"rtmlib is missing ({error}); run `pip install --no-deps rtmlib`") from error
    mode = BodyWithFeet.MODE[_MODE]
    return str(mode["det"]), str(mode["pose"])


def local_weights() -> RtmPaths | None:
    """Files that lie here already: in our cache, or in rtmlib's. Never downloads. Raises DetectorError (no rtmlib)."""
    found = [_local(url) for url in import_rtmlib_urls()]
    person, pose = found
    return RtmPaths(person, pose) if person is not None and pose is not None else None


def ensure_rtm_weights(progress: Progress | None = None) -> RtmPaths:
    """Local files, fetched first where they are missing (some 140 MB, once). Raises DetectorError."""
    paths = []
    for url in import_rtmlib_urls():
        paths.append(_local(url) or _fetch(url, progress))
    return RtmPaths(*paths)


def _file_name(url: str) -> str:
    return PurePosixPath(urlparse(url).path).stem + ".onnx"


def _folders() -> tuple[Path, ...]:
    """Ours, then rtmlib's."""
    base = os.environ.get("TORCH_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "rtmlib")  # noqa: PTH118
    return cache_folder() / "rtmpose", Path(base).expanduser() / "hub" / "checkpoints"


def _local(url: str) -> Path | None:
    candidates = [folder / _file_name(url) for folder in _folders()]
    return next((path for path in candidates if path.is_file() and path.stat().st_size > 0), None)


def _fetch(url: str, progress: Progress | None) -> Path:
    """Download a zip or ONNX file and put the network into our cache, under its name only when it is whole."""
    target = _folders()[0] / _file_name(url)
    if urlparse(url).scheme != "https":
        raise DetectorError(f"rtmlib names {url} as its network, expected an https address; update rtmlib")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            archive = Path(scratch) / "download"
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as source, archive.open("wb") as out:
                _copy(source, out, int(source.headers.get("Content-Length") or 0), progress)
            network = _unzipped(archive) if zipfile.is_zipfile(archive) else archive
            network.replace(target)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise DetectorError(
            f"could not fetch RTMPose's network {target.name} ({error}); check the network, or use --detector blazepose"
        ) from error
    return target


def _copy(source: IO[bytes], out: IO[bytes], total: int, progress: Progress | None) -> None:
    done = 0
    while chunk := source.read(_CHUNK_BYTES):
        out.write(chunk)
        done += len(chunk)
        if progress is not None and total > 0:
            progress(min(done, total), total)
    if done < total:
        raise OSError(f"got {done} of {total} bytes")


def _unzipped(archive: Path) -> Path:
    """The one network in the archive, written beside it. Raises ValueError when there is none."""
    with zipfile.ZipFile(archive) as content:
        member = next((name for name in content.namelist() if PurePosixPath(name).name == _MEMBER), None)
        if member is None:
            raise ValueError(f"the archive holds no {_MEMBER}")
        network = archive.with_name(_MEMBER)
        with content.open(member) as source, network.open("wb") as out:
            shutil.copyfileobj(source, out)
    return network
