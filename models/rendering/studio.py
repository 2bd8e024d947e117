"""Seed -> a rendered clip: a sampled motion on a random body, in a random room and light, before a random camera."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.kinematics import REST_LENGTHS, STATURE, forward_kinematics
from models.mocap.library import MotionLibrary
from models.rendering.clip import FPS, CameraStyle, Clip, ClipStyle
from models.rendering.renderer import Renderer
from models.rendering.views import FIT, draw_camera, from_behind, rolled, stepped_back
from models.skeleton import JOINT, NUM_JOINTS, REST_OFFSETS
from models.synth.poses import MotionSampler

F64 = NDArray[np.float64]

_LOWEST_PERCENT = 10
"""Of the frames may go through the floor: a jump is no reason to let the standing person hover."""
_STREAMS = 6
"""Random streams of a clip, as the renderer has them: body, light, room, camera, occluder, film grain."""
_BEHIND_STREAM = 7


def open_studio(renderer: Renderer, library: MotionLibrary, style: ClipStyle) -> Studio:
    """A studio for the library's training clips. It takes one CPU core. Raises LibraryError when there are none."""
    torch.set_num_threads(1)
    clips = library.clips(validation=False).tolist()
    sampler = MotionSampler(library, clips, rate_hz=FPS, variety=1.0, varied=style.varied)
    return Studio(renderer, sampler, style)


class Studio:
    """Renders clips; everything random in one follows from its seed."""

    def __init__(self, renderer: Renderer, sampler: MotionSampler, style: ClipStyle) -> None:
        self._renderer = renderer
        self._sampler = sampler
        self._style = style
        self._directions = _limb_directions(renderer)

    def clip(self, seed: int) -> Clip:
        """Render the clip of this seed."""
        r, style = self._renderer, self._style
        bodies, lights, rooms, cameras, boxes, grain = (np.random.default_rng([seed, k]) for k in range(_STREAMS))
        body = r.bodies.make_body(r.assets, r.bodies.random_traits(bodies))
        options = r.runs.Options(
            frames=style.frames, fps=FPS, size=style.size, hfov="random", occlude=_occluder(style.cameras, seed)
        )
        motion, _ = r.runs.choose_segment(self._motion(seed), options, cameras)
        positions, turns = body.pose(motion)
        positions = on_floor(positions, body.skin_named(["outline"], positions, turns))
        outline = body.skin_named(["outline"], positions, turns)
        camera = self._camera(options, outline, body.height, cameras, np.random.default_rng([seed, _BEHIND_STREAM]))
        occluders, _ = r.runs.place_box(options, camera, outline, body.height, boxes)
        room = r.scenes.random_room(rooms, np.concatenate([outline.reshape(-1, 3), camera.position[None]]))
        r.canvas.set_scene(body, camera, r.scenes.random_light(lights), room, occluders, grain)
        keypoints = camera.to_camera(body.keypoints(positions, turns))
        pictures, visible = [], []
        for place, turn, points in zip(positions, turns, keypoints, strict=True):
            picture, depth = r.canvas.frame(body.bone_matrices(place, turn))
            pictures.append(picture)
            visible.append(r.runs.visible_points(points, camera.project(points), depth))
        seen = np.array(visible)
        truth = r.runs.collect_truth(body, camera, positions, turns, keypoints, seen, options, seed)
        return Clip(pictures, truth)

    def _camera(
        self, options: Any, outline: F64, height_m: float, rng: np.random.Generator, behind: np.random.Generator
    ) -> Any:
        """The renderer's camera where the draw wants it."""
        draw = draw_camera(self._style.cameras, np.random.default_rng(rng.integers(1 << 31)))
        draw = from_behind(draw, self._style.behind, behind)
        wanted = replace(options, yaw=draw.yaw, pitch=draw.pitch, distance=draw.distance)
        level, _ = self._renderer.runs.place_camera(wanted, outline, height_m, rng)
        camera = rolled(level, draw.roll)
        return stepped_back(camera, outline, options.size) if draw.distance == FIT else camera

    def _motion(self, seed: int) -> Any:
        """A sampled motion as the renderer has its motions: world rotations, hips, limb directions of the rest pose."""
        drawn = self._sampler.sample(1, self._style.frames, torch.Generator().manual_seed(seed))
        rotations, root = drawn.rotations[0].double().numpy(), drawn.root[0].double().numpy()
        _, turned = forward_kinematics(rotations, np.zeros((1, NUM_JOINTS, 3)), root)
        # the renderer wants hips in any unit and the leg, thigh and shin, in the same: that of s̄
        leg = float(REST_LENGTHS[[JOINT["LeftLowerLeg"], JOINT["LeftFoot"]]].sum())
        return self._renderer.motions.Motion(turned, root * STATURE, self._directions, leg, FPS)


def _occluder(cameras: CameraStyle, seed: int) -> str:
    """A desk or a box before the feet in a sixth of the clips; steep ones show the whole person."""
    return "random" if cameras == "any" and seed % 3 == 0 else "none"


def _limb_directions(renderer: Renderer) -> F64:
    """(22, 3) where the limb bones that the renderer aims point at rest, at the joint they begin in; else 0."""
    directions = np.zeros((NUM_JOINTS, 3))
    for begin, end in renderer.motions.LIMB_BONES:
        bone = np.array(REST_OFFSETS[JOINT[end]])
        directions[JOINT[begin]] = bone / np.linalg.norm(bone)
    return directions


def on_floor(positions: F64, outline: F64) -> F64:
    """(N, 22, 3) joints moved so that nothing of the body, (N, K, 3), is under the floor (y = 0), whatever it lies or
    sits on, and the path is centred on the origin."""
    placed = positions.copy()
    placed[..., 1] -= np.percentile(outline[..., 1].min(1), _LOWEST_PERCENT)
    path = placed[:, 0] * [1, 0, 1]
    centred: F64 = placed - (path.min(0) + path.max(0)) / 2
    return centred
