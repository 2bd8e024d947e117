"""Convert face points and scores to head rotation, gaze and the 52 expression scores. Pure functions.

Points (478, 3) are those of a FaceView: pixels, camera axes (x right, y down, z away). Left is the person's own left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from engine.quaternions import from_vector, product
from engine.solver.lids import OpenLids, as_seen, closedness
from engine.types import F32, F64, FaceView
from models.face import (
    CHIN,
    EXPRESSION,
    EXPRESSION_NAMES,
    FOREHEAD,
    INNER_CORNERS,
    IRIS_CENTRES,
    LOWER_LIDS,
    LOWER_LIP,
    OUTER_CORNERS,
    UPPER_LIDS,
    UPPER_LIP,
)

YAW_GAIN = 0.9
"""Ratio of the head's yaw to the mesh's, relative to the viewing ray: slope on 140 rendered faces."""
CLOSED_LIPS, JAW_REACH = 0.010, 0.25
"""Gap between the lips divided by the height of the face: closed, and the increase with the jaw wide open."""
JAW_SCORE_WEIGHT = 0.25
"""Weight of the network's score in the jaw's, beside the lip gap."""
_MOUTH_YAW = (20.0, 35.0)  # degrees of the head from the camera: the score's full weight, none
EYE_WIDTH_PER_RADIUS = 2.5
"""Distance of an eye's corners divided by the eyeball's radius: 30 mm / 12 mm."""
GAZE_GAIN = 1.25
"""The irises show 0.65 of a rendered gaze across (r = 0.57 within a clip). The full gain, 1.5, would add more noise
than it corrects; this is half of it."""
MAX_YAW, MAX_PITCH = math.radians(35.0), math.radians(25.0)
"""Largest rotation of the eyes in the head."""
ALWAYS_ZERO = ("_neutral", "cheekPuff", "eyeWideLeft", "eyeWideRight", "jawForward", "noseSneerLeft", "noseSneerRight")
"""Scores that the network does not reliably give; tongueOut is not among the 52 at all."""
_LIDS = [EXPRESSION["eyeBlinkLeft"], EXPRESSION["eyeBlinkRight"]]
_JAW = EXPRESSION["jawOpen"]
_ZERO = [EXPRESSION[name] for name in ALWAYS_ZERO]
_LOOKS = [EXPRESSION[name] for name in EXPRESSION_NAMES if name.startswith("eyeLook")]
_FACING = np.diag([1.0, -1.0, -1.0])  # camera axes -> axes in which a head looking into the camera is at rest


@dataclass(frozen=True, slots=True)
class RestingFace:
    """The performer's resting face, which is subtracted; measured at calibration."""

    scores: F32  # (52,)
    lid_gap: F64  # (2,) left, right
    gaze_rad: F64  # (2,) as from `gaze`
    head: F64  # (3, 3) as from `relative_head`, looking into the camera


def face_axes(points: F32) -> F64 | None:
    """Return the head's rotation (3, 3) relative to one looking into the camera. None: the mesh is degenerate."""
    wide = points.astype(np.float64)
    left = wide[OUTER_CORNERS[0]] - wide[OUTER_CORNERS[1]]
    down = wide[CHIN] - wide[FOREHEAD]
    width = float(np.linalg.norm(left))
    if not width > 0:
        return None
    x = left / width
    up = (down @ x) * x - down
    height = float(np.linalg.norm(up))
    if not height > 0:
        return None
    y = up / height
    rotation: F64 = _FACING @ np.stack([x, y, np.cross(x, y)], axis=-1)
    return rotation


def relative_head(points: F32) -> F64 | None:
    """Return `face_axes` with its yaw scaled by the gain. None: the mesh is degenerate."""
    axes = face_axes(points)
    if axes is None:
        return None
    yaw, pitch, roll = Rotation.from_matrix(axes).as_euler("YXZ")
    relative: F64 = Rotation.from_euler("YXZ", [YAW_GAIN * yaw, pitch, roll]).as_matrix()
    return relative


