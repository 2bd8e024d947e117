"""Rendered clips: a motion on a random body, in a random room and light, seen by a random camera; all from a seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.kinematics import REST_LENGTHS, STATURE, forward_kinematics
from models.mocap.library import MotionLibrary
from models.rendering.acting import Act, Actors, in_place
from models.rendering.builds import draw_person
from models.rendering.clip import FPS, SHARES, Clip, ClipStyle, Cut, Kind
from models.rendering.framing import Stance, cut_of, framed, webcam
from models.rendering.furniture import Workshop, sitter
from models.rendering.renderer import Renderer
from models.rendering.views import FIT, CameraDraw, draw_camera, from_behind, rolled, stepped_back
from models.skeleton import JOINT, NUM_JOINTS, REST_OFFSETS

F64 = NDArray[np.float64]

_LOWEST_PERCENT = 10
"""Percentage of frames that may sink through the floor, so that outliers do not make the person hover."""
_STREAMS = ("body", "light", "room", "camera", "occluder", "grain", "furniture", "picture")
"""Names of a clip's independent random streams."""
_CUTS_OF_EVALUATION: tuple[Cut, ...] = ("whole", "waist", "chest", "shoulders")
_TALK_CUTS: dict[Cut, float] = {"whole": 0.08, "legs": 0.22, "waist": 0.33, "chest": 0.24, "shoulders": 0.13}
_PORTRAIT, _WIDE = 0.12, 0.45
"""Fractions of pictures in portrait format (a phone) and in 16:9; the others are 4:3."""
_DESK_BEFORE_STANDING = 0.12


def open_studio(renderer: Renderer, library: MotionLibrary, style: ClipStyle) -> Studio:
    """Open a studio for the library's clips of one split, on one CPU core. Raises LibraryError if there are none."""
    torch.set_num_threads(1)
    return Studio(renderer, Actors(library, style), style)


