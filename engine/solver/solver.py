"""RawMotion -> Pose: combines proportions, root, gravity, smoothing, floor and feet, one call per frame.

Order: the network's answer is smoothed in the camera's frame, where its errors arise, then placed in the upright world,
then the feet are held. Non-finite answers are rejected: they count as "person lost".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.solver.body import Body, above_floor, flattened, moved
from engine.solver.body_mode import BodyMode
from engine.solver.feet import FeetLock
from engine.solver.floor import Floor, Grounding, heights_over_sole, sole_heights
from engine.solver.gravity import Gravity
from engine.solver.measuring import bone_ratio_of
from engine.solver.outgoing import fading, outgoing
from engine.solver.placement import Placement
from engine.solver.proportions import Proportions, weighted_median
from engine.solver.raw_checks import is_plausible, legs_confidence
from engine.solver.reacquire import Reacquire
from engine.solver.relax import Relax
from engine.solver.root import to_camera, to_ray
from engine.solver.settings import STANDARD, SolverSettings, settings_for
from engine.solver.smoothing import Smooth, Smoother, smooth_take
from engine.solver.stance import LowerBody, blended, facing, hips_height_m
from engine.solver.start_gate import StartGate
from engine.types import F64, Pose, RawMotion
from models.camera import Intrinsics
from models.kinematics import forward_kinematics, posed
from models.skeleton import ROOT

LEAST_LEGS = 0.3
"""Legs below this visibility say nothing about the direction of gravity."""
_LIGHT = 0.3
"""A contact up to this value carries nothing, one above 1 minus this value everything."""
SURE = 0.5
"""Legs from this visibility on show where the performer stands."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One frame in the camera frame: raw and smoothed."""

    raw_joints: F64  # (22, 3) metres
    smooth: Body  # in the camera frame


