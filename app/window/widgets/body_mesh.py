"""The performer as one mesh: a tapered capsule along every bone, updated for each pose with a few array operations.

NumPy only. The mesh has pyqtgraph's OpenGL axes (Z up); the world (Y up, right-handed) maps x, y, z -> x, -z, y. The
lengths of the capsules are the person's bone lengths; their thickness scales with the body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.window.widgets.finger_capsules import HANDS, finger_ends, fingers_in_world
from app.window.widgets.theme import ACCENT, CENTRE, RIGHT_SIDE
from models.fingers import FINGER_NAMES
from models.kinematics import forward_kinematics
from models.parts import PART
from models.rotations import quaternion_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, REST_OFFSETS

F32 = NDArray[np.float32]
_AROUND = 14
_GLASS, _SOLID = 0.25, 0.40
"""Confidence below which a part is drawn as grey glass, and from which it is opaque."""
_LEAST_CHANGE = 0.02
_CAP_RINGS = 3
_HIPS_HEIGHT_M = 0.93
"""Hips height that the radii below are designed for."""


@dataclass(frozen=True, slots=True)
class Part:
    """A capsule from a joint or finger bone to another joint, or to a point fixed in its own axes. Metres for a hips
    height of 0.93 m."""

    start: str
    end: str | tuple[float, float, float]
    radius_start: float
    radius_end: float
    flat: float = 1.0  # depth divided by width of the cross section


_CENTRE_PARTS = (
    Part("Hips", "Spine", 0.118, 0.112, 0.84),
    Part("Spine", "Chest", 0.112, 0.120, 0.80),
    Part("Chest", "UpperChest", 0.120, 0.130, 0.76),
    Part("UpperChest", "Neck", 0.130, 0.052, 0.76),
    Part("Neck", "Head", 0.050, 0.047),
    Part("Head", (0.0, 0.098, 0.016), 0.068, 0.090, 1.12),
    Part("Head", (0.0, 0.062, 0.088), 0.030, 0.020),
)
_LEFT_PARTS = (
    Part("UpperChest", "LeftShoulder", 0.084, 0.068),
    Part("LeftShoulder", "LeftUpperArm", 0.066, 0.060),
    Part("LeftUpperArm", "LeftLowerArm", 0.054, 0.042),
    Part("LeftLowerArm", "LeftHand", 0.042, 0.029),
    Part("LeftHand", (0.072, 0.0, 0.0), 0.030, 0.036, 0.42),
    Part("Hips", "LeftUpperLeg", 0.100, 0.089),
    Part("LeftUpperLeg", "LeftLowerLeg", 0.087, 0.057),
    Part("LeftLowerLeg", "LeftFoot", 0.058, 0.037),
    Part("LeftFoot", (0.0, -0.045, -0.045), 0.037, 0.034),
    Part("LeftFoot", "LeftToes", 0.039, 0.032),
    Part("LeftToes", (0.0, 0.0, 0.055), 0.034, 0.024, 0.8),
)


def _mirrored(part: Part) -> Part:
    end = part.end.replace("Left", "Right") if isinstance(part.end, str) else (-part.end[0], *part.end[1:])
    return Part(part.start.replace("Left", "Right"), end, part.radius_start, part.radius_end, part.flat)


def _body_part(part: Part) -> str:
    """Return the part of models.parts.PART_NAMES that a capsule belongs to."""
    side = next((side.lower() for side in ("Left", "Right") if part.start.startswith(side)), "")
    if part.start in ("Neck", "Head"):
        return "head"
    for limb, joints in (("arm", ("UpperArm", "LowerArm", "Hand")), ("leg", ("UpperLeg", "LowerLeg", "Foot", "Toes"))):
        if side and part.start.endswith(joints):
            return f"{side}_{limb}"
    return f"{side}_arm" if part.start in FINGER_NAMES else "trunk"


PARTS: tuple[Part, ...] = (
    *_CENTRE_PARTS,
    *_LEFT_PARTS,
    *(_mirrored(part) for part in _LEFT_PARTS),
    *(Part(*bone) for bone in finger_ends()),
)
_ROW = {name: row for row, name in enumerate((*JOINT_NAMES, *FINGER_NAMES))}


def to_gl(world: NDArray[np.floating]) -> F32:
    """Convert world axes (..., 3), Y up, to Z up."""
    return np.stack([world[..., 0], -world[..., 2], world[..., 1]], axis=-1).astype(np.float32)


def _capsule(part: Part) -> tuple[F32, F32, F32]:
    """Return a capsule of unknown length in its own axes (x across, y deep, z along).

    returns  offsets (V, 3) from the nearer end, normals (V, 3), at_end (V,) 0 or 1
    """
    turns = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    rings = []
    for end, radius, sign in ((0.0, part.radius_start, -1.0), (1.0, part.radius_end, 1.0)):
        rises = np.linspace(np.pi / 2, 0.0, _CAP_RINGS + 1)
        for rise in rises if end == 0.0 else rises[::-1]:
            normal = np.column_stack([circle * np.cos(rise), np.full(_AROUND, sign * np.sin(rise))])
            rings.append((normal * radius, normal, np.full(_AROUND, end)))
    offsets, normals, at_end = (np.concatenate(column).astype(np.float32) for column in zip(*rings, strict=True))
    offsets[:, 1] *= part.flat
    normals[:, 1] /= part.flat
    return offsets, normals / np.linalg.norm(normals, axis=1, keepdims=True), at_end


def _capsule_faces() -> NDArray[np.uint32]:
    rings = 2 * (_CAP_RINGS + 1)
    here = np.arange((rings - 1) * _AROUND).reshape(rings - 1, _AROUND)
    right = np.roll(here, -1, axis=1)
    quads = np.stack([here, right, right + _AROUND, here, right + _AROUND, here + _AROUND], axis=-1)
    return quads.reshape(-1, 3).astype(np.uint32)


def _rgb(colour: str) -> tuple[float, float, float]:
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def _colour(part: Part) -> str:
    return ACCENT if part.start.startswith("Left") else RIGHT_SIDE if part.start.startswith("Right") else CENTRE


def _across(part: Part) -> tuple[float, float, float]:
    """Return the start joint's axis across the part in the T-pose: z for parts that point sideways, else x."""
    along = REST_OFFSETS[JOINT[part.end]] if isinstance(part.end, str) else np.array(part.end)
    return (0.0, 0.0, 1.0) if abs(along[0]) > 0.7 * np.linalg.norm(along) else (1.0, 0.0, 0.0)


