"""File format of pairs: clips of rendered people as seen by detectors, with exact truth. Landmarks, no pixels.

A shard is one .npz, NAME.pairs.npz, with C clips, one after the other, and F frames in total. A packed file is a
larger shard: `merge_shards` joins them. Arrays of a shard:

    version ()            VERSION
    detectors (D,)        names of the detectors, e.g. "full", "heavy" (sizes of BlazePose)
    seed (C,)             seed of the clip
    kind, cut (C,)        models.rendering.clip.KINDS and CUTS
    frames (C,), fps (C,) length and rate of each clip
    image_size (C, 2)     width, height
    K, R (C, 3, 3), t (C, 3)  pinhole camera; camera = R world + t, metres
    rest_joints_m (C, 22, 3)  joint centres of the body's rest pose: the person's true bones
    height_m (C,)         standing height
    rotations (F, 22, 4)  world rotation from the rest pose, x, y, z, w              int16, 1 / ROTATION
    root_m (F, 3)         hips in the world                                          int16, ROOT_M
    true_px (F, 23, 2)    true keypoints in the picture (including hidden ones;
                          undefined for a point behind the camera)                   int16, PIXEL
    visible (F, 23)       in the picture and not hidden by the body or an object     bool
    DETECTOR_px (F, 23, 2), DETECTOR_scores (F, 23), DETECTOR_evidence (F, 27, 3)
                          the detector's results, as in a keypoints .npz             int16, PIXEL; uint8, 1 / 255;
                          int16, EVIDENCE_M, NOTHING where there is none

Integer arrays of frames are stored as differences from frame to frame (wrapping), least significant bytes first, and
the archive is compressed with LZMA: 60,000 frames with two detectors take about 20 MB. NumPy alone can read it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.npz import NpzError, read_npz
from models.rotations import quaternion_to_matrix
from models.skeleton import JOINT_NAMES, NUM_JOINTS, PARENTS

Arrays = dict[str, NDArray[Any]]

VERSION = 1
ENDING = ".pairs.npz"
ROTATION = 4095
PIXEL = 0.25
ROOT_M = 0.001
EVIDENCE_M = 0.001
NOTHING = np.int16(-32768)
FOUND = ("px", "scores", "evidence")
_CLIP = ("seed", "kind", "cut", "frames", "fps", "image_size", "K", "R", "t", "rest_joints_m", "height_m")
_TRUTH = ("rotations", "root_m", "true_px", "visible")


@dataclass(frozen=True, slots=True)
class PairClip:
    """One clip of N frames.

    found  detector -> keypoints_px (N, 23, 2), keypoint_scores (N, 23), evidence_m (N, 27, 3) with NaN: the arrays of a
           keypoints .npz; scores 0 where no person was found
    truth  the arrays of a renderer's truth file: K, R, t, fps, rest_joints_m, height_m, rotations (N, 22, 4),
           joints_cam_m (N, 22, 3), keypoints_px (N, 23, 2), visible (N, 23), joint_names, size
    """

    seed: int
    kind: str
    cut: str
    found: Mapping[str, Arrays]
    truth: Arrays

    @property
    def frames(self) -> int:
        """Number of frames N."""
        return len(self.truth["rotations"])


def write_shard(path: Path, clips: Sequence[PairClip]) -> None:
    """Write a shard atomically. Raises OSError, ValueError (no clips, different detectors)."""
    if not clips or any(set(clip.found) != set(clips[0].found) for clip in clips):
        raise ValueError(f"{path}: a shard needs at least one clip, and the same detectors for all clips")
    rows = [_encoded(clip) for clip in clips]
    arrays: Arrays = {name: np.stack([row[name] for row in rows]) for name in _CLIP}
    frames = [name for name in rows[0] if name not in arrays]
    arrays |= {name: np.concatenate([row[name] for row in rows]) for name in frames}
    _save(path, arrays | {"version": np.array(VERSION), "detectors": np.array(sorted(clips[0].found))})


def read_shard(path: Path) -> list[PairClip]:
    """Return the clips of a shard. Raises NpzError."""
    arrays = _load(path)
    detectors = [str(name) for name in arrays["detectors"]]
    ends = np.cumsum(arrays["frames"])
    clips = []
    for row, (end, frames) in enumerate(zip(ends, arrays["frames"], strict=True)):
        rows = slice(int(end - frames), int(end))
        one = {name: arrays[name][row] for name in _CLIP}
        found = {name: _found(arrays, name, rows) for name in detectors}
        truth = _truth(one, {name: arrays[name][rows] for name in _TRUTH})
        clips.append(PairClip(int(one["seed"]), str(one["kind"]), str(one["cut"]), found, truth))
    return clips


def merge_shards(paths: Sequence[Path], out: Path) -> int:
    """Join shards without loss; return the number of frames. Raises NpzError, OSError."""
    loaded = [_load(path) for path in paths]
    if not loaded or any(set(arrays) != set(loaded[0]) for arrays in loaded):
        raise NpzError(f"{out}: nothing to join, or shards of different detectors")
    joined = {
        name: loaded[0][name]
        if name in ("version", "detectors")
        else np.concatenate([arrays[name] for arrays in loaded])
        for name in loaded[0]
    }
    _save(out, joined)
    return int(joined["frames"].sum())


def find_shards(folder: Path) -> list[Path]:
    """Return all shards under a folder, or `folder` itself if it is one."""
    return [folder] if folder.is_file() else sorted(folder.rglob(f"*{ENDING}"))


def _encoded(clip: PairClip) -> Arrays:
    true = clip.truth
    world = (true["joints_cam_m"][:, 0].astype(np.float64) - true["t"]) @ true["R"].astype(np.float64)
    row: Arrays = {
        "seed": np.array(clip.seed, np.int64),
        "kind": np.array(clip.kind, "U12"),
        "cut": np.array(clip.cut, "U12"),
        "frames": np.array(clip.frames, np.int32),
        "fps": np.array(true["fps"], np.float32),
        "image_size": np.array(true["size"], np.int32),
        **{name: np.array(true[name], np.float32) for name in ("K", "R", "t", "rest_joints_m", "height_m")},
        "rotations": _integers(true["rotations"], 1 / ROTATION),
        "root_m": _integers(world, ROOT_M),
        "true_px": _integers(true["keypoints_px"], PIXEL),
        "visible": np.array(true["visible"], np.bool_),
    }
    for name, found in clip.found.items():
        row[f"{name}_px"] = _integers(np.nan_to_num(found["keypoints_px"]), PIXEL)
        row[f"{name}_scores"] = np.rint(np.clip(found["keypoint_scores"], 0, 1) * 255).astype(np.uint8)
        row[f"{name}_evidence"] = _integers(found["evidence_m"], EVIDENCE_M)
    return row


def _integers(values: NDArray[Any], step: float) -> NDArray[np.int16]:
    """Round to whole steps; non-finite values become NOTHING."""
    scaled = np.clip(np.rint(np.nan_to_num(np.asarray(values, np.float64)) / step), -32767, 32767)
    return np.where(np.isfinite(values), scaled, NOTHING).astype(np.int16)


def _found(arrays: Arrays, detector: str, rows: slice) -> Arrays:
    evidence = arrays[f"{detector}_evidence"][rows]
    return {
        "keypoints_px": arrays[f"{detector}_px"][rows] * np.float32(PIXEL),
        "keypoint_scores": arrays[f"{detector}_scores"][rows] / np.float32(255),
        "evidence_m": np.where(evidence == NOTHING, np.float32(np.nan), evidence * np.float32(EVIDENCE_M)),
    }


def _truth(one: Arrays, frames: Arrays) -> Arrays:
    quaternions = frames["rotations"].astype(np.float64)
    quaternions /= np.linalg.norm(quaternions, axis=-1, keepdims=True)
    rest, R, t = (one[name].astype(np.float64) for name in ("rest_joints_m", "R", "t"))
    world = posed_joints(quaternions, frames["root_m"] * ROOT_M, rest)
    return {name: one[name] for name in ("K", "R", "t", "fps", "rest_joints_m", "height_m")} | {
        "size": one["image_size"],
        "joint_names": np.array(JOINT_NAMES),
        "rotations": quaternions.astype(np.float32),
        "joints_cam_m": (world @ R.T + t).astype(np.float32),
        "keypoints_px": frames["true_px"] * np.float32(PIXEL),
        "visible": frames["visible"],
    }


def posed_joints(
    quaternions: NDArray[np.float64], root: NDArray[np.float64], rest: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return joints (N, 22, 3) for world rotations relative to the rest pose (N, 22, 4), hips (N, 3), rest joints (22,
    3)."""
    turns = quaternion_to_matrix(quaternions)
    joints = np.empty((len(root), NUM_JOINTS, 3))
    joints[:, 0] = root
    for joint in range(1, NUM_JOINTS):
        parent = PARENTS[joint]
        joints[:, joint] = joints[:, parent] + turns[:, parent] @ (rest[joint] - rest[parent])
    return joints