def head_rotation(points: F32, R_world_cam: F64, rest: RestingFace | None = None) -> F64 | None:
    """Return the head's rotation (3, 3) in the world, relative to the resting face. None: the mesh is degenerate.

    R_world_cam  of a camera that faces the face: the camera's own times `Intrinsics.view_rotation`. Seen from there the
                 mesh rotates nearly as far as the head.
    """
    relative = relative_head(points)
    if relative is None:
        return None
    if rest is not None:
        relative = relative @ rest.head.T
    rotation: F64 = R_world_cam @ _FACING @ relative
    return rotation


def resting_face(views: Sequence[FaceView]) -> RestingFace | None:
    """Return the median resting face, looking into the camera. None: no view shows enough."""
    opened = np.zeros(2)  # a calibrating performer looks into the camera, however narrow the eyes
    seen = [(view, gaze(view.points_px, None, opened), relative_head(view.points_px)) for view in views]
    good = [(view, look, head) for view, look, head in seen if look is not None and head is not None]
    if not good:
        return None
    return RestingFace(
        scores=np.median([view.scores for view, _, _ in good], axis=0).astype(np.float32),
        lid_gap=np.median([lid_gaps(view.points_px) for view, _, _ in good], axis=0),
        gaze_rad=np.median([look for _, look, _ in good], axis=0),
        head=Rotation.from_matrix(np.stack([head for _, _, head in good])).mean().as_matrix(),
    )


def lid_gaps(points: F32) -> F64:
    """Return the eyelid gap (2,) of left and right eye, divided by the height of the face."""
    gaps: F64 = np.linalg.norm(points[list(UPPER_LIDS)] - points[list(LOWER_LIDS)], axis=-1).astype(np.float64)
    return gaps / _height(points)


def lip_gap(points: F32) -> float:
    """Return the gap between the inner edges of the lips, divided by the height of the face."""
    return float(np.linalg.norm(points[UPPER_LIP] - points[LOWER_LIP])) / _height(points)


def _height(points: F32) -> float:
    return max(float(np.linalg.norm(points[FOREHEAD] - points[CHIN])), 1e-6)


def blink_scores(scores: F32) -> F64:
    """Return the network's blink scores (2,) of left and right eye, 0..1."""
    blinks: F64 = np.nan_to_num(scores[_LIDS].astype(np.float64)).clip(0.0, 1.0)
    return blinks


def closed_lids(points: F32, scores: F32, rest: RestingFace | None = None, learned: OpenLids | None = None) -> F64:
    """Return the closedness (2,) of left and right eyelids, 0..1.

    learned  this performer's open eyelids, used without a resting face
    """
    gaps, blinks = lid_gaps(points), blink_scores(scores)
    if rest is not None:
        learned = OpenLids(rest.lid_gap, blink_scores(rest.scores))
    closed = closedness(gaps, blinks) if learned is None else closedness(gaps, blinks, learned)
    return as_seen(closed, _yaw_deg(points))


def _yaw_deg(points: F32) -> float:
    """Return the head's yaw against the camera in degrees, positive to the person's left; 0: the mesh is a line."""
    axes = face_axes(points)
    return 0.0 if axes is None else math.degrees(math.atan2(axes[0, 2], axes[2, 2]))


def jaw_open(points: F32, scores: F32) -> float:
    """Return how far the jaw is open, 0..1: the gap of the lips, and a little of the network's score.

    The score helps while the head looks at the camera (r = 0.91 without, 0.93 with it, 42 rendered people), and fails
    when it is turned away.
    """
    gap = (lip_gap(points) - CLOSED_LIPS) / JAW_REACH
    ahead = float(np.clip((_MOUTH_YAW[1] - abs(_yaw_deg(points))) / (_MOUTH_YAW[1] - _MOUTH_YAW[0]), 0.0, 1.0))
    weight = JAW_SCORE_WEIGHT * ahead
    score = float(np.nan_to_num(scores[_JAW]))
    return float(np.clip((1.0 - weight) * gap + weight * score, 0.0, 1.0))


