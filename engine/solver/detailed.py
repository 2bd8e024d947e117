"""Add fingers, wrists, head, eyes and expression to a pose: held, smoothed and blended over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from engine.quaternions import from_vector, matrix_of, quaternion_of, to_vector
from engine.solver.detail_calibration import face_numbers, face_of, finger_numbers, fingers_of, measured_range
from engine.solver.face import (
    RestingFace,
    blink_scores,
    closed_lids,
    expression,
    eye_rotations,
    gaze,
    head_rotation,
    lid_gaps,
    resting_face,
    with_gaze,
)
from engine.solver.hands import FingerRange, finger_rotations, relaxed_hand, wrist_from_hand
from engine.solver.held import HOLD_S, Blend, HeldRotations, HeldValues, is_sure, seen_now, steadiness
from engine.solver.lids import LearnedLids
from engine.solver.palm_gate import PalmGate
from engine.types import F32, F64, Details, FaceView, HandView, Pose
from models.face import NUM_EXPRESSIONS
from models.fingers import NUM_HAND_POINTS, SIDES, WRIST
from models.hand_geometry import hand_rotation
from models.skeleton import JOINT, PARENTS

MAX_HEAD_TURN = np.radians(75.0)
"""Largest rotation of the head relative to the neck."""
_IDENTITY = np.array([[0.0, 0.0, 0.0, 1.0]], np.float32)
_NECK, _HEAD = JOINT["Neck"], JOINT["Head"]
_TURNED = (_HEAD, *(JOINT[side + name] for side in SIDES for name in ("LowerArm", "Hand")))
"""Joints rotated by hands and face."""


def _world(local: F64, joint: int) -> F64:
    """Return a joint's rotation (3, 3) in the world from the local ones (22, 3, 3)."""
    result: F64 = local[joint]
    while (joint := PARENTS[joint]) >= 0:
        result = local[joint] @ result
    return result


def _between(a: F64, b: F64, weight: float) -> F64:
    """Interpolate between two rotations (3, 3): a at weight 0, b at 1."""
    if weight >= 1:
        return b
    x, y, z = to_vector(quaternion_of(a.T @ b))
    result: F64 = a @ matrix_of(from_vector(weight * x, weight * y, weight * z))
    return result


class _Hand:
    """One hand over time."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._forearm, self._hand = JOINT[f"{SIDES[side]}LowerArm"], JOINT[f"{SIDES[side]}Hand"]
        self._fingers = HeldRotations(relaxed_hand(side))
        self._wrist = HeldRotations(_IDENTITY)
        self._palm = PalmGate()
        self._blend = Blend()
        self._view_s = -np.inf
        self._sure_s = -np.inf
        self._presence = 0.0

    def see(self, view: HandView, pose: Pose, local: F64, measured: FingerRange | None) -> None:
        """Use a newer view: the fingers, and the wrist if the view is reliable."""
        if view.captured_at_s <= self._view_s:
            return
        self._view_s = view.captured_at_s
        ahead = pose.intrinsics.view_rotation(view.points_px[:, :2].mean(0))
        points = view.world_m.astype(np.float64) @ (pose.R_world_cam.astype(np.float64) @ ahead).T
        seen = hand_rotation(points, self._side)
        if seen is None:
            return
        size = (round(2 * pose.intrinsics.cx), round(2 * pose.intrinsics.cy))
        steady = steadiness(view.size_px, view.points_px, size)
        self._presence = view.presence
        self._fingers.see(finger_rotations(points @ seen, self._side, measured), view.captured_at_s, steady)
        believed = self._palm.accepts(view, self._side, seen)
        if believed and is_sure(view.presence, view.size_px):
            in_forearm = _world(local, self._forearm).T @ seen
            quaternion = np.array([quaternion_of(in_forearm)], np.float32)
            if self._blend.weight <= 0:
                self._wrist = HeldRotations(quaternion)
            self._wrist.see(quaternion, view.captured_at_s, steady)
            self._sure_s = view.captured_at_s

    def turn_wrist(self, matrices: F64, time_s: float, dt_s: float) -> None:
        """Blend the tracked wrist into the local rotations (22, 3, 3), in place."""
        weight = self._blend(time_s - self._sure_s <= HOLD_S, dt_s)
        quaternion = self._wrist.at(time_s)[0]
        if weight <= 0:
            return
        seen = matrix_of(tuple(quaternion.tolist()))
        forearm = _world(matrices, self._forearm)
        turned, in_turned = wrist_from_hand(forearm @ seen, forearm, self._side)
        new_forearm = _between(forearm, turned, weight)
        hand = _between(forearm @ matrices[self._hand], turned @ in_turned, weight)
        matrices[self._forearm] = matrices[self._forearm] @ forearm.T @ new_forearm
        matrices[self._hand] = new_forearm.T @ hand

    def fingers(self, time_s: float) -> F32:
        """Return the bones (15, 4) at this time."""
        return self._fingers.at(time_s)

    def confidence(self, time_s: float) -> float:
        """Return the hand's visibility at this time, 0..1."""
        return seen_now(self._presence, time_s - self._view_s)


