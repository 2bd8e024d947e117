"""The vocabulary of the pipeline: what each stage takes and gives. Frozen; `captured_at_s` rides from camera to output.

Metres, seconds, radians, pixels. Camera frame: OpenCV (x right, y down, z forward). World frame: right-handed, Y up,
floor at y = 0. Quaternions x, y, z, w. 22 joints as in models.skeleton, 23 keypoints as in models.keypoints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.camera import Intrinsics
from models.parts import NUM_PARTS

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture. `captured_at_s`: monotonic clock when live, time in the file when converting."""

    bgr: NDArray[np.uint8]  # (H, W, 3)
    frame_id: int
    captured_at_s: float

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.bgr.shape[1], self.bgr.shape[0]


@dataclass(frozen=True, slots=True)
class OtherPerson:
    """Somebody in the picture who is not followed: the square around them, pixels."""

    x_px: float  # centre
    y_px: float
    size_px: float


@dataclass(frozen=True, slots=True)
class CropPoints:
    """Points beside the 23 keypoints from which the crops of hands and face are cut, pixels."""

    knuckles_px: F32  # (2, 2, 2) left, right hand: knuckle of the index finger, of the little finger; x, y
    mouth_px: F32  # (2, 2) left, right corner


@dataclass(frozen=True, slots=True)
class Keypoints2D:
    """One person in one frame. A keypoint the detector lacks or does not see has score 0."""

    frame_id: int
    captured_at_s: float
    image_size: tuple[int, int]  # (width, height)
    points_px: F32  # (23, 2) x, y
    scores: F32  # (23,) 0..1
    evidence_m: F32 | None = None
    """(27, 3) 3D landmarks of the detector's own network (models.keypoints.EVIDENCE_NAMES), metres, hip-centred,
    camera axes (x right, y down, z forward); NaN where the detector has none. None: the detector gives no 3D."""
    features: F32 | None = None
    """(16, 512) feature map of the person's crop (models.vtm.evidence). None: the weights need none, or no crop."""
    others: tuple[OtherPerson, ...] = ()
    crop_points: CropPoints | None = None
    """None: the detector has no such points; the crops are estimated from the forearm and the face's keypoints."""


@dataclass(frozen=True, slots=True)
class NoPerson:
    """The frame was looked at and does not show the person who is followed."""

    frame_id: int
    captured_at_s: float
    image_size: tuple[int, int]
    others: tuple[OtherPerson, ...] = ()


Detection = Keypoints2D | NoPerson


@dataclass(frozen=True, slots=True)
class HandView:
    """One hand in one frame, as its network sees it. The 21 points are MediaPipe's: wrist, then four of each finger,
    thumb to little finger, root to tip."""

    frame_id: int
    captured_at_s: float
    points_px: F32  # (21, 3) x, y in the picture; z in pixels relative to the wrist, positive away from the camera
    world_m: F32  # (21, 3) camera axes, origin near the hand's centre
    presence: float  # 0..1
    right: float  # probability that it is a right hand
    size_px: float  # longer side of the box around its points


@dataclass(frozen=True, slots=True)
class FaceView:
    """One face in one frame, as its networks see it. The 478 points are MediaPipe's face mesh with irises."""

    frame_id: int
    captured_at_s: float
    points_px: F32  # (478, 3) x, y in the picture; z in pixels, positive away from the camera
    presence: float  # 0..1
    scores: F32  # (52,) in the order of models.face.EXPRESSION_NAMES, 0..1, as the network gives them
    size_px: float  # longer side of the box around its points


@dataclass(frozen=True, slots=True)
class Details:
    """The newest accepted view of each hand and of the face, each with its own time; None: not seen."""

    frame_id: int  # of the frame that was looked at last
    captured_at_s: float
    left: HandView | None = None
    right: HandView | None = None
    face: FaceView | None = None


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """Whom the user wants followed: the person at a point (x, y) of the picture in pixels; with None the next one."""

    point_px: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """Capture thread -> pose thread. `source_number` grows with every source that is opened."""

    source_number: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class DetectedFrame:
    """Pose thread -> solve thread."""

    source_number: int
    frame: Frame
    detection: Detection


