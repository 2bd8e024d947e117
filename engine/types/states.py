"""State of a run for the user: figures, targets, recordings, calibration, messages; all immutable."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.types.details import Details
from engine.types.motion import Pose
from engine.types.pictures import Detection, Frame


@dataclass(frozen=True, slots=True)
class Percentiles:
    """p50, p95, p99 over the last few seconds, in ms."""

    p50: float
    p95: float
    p99: float


NO_TIME = Percentiles(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class TargetState:
    """One OSC target."""

    target: str  # the URL as given, vmc://127.0.0.1:39539
    packets: int
    bytes: int
    packets_per_s: float
    errors: int
    error: str | None  # current error
    last_error: str | None = None  # newest error of the run, resolved or not


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """The VMC port that we listen on."""

    host: str
    port: int
    packets: int
    messages: int  # understood
    unknown: int  # messages with unknown addresses
    malformed: int  # packets that are not OSC, messages with wrong arguments
    error: str | None
    refused: int = 0  # calibration requests too soon after the last one
    periods: tuple[int, int, int, int] = (1, 1, 1, 1)  # status, root, bones, face are sent every n frames


@dataclass(frozen=True, slots=True)
class Calibration:
    """Progress of a calibration. The transitions are in engine/live/calibration.py."""

    state: str = "idle"
    """"idle"       not requested; the world is as the first frame defined it
    "asked"      a receiver has announced a calibration but not started it yet
    "countdown"  the performer gets into position, until `until_s`
    "waiting"    waiting for a person to be seen steadily, until `until_s`
    "done"       the performer faces +Z and stands at the origin
    "failed"     see `reason`; until `until_s`, then the previous calibration is in force again"""
    since_s: float = 0.0  # when the state began, on the pipeline's clock
    until_s: float = math.inf  # when the state ends by itself
    reason: str = ""  # why it failed, one line
    done_at_s: float | None = None  # time of the calibration in force

    @property
    def active(self) -> bool:
        """Whether it is under way and can be cancelled."""
        return self.state in ("asked", "countdown", "waiting")


NOT_CALIBRATED = Calibration()


@dataclass(frozen=True, slots=True)
class Measured:
    """Arm and leg lengths measured during calibration."""

    lengths: tuple[float, ...]  # fractions of the height, engine.solver.measuring.LENGTHS
    at_s: float  # on the pipeline's clock


@dataclass(frozen=True, slots=True)
class RecordingState:
    """A take in progress."""

    path: str
    seconds: float
    poses: int
    size_bytes: int
    error: str | None
    paused: bool = False  # no frame for a while: the clock stops until one arrives
    saved: float | None = None  # fraction of the final file written, 0 to 1; None: still recording


@dataclass(frozen=True, slots=True)
class Stats:
    """Contents of stats.json and of the timing strip."""

    frames_captured: int
    frames_dropped: int
    poses: int
    seconds: float
    fps: float  # poses per second, over the last seconds
    camera_fps: float  # frames per second actually received
    latency_ms: Percentiles  # frame available -> pose handed to the outputs
    stages: dict[str, Percentiles]  # capture, pose2d, vtm, solver, osc
    detector: str
    backend: str
    detector_size: str = ""  # lite, full or heavy; "" where the detector has one size
    left_out: tuple[str, ...] = ()  # features dropped to keep up, see engine/live/load_shedding.py
    parts: tuple[float, ...] = ()
    """Mean confidence over the run of each part of models.parts.PART_NAMES; with hands or face, also of
    DETAIL_PARTS."""
    hands_per_s: float = 0.0  # hand network calls, successful or not, over the last seconds
    face_per_s: float = 0.0
    details_latency_ms: Percentiles = NO_TIME  # frame available -> hand or face available to the solver


@dataclass(frozen=True, slots=True)
class DetailsMeasured:
    """Calibration of resting face and finger range in use (engine.solver.detail_calibration); (): none."""

    face: tuple[float, ...]
    fingers: tuple[float, ...]
    at_s: float  # on the pipeline's clock


@dataclass(frozen=True, slots=True)
class DetailsState:
    """State of hand tracking and of face tracking; each is one of

    "off"       not requested
    "missing"   requested, but its network is missing (a message says which)
    "on"        tracked
    "left out"  dropped for lack of time
    "failed"    see `error`
    """

    hands: str = "off"
    face: str = "off"
    error: str | None = None  # one line


NO_DETAILS = DetailsState()


@dataclass(frozen=True, slots=True)
class Message:
    """One line for the user."""

    level: str  # "info", "warning" or "error"
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole pipeline at one moment; the screen polls it. Immutable."""

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
    details: Details | None = None  # the newest views of hands and face
    details_state: DetailsState = NO_DETAILS
    details_measured: DetailsMeasured | None = None  # newest of this run
    measured: Measured | None = None  # newest of this run
