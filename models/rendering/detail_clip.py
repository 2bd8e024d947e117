"""Rendered clips with moving fingers and faces, and the exact truth of both; everything follows from a seed.

The truth file, NAME_truth.npz (N frames; camera axes: x right, y down, z forward; left is the person's own left):

    kind                 "hands and face", which identifies the type of truth file
    fps, size, seed      frame rate, (width, height), seed
    K, R, t              pinhole camera; camera = R world + t
    distance_m           distance from the camera to the face, (N,)
    exposure_s           exposure time of each picture
    hand_points_cam_m    (N, 2, 21, 3) left, right; MediaPipe's 21 points: wrist, thumb to little finger, root to tip
    hand_points_px       (N, 2, 21, 2)
    hand_visible         (N, 2, 21) bool: in the picture and not occluded
    head_rotation_cam    (N, 3, 3) camera <- head; diag(1, -1, -1) for a head that looks into the camera
    face_box_px          (N, 4) left, top, right, bottom; spans chin to forehead and ear to ear
    rest_frames          number of frames at the start with a still person and the face at rest, for calibration
    eyes_visible         (N, 2) bool: the left and right eye are in the picture and not occluded (by the nose, a hand)
    face_visible         (N,) bool: the root of the nose is in the picture and not occluded
    jaw_deg              (N,) opening angle of the jaw
    lids                 (N, 2) closure of the left and right eyelid, 0 open .. 1 shut
    gaze_deg             (N, 2) relative to the head: left, down
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.fingers import NUM_HAND_POINTS
from models.rendering.detail_acting import Performance, draw_performance, turns_at
from models.rendering.full_rig import FullRig, RiggedPerson, draw_rigged
from models.rendering.renderer import Renderer

F64 = NDArray[np.float64]
KIND = "hands and face"
DISTANCES_M = (1.0, 2.0, 3.0)
"""Camera to person. The seed selects a clip's distance, which then varies by 10 %."""
HFOV_DEG = 65.0
FPS = 30.0
EXPOSURES_S = (1 / 120, 1 / 30)
"""Shortest and longest exposure: bright and dim rooms."""
BLUR_STEP_PX = 4.0
"""Motion blur averages several moments; between two of them no finger moves farther than this."""
MOST_MOMENTS = 8
_POINTS = ["wrist", *(f"finger1-{j}" for j in (1, 2, 3)), *(f"finger{k}-{j}" for k in range(2, 6) for j in (1, 2, 3))]
_BEHIND_M = 0.035
"""Depth tolerance of the visibility test: a point inside a finger lies behind the visible surface."""
REST_FRAMES = 9
"""Frames at the start without motion: the first pose, with jaw, lids and gaze at rest. They are rendered once."""
_BEHIND_LIDS_M = 0.015
_BEHIND_FACE_M = 0.06
"""Depth tolerances of the face: the point between the eyes is behind the root of the nose, an eye behind its lid."""


@dataclass(frozen=True, slots=True)
class DetailClip:
    """Pictures (H, W, 3) uint8 RGB with the arrays of the truth file."""

    pictures: list[NDArray[np.uint8]]
    truth: dict[str, NDArray[Any]]


def render_details(renderer: Renderer, rig: FullRig, seed: int, frames: int) -> DetailClip:
    """Render the clip for a seed on the renderer's canvas."""
    canvas, scenes = renderer.canvas, renderer.scenes
    size = (canvas.width, canvas.height)
    rng = np.random.default_rng([seed, 300])
    person = draw_rigged(renderer, rig, rng)
    performance = draw_performance(rng, max(frames - REST_FRAMES, 1) / FPS)
    distance = DISTANCES_M[seed % len(DISTANCES_M)] * float(rng.uniform(0.9, 1.1))
    target = np.array([0.0, person.heads[rig.row("head"), 1] - rng.uniform(0.1, 0.3) * min(1.0, distance / 1.5), 0.0])
    yaw, pitch = rng.uniform(-25, 25), rng.uniform(-5, 12)
    camera = scenes.orbit_camera(target, yaw, pitch, distance, *size, HFOV_DEG)
    inside = np.concatenate([person.body.vertices[::50], camera.position[None]])
    room = scenes.random_room(rng, inside)
    canvas.set_scene(person.body, camera, scenes.random_light(rng), room, [], rng)
    exposure_s = float(rng.uniform(*EXPOSURES_S))
    still = _shot(renderer, person, performance.at_rest(), camera, 0.0, 0.0)
    moving = range(frames - REST_FRAMES)
    shots = [still] * min(frames, REST_FRAMES)
    shots += [_shot(renderer, person, performance, camera, frame / FPS, exposure_s) for frame in moving]
    truth: dict[str, NDArray[Any]] = {name: np.stack([own[name] for _, own in shots]) for name in shots[0][1]}
    truth |= {
        **{"kind": np.array(KIND), "fps": np.array(FPS), "size": np.array(size), "seed": np.array(seed)},
        **{"K": camera.intrinsics, "R": camera.rotation, "t": camera.translation},
        **{"exposure_s": np.array(exposure_s), "rest_frames": np.array(REST_FRAMES)},
    }
    return DetailClip([picture for picture, _ in shots], truth)


