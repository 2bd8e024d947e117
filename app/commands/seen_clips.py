"""Clips for the tables of what is seen: cut to an upper body where a truth is there, detected once, solved live.

Keypoints are kept in a folder, so that a table of other weights, another solver or an older version takes a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from app.commands.detect import keypoint_arrays
from engine.bench.cut_picture import WHOLE, Region, region_above
from engine.config import Config
from engine.errors import InputError
from engine.keypoints_file import KeypointsFile, read_keypoints
from engine.live.interfaces import Factories
from engine.motion.take import ROW, MotionTake, row_of, take_from_rows
from engine.opencv import cv2
from engine.pose2d.choose import make_detector
from engine.real_factories import real_factories
from engine.sources.intrinsics import intrinsics_for
from engine.sources.open_source import open_source
from engine.types import F64, Detection, Frame, Keypoints2D, Pose
from models.camera import Intrinsics
from models.npz import NpzError, read_npz
from models.skeleton import JOINT

CUTS = {"waist": "Hips", "shoulders": "Chest"}
"""What the picture is cut at, and the joint in the middle of whose places the cut lies."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a rendered clip's person really did."""

    joints_cam_m: F64  # (N, 22, 3)
    joints_world_m: F64  # (N, 22, 3) Y up
    joints_px: F64  # (N, 22, 2)
    R_world_cam: F64  # (3, 3)
    camera: Intrinsics
    height_m: float
    heads_cam: F64 | None = None  # (N, 3, 3) camera <- head; None: the file does not have it


@dataclass(frozen=True, slots=True)
class SeenClip:
    """A clip, whole or cut, and what the detector made of it."""

    name: str
    video: Path
    cut: str  # one of CUTS, or "": whole
    keypoints: KeypointsFile
    camera: Intrinsics
    height_m: float
    region: Region = WHOLE
    truth: Truth | None = None


def read_truth(video: Path) -> Truth | None:
    """Read NAME_truth.npz beside NAME.mp4, as render_humans writes it; None: there is none. Raises InputError."""
    path = video.with_name(f"{video.stem}_truth.npz")
    if not path.exists():
        return None
    try:
        found = read_npz(path, "K", "R", "joints_cam_m", "joints_world_m", "joints_px", "height_m")
    except NpzError as error:
        raise InputError(f"{path} is no truth of render_humans ({error}): render the clip again") from error
    K = found["K"].astype(np.float64)
    camera = Intrinsics(K[0, 0], K[1, 1], K[0, 2], K[1, 2])
    cam, world, pixels = (found[f"joints_{name}"].astype(np.float64) for name in ("cam_m", "world_m", "px"))
    R = found["R"].astype(np.float64)  # camera <- world
    heads = None
    if "rotations" in found:  # in the world, from a rest pose that faces +Z
        heads = R @ Rotation.from_quat(found["rotations"][:, JOINT["Head"]].astype(np.float64)).as_matrix()
    return Truth(cam, world, pixels, R.T, camera, float(found["height_m"]), heads)


def seen_clips(videos: list[Path], cache: Path, *, size: str, frames: int, cuts: tuple[str, ...]) -> list[SeenClip]:
    """Detect every clip's first frames; those with a truth once more for each cut. Raises VtmError."""
    clips = []
    for video in videos:
        truth = read_truth(video)
        for cut in ("", *(cuts if truth is not None else ())):
            clips.append(_seen_clip(video, truth, cut, cache, size, frames))
    return clips


def _seen_clip(video: Path, truth: Truth | None, cut: str, cache: Path, size: str, frames: int) -> SeenClip:
    name = f"{video.stem}_{cut}" if cut else video.stem
    path = cache / f"{name}_{size}_{frames}.npz"
    region = WHOLE
    if truth is not None and cut:
        picture = 2 * truth.camera.cx, 2 * truth.camera.cy
        region = region_above(truth.joints_px, CUTS[cut], (round(picture[0]), round(picture[1])))
    if not path.exists():
        _write(path, *detect_region(video, region, size, frames))
    keypoints = read_keypoints(path)
    own = truth.camera if truth is not None else intrinsics_for(Config(rotate_deg=0), keypoints.image_size)
    height_m = truth.height_m if truth is not None else Config().height_m
    return SeenClip(name, video, cut, keypoints, region.camera(own), height_m, region, truth)


