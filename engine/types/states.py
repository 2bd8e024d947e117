"""What the user is told of a run: figures, targets, recordings, calibration, messages; all immutable."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.types.details import Details
from engine.types.motion import Pose
from engine.types.pictures import Detection, Frame


@dataclass(frozen=True, slots=True)
class Percentiles:
    """p50, p95, p99 of the last few seconds, in ms."""

    p50: float
    p95: float
    p99: float


NO_TIME = Percentiles(0.0, 0.0, 0.0)


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
class Measured:
    """Arms and legs as measured while the performer was calibrated."""

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
    parts: tuple[float, ...] = ()
    """Mean confidence of each part of models.parts.PART_NAMES over the run; with hands or face then of DETAIL_PARTS."""
    hands_per_s: float = 0.0  # looks at a hand, found or not, over the last seconds
    face_per_s: float = 0.0
    details_latency_ms: Percentiles = NO_TIME  # frame available -> its hand or face known to the solver


@dataclass(frozen=True, slots=True)
class DetailsMeasured:
    """Face at rest and range of the fingers in use, as numbers (engine.solver.detail_calibration); () is none."""

    face: tuple[float, ...]
    fingers: tuple[float, ...]
    at_s: float  # on the pipeline's clock


@dataclass(frozen=True, slots=True)
class DetailsState:
    """How the looking at hands and face stands; each is one of

    "off"       not asked for
    "missing"   asked for, but its network is not there (a message says which)
    "on"        looked at
    "left out"  there is no time for it
    "failed"    see `error`
    """

    hands: str = "off"
    face: str = "off"
    error: str | None = None  # one line


NO_DETAILS = DetailsState()


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
    details: Details | None = None  # the newest views of hands and face
    details_state: DetailsState = NO_DETAILS
    details_measured: DetailsMeasured | None = None  # the last time in this run
    measured: Measured | None = None  # the last time in this run