def _shot(
    renderer: Renderer, person: RiggedPerson, performance: Performance, camera: Any, time_s: float, exposure_s: float
) -> tuple[NDArray[np.uint8], dict[str, NDArray[Any]]]:
    """Render one picture, its exposure centred on `time_s`; return it with the truth at `time_s`."""
    pose = person.pose(turns_at(person, performance, time_s), np.zeros(3))
    edges = [
        person.pose(turns_at(person, performance, time_s + side * exposure_s / 2), np.zeros(3)) for side in (-1, 1)
    ]
    ends = [camera.project(camera.to_camera(hand_points(person, *edge))) for edge in edges]
    moved = float(np.linalg.norm(ends[1] - ends[0], axis=-1).max())
    moments = int(np.clip(np.ceil(moved / BLUR_STEP_PX), 1, MOST_MOMENTS))
    total: F64 | None = None
    for k in range(moments):
        at_s = time_s + ((k + 0.5) / moments - 0.5) * exposure_s
        picture, depth = _drawn(renderer, person, person.pose(turns_at(person, performance, at_s), np.zeros(3)))
        total = picture.astype(np.float64) if total is None else total + picture
        if k == moments // 2:
            middle = depth
    assert total is not None
    blurred = np.rint(total / moments).astype(np.uint8)
    return blurred, _truth(person, performance, camera, pose, middle, time_s)


def _drawn(renderer: Renderer, person: RiggedPerson, pose: tuple[F64, F64]) -> tuple[NDArray[np.uint8], Any]:
    """Return picture and depth of a pose. Replaces the person's vertices on the graphics device."""
    canvas, body = renderer.canvas, person.body
    mesh = person.skin(*pose)
    moved = replace(body, vertices=mesh, normals=renderer.bodies.vertex_normals(mesh, body.faces))
    columns = (moved.vertices, moved.normals, body.colours, body.materials[:, None], body.bone_index, body.bone_weight)
    canvas.owned[1].write(np.concatenate(columns, axis=1).astype("f4").tobytes())
    picture, depth = canvas.frame(np.tile(np.eye(4, dtype=np.float32), (len(body.rest_joints), 1, 1)))
    return picture, depth


def hand_points(person: RiggedPerson, rotations: F64, places: F64) -> F64:
    """Return the hand points (2, 21, 3) in world coordinates."""
    points = np.empty((2, NUM_HAND_POINTS, 3))
    for side, ending in enumerate((".L", ".R")):
        own = []
        for name in _POINTS:
            row = person.rig.row(name + ending)
            own.append(places[row])
            if name.endswith("-3"):
                own.append(person.tail(row, rotations, places))
        points[side] = own
    return points


def _truth(
    person: RiggedPerson, performance: Performance, camera: Any, pose: tuple[F64, F64], depth: Any, time_s: float
) -> dict[str, NDArray[Any]]:
    rotations, places = pose
    points = camera.to_camera(hand_points(person, rotations, places))
    pixels = camera.project(points)
    head = rotations[person.rig.row("head")]
    face = camera.to_camera(_face_points(person) @ head.T + places[person.rig.row("head")])
    face_px = camera.project(face)
    rows = [person.rig.row(name) for name in ("eye.L", "eye.R")]
    eyes = camera.to_camera(np.array([person.tail(row, rotations, places) for row in rows]))
    values = performance.face.at(time_s)
    return {
        "hand_points_cam_m": points.astype(np.float32),
        "hand_points_px": pixels.astype(np.float32),
        "hand_visible": _seen(points, pixels, depth),
        "head_rotation_cam": camera.rotation @ head,
        "face_box_px": np.concatenate([face_px.min(0), face_px.max(0)]).astype(np.float32),
        "face_visible": _seen(face[:1], face_px[:1], depth, _BEHIND_FACE_M)[0],
        "eyes_visible": _seen(eyes, camera.project(eyes), depth, _BEHIND_LIDS_M),
        "distance_m": np.array(np.linalg.norm(face[0])),
        "jaw_deg": values[0],
        "lids": values[1:3],
        "gaze_deg": values[3:5],
    }


def _face_points(person: RiggedPerson) -> F64:
    """Return face points (n, 3) relative to the head bone at rest: the point between the eyes comes first, then chin to
    forehead and ear to ear."""
    rig = person.rig
    head = person.heads[rig.row("head")]
    chin, eyes = person.tails[rig.row("jaw")], person.heads[[rig.row("eye.L"), rig.row("eye.R")]]
    between, apart = eyes.mean(0), abs(eyes[0, 0] - eyes[1, 0])
    up = between[1] - chin[1]
    corners = [
        [between[0] + sign * 1.1 * apart, height, between[2] - 0.5 * apart]
        for sign in (-1, 1)
        for height in (chin[1], between[1] + 0.55 * up)
    ]
    points: F64 = np.array([between, chin, *corners]) - head
    return points


def _seen(points: F64, pixels: F64, depth: Any, behind_m: float = _BEHIND_M) -> NDArray[np.bool_]:
    """Return which points are in the picture and not occluded (depth test)."""
    height, width = depth.shape
    x, y = np.floor(np.moveaxis(pixels, -1, 0)).clip(-1, 1e6).astype(int)
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height) & (points[..., 2] > 0)
    surface = depth[y.clip(0, height - 1), x.clip(0, width - 1)]
    seen: NDArray[np.bool_] = inside & (points[..., 2] < surface + behind_m)
    return seen