class Solver:
    """Converts VTM's answers to poses. Solve thread only; every method returns within a millisecond."""

    def __init__(
        self,
        intrinsics: Intrinsics,
        height_m: float,
        *,
        rate_hz: float = 30.0,
        waits_for_facing: bool = False,
        relaxes: bool = False,
        settings: SolverSettings = STANDARD,
    ) -> None:
        """Start without a person.

        rate_hz           expected rate; only used for the first frame and for repeated timestamps
        settings          every number of the solver
        waits_for_facing  live: hold back the first poses until the performer's facing is settled
        relaxes           live: a lost performer's pose eases to rest instead of being held
        """
        self._intrinsics = intrinsics
        self._height_m = height_m
        self._step_s = 1.0 / rate_hz
        self._settings = settings
        self._proportions = Proportions(height_m, settings.proportions)
        self._lengths: tuple[float, ...] = ()  # measured
        self._smoother = Smoother(settings.smoothing)
        self._smooth_take: dict[int, Smooth] = {}  # of `fit`, by frame_id
        self._reacquire = Reacquire(settings.smoothing.reacquire_tau_s)
        self._gravity = Gravity(settings.gravity)
        self._floor = Floor(settings.floor)
        self._grounding = Grounding(settings.floor)
        self._placement = Placement()
        self._feet = FeetLock(settings.feet)
        self._body_mode = BodyMode(settings=settings.body_mode)
        self._lower_body = LowerBody()
        self._start = StartGate(settings.start) if waits_for_facing else None
        self._relax = Relax(settings.lost, settings.feet.sink_limit_m, on=relaxes)
        self._last: Pose | None = None  # the last tracked pose
        self._lost_since_s: float | None = None
        self._learning = True

    @property
    def lengths_frozen(self) -> bool:
        """Whether the bone lengths no longer change."""
        return self._proportions.frozen

    def solve(self, raw: RawMotion, *, calibrate: bool = False) -> Pose | None:
        """Return the pose of one frame; frames come in order of time.

        calibrate  from this frame on the performer faces +Z and stands at the origin; proportions and floor are
                   estimated again. Ignored when the frame counts as lost.
        A RawMotion that is not finite, or not a rotation, counts as lost. None: nothing was tracked yet, or the facing
        of a newly found person is not settled yet.
        """
        if not is_plausible(raw):
            return self.lost(raw.frame_id, raw.captured_at_s)
        if self._last is None and not self._starts(raw):
            return None
        dt_s = self._time_step(raw.captured_at_s)
        if self._learns_from(raw):
            hears = self._gravity.push if legs_confidence(raw) >= LEAST_LEGS else self._gravity.push_without_legs
            hears(raw.up_cam, raw.confidence, dt_s)
            self._proportions.push(raw.bone_ratio, raw.confidence, dt_s)
        seen = self._see(raw, dt_s)
        self._placement.set_up(self._gravity.up_cam)
        if calibrate:
            self._calibrate(seen)
        if not self._placement.anchored:
            self._placement.anchor(seen.smooth.joints[ROOT])
        body = self._relax.found(self._stand(seen, raw, dt_s), self._proportions.offsets_m, raw.captured_at_s)
        self._last = outgoing(
            raw,
            body,
            self._last,
            joints_cam_m=seen.raw_joints,
            rest_offsets_m=self._proportions.sent_offsets_m,
            R_world_cam=self._placement.R,
            t_world_cam=self._placement.translation(self._floor.height_m),
            intrinsics=self._intrinsics,
            mode=self._body_mode,
        )
        self._lost_since_s = None
        return self._last

    def _starts(self, raw: RawMotion) -> bool:
        """Return whether the first pose may be sent. In the camera's axes: only the stability of the facing matters."""
        if self._start is None:
            return True
        hips = raw.rotations[ROOT].astype(np.float64)
        return self._start.opens(math.atan2(-hips[2, 0], hips[0, 0]), raw.captured_at_s)

    def lost(self, frame_id: int, captured_at_s: float) -> Pose | None:
        """No person in this frame: return the last pose, held or relaxed, with its confidence fading to 0."""
        if self._last is None:
            return None
        if self._lost_since_s is None:
            self._lost_since_s = self._last.captured_at_s
            self._feet.release()
        left = max(0.0, 1.0 - max(0.0, captured_at_s - self._lost_since_s) / self._settings.lost.fade_s)
        shown = self._relax.lost(self._last, self._lost_since_s, captured_at_s)
        return fading(shown, frame_id, captured_at_s, left)

    def fit(self, take: Sequence[RawMotion]) -> None:
        """Estimate body, camera tilt and floor from a whole recorded take, and keep them fixed afterwards.

        `solve` then places every frame in the same world, smoothed without delay. Implausible frames are ignored.
        """
        plausible = [raw for raw in take if is_plausible(raw)]
        self._smooth_take = smooth_take(plausible, self._intrinsics, self._step_s, self._settings.smoothing)
        good = [raw for raw in plausible if raw.confidence >= self._settings.least_confidence]
        if not good:
            return
        weights = np.array([raw.confidence for raw in good])
        self._proportions.fix(weighted_median(np.array([raw.bone_ratio for raw in good], np.float64), weights))
        self._gravity.fix(weighted_median(np.array([raw.up_cam for raw in good], np.float64), weights))
        self._placement.set_up(self._gravity.up_cam)
        rays = [to_ray(np.asarray(raw.root_px, np.float64), raw.root_depth, self._intrinsics) for raw in good]
        roots = np.stack([to_camera(ray, self._height_m) for ray in rays])  # (N, 3)
        rotations = np.stack([raw.rotations for raw in good]).astype(np.float64)
        joints, _ = forward_kinematics(rotations, self._proportions.offsets_m, roots)  # (N, 22, 3)
        self._placement.anchor(roots[0])
        over_anchor = joints @ self._placement.R.T + self._placement.translation(0.0)
        self._floor.fix(sole_heights(over_anchor, self._proportions.offsets_m))
        self._learning = False

    def set_height(self, height_m: float) -> None:
        """Set the performer's standing height in metres."""
        if height_m == self._height_m:
            return
        self._placement.rescale(height_m / self._height_m)
        self._height_m = height_m
        self._proportions.set_height(height_m)
        self._proportions.thaw()
        self._new_ground()

    def set_proportions(self, lengths: tuple[float, ...]) -> None:
        """Set measured lengths as fractions of the height (engine.solver.measuring.LENGTHS); (): estimate them."""
        if lengths != self._lengths:
            self._lengths = lengths
            self._proportions.give(bone_ratio_of(lengths) if lengths else None)
            self._new_ground()

    def set_intrinsics(self, intrinsics: Intrinsics) -> None:
        """Set another camera or field of view: the world is estimated again, the person's proportions stay."""
        if intrinsics != self._intrinsics:
            self._intrinsics = intrinsics
            self._new_world()

    def set_body(self, body: str) -> None:
        """Set one of engine.config.BODIES: how the lower body is shown."""
        self._body_mode.setting = body

    def set_smoothness(self, smoothness: float) -> None:
        """Set the slider value, 0 prompt .. 1 smooth (engine.solver.settings)."""
        smoothing = settings_for(smoothness).smoothing
        if smoothing != self._settings.smoothing:
            self._settings = replace(self._settings, smoothing=smoothing)
            self._smoother = Smoother(smoothing)
            self._reacquire.start()

    def reset(self) -> None:
        """Forget everything, for another source."""
        self._body_mode.reset()
        if self._start is not None:
            self._start.reset()
        self._new_world()
        self._proportions.reset()
        self._last, self._lost_since_s = None, None

    def _new_world(self) -> None:
        self._smooth_take, self._learning = {}, True
        for part in (self._smoother, self._reacquire, self._gravity, self._placement, self._lower_body, self._relax):
            part.reset()
        self._new_ground()

    def _new_ground(self) -> None:
        for part in (self._floor, self._grounding, self._feet):
            part.reset()

    def _time_step(self, captured_at_s: float) -> float:
        """Return the seconds since the last tracked pose; after a loss the filters restart and blend in."""
        gap_s = 0.0 if self._last is None else captured_at_s - self._last.captured_at_s
        if gap_s <= 0:
            return self._step_s
        if gap_s > self._settings.long_gap_s:
            self._proportions.suspect_another_person()
        if gap_s > self._settings.smoothing.gap_s:
            self._smoother.reset()
            self._feet.release()
            blend = self._reacquire.reset if self._relax.active else self._reacquire.start
            blend()  # a relaxed pose is blended in the world instead
            return self._step_s
        return gap_s

    def _learns_from(self, raw: RawMotion) -> bool:
        return self._learning and (raw.confidence >= self._settings.least_confidence or self._last is None)

    def _see(self, raw: RawMotion, dt_s: float) -> _Seen:
        """Smooth in the camera frame; one batched forward kinematics for the raw and the smoothed body."""
        smooth = self._smooth_take.get(raw.frame_id) or self._smoother(raw, self._intrinsics, dt_s)
        rotations, ray = self._reacquire(smooth.rotations, smooth.ray, dt_s)
        both = np.stack((raw.rotations.astype(np.float64), rotations.as_matrix()))  # (2, 22, 3, 3)
        roots = np.stack((to_camera(smooth.seen_ray, self._height_m), to_camera(ray, self._height_m)))
        joints, turned = posed(both, self._proportions.offsets_m, roots)
        return _Seen(joints[0], Body(both[1], joints[1], turned[1]))

    def _calibrate(self, seen: _Seen) -> None:
        self._gravity.soften()
        self._proportions.thaw()
        self._new_ground()
        self._placement.anchor(seen.smooth.joints[ROOT])
        self._placement.face(seen.smooth.turned[ROOT], self._gravity.up_cam)
        self._lower_body.plant(np.zeros(2), 0.0)

    def _stand(self, seen: _Seen, raw: RawMotion, dt_s: float) -> Body:
        """Place the body in the upright world, on the floor; hold visible feet, else replace them by a stance."""
        offsets_m = self._proportions.offsets_m
        legs = legs_confidence(raw)
        weight = self._body_mode.push(legs, dt_s)
        body = self._grounded(seen, raw, dt_s, guessed=weight > 0)
        if weight <= 0:
            if legs > SURE:
                self._lower_body.plant(body.joints[ROOT][[0, 2]], facing(body.turned[ROOT]))
            return body
        stance = self._lower_body(body, offsets_m, self._body_mode.stance, dt_s)
        return blended(body, stance, weight, offsets_m) if weight < 1 else stance

    def _grounded(self, seen: _Seen, raw: RawMotion, dt_s: float, *, guessed: bool) -> Body:
        """Return the tracked body on the floor. Guessed legs neither define the floor nor are held on it."""
        R, offsets_m = self._placement.R, self._proportions.offsets_m
        rotations = seen.smooth.rotations.copy()
        rotations[ROOT] = R @ rotations[ROOT]
        over_anchor = seen.smooth.joints @ R.T + self._placement.translation(0.0)
        body = Body(rotations, over_anchor, R @ seen.smooth.turned)
        contacts = np.zeros(2, np.float32) if guessed else raw.contacts
        body = flattened(body, offsets_m, np.clip((contacts - _LIGHT) / (1 - 2 * _LIGHT), 0.0, 1.0))
        soles_m = sole_heights(body.joints, offsets_m)
        if guessed:
            soles_m[:] = over_anchor[ROOT, 1] - hips_height_m(offsets_m, self._body_mode.stance)
        if self._learns_from(raw):
            self._floor.push(soles_m, dt_s)
        soles_m -= self._floor.height_m
        rise_m = self._grounding.push(soles_m, dt_s)
        body = moved(body, np.array([0.0, rise_m - self._floor.height_m, 0.0]))
        held = self._feet(body, contacts, soles_m + rise_m, dt_s)
        return above_floor(held, *heights_over_sole(offsets_m), self._settings.feet.sink_limit_m)