class _Face:
    """The face over time."""

    def __init__(self) -> None:
        self._scores, self._gaze = HeldValues(NUM_EXPRESSIONS), HeldValues(2)
        self._head = HeldRotations(_IDENTITY)
        self._lids = LearnedLids()
        self._blend = Blend()
        self._view_s = -np.inf
        self._sure_s = -np.inf
        self._presence = 0.0

    def see(self, view: FaceView, pose: Pose, local: F64, rest: RestingFace | None) -> None:
        """Use a newer view: scores, gaze, and the head if the view is reliable."""
        if view.captured_at_s <= self._view_s:
            return
        self._view_s, self._presence = view.captured_at_s, view.presence
        opened = self._lids.see(lid_gaps(view.points_px), blink_scores(view.scores))
        closed = closed_lids(view.points_px, view.scores, rest, opened)
        self._scores.see(expression(view.points_px, view.scores, rest, closed), view.captured_at_s)
        looks = gaze(view.points_px, rest, closed)
        if looks is not None:
            self._gaze.see(looks, view.captured_at_s)
        ahead = pose.intrinsics.view_rotation(view.points_px[:, :2].mean(0))
        head = head_rotation(view.points_px, pose.R_world_cam.astype(np.float64) @ ahead, rest)
        if head is not None and is_sure(view.presence, view.size_px):
            x, y, z = to_vector(quaternion_of(_world(local, _NECK).T @ head))
            less = min(1.0, MAX_HEAD_TURN / max(math.hypot(x, y, z), 1e-6))
            quaternion = np.array([from_vector(less * x, less * y, less * z)], np.float32)
            if self._blend.weight <= 0:
                self._head = HeldRotations(quaternion)
            self._head.see(quaternion, view.captured_at_s)
            self._sure_s = view.captured_at_s

    def turn_head(self, matrices: F64, time_s: float, dt_s: float) -> bool:
        """Blend the tracked head into the local rotations (22, 3, 3), in place. Return whether there was an effect."""
        weight = self._blend(time_s - self._sure_s <= HOLD_S, dt_s)
        quaternion = self._head.at(time_s)[0]
        if weight > 0:
            matrices[_HEAD] = _between(matrices[_HEAD], matrix_of(tuple(quaternion.tolist())), weight)
        return weight > 0

    def values(self, time_s: float) -> tuple[F32, F32]:
        """Return eyes (2, 4) and expression (52,) at this time."""
        looks = self._gaze.at(time_s).astype(np.float64)
        return eye_rotations(looks), with_gaze(self._scores.at(time_s), looks)

    def confidence(self, time_s: float) -> float:
        """Return the face's visibility at this time, 0..1."""
        return seen_now(self._presence, time_s - self._view_s)