def _of_frames(name: str, array: NDArray[Any]) -> bool:
    return array.dtype in (np.int16, np.uint8) and name not in _CLIP


def _save(path: Path, arrays: Arrays) -> None:
    """Save compressed with LZMA, atomically."""
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", compression=zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            stored = _differences(array) if _of_frames(name, array) else array
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, stored, allow_pickle=False)
    partial.replace(path)


def _load(path: Path) -> Arrays:
    arrays = read_npz(path, "version", "detectors", *_CLIP, *_TRUTH)
    if int(arrays["version"]) != VERSION:
        raise NpzError(f"{path}: pairs of version {arrays['version']}, expected {VERSION}; make them again")
    absent = [f"{d}_{part}" for d in arrays["detectors"] for part in FOUND if f"{d}_{part}" not in arrays]
    if absent:
        raise NpzError(f"{path}: no {', '.join(absent)} in it; make the pairs again")
    return {name: _sums(array) if array.dtype == np.uint8 else array for name, array in arrays.items()}


def _differences(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Convert integers (F, ...) to differences along time, byte by byte: (bytes of a number, numbers of a frame, F)."""
    unsigned = np.ascontiguousarray(array.reshape(len(array), -1)).view(f"u{array.itemsize}")
    steps = np.diff(unsigned, axis=0, prepend=np.zeros_like(unsigned[:1]))
    halves = np.ascontiguousarray(steps.T)[..., None].view(np.uint8)
    stored = np.moveaxis(halves, -1, 0)
    return stored.reshape(array.itemsize, *array.shape[1:], len(array))


def _sums(stored: NDArray[np.uint8]) -> NDArray[Any]:
    """Undo _differences."""
    size, shape, frames = stored.shape[0], stored.shape[1:-1], stored.shape[-1]
    halves = np.ascontiguousarray(np.moveaxis(stored.reshape(size, -1, frames), 0, -1))
    steps = halves.view(f"u{size}")[..., 0]
    values = np.cumsum(steps, axis=1, dtype=steps.dtype).T.reshape(frames, *shape)
    return np.ascontiguousarray(values).view("i2" if size == 2 else "u1")