def expression(points: F32, scores: F32, rest: RestingFace | None = None, closed: F64 | None = None) -> F32:
    """Return the 52 scores in 0..1: the network's, corrected by geometric ratios, without unreliable ones.

    The jaw score is replaced by `jaw_open`, which follows it better; blinks by `closed`, as from `closed_lids`; the
    resting face is subtracted from the others.
    """
    result = np.nan_to_num(scores.astype(np.float64)).clip(0.0, 1.0)
    blinks = closed_lids(points, scores, rest) if closed is None else closed
    if rest is not None:
        result = np.clip((result - rest.scores) / np.maximum(1.0 - rest.scores, 0.1), 0.0, 1.0)
    result[_JAW] = jaw_open(points, scores)
    result[_LIDS] = blinks
    result[_ZERO] = 0.0
    return result.astype(np.float32)


def gaze(points: F32, rest: RestingFace | None = None, closed: F64 | None = None) -> F64 | None:
    """Return the gaze (2,) of both eyes in the head, radians: left, down. None: the eyelids are more than half shut.

    Computed from the irises between the corners of the eyes, in the head's axes; the more open eye has more weight.
    closed  (2,) as from `closed_lids`; None: both eyes are open
    """
    axes = face_axes(points)
    opened = np.ones(2) if closed is None else 1.0 - closed
    if axes is None or opened.max() < 0.5:
        return None
    sines = np.clip(EYE_WIDTH_PER_RADIUS * (opened @ _irises(points, axes)) / opened.sum(), -1.0, 1.0)
    angles = np.arcsin([sines[0], -sines[1]]) * [GAZE_GAIN, 1.0]
    if rest is not None:
        angles = angles - rest.gaze_rad
    limited: F64 = np.clip(angles, [-MAX_YAW, -MAX_PITCH], [MAX_YAW, MAX_PITCH])
    return limited


def _irises(points: F32, axes: F64) -> F64:
    """Return (2 eyes, 2) how far the irises are from the middle between the corners, in widths of the eye: left, up.

    Across it is taken in the picture, along the line through the corners: depth of the irises is poor (r = 0.57 instead
    of 0.46 with the truth); up and down in the head's own axes.
    """
    wide = points.astype(np.float64)
    outer, inner, irises = (wide[list(rows)] for rows in (OUTER_CORNERS, INNER_CORNERS, IRIS_CENTRES))
    middles = (outer + inner) / 2
    line = (outer - inner)[:, :2] * np.array([[1.0], [-1.0]])  # both towards the person's left
    length = np.maximum(np.linalg.norm(line, axis=-1), 1e-6)
    across = ((irises - middles)[:, :2] * line).sum(-1) / length**2
    up = ((irises - middles) @ _FACING.T @ axes)[:, 1] / np.maximum(np.linalg.norm(outer - inner, axis=-1), 1e-6)
    return np.stack([across, up], axis=-1)


def eye_rotations(gaze_rad: F64) -> F32:
    """Return rotations (2, 4) x, y, z, w of LeftEye and RightEye in the head for this gaze."""
    one = product(from_vector(0.0, float(gaze_rad[0]), 0.0), from_vector(float(gaze_rad[1]), 0.0, 0.0))
    return np.array([one, one], np.float32)


def with_gaze(scores: F32, gaze_rad: F64) -> F32:
    """Return the 52 scores with the eight eyeLook scores that correspond to the gaze."""
    left, down = float(gaze_rad[0]) / MAX_YAW, float(gaze_rad[1]) / MAX_PITCH
    result = scores.copy()
    result[_LOOKS] = 0.0
    sideways = ("eyeLookOutLeft", "eyeLookInRight") if left > 0 else ("eyeLookInLeft", "eyeLookOutRight")
    for name in sideways:
        result[EXPRESSION[name]] = min(abs(left), 1.0)
    for side in ("Left", "Right"):
        result[EXPRESSION[f"eyeLook{'Down' if down > 0 else 'Up'}{side}"]] = min(abs(down), 1.0)
    return result