class DetailSolver:
    """Adds hands and face to poses. Solve thread only; poses in order of time."""

    def __init__(self, *, hands: bool = True, face: bool = True) -> None:
        """hands, face: what is tracked; the pose's fields of the other stay None."""
        self._asked = (hands, face)
        self.resting_face: RestingFace | None = None
        """Resting face (engine.solver.face.resting_face); may be set at any time."""
        self.finger_ranges: tuple[FingerRange | None, FingerRange | None] = (None, None)
        """Ranges of left and right hand, measured with open hands and fists."""
        self.reset()

    def rest_on(self, views: Sequence[FaceView]) -> None:
        """Calibrate the resting face, looking into the camera; the old one stays if no view shows enough."""
        self.resting_face = resting_face(views) or self.resting_face

    def measure_hands(
        self, opened: Sequence[Sequence[HandView]], fists: Sequence[Sequence[HandView]]
    ) -> tuple[bool, bool]:
        """Measure the finger ranges from views of left and right hand; return which sides were measured."""
        found = [measured_range(opened[side], fists[side], side) for side in (0, 1)]
        left, right = (new or old for new, old in zip(found, self.finger_ranges, strict=True))
        self.finger_ranges = (left, right)
        return found[0] is not None, found[1] is not None

    @property
    def calibration(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return resting face and finger ranges as numbers (engine.solver.detail_calibration)."""
        return face_numbers(self.resting_face), finger_numbers(self.finger_ranges)

    @calibration.setter
    def calibration(self, numbers: tuple[tuple[float, ...], tuple[float, ...]]) -> None:
        self.resting_face, self.finger_ranges = face_of(numbers[0]), fingers_of(numbers[1])

    def reset(self) -> None:
        """Forget what was seen (another source or person); the calibration stays."""
        hands, face = self._asked
        self._hands = (_Hand(0), _Hand(1)) if hands else ()
        self._face = _Face() if face else None
        self._last_s: float | None = None

    def solve(self, pose: Pose, details: Details) -> Pose:
        """Return the pose with hands and face as known at its time. `details` may be older or newer."""
        time_s = pose.captured_at_s
        dt_s = 0.0 if self._last_s is None else max(time_s - self._last_s, 0.0)
        self._last_s = time_s
        matrices = Rotation.from_quat(pose.rotations_xyzw).as_matrix()
        views = (details.left, details.right)
        for side, hand in enumerate(self._hands):
            view = views[side]
            if view is not None:
                hand.see(view, pose, matrices, self.finger_ranges[side])
            hand.turn_wrist(matrices, time_s, dt_s)
        added: dict[str, Any] = {}
        if self._hands:
            fingers = np.concatenate([hand.fingers(time_s) for hand in self._hands])
            added |= {"fingers_xyzw": fingers, "hand_points_cam_m": _hand_points(pose, views)}
        if self._face is not None:
            if details.face is not None:
                self._face.see(details.face, pose, matrices, self.resting_face)
            from_face = self._face.turn_head(matrices, time_s, dt_s)
            eyes, scores = self._face.values(time_s)
            added |= {"eyes_xyzw": eyes, "expression": scores, "head_from_face": from_face}
        if self._hands or added.get("head_from_face"):
            added["rotations_xyzw"] = _near(matrices, pose.rotations_xyzw)
        return replace(pose, detail_confidence=self._confidence(time_s), **added)

    def _confidence(self, time_s: float) -> F32:
        """Return the visibility (3,) of left hand, right hand and face; 0 if not requested."""
        hands = [hand.confidence(time_s) for hand in self._hands] or [0.0, 0.0]
        return np.array([*hands, 0.0 if self._face is None else self._face.confidence(time_s)], np.float32)


def make_detail_solver(*, hands: bool, face: bool, before: DetailSolver | None = None) -> DetailSolver:
    """Create a solver for what is tracked, with the calibration of the previous one."""
    solver = DetailSolver(hands=hands, face=face)
    if before is not None:
        solver.resting_face, solver.finger_ranges = before.resting_face, before.finger_ranges
    return solver


def _near(matrices: F64, before: F32) -> F32:
    """Return quaternions (22, 4), of q and -q the one nearer to the body's own."""
    result = before.copy()
    for joint in _TURNED:
        quaternion = np.array(quaternion_of(matrices[joint]), np.float32)
        result[joint] = -quaternion if float(quaternion @ before[joint]) < 0 else quaternion
    return result


def _hand_points(pose: Pose, views: tuple[HandView | None, HandView | None]) -> F32:
    """Return the network's points (2, 21, 3) with its wrist at the body's wrist; NaN without a hand."""
    points = np.full((2, NUM_HAND_POINTS, 3), np.nan, np.float32)
    for side, view in enumerate(views):
        if view is not None:
            wrist = pose.joints_cam_m[JOINT[f"{SIDES[side]}Hand"]]
            points[side] = wrist + view.world_m - view.world_m[WRIST]
    return points
