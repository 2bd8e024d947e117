"""All motion clips in one compact cache: 60 Hz quaternions on s̄, root, foot contacts, and the validation split."""

from __future__ import annotations

import logging
import lzma
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.kinematics import forward_kinematics, ratio_offsets
from models.mocap.bvh import BvhError, read_bvh
from models.mocap.contacts import contacts_of
from models.mocap.retarget import Retargeted, first_frame_of, retarget
from models.npz import NpzError, read_npz
from models.rotations import quaternion_to_matrix
from models.skeleton import NUM_JOINTS

CACHE_VERSION = 4
CACHE_HZ = 60.0

log = logging.getLogger(__name__)


class LibraryError(ValueError):
    """The cache or the folder of clips cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class MotionLibrary:
    """Consecutive clips; clip c is rows start[c] .. start[c] + length[c]."""

    quaternions: NDArray[np.float32]  # (F, 22, 4) x, y, z, w local, Hips in the world; sign-continuous
    root: NDArray[np.float32]  # (F, 3) body heights, Y up
    contacts: NDArray[np.float32]  # (F, 2) left, right
    start: NDArray[np.int64]  # (C,)
    length: NDArray[np.int64]  # (C,)
    contact_valid: NDArray[np.bool_]  # (C,) False for hand-animated loops, whose feet slide
    validation: NDArray[np.bool_]  # (C,) never trained on
    held_out: NDArray[np.bool_]  # (C,) not trained on: validation with either definition of a clip's folder
    names: tuple[str, ...]

    def clips(self, *, validation: bool) -> NDArray[np.int64]:
        """Return the indices of the clips for validation, or of those for training."""
        return np.flatnonzero(self.validation if validation else ~self.held_out)


def resample(clip: Retargeted, rate_hz: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Resample a clip (normalised linear interpolation): (N, 22, 4) sign-continuous, (N, 3)."""
    quaternions = clip.rotations_xyzw.copy()
    dots = np.einsum("njk,njk->nj", quaternions[1:], quaternions[:-1])
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)
    quaternions[1:] *= signs[..., None]
    last = len(quaternions) - 1
    at = np.arange(int(last / clip.fps * rate_hz) + 1) * (clip.fps / rate_hz)
    low = np.minimum(at.astype(int), last)
    high = np.minimum(low + 1, last)
    share = (at - low)[:, None]
    mixed = quaternions[low] * (1 - share[..., None]) + quaternions[high] * share[..., None]
    mixed /= np.linalg.norm(mixed, axis=-1, keepdims=True)
    root = clip.root[low] * (1 - share) + clip.root[high] * share
    return mixed.astype(np.float32), root.astype(np.float32)


def foot_contacts(quaternions: NDArray[np.float32], root: NDArray[np.float32], rate_hz: float) -> NDArray[np.float32]:
    """Return contacts (N, 2): 1 where ankle or toes are slow and near their resting height in this clip."""
    joints, _ = forward_kinematics(
        quaternion_to_matrix(quaternions.astype(np.float64)), ratio_offsets(np.ones(NUM_JOINTS)), root
    )
    return contacts_of(joints, rate_hz).astype(np.float32)


def _validation_paths(paths: list[Path], group: Callable[[Path], object]) -> set[Path]:
    """Return the files whose position in the sorted list of their group is 2 modulo 7, readable or not."""
    members: dict[object, list[Path]] = {}
    for path in sorted(paths):
        members.setdefault(group(path), []).append(path)
    return {path for own in members.values() for path in own[2::7]}


def build_library(folder: Path) -> MotionLibrary:
    """Read every BVH under a folder. An unusable file is logged and skipped; none at all is an error."""
    paths = sorted(folder.rglob("*.bvh"))
    clips: list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]] = []
    kept: list[Path] = []
    for path in paths:
        try:
            clip = retarget(read_bvh(path), str(path.relative_to(folder)), first_frame=first_frame_of(path))
        except BvhError as error:
            log.warning("skipped: %s", error)
            continue
        quaternions, root = resample(clip, CACHE_HZ)
        clips.append((quaternions, root, foot_contacts(quaternions, root, CACHE_HZ)))
        kept.append(path)
    if not clips:
        raise LibraryError(f"{folder}: no usable .bvh file; pass the folder that holds the mocap clips")
    length = np.array([len(clip[0]) for clip in clips])

    def top(path: Path) -> str:
        return path.relative_to(folder).parts[0]

    validation = _validation_paths(paths, lambda path: path.parent)
    held_out = validation | _validation_paths(paths, top)
    return MotionLibrary(
        quaternions=np.concatenate([clip[0] for clip in clips]),
        root=np.concatenate([clip[1] for clip in clips]),
        contacts=np.concatenate([clip[2] for clip in clips]),
        start=np.concatenate([[0], np.cumsum(length)[:-1]]),
        length=length,
        contact_valid=np.array([top(path) != "mesh2motion" for path in kept]),
        validation=np.array([path in validation for path in kept]),
        held_out=np.array([path in held_out for path in kept]),
        names=tuple(str(path.relative_to(folder)) for path in kept),
    )


def save_library(library: MotionLibrary, path: Path) -> None:
    """Write the cache atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    arrays = {name: getattr(library, name) for name in MotionLibrary.__dataclass_fields__}
    with partial.open("wb") as file:
        np.savez(file, version=CACHE_VERSION, **arrays)
    partial.replace(path)


def load_library(path: Path) -> MotionLibrary:
    """Read the cache. Raises LibraryError when it is cut short or of another version."""
    try:
        arrays = read_npz(path, "version")
        if int(arrays["version"]) != CACHE_VERSION:
            raise LibraryError(f"{path}: cache version {arrays['version']}, expected {CACHE_VERSION}; delete the file")
        missing = sorted(set(MotionLibrary.__dataclass_fields__) - set(arrays))
        if missing:
            raise LibraryError(f"{path}: no {', '.join(missing)} in it: not a mocap cache; delete the file")
    except NpzError as error:
        raise LibraryError(f"{error}: not a mocap cache; delete the file and run again") from error
    fields: dict[str, Any] = {name: arrays[name] for name in MotionLibrary.__dataclass_fields__}
    fields["names"] = tuple(str(name) for name in fields["names"])
    return MotionLibrary(**fields)


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive. Raises LibraryError when it is incomplete."""
    try:
        with tarfile.open(archive) as bundle:
            for member in bundle.getmembers():
                inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
                source = bundle.extractfile(member) if inside and member.isfile() else None
                if source is not None:
                    target = folder / member.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with source, target.open("wb") as file:
                        shutil.copyfileobj(source, file)
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise LibraryError(f"{archive}: not a complete archive ({reason}); fetch it again") from error


def open_library(mocap: Path, cache: Path) -> MotionLibrary:
    """Open the cache if it exists, else build it from `mocap`, a folder of .bvh files or .tar.xz archives of them."""
    if cache.exists():
        return load_library(cache)
    if not mocap.is_dir():
        raise LibraryError(f"{mocap}: no such folder; pass --mocap with the folder of the mocap clips")
    archives = sorted(mocap.glob("*.tar.xz"))
    if not archives:
        library = build_library(mocap)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            for archive in archives:
                _unpack(archive, Path(scratch))
            library = build_library(Path(scratch))
    save_library(library, cache)
    return library
