"""`python -m models.rendering.turntable`: one motion seen from all around, or a person who turns on the spot.

views  the same frames of one recorded motion, body, room and light from 12 places around the person; one truth.npz
       holds the motion and all cameras. This makes the clip for the window's viewpoint slider:
       python -m models.rendering.turntable views --renderer RENDERER --mocap MOCAP --out engine/viewpoints/clip
turn   a held pose, turned on the spot in front of one fixed camera, with the truth beside the video:
       python -m models.rendering.turntable turn --renderer RENDERER --pose hips --seed 3 --out TURNS

Requires the renderer, render_humans, in a folder of its own. Everything random follows from --seed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from models.kinematics import REST_LENGTHS, STATURE, forward_kinematics
from models.mocap.library import LibraryError, MotionLibrary, open_library
from models.rendering.builds import draw_person
from models.rendering.clip import FPS
from models.rendering.renderer import Renderer, RendererError, open_renderer
from models.rendering.studio import limb_directions, on_floor
from models.skeleton import JOINT, NUM_JOINTS

F64 = NDArray[np.float64]

VIEWS_DEG = tuple(range(0, 360, 30))
"""Camera directions of `views`: 0 in front, 90 at the person's left."""
CLIP = "animated_drawings/jumping_jacks.bvh"
_PITCH_DEG, _HFOV_DEG, _BACK = 8.0, 50.0, 1.04
_SWAY_RAD, _SWAY_S = 0.012, 0.8
"""Amplitude and time scale of the sway of every joint while a pose is held."""
POSES: dict[str, dict[str, tuple[float, float, float]]] = {
    "t": {},
    "a": {"LeftUpperArm": (0, 0, -50), "LeftLowerArm": (0, -12, 0)},
    "hips": {"LeftUpperArm": (0, 20, -45), "LeftLowerArm": (0, -20, -95)},
    "up": {"LeftUpperArm": (0, 0, 55), "LeftLowerArm": (0, 0, 20)},
}
"""Euler angles x, y, z in degrees of the left side; the right side mirrors them."""


@dataclass(frozen=True, slots=True)
class Take:
    """Motion on s̄: local rotations (T, 22, 3, 3), Hips in the world; root (T, 3) in body heights."""

    rotations: F64
    root: F64


def held_pose(name: str) -> F64:
    """Return the local rotations (22, 3, 3) of one of POSES."""
    pose = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    for joint, (x, y, z) in POSES[name].items():
        pose[JOINT[joint]] = Rotation.from_euler("xyz", [x, y, z], degrees=True).as_matrix()
        mirrored = joint.replace("Left", "Right")
        pose[JOINT[mirrored]] = Rotation.from_euler("xyz", [x, -y, -z], degrees=True).as_matrix()
    return pose


def turning(pose: F64, seconds: float, turns: int, rng: np.random.Generator) -> Take:
    """Return a pose that turns on the spot, counterclockwise seen from above, swaying a little.

    seconds  duration of one turn
    turns    number of turns
    """
    frames = round(seconds * FPS) * turns + 1
    at = np.arange(frames) / (frames - 1)
    uneven = 0.06 * np.sin(2 * np.pi * (at * turns + rng.random()))
    yaw = 2 * np.pi * turns * (at + (uneven - uneven[0]) / (2 * np.pi * turns))
    rotations = np.tile(pose, (frames, 1, 1, 1))
    rotations = rotations @ Rotation.from_rotvec(_sway(frames, rng).reshape(-1, 3)).as_matrix().reshape(rotations.shape)
    rotations[:, 0] = Rotation.from_euler("y", yaw[:, None]).as_matrix() @ rotations[:, 0]
    root = np.tile([0.0, 1.0 / STATURE, 0.0], (frames, 1))
    return Take(rotations, root)


def _sway(frames: int, rng: np.random.Generator) -> F64:
    """Return small, slowly varying rotation vectors (T, 22, 3)."""
    wide = max(2, round(_SWAY_S * FPS))
    kernel = np.hanning(2 * wide + 1)
    kernel /= np.sqrt((kernel**2).sum())
    noise = rng.normal(size=(frames + 2 * wide, NUM_JOINTS * 3))
    smooth = np.stack([np.convolve(column, kernel, mode="valid") for column in noise.T], axis=1)
    return np.asarray(smooth.reshape(frames, NUM_JOINTS, 3) * _SWAY_RAD)


