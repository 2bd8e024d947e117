"""Pose -> the model's vertices: a matrix per joint and a weight per morph target.

Bones take the performer's world orientations as in engine/avatar/fit.py; fingers and eyes are attached to them.
Everything else moves with the nearest humanoid bone above it, such as a skirt or hair.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from engine.avatar.face_weights import FaceWeights
from engine.avatar.fit import AvatarFit
from engine.avatar.humanoid import EYES
from engine.avatar.mesh import Gaze, Model
from engine.quaternions import Quaternion, product
from engine.types import F32, F64, Pose
from models.fingers import FINGER_NAMES, FINGER_PARENTS
from models.skeleton import JOINT_NAMES, PARENTS

_FINGER_PARENT = dict(zip(FINGER_NAMES, FINGER_PARENTS, strict=True))
_FINGER = {name: row for row, name in enumerate(FINGER_NAMES)}
_BODY_PARENT = {name: JOINT_NAMES[parent] for name, parent in zip(JOINT_NAMES, PARENTS, strict=True) if parent >= 0}
_AT_REST: Quaternion = (0.0, 0.0, 0.0, 1.0)


class Puppet:
    """Animates one model. Qt thread, or any one thread."""

    def __init__(self, model: Model) -> None:
        """Prepare everything that does not depend on the pose."""
        self.model = model
        self._fit = AvatarFit(model.avatar)
        body = self._fit.names
        fingers = [name for name in FINGER_NAMES if name in model.rest]
        eyes = [name for name in EYES if name in model.rest and model.gaze.by_bones]
        names = [*body, *fingers, *eyes]
        row = {name: place for place, name in enumerate(names)}
        self._parents = [-1, *(row[_above(name, row)] for name in names[1:])]
        self._fingers = [_chain(name, row) for name in fingers]
        self._eyes = [EYES.index(name) for name in eyes]
        rest: F64 = np.array([model.rest[name] for name in names])
        self._offsets: F64 = rest - rest[self._parents]
        self._binds = model.joints.binds
        self._face = FaceWeights(model)
        carriers = [_carrier(bone, row) for bone in model.joints.bones]
        self._carriers = np.array(carriers, np.int64)  # the last row is the world itself
        self._still = len(names)
        self._carriers[self._carriers < 0] = self._still
        self._rest = rest
        self._feet = [
            [row[name] for name in (f"{side}Foot", f"{side}Toes") if name in row] for side in ("Left", "Right")
        ]
        self.hips_m: F64 = rest[0]
        """(3,) hips position in our world, for the newest pose."""
        self.feet_m: F64 = np.zeros((2, 3))
        """(2, 3) centres of the left and right foot."""

    def joints(self, pose: Pose) -> F32:
        """Return the transform (J, 4, 4) of each joint: the shape's axes to our world, metres."""
        fitted = self._fit(pose, pose.rotations_xyzw.ravel().tolist(), pose.joints_world_m.ravel().tolist())
        numbers = fitted.quaternions
        local: list[Quaternion] = [_quaternion(numbers, row) for row in range(len(numbers) // 4)]
        local += self._local_fingers(pose)
        local += self._local_eyes(pose)
        worlds = [local[0]]
        for turn, parent in zip(local[1:], self._parents[1:], strict=True):
            worlds.append(product(worlds[parent], turn))
        turns = Rotation.from_quat(np.array(worlds)).as_matrix()  # (B, 3, 3)
        steps = np.einsum("bij,bj->bi", turns[self._parents], self._offsets)
        places = np.empty_like(steps)
        places[0] = fitted.hips
        for row in range(1, len(places)):
            places[row] = places[self._parents[row]] + steps[row]
        self.hips_m, self.feet_m = places[0], np.array([places[rows].mean(axis=0) for rows in self._feet])
        moves = np.tile(np.eye(4, dtype=np.float32), (self._still + 1, 1, 1))
        moves[:-1, :3, :3] = turns
        moves[:-1, :3, 3] = places - np.einsum("bij,bj->bi", turns, self._rest)
        moved: F32 = moves[self._carriers] @ self._binds
        return moved

    def morphs(self, pose: Pose) -> dict[tuple[int, int], float]:
        """Return the weight of each morph target that is not at rest, by mesh and target index."""
        return self._face(pose)

    def _local_fingers(self, pose: Pose) -> list[Quaternion]:
        if pose.fingers_xyzw is None:
            return [_AT_REST] * len(self._fingers)
        numbers = pose.fingers_xyzw.ravel().tolist()
        found = []
        for chain in self._fingers:
            turn = _quaternion(numbers, chain[0])
            for row in chain[1:]:
                turn = product(turn, _quaternion(numbers, row))
            found.append(turn)
        return found

    def _local_eyes(self, pose: Pose) -> list[Quaternion]:
        if pose.eyes_xyzw is None:
            return [_AT_REST] * len(self._eyes)
        return [_narrowed(pose.eyes_xyzw[eye], eye, self.model.gaze) for eye in self._eyes]


def gaze_angles_deg(eye_xyzw: F32) -> tuple[float, float]:
    """Return the eye's angles to its person's left and up."""
    x, y, z = Rotation.from_quat(eye_xyzw).apply([0.0, 0.0, 1.0])
    return float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(np.clip(y, -1.0, 1.0))))


def _narrowed(eye_xyzw: F32, eye: int, gaze: Gaze) -> Quaternion:
    """Limit the eye's rotation to the model's range: drawn eyes leave their sockets before real ones do."""
    left, up = gaze_angles_deg(eye_xyzw)
    outwards = (left > 0) == (eye == 0)
    yaw = _mapped(left, gaze.outer if outwards else gaze.inner)
    pitch = _mapped(up, gaze.up if up > 0 else gaze.down)
    x, y, z, w = Rotation.from_euler("YX", [yaw, -pitch], degrees=True).as_quat().tolist()
    return x, y, z, w


def _mapped(angle: float, span: tuple[float, float]) -> float:
    """Apply VRM's range map: proportional up to the largest angle, then constant."""
    most, out = span
    return float(np.clip(angle / most, -1.0, 1.0)) * out


def _above(name: str, row: dict[str, int]) -> str:
    """Return the nearest ancestor bone that the model has."""
    if name in EYES:
        return "Head"
    parents = _FINGER_PARENT | _BODY_PARENT
    name = parents[name]
    while name not in row:
        name = parents[name]
    return name


def _chain(name: str, row: dict[str, int]) -> list[int]:
    """Return the rows of fingers_xyzw that rotate a finger bone: its own, and those of missing bones above it."""
    chain = [_FINGER[name]]
    while (name := _FINGER_PARENT[name]) not in row and name in _FINGER:
        chain.insert(0, _FINGER[name])
    return chain


def _carrier(bone: str, row: dict[str, int]) -> int:
    if bone in row:
        return row[bone]
    return row["Head"] if bone in EYES else -1


def _quaternion(numbers: list[float], row: int) -> Quaternion:
    x, y, z, w = numbers[4 * row : 4 * row + 4]
    return x, y, z, w