class BodyMesh:
    """Vertices, normals, colours and faces of the whole body; `pose` updates the first two in place."""

    def __init__(self) -> None:
        shapes = [_capsule(part) for part in PARTS]
        size = len(shapes[0][0])
        self._offsets, self._normals, self._at_end = (np.concatenate(column) for column in zip(*shapes, strict=True))
        self._part = np.repeat(np.arange(len(PARTS)), size)
        self.faces = np.concatenate([_capsule_faces() + np.uint32(size * index) for index in range(len(PARTS))])
        colours = [(*_rgb(_colour(part)), 1.0) for part in PARTS]
        self.colours: F32 = np.repeat(np.array(colours, np.float32), size, axis=0)
        self.vertices: F32 = np.zeros((size * len(PARTS), 3), np.float32)
        self.normals: F32 = np.zeros_like(self.vertices)
        self._start = np.array([_ROW[part.start] for part in PARTS])
        self._end = np.array([JOINT[part.end] if isinstance(part.end, str) else -1 for part in PARTS])
        self._fixed = np.array([part.end if not isinstance(part.end, str) else (0.0, 0.0, 0.0) for part in PARTS])
        self._across = np.array([_across(part) for part in PARTS])
        self._body_part = np.array([PART[_body_part(part)] for part in PARTS])[self._part]

    def show_seen(self, part_confidence: NDArray[np.floating]) -> bool:
        """Write each vertex's visibility (0 glass, 1 opaque) to the colours' alpha; return False when nothing changed.

        part_confidence (6,) in the order of models.parts.PART_NAMES.
        """
        seen = np.clip((part_confidence - _GLASS) / (_SOLID - _GLASS), 0.0, 1.0).astype(np.float32)[self._body_part]
        if np.abs(seen - self.colours[:, 3]).max() < _LEAST_CHANGE:
            return False
        self.colours[:, 3] = seen
        return True

    def pose(
        self,
        joints_m: NDArray[np.floating],
        rotations_xyzw: NDArray[np.floating],
        hips_height_m: float,
        fingers_xyzw: NDArray[np.floating] | None = None,
    ) -> None:
        """Pose the body. joints_m (22, 3) world; rotations_xyzw (22, 4) local, Hips in the world; fingers_xyzw (30, 4)
        local, None: relaxed hands."""
        _, axes = forward_kinematics(quaternion_to_matrix(rotations_xyzw), np.zeros((len(JOINT_NAMES), 3)), joints_m[0])
        size = hips_height_m / _HIPS_HEIGHT_M
        hands = list(HANDS)
        bones_m, bone_axes = fingers_in_world(joints_m[hands], axes[hands], fingers_xyzw, size)
        start = np.concatenate([joints_m, bones_m])[self._start]
        own = np.concatenate([axes, bone_axes])[self._start]  # (P, 3, 3)
        fixed = start + size * np.einsum("pij,pj->pi", own, self._fixed)
        along = np.where(self._end[:, None] < 0, fixed, joints_m[self._end]) - start
        length = np.linalg.norm(along, axis=1, keepdims=True)
        direction = along / np.maximum(length, 1e-6)
        across = np.einsum("pij,pj->pi", own, self._across)
        across -= direction * np.einsum("pi,pi->p", across, direction)[:, None]
        across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
        frame = to_gl(np.stack([across, np.cross(direction, across), direction], axis=1))  # (P, 3, 3) rows: x, y, z
        turn = frame[self._part]
        np.einsum("vi,vij->vj", self._normals, turn, out=self.normals)
        np.einsum("vi,vij->vj", self._offsets * np.float32(size), turn, out=self.vertices)
        self.vertices += to_gl(start)[self._part] + self._at_end[:, None] * to_gl(along)[self._part]