def recorded(library: MotionLibrary, name: str, start_s: float, frames: int) -> Take:
    """Return frames of a library clip at FPS. Raises LibraryError when it is missing or too short."""
    if name not in library.names:
        raise LibraryError(f"no clip {name}; pass one of the library's names, for example {library.names[0]}")
    clip = library.names.index(name)
    step = 2  # from the library's 60 Hz
    first = int(library.start[clip]) + round(start_s * FPS) * step
    last = min(first + frames * step, int(library.start[clip] + library.length[clip]))
    quaternions = library.quaternions[first:last:step].astype(np.float64)
    if len(quaternions) < frames:
        raise LibraryError(f"{name} ends after {len(quaternions)} of {frames} frames; pass another --start")
    rotations = Rotation.from_quat(quaternions.reshape(-1, 4)).as_matrix().reshape(frames, NUM_JOINTS, 3, 3)
    return Take(rotations, library.root[first:last:step].astype(np.float64))


class Stage:
    """One person with one motion, in one room and light."""

    def __init__(self, renderer: Renderer, take: Take, seed: int) -> None:
        rng = [np.random.default_rng([seed, k]) for k in range(4)]
        self._renderer, self._room_rng, self._seed = renderer, rng[1], seed
        self.body = draw_person(renderer.bodies, renderer.assets, rng[0])
        self._light = renderer.scenes.random_light(rng[2])
        self._grain = rng[3]
        _, turned = forward_kinematics(take.rotations, np.zeros((1, NUM_JOINTS, 3)), take.root)
        leg = float(REST_LENGTHS[[JOINT["LeftLowerLeg"], JOINT["LeftFoot"]]].sum())
        directions = limb_directions(renderer)
        motion = renderer.motions.Motion(turned, take.root * STATURE, directions, leg, FPS).facing_forward(1)
        positions, self.turns = self.body.pose(motion)
        self.positions = on_floor(positions, self.body.skin_named(["outline"], positions, self.turns))
        self._outline = self.body.skin_named(["outline"], self.positions, self.turns)

    def cameras(self, yaws_deg: Sequence[float], size: tuple[int, int]) -> list[Any]:
        """Return cameras around the person, all at the smallest distance that fits the person into every picture."""
        scenes, runs = self._renderer.scenes, self._renderer.runs
        target = (self._outline.min((0, 1)) + self._outline.max((0, 1))) / 2
        fits = [runs.fit_distance(self._outline, target, yaw, _PITCH_DEG, _HFOV_DEG, size) for yaw in yaws_deg]
        return [scenes.orbit_camera(target, yaw, _PITCH_DEG, max(fits) * _BACK, *size, _HFOV_DEG) for yaw in yaws_deg]

    def furnish(self, cameras: Sequence[Any]) -> None:
        """Build a room that contains the person and every camera."""
        places = np.stack([camera.position for camera in cameras])
        inside = np.concatenate([self._outline.reshape(-1, 3), places])
        self._room = self._renderer.scenes.random_room(self._room_rng, inside)

    def pictures(self, camera: Any) -> Iterator[NDArray[np.uint8]]:
        """Yield the picture (H, W, 3), RGB, of every frame."""
        canvas = self._renderer.canvas
        canvas.set_scene(self.body, camera, self._light, self._room, [], self._grain)
        for place, turn in zip(self.positions, self.turns, strict=True):
            yield canvas.frame(self.body.bone_matrices(place, turn))[0]

    def truth(self, camera: Any, size: tuple[int, int]) -> dict[str, NDArray[Any]]:
        """Return the arrays of the renderer's truth file, as read by models.evaluate."""
        runs = self._renderer.runs
        keypoints = camera.to_camera(self.body.keypoints(self.positions, self.turns))
        visible = np.ones(keypoints.shape[:2], bool)
        options = runs.Options(frames=len(self.positions), fps=FPS, size=size)
        truth: dict[str, NDArray[Any]] = runs.collect_truth(
            self.body, camera, self.positions, self.turns, keypoints, visible, options, self._seed
        )
        return truth


