"""All dances of AIST++ in one compact cache, and their motion as ordinary clips.

Windows are created on demand (models.aist.windows). Stored per view, joints and rotations would take 1.8 kB per frame
and view, 9 GB in all; stored once per dance, with rays and scores per view, all of AIST++ takes 1.4 GB.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.aist.folder import SPLITS, open_folder
from models.aist.pickles import AistError
from models.aist.sequence import MOTION_HZ, Dance, SequenceError, read_dance
from models.mocap.library import CACHE_HZ, MotionLibrary
from models.npz import NpzError, read_npz

CACHE_VERSION = 1
_SHOWN_EVERY = 25

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AistLibrary:
    """C consecutive dances: F rows of motion at 60 Hz, P rows of keypoints at 30 Hz. Unit: body heights; Y up."""

    quaternions: NDArray[np.float32]  # (F, 22, 4) x, y, z, w local, Hips in the world; sign-continuous
    root: NDArray[np.float32]  # (F, 3)
    contacts: NDArray[np.float32]  # (F, 2) left, right
    start: NDArray[np.int64]  # (C,) first row of motion
    length: NDArray[np.int64]  # (C,)
    rays: NDArray[np.float32]  # (P, 9, 17, 2)
    scores: NDArray[np.float32]  # (P, 9, 17)
    start_2d: NDArray[np.int64]  # (C,) first row of keypoints
    length_2d: NDArray[np.int64]  # (C,)
    ratio: NDArray[np.float32]  # (C, 22)
    stature_m: NDArray[np.float64]  # (C,)
    rotation: NDArray[np.float32]  # (C, 9, 3, 3) world -> camera
    translation: NDArray[np.float32]  # (C, 9, 3)
    usable: NDArray[np.bool_]  # (C, 9)
    split: NDArray[np.int64]  # (C,) index into models.aist.folder.SPLITS
    names: tuple[str, ...]

    def of_split(self, *splits: str) -> NDArray[np.int64]:
        """Return the dances of these splits."""
        return np.flatnonzero(np.isin(self.split, [SPLITS.index(split) for split in splits]))

    def motion(self) -> MotionLibrary:
        """Return only the motion, for stage 1 and virtual cameras: validated on "val", never using "test"."""
        return MotionLibrary(
            quaternions=self.quaternions,
            root=self.root,
            contacts=self.contacts,
            start=self.start,
            length=self.length,
            contact_valid=np.ones(len(self.names), bool),
            validation=self.split == SPLITS.index("val"),
            held_out=self.split != SPLITS.index("train"),
            names=self.names,
        )


def joined_motion(first: MotionLibrary, second: MotionLibrary) -> MotionLibrary:
    """Concatenate the clips of both libraries."""

    def both(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(first, name), getattr(second, name)])

    shifted = np.concatenate([first.start, second.start + len(first.root)])
    arrays = {f.name: both(f.name) for f in fields(MotionLibrary) if f.name not in ("start", "names")}
    return MotionLibrary(**arrays, start=shifted, names=first.names + second.names)


def build_library(path: Path) -> AistLibrary:
    """Read the whole data set. An unusable sequence is logged and skipped; a broken file is an error."""
    if MOTION_HZ != CACHE_HZ:
        raise AistError(f"clips are kept at {CACHE_HZ:g} Hz; expected {MOTION_HZ:g}, as AIST++")
    folder = open_folder(path)
    dances: list[Dance] = []
    names: list[str] = []
    for number, name in enumerate(sorted(folder.splits), 1):
        try:
            dances.append(read_dance(folder, name))
            names.append(name)
        except SequenceError as error:
            log.warning("skipped: %s", error)
        if number % _SHOWN_EVERY == 0 or number == len(folder.splits):
            log.info("AIST++: %d of %d sequences read", number, len(folder.splits))
    library = _gathered(dances, names, [SPLITS.index(folder.splits[name]) for name in names])
    for split in ("train", "val"):
        if not len(library.of_split(split)):
            raise AistError(f"{path}: no sequence of splits/pose_{split}.txt can be used; fetch motions/ and the rest")
    return library


def _gathered(dances: list[Dance], names: list[str], split: list[int]) -> AistLibrary:
    pictures = [dance.pictures for dance in dances]

    def joined(name: str, parts: Sequence[object]) -> NDArray[Any]:
        arrays = [getattr(part, name) for part in parts]
        return np.concatenate(arrays) if arrays else np.zeros(0)

    def stacked(name: str, parts: Sequence[object]) -> NDArray[Any]:
        return np.array([getattr(part, name) for part in parts])

    def starts(length: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.cumsum(length) - length

    length = np.array([len(dance.root) for dance in dances], np.int64)
    length_2d = np.array([len(seen.rays) for seen in pictures], np.int64)
    return AistLibrary(
        **{name: joined(name, dances) for name in ("quaternions", "root", "contacts")},
        **{name: joined(name, pictures) for name in ("rays", "scores")},
        **{name: stacked(name, dances) for name in ("ratio", "stature_m")},
        **{name: stacked(name, pictures) for name in ("rotation", "translation", "usable")},
        start=starts(length),
        length=length,
        start_2d=starts(length_2d),
        length_2d=length_2d,
        split=np.array(split, np.int64),
        names=tuple(names),
    )


def save_library(library: AistLibrary, path: Path) -> None:
    """Write the cache atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, aist_version=CACHE_VERSION, **{f.name: getattr(library, f.name) for f in fields(library)})
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_library(path: Path) -> AistLibrary:
    """Read the cache. Raises AistError when it is cut short, of another version or not a cache of AIST++."""
    try:
        arrays = read_npz(path, "aist_version")
    except NpzError as error:
        raise AistError(f"{error}: not a cache of AIST++; delete the file and run again") from error
    if int(arrays["aist_version"]) != CACHE_VERSION:
        raise AistError(f"{path}: cache version {arrays['aist_version']}, expected {CACHE_VERSION}; delete the file")
    missing = [f.name for f in fields(AistLibrary) if f.name not in arrays]
    if missing:
        raise AistError(f"{path}: no {', '.join(missing)} in it: not a cache of AIST++; delete the file")
    values: dict[str, Any] = {f.name: arrays[f.name] for f in fields(AistLibrary)}
    values["names"] = tuple(str(name) for name in values["names"])
    return AistLibrary(**values)


def open_aist(path: Path, cache: Path) -> AistLibrary:
    """Open the cache if it exists, else build it from the data set's folder. Raises AistError."""
    if cache.exists():
        return load_library(cache)
    if not path.is_dir():
        raise AistError(f"{path}: no such folder; pass --aist with the folder of AIST++'s annotations")
    log.info("reading AIST++ from %s, once; the cache is %s", path, cache)
    library = build_library(path)
    save_library(library, cache)
    return library
