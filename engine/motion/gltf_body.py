"""A plain body for the .glb's skeleton: one double pyramid per bone, in the T-pose, each following one joint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.types import F32, F64
from models.detail_skeleton import EYE_NAMES, Skeleton
from models.fingers import FINGER_NAMES
from models.skeleton import HEAD_TOP, ROOT

_WAIST = 0.2  # thickest place along the bone
_THICKNESS = 0.16  # relative to the bone's length
_THINNEST, _THICKEST = 0.018, 0.07  # metres, half width
_FINGER = 0.005  # the same for a finger bone
_SHORTEST_M = 1e-3
_FACES = np.array([(0, 2, 1), (0, 3, 2), (0, 4, 3), (0, 1, 4), (5, 1, 2), (5, 2, 3), (5, 3, 4), (5, 4, 1)])
_TIPS = {"Head": (0.0, HEAD_TOP, 0.0), "LeftHand": (0.1, 0.0, 0.0), "RightHand": (-0.1, 0.0, 0.0)}  # s̄ units


@dataclass(frozen=True, slots=True)
class Body:
    """Triangles with flat normals: no points are shared."""

    points_m: F32  # (P, 3) T-pose, floor at 0
    normals: F32  # (P, 3)
    joints: NDArray[np.uint16]  # (P,) the joint each point follows
    triangles: NDArray[np.uint16]  # (P / 3, 3)


def rest_places(skeleton: Skeleton) -> F64:
    """Return the joints (J, 3) in the T-pose."""
    places = np.array(skeleton.offsets_m, dtype=np.float64)
    for joint in range(1, len(places)):
        places[joint] += places[skeleton.parents[joint]]
    return places


def body_of(skeleton: Skeleton) -> Body:
    """Return the body around a person's joints, with fingers if the skeleton has them."""
    places, parents, names = rest_places(skeleton), skeleton.parents, skeleton.names
    drawn = [joint for joint, name in enumerate(names) if joint != ROOT and name not in EYE_NAMES]
    bones = [(parents[joint], places[parents[joint]], places[joint]) for joint in drawn]
    size = float(skeleton.offsets_m[ROOT, 1])
    for joint in drawn:
        if names[joint] in _TIPS and (names[joint] == "Head" or not skeleton.children(joint)):
            bones.append((joint, places[joint], places[joint] + np.array(_TIPS[names[joint]]) * size))
        elif names[joint].endswith("Distal"):
            bones.append((joint, places[joint], places[joint] + skeleton.offsets_m[joint]))
    thin = {joint for joint, name in enumerate(names) if name in FINGER_NAMES}
    solids = [
        (joint, _double_pyramid(start, end, _FINGER if joint in thin else _THINNEST)) for joint, start, end in bones
    ]
    points = np.concatenate([corners[_FACES].reshape(-1, 3) for _, corners in solids])
    faces = points.reshape(-1, 3, 3)
    normals = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Body(
        points_m=points.astype(np.float32),
        normals=np.repeat(normals, 3, axis=0).astype(np.float32),
        joints=np.repeat([joint for joint, _ in solids], _FACES.size).astype(np.uint16),
        triangles=np.arange(len(points), dtype=np.uint16).reshape(-1, 3),
    )


def _double_pyramid(start: F64, end: F64, thinnest: float) -> F64:
    """(6, 3) corners: start, four around the thickest place, end."""
    along = end - start
    length = max(float(np.linalg.norm(along)), _SHORTEST_M)
    along = along / length if np.linalg.norm(along) >= _SHORTEST_M else np.array([0.0, 1.0, 0.0])
    side = np.cross(along, [0.0, 0.0, 1.0] if abs(along[2]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    up = np.cross(along, side)
    half = float(np.clip(_THICKNESS * length, thinnest, _THICKEST))
    middle = start + _WAIST * length * along
    around = [middle + half * direction for direction in (side, up, -side, -up)]
    corners: F64 = np.stack([start, *around, start + length * along])
    return corners