def write_video(
    av: Any, path: Path, pictures: Iterator[NDArray[np.uint8]], size: tuple[int, int], crf: int, preset: str = "medium"
) -> None:
    """Write an H.264 file with the renderer's own PyAV."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(round(FPS)))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(crf), "preset": preset}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def write_views(renderer: Renderer, stage: Stage, out: Path, size: tuple[int, int], crf: int, about: str) -> None:
    """Write VIEW.mp4 for each of VIEWS_DEG, and truth.npz with the motion and all cameras."""
    cameras = stage.cameras(VIEWS_DEG, size)
    stage.furnish(cameras)
    out.mkdir(parents=True, exist_ok=True)
    for yaw, camera in zip(VIEWS_DEG, cameras, strict=True):
        write_video(renderer.runs.av, out / f"{yaw:03d}.mp4", stage.pictures(camera), size, crf, "veryslow")
        sys.stderr.write(f"{out / f'{yaw:03d}.mp4'}\n")
    np.savez_compressed(
        out / "truth.npz",
        fps=np.float32(FPS),
        motion=np.array(about),
        height_m=np.float32(stage.body.height),
        hfov_deg=np.float32(_HFOV_DEG),
        views_deg=np.array(VIEWS_DEG),
        joints_world_m=stage.positions.astype(np.float32),
        R=np.stack([camera.rotation for camera in cameras]).astype(np.float32),
        t=np.stack([camera.translation for camera in cameras]).astype(np.float32),
        K=cameras[0].intrinsics.astype(np.float32),
    )


def write_turn(renderer: Renderer, stage: Stage, out: Path, name: str, size: tuple[int, int], crf: int) -> None:
    """Write NAME.mp4 and NAME_truth.npz."""
    camera = stage.cameras((0.0,), size)[0]
    stage.furnish([camera])
    out.mkdir(parents=True, exist_ok=True)
    write_video(renderer.runs.av, out / f"{name}.mp4", stage.pictures(camera), size, crf)
    np.savez_compressed(out / f"{name}_truth.npz", **stage.truth(camera, size))  # type: ignore[arg-type]
    sys.stderr.write(f"{out / name}.mp4\n")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()) or int(width) % 2 or int(height) % 2:
        raise argparse.ArgumentTypeError(f"{text!r}; expected WIDTHxHEIGHT, both even")
    return int(width), int(height)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m models.rendering.turntable",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=("views", "turn"))
    parser.add_argument("--renderer", type=Path, required=True, help="folder of render_humans.py")
    parser.add_argument("--assets", type=Path, help="folder for its unpacked body assets (default: beside it)")
    parser.add_argument("--out", type=Path, required=True, help="output folder")
    parser.add_argument("--seed", type=int, default=8, help="body, room and light; default %(default)s")
    parser.add_argument(
        "--size", type=_size, default=None, metavar="WxH", help="default 400x400 for views, 360x360 for a turn"
    )
    parser.add_argument("--crf", type=int, default=None, help="H.264 quality; default 29 for views, 24 for a turn")
    parser.add_argument("--mocap", type=Path, help="views: folder of .bvh clips, as in models.train")
    parser.add_argument("--cache", type=Path, default=Path("runs/mocap.npz"), help="views: compact cache of the clips")
    parser.add_argument("--clip", default=CLIP, help="views: name of the clip; default %(default)s, never trained on")
    parser.add_argument("--start", type=float, default=0.0, help="views: start in seconds; default %(default)s")
    parser.add_argument("--frames", type=int, default=120, help="views: number of frames; default %(default)s")
    parser.add_argument("--pose", choices=tuple(POSES), default="a", help="turn: the held pose; default %(default)s")
    parser.add_argument("--seconds", type=float, default=16.0, help="turn: duration of one turn; default %(default)s")
    parser.add_argument("--turns", type=int, default=2, help="turn: number of turns; default %(default)s")
    args = parser.parse_args(argv)
    if args.kind == "views" and args.mocap is None:
        parser.error("views show a recorded motion: pass --mocap FOLDER")
    views = args.kind == "views"
    args.size = args.size or ((400, 400) if views else (360, 360))
    args.crf = args.crf if args.crf is not None else (29 if views else 24)
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    args = _arguments(argv)
    try:
        renderer = open_renderer(args.renderer, args.size, args.assets)
        if args.kind == "views":
            take = recorded(open_library(args.mocap, args.cache), args.clip, args.start, args.frames)
            stage = Stage(renderer, take, args.seed)
            write_views(renderer, stage, args.out, args.size, args.crf, f"{args.clip} from {args.start:g} s")
        else:
            rng = np.random.default_rng([args.seed, 9])
            stage = Stage(renderer, turning(held_pose(args.pose), args.seconds, args.turns, rng), args.seed)
            write_turn(renderer, stage, args.out, f"{args.pose}_{args.seed}", args.size, args.crf)
    except (RendererError, LibraryError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