def detect_region(video: Path, region: Region, size: str, frames: int) -> tuple[list[Detection], float]:
    """Return what the detector finds in a part of each picture, and the clip's rate. Raises VtmError."""
    source = open_source(str(video), paced=False)
    try:
        detector = make_detector("blazepose", size=size, threads=1, on_message=lambda _text: None)
        try:
            found: list[Detection] = []
            while not source.ended and len(found) < frames:
                frame = source.read()
                if frame is not None:
                    part = Frame(region.of(frame.bgr), frame.frame_id, frame.captured_at_s)
                    found.append(detector.detect(part))
                    detector.look_round(part)
        finally:
            detector.close()
        return found, source.fps
    finally:
        source.close()


def live_take(clip: SeenClip, *, body: str = "auto", every: int = 1, factories: Factories | None = None) -> MotionTake:
    """Solve a clip frame by frame as in a live run, with its own lens and height. Raises VtmError.

    every  only each so many frames: a loaded machine
    """
    factories = real_factories() if factories is None else factories
    runtime = factories.load_runtime("cpu", threads=1, on_message=lambda _text: None)
    try:
        window = factories.make_window(runtime.config, clip.camera)
        solver = factories.make_solver(clip.camera, clip.height_m)
        solver.set_body(body)
        detections = list(clip.keypoints.detections())[::every]
        rows = np.zeros(len(detections), ROW)
        for number, seen in enumerate(detections):
            pose: Pose | None = None
            if isinstance(seen, Keypoints2D):
                window.push(seen)
                view = window.window()
                pose = None if view is None else solver.solve(runtime.lift(view, clip.camera))
            else:
                pose = solver.lost(seen.frame_id, seen.captured_at_s)
            rows[number] = row_of(pose, seen)[0]
    finally:
        runtime.close()
    return replace(take_from_rows(rows, fps=clip.keypoints.fps / every), intrinsics=clip.camera.matrix)


HELD_FRAMES = 90
_BEFORE, _AFTER = 40, 45
_NOISE_LEVELS, _JPEG_QUALITY = 4.0, 85


def held_clip(clip: SeenClip, cache: Path, size: str) -> tuple[SeenClip, int, int]:
    """Return the clip with the picture in its middle held for HELD_FRAMES, and which frames these are. Raises VtmError.

    Fresh noise and JPEG in each of them, as a camera has; what comes before and after it moves.
    """
    middle = len(clip.keypoints) // 2
    path = cache / f"{clip.name}_held_{size}_{middle}.npz"
    first = min(middle, _BEFORE)
    if not path.exists():
        _write(path, _detect_held(clip, middle, size), 30.0)
    return replace(clip, name=f"{clip.name}_held", keypoints=read_keypoints(path)), first, first + HELD_FRAMES


def _detect_held(clip: SeenClip, middle: int, size: str) -> list[Detection]:
    source = open_source(str(clip.video), paced=False)
    detector = make_detector("blazepose", size=size, threads=1, on_message=lambda _text: None)
    rng, found, number = np.random.default_rng(0), list[Detection](), 0
    try:
        while not source.ended and number < middle + _AFTER:
            frame = source.read()
            if frame is None:
                continue
            for _ in range(0 if number < middle - _BEFORE else HELD_FRAMES if number == middle else 1):
                bgr = _as_taken_again(frame.bgr, rng) if number == middle else frame.bgr
                again = Frame(bgr, len(found), len(found) / 30.0)
                found.append(detector.detect(again))
                detector.look_round(again)
            number += 1
    finally:
        detector.close()
        source.close()
    return found


def _as_taken_again(bgr: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the picture as a camera would give it a moment later: other noise, compressed anew."""
    noisy = np.clip(bgr + rng.normal(0.0, _NOISE_LEVELS, bgr.shape), 0, 255).astype(np.uint8)
    packed = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _write(path: Path, detections: list[Detection], fps: float) -> None:
    """Write whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez_compressed(file, **keypoint_arrays(detections, fps))  # type: ignore[arg-type]
    partial.replace(path)
