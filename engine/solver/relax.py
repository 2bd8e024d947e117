"""A lost performer: the last pose is held, eases to a rest stance, and is blended with the new one when found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from engine.solver.body import UPPER_LEGS, Body, above_floor
from engine.solver.floor import heights_over_sole
from engine.solver.settings import LostSettings
from engine.solver.stance import SEATED, UPPER, blended, facing, hips_height_m
from engine.types import F64, Pose
from models.kinematics import posed
from models.skeleton import JOINT, NUM_JOINTS, ROOT

_ARM_DOWN_DEG = 72.0
_ELBOW_DEG = {UPPER.name: 15.0, SEATED.name: 55.0}


class Relax:
    """Eases the shown body to rest during a loss and back to the person afterwards. Solve thread only.

    Times are capture times, which never decrease.
    """

    def __init__(self, settings: LostSettings, sink_limit_m: float, *, on: bool) -> None:
        """on: relax at all, else a lost pose is held."""
        self._s = settings
        self._sink_limit_m = sink_limit_m
        self._on = on
        self.reset()

    def reset(self) -> None:
        """Reset: the next body is shown as it is."""
        self._shown: Body | None = None  # while relaxed, and until the new body has taken over
        self._shown_at_s = 0.0

    @property
    def active(self) -> bool:
        """Whether something other than the last tracked body was shown."""
        return self._shown is not None

    def lost(self, held: Pose, since_s: float, captured_at_s: float) -> Pose:
        """Return `held` at a time after the loss at `since_s`: as it is, then on the way to rest, then at rest."""
        weight = _eased((captured_at_s - since_s - self._s.hold_s) / self._s.relax_s)
        if not self._on or (weight <= 0 and self._shown is None):
            return held
        offsets_m = held.rest_offsets_m.astype(np.float64)
        last = _body_of(held, offsets_m)
        body = self._over_floor(blended(last, resting(held, last, offsets_m), weight, offsets_m), offsets_m)
        self._shown, self._shown_at_s = body, captured_at_s
        quaternions = Rotation.from_matrix(body.rotations).as_quat()
        opposite = np.vecdot(quaternions, held.rotations_xyzw) < 0
        return replace(
            held,
            rotations_xyzw=np.where(opposite[:, None], -quaternions, quaternions).astype(np.float32),
            root_m=body.joints[ROOT].astype(np.float32),
            joints_world_m=body.joints.astype(np.float32),
        )

    def found(self, body: Body, offsets_m: F64, captured_at_s: float) -> Body:
        """Return a tracked body, blended with what was shown before it. offsets_m (22, 3) the person's rest offsets."""
        if self._shown is None:
            return body
        weight = _eased((captured_at_s - self._shown_at_s) / self._s.found_s)
        if weight >= 1:
            self.reset()
            return body
        return self._over_floor(blended(self._shown, body, weight, offsets_m), offsets_m)

    def _over_floor(self, body: Body, offsets_m: F64) -> Body:
        return above_floor(body, *heights_over_sole(offsets_m), self._sink_limit_m)


def resting(held: Pose, last: Body, offsets_m: F64) -> Body:
    """Return the performer upright with the arms down, at the same place, facing the same way; seated if they sat."""
    stance = SEATED if held.body == SEATED.name else UPPER
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    rotations[ROOT] = _about("y", np.degrees(facing(last.turned[ROOT])))
    for side, sign in (("Left", -1.0), ("Right", 1.0)):
        rotations[JOINT[f"{side}UpperArm"]] = _about("z", sign * _ARM_DOWN_DEG)
        rotations[JOINT[f"{side}LowerArm"]] = _about("y", sign * _ELBOW_DEG[stance.name])
    thigh_deg = np.degrees(stance.thigh_forward)
    rotations[UPPER_LEGS] = _about("x", -thigh_deg)
    rotations[[JOINT["LeftLowerLeg"], JOINT["RightLowerLeg"]]] = _about("x", thigh_deg)
    root = np.array([held.root_m[0], hips_height_m(offsets_m, stance), held.root_m[2]], np.float64)
    joints, turned = posed(rotations[None], offsets_m, root[None])
    return Body(rotations, joints[0], turned[0])


def _body_of(pose: Pose, offsets_m: F64) -> Body:
    rotations = Rotation.from_quat(pose.rotations_xyzw.astype(np.float64)).as_matrix()
    joints, turned = posed(rotations[None], offsets_m, pose.root_m.astype(np.float64)[None])
    return Body(rotations, joints[0], turned[0])


def _about(axis: str, angle_deg: float) -> F64:
    return np.asarray(Rotation.from_euler(axis, angle_deg, degrees=True).as_matrix(), np.float64)


def _eased(progress: float) -> float:
    """Return 0..1 with a smooth start and end."""
    at = min(max(progress, 0.0), 1.0)
    return at * at * (3 - 2 * at)