@dataclass(frozen=True, slots=True)
class Window:
    """What VTM looks at: the last seconds on the model's own clock, in the person's view (models.view)."""

    frame_id: int  # of the last frame
    captured_at_s: float  # of the last frame
    keypoints: F32  # (1, T, 23, 3) x, y in sizes, score; zeros where missing
    evidence: F32  # (1, T, rows, numbers) as models.vtm.evidence: landmarks (27, 4) in metres; zeros where missing
    box: F32  # (1, 3) centre as a ray, log size
    view_rotation: F64  # (1, 3, 3) view -> camera
    view_size: F64  # (1,) ray units
    confidence: float  # mean of parts_seen, 0..1
    root_visible: bool  # the hips were seen in the last frame
    latency_frames: int = 0  # the frame that is shown is this many before the last
    refined: bool = True  # the answer's limbs are drawn to the keypoints (models.refine)
    parts_seen: F32 = field(default_factory=lambda: np.ones(NUM_PARTS, np.float32))
    """(6,) how well each part of models.parts.PART_NAMES is seen in the last frame, 0..1 (models.seen_parts)."""
    motion: F32 | None = None
    """(6,) how far the keypoints of each part moved, pixels in 1/30 s (models.seen_parts); None: one frame only."""

    @property
    def shown(self) -> F32:
        """(1, 23, 3) keypoints of the frame that is shown."""
        return self.keypoints[:, -1 - self.latency_frames]


@dataclass(frozen=True, slots=True)
class RawMotion:
    """VTM's answer for the LAST frame of a window, in the camera frame, before any smoothing."""

    frame_id: int
    captured_at_s: float
    rotations: F32  # (22, 3, 3) joint 0 (Hips) in the camera frame, the others local to the parent
    root_px: F32  # (2,) where the Hips joint is in the picture
    root_depth: float  # z of the Hips joint, in statures of the person (multiply by height_m)
    bone_ratio: F32  # (22,) bone length over s̄'s; the stature of the ratio skeleton equals s̄'s; [0] = 1
    up_cam: F32  # (3,) unit vector against gravity
    contacts: F32  # (2,) left, right foot on the floor, 0..1
    confidence: float  # 0..1
    root_visible: bool = True  # the 2D hips were seen in the last frame
    part_confidence: F32 | None = None
    """(6,) how well each part of models.parts.PART_NAMES is seen, 0..1. None: unknown, taken as well seen."""
    motion: F32 | None = None
    """(6,) how far the keypoints of each part moved, pixels in 1/30 s (models.seen_parts). None: unknown."""


@dataclass(frozen=True, slots=True)
class Pose:
    """What is sent, recorded and drawn. Not tracked: the held pose, fading; see `tracked` and `confidence`."""

    frame_id: int
    captured_at_s: float
    tracked: bool
    rotations_xyzw: F32  # (22, 4) local to the parent, Hips in the world
    root_m: F32  # (3,) Hips joint, world
    joints_world_m: F32  # (22, 3) what is sent out
    joints_cam_m: F32  # (22, 3) what the network sees, before smoothing and foot locking
    rest_offsets_m: F32  # (22, 3) the person's own T-pose offsets to the parent; row 0 = (0, hips height, 0)
    contacts: F32  # (2,) left, right
    confidence: float  # 0..1
    R_world_cam: F32  # (3, 3)
    t_world_cam: F32  # (3,) x_world = R_world_cam @ x_cam + t_world_cam
    intrinsics: Intrinsics
    part_confidence: F32 = field(default_factory=lambda: np.ones(NUM_PARTS, np.float32))
    """(6,) how well each part of models.parts.PART_NAMES is SEEN, 0..1; 0 is made up."""
    body: str = "whole"
    """What is shown of the lower body: "whole" as seen, or a stance in its place, "upper" (standing) or "seated"."""
    fingers_xyzw: F32 | None = None
    """(30, 4) local to the parent, in the order of models.fingers.FINGER_NAMES. None: hands are not looked at."""
    eyes_xyzw: F32 | None = None
    """(2, 4) LeftEye, RightEye in the head. None: the face is not looked at."""
    expression: F32 | None = None
    """(52,) in the order of models.face.EXPRESSION_NAMES, 0..1. None: the face is not looked at."""
    hand_points_cam_m: F32 | None = None
    """(2, 21, 3) what the hand network sees of the left and right hand, at the body's wrists; NaN: not seen."""
    head_from_face: bool = False
    """The head's rotation is the face's, not the body's."""

    def as_lost(self) -> Pose:
        """Return the same pose, held while nobody is seen."""
        return replace(self, tracked=False, confidence=0.0, part_confidence=np.zeros(NUM_PARTS, np.float32))

    @property
    def bone_lengths_m(self) -> F32:
        """(22,) length to the parent, 0 for Hips."""
        lengths: F32 = np.linalg.norm(self.rest_offsets_m, axis=1).astype(np.float32)
        lengths[0] = 0.0
        return lengths