class Studio:
    """Renderer of clips. Everything random in a clip follows from its seed."""

    def __init__(self, renderer: Renderer, actors: Actors, style: ClipStyle) -> None:
        self._renderer = renderer
        self._actors = actors
        self._style = style
        self._directions = limb_directions(renderer)

    def clip(self, seed: int) -> Clip:
        """Render the clip for a seed."""
        kind, person = self._kind(seed)
        rng = {name: np.random.default_rng([person, k]) for k, name in enumerate(_STREAMS)}
        r, canvas = self._renderer, self._renderer.canvas
        size = picture_size(self._style.size, rng["picture"])
        body = draw_person(r.bodies, r.assets, rng["body"], self._style.own_builds)
        act = self._actors.act(kind, person)
        cut = self._wanted_cut(kind, seed, rng["camera"])
        motion = self._motion(act, still=cut is not None).facing_forward()
        positions, turns = (frames[:: self._style.step] for frames in body.pose(motion))
        positions = on_floor(positions, body.skin_named(["outline"], positions, turns))
        outline = body.skin_named(["outline"], positions, turns)
        camera, things = self._scene(kind, cut, act, body, outline, positions, size, rng)
        room = r.scenes.random_room(rng["room"], np.concatenate([outline.reshape(-1, 3), camera.position[None]]))
        canvas.set_scene(
            body,
            _on_canvas(camera, size, self._style.size),
            r.scenes.random_light(rng["light"]),
            room,
            things,
            rng["grain"],
        )
        return self._shot(kind, body, camera, positions, turns, size, seed)

    def _kind(self, seed: int) -> tuple[Kind, int]:
        """Return the kind of clip, and the seed of person and motion, which four evaluation clips share."""
        shares = np.array([SHARES.get(kind, SHARES["whole"]) for kind in self._style.kinds])
        kinds = self._style.kinds
        kind = kinds[int(np.random.default_rng([seed, 99]).choice(len(kinds), p=shares / shares.sum()))]
        return kind, seed // len(_CUTS_OF_EVALUATION) if kind == "cuts" else seed

    @staticmethod
    def _wanted_cut(kind: Kind, seed: int, rng: np.random.Generator) -> Cut | None:
        """Return where the picture crops the person, or None if the camera is not aimed at a crop."""
        if kind == "cuts":
            return _CUTS_OF_EVALUATION[seed % len(_CUTS_OF_EVALUATION)]
        if kind == "talk":
            return list(_TALK_CUTS)[int(rng.choice(len(_TALK_CUTS), p=list(_TALK_CUTS.values())))]
        return None

    def _scene(
        self,
        kind: Kind,
        cut: Cut | None,
        act: Act,
        body: Any,
        outline: F64,
        positions: F64,
        size: tuple[int, int],
        rng: dict[str, np.random.Generator],
    ) -> tuple[Any, list[Any]]:
        """Return the camera and the objects around the person."""
        scenes = self._renderer.scenes
        who = Stance.of(outline, positions, body.height)
        workshop = Workshop(scenes, rng["furniture"])
        things: list[Any] = []
        if act.seated:
            place = sitter(outline, body.points["outline"][1], positions)
            things += workshop.seat(place)
            if kind == "desk" or rng["furniture"].random() < 0.15:
                table, top = workshop.table(place)
                things += table
            if kind == "desk":
                return webcam(scenes, who, top, size, rng["camera"]), things
        if cut is not None:
            yaw = rng["camera"].normal(0, 30) if rng["camera"].random() < 0.75 else rng["camera"].uniform(-180, 180)
            camera = framed(scenes, who, cut, size, rng["camera"], yaw)
            return (stepped_back(camera, outline, size) if cut == "whole" else camera), things
        camera = self._camera(kind, outline, body.height, size, rng["camera"])
        if not act.seated and kind == "whole" and rng["occluder"].random() < _DESK_BEFORE_STANDING:
            options = self._renderer.runs.Options(
                size=size, occlude="desk" if rng["occluder"].random() < 0.7 else "feet"
            )
            boxes, _ = self._renderer.runs.place_box(options, camera, outline, body.height, rng["occluder"])
            things += boxes
        return camera, things

    def _camera(
        self, kind: Kind, outline: F64, height_m: float, size: tuple[int, int], rng: np.random.Generator
    ) -> Any:
        """Return a camera of the renderer, placed at random as the kind of clip requires."""
        draw = draw_camera("steep" if kind == "steep" else "any", rng)
        if kind == "seat":
            draw = replace(
                draw, yaw=float(rng.normal(0, 50)), distance=FIT if rng.random() < 0.3 else rng.uniform(1.0, 3)
            )
        if kind == "hold":
            draw = CameraDraw(float(rng.normal(0, 8)), float(rng.uniform(-8, 15)), FIT, float(rng.normal(0, 2)))
        draw = from_behind(draw, 1.0 if kind == "behind" else 0.0, rng)
        runs = self._renderer.runs
        options = runs.Options(size=size, hfov="random", yaw=draw.yaw, pitch=draw.pitch, distance=draw.distance)
        level, _ = runs.place_camera(options, outline, height_m, rng)
        camera = rolled(level, draw.roll)
        return stepped_back(camera, outline, size) if draw.distance == FIT else camera

    def _motion(self, act: Act, still: bool) -> Any:
        """Return the motion in the renderer's form: world rotations, hips, limb directions of the rest pose."""
        root = in_place(act.root) if still and not act.seated else act.root
        _, turned = forward_kinematics(act.rotations, np.zeros((1, NUM_JOINTS, 3)), root)
        # the renderer takes hips and leg length (thigh and shin) in any common unit: here that of s̄
        leg = float(REST_LENGTHS[[JOINT["LeftLowerLeg"], JOINT["LeftFoot"]]].sum())
        return self._renderer.motions.Motion(turned, root * STATURE, self._directions, leg, FPS)

    def _shot(
        self, kind: Kind, body: Any, camera: Any, positions: F64, turns: F64, size: tuple[int, int], seed: int
    ) -> Clip:
        """Render every frame and crop the picture from the canvas."""
        r, canvas = self._renderer, self._renderer.canvas
        left, top = ((big - small) // 2 for big, small in zip(self._style.size, size, strict=True))
        keypoints = camera.to_camera(body.keypoints(positions, turns))
        pictures, visible = [], []
        for place, turn, points in zip(positions, turns, keypoints, strict=True):
            whole, depth = canvas.frame(body.bone_matrices(place, turn))
            pictures.append(whole[top : top + size[1], left : left + size[0]])
            part = depth[top : top + size[1], left : left + size[0]]
            visible.append(r.runs.visible_points(points, camera.project(points), part))
        options = r.runs.Options(frames=len(positions), fps=self._style.fps, size=size)
        truth = r.runs.collect_truth(body, camera, positions, turns, keypoints, np.array(visible), options, seed)
        return Clip(kind, cut_of(truth["joints_px"].astype(float), size), pictures, truth)


def picture_size(canvas: tuple[int, int], rng: np.random.Generator) -> tuple[int, int]:
    """Return width and height of a clip's pictures, cropped from the middle of a 4:3 canvas."""
    width, height = canvas
    draw = rng.random()
    if draw < _PORTRAIT:
        return height * 3 // 4 // 2 * 2, height
    return (width, width * 9 // 16 // 2 * 2) if draw < _PORTRAIT + _WIDE else canvas


def _on_canvas(camera: Any, size: tuple[int, int], canvas: tuple[int, int]) -> Any:
    """Return the canvas camera for a picture's camera; the picture lies in the middle of the canvas."""
    intrinsics = camera.intrinsics.copy()
    intrinsics[0, 2] += (canvas[0] - size[0]) // 2
    intrinsics[1, 2] += (canvas[1] - size[1]) // 2
    return replace(camera, intrinsics=intrinsics)


def limb_directions(renderer: Renderer) -> F64:
    """Return rest directions (22, 3) of the limb bones that the renderer aims, at their first joint; 0 elsewhere."""
    directions = np.zeros((NUM_JOINTS, 3))
    for begin, end in renderer.motions.LIMB_BONES:
        bone = np.array(REST_OFFSETS[JOINT[end]])
        directions[JOINT[begin]] = bone / np.linalg.norm(bone)
    return directions


def on_floor(positions: F64, outline: F64) -> F64:
    """Return joints (N, 22, 3) moved so that the outline (N, K, 3) stays above the floor (y = 0), whatever part of it
    touches the floor, and the path is centred on the origin."""
    placed = positions.copy()
    placed[..., 1] -= np.percentile(outline[..., 1].min(1), _LOWEST_PERCENT)
    path = placed[:, 0] * [1, 0, 1]
    centred: F64 = placed - (path.min(0) + path.max(0)) / 2
    return centred