@dataclass(frozen=True, slots=True)
class Percentiles:
    """p50, p95, p99 of the last few seconds, in ms."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class TargetState:
    """One OSC target as the user sees it."""

    target: str  # the URL as given, vmc://127.0.0.1:39539
    packets: int
    bytes: int
    packets_per_s: float
    errors: int
    error: str | None  # what is wrong now
    last_error: str | None = None  # the newest error of the run, over or not


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """The VMC port we listen on, as the user sees it."""

    host: str
    port: int
    packets: int
    messages: int  # understood
    unknown: int  # messages of other addresses
    malformed: int  # packets that are no OSC, messages with wrong arguments
    error: str | None
    refused: int = 0  # calibrations that were asked for too soon after the last one
    periods: tuple[int, int, int, int] = (1, 1, 1, 1)  # status, root, bones, face are sent every so many frames


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where the calibration of a run stands. Its transitions are in engine/live/calibration.py."""

    state: str = "idle"
    """"idle"       nothing was asked for; the world is as the first frame made it
    "asked"      a receiver has announced a calibration and not started it yet
    "countdown"  the performer gets into position until `until_s`
    "waiting"    for a person to be seen steadily, until `until_s`
    "done"       the performer faces +Z and stands over the origin
    "failed"     see `reason`; until `until_s`, then what held before holds again"""
    since_s: float = 0.0  # when the state began, on the pipeline's clock
    until_s: float = math.inf  # when it ends by itself
    reason: str = ""  # why it failed, one line
    done_at_s: float | None = None  # the last calibration that still holds

    @property
    def active(self) -> bool:
        """Under way: it can be cancelled."""
        return self.state in ("asked", "countdown", "waiting")


NOT_CALIBRATED = Calibration()


@dataclass(frozen=True, slots=True)
class RecordingState:
    """A take in progress."""

    path: str
    seconds: float
    poses: int
    size_bytes: int
    error: str | None
    paused: bool = False  # no frame has come for a while: the clock stands still until one does
    saved: float | None = None  # how much of the final file is written, 0 to 1; None: the take goes on


@dataclass(frozen=True, slots=True)
class Stats:
    """What stats.json holds and the timing strip shows."""

    frames_captured: int
    frames_dropped: int
    poses: int
    seconds: float
    fps: float  # poses per second, over the last seconds
    camera_fps: float  # frames per second that really arrived
    latency_ms: Percentiles  # frame available -> pose handed to the outputs
    stages: dict[str, Percentiles]  # capture, pose2d, vtm, solver, osc
    detector: str
    backend: str
    detector_size: str = ""  # lite, full or heavy; "" where the detector has one size
    left_out: tuple[str, ...] = ()  # detail given up to keep up, see engine/live/load_shedding.py
    parts: tuple[float, ...] = ()  # mean confidence of each part of models.parts.PART_NAMES over the run


@dataclass(frozen=True, slots=True)
class Message:
    """One line for the user, shown where people look."""

    level: str  # "info", "warning" or "error"
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole pipeline at one moment; the screen pulls it. Everything in it is immutable."""

    state: str  # "starting", "running", "ended" (the file is over), "failed" (see messages), "stopped"
    source: str  # the camera's name, the file, "demo"
    frame: Frame | None  # the frame that `detection` belongs to
    detection: Detection | None
    pose: Pose | None
    stats: Stats
    messages: tuple[Message, ...]  # newest last, at most 20
    targets: tuple[TargetState, ...]
    recording: RecordingState | None
    receiver: ReceiverState | None = None  # None: off
    calibration: Calibration = NOT_CALIBRATED
    at_s: float = 0.0  # the pipeline's clock at this moment
