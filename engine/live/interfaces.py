"""What the pipeline needs of its parts, as protocols, and one value that holds how each is made.

Tests pass fakes here; `engine.real_factories` fills in the real parts. No part is imported in this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from engine.pose2d.base import Detector
from engine.sources.base import Source
from engine.sources.orientation import Orientation
from engine.types import (
    Calibration,
    Details,
    Detection,
    FaceView,
    Frame,
    HandView,
    Keypoints2D,
    Pose,
    RawMotion,
    ReceiverState,
    RecordingState,
    TargetState,
    Window,
)
from models.camera import Intrinsics
from models.vtm.config import VTMConfig

Clock: TypeAlias = Callable[[], float]
OnMessage: TypeAlias = Callable[[str], None]
ChangeOfFeed: TypeAlias = Callable[[Any], Any]
"""From what VMC targets get besides the pose (engine.osc.vmc.VmcFeed) to the same, changed."""


class WindowLike(Protocol):
    """Collects keypoints to what the model looks at. Solve thread only."""

    def push(self, keypoints: Keypoints2D) -> None: ...
    def window(self) -> Window | None: ...
    def reset(self) -> None: ...


class Runtime(Protocol):
    """Runs VTM. Solve thread only."""

    @property
    def name(self) -> str: ...
    @property
    def config(self) -> VTMConfig: ...
    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion: ...
    def close(self) -> None: ...


class SolverLike(Protocol):
    """RawMotion -> Pose. Solve thread only."""

    def solve(self, raw: RawMotion, *, calibrate: bool = False) -> Pose | None: ...
    def lost(self, frame_id: int, captured_at_s: float) -> Pose | None: ...
    def reset(self) -> None: ...
    def set_height(self, height_m: float) -> None: ...
    def set_proportions(self, lengths: tuple[float, ...]) -> None: ...
    def set_intrinsics(self, intrinsics: Intrinsics) -> None: ...
    def set_body(self, body: str) -> None: ...
    def set_smoothness(self, smoothness: float) -> None: ...


class HoldLike(Protocol):
    """Watches for a pose in which arms and legs can be measured (engine.solver.measuring). Solve thread only."""

    @property
    def under_way(self) -> bool: ...
    def push(self, keypoints: Keypoints2D, pose: Pose | None) -> None: ...
    def result(self) -> tuple[float, ...] | str: ...


class DetailsLike(Protocol):
    """Looks at hands and face. Details thread only."""

    @property
    def has_hands(self) -> bool: ...
    @property
    def has_face(self) -> bool: ...
    @property
    def looked(self) -> str | None: ...
    def read(self, frame: Frame, body: Keypoints2D) -> Details: ...
    def read_all(self, frame: Frame, body: Keypoints2D) -> Details: ...
    def set_load(self, *, hands: bool, face: bool, hands_every: int, face_every: int) -> None: ...
    def reset(self) -> None: ...


class DetailSolverLike(Protocol):
    """Pose and Details -> Pose. Solve thread only."""

    def solve(self, pose: Pose, details: Details) -> Pose: ...

    calibration: tuple[tuple[float, ...], tuple[float, ...]]

    def rest_on(self, views: Sequence[FaceView]) -> None: ...
    def measure_hands(
        self, opened: Sequence[Sequence[HandView]], fists: Sequence[Sequence[HandView]]
    ) -> tuple[bool, bool]: ...
    def reset(self) -> None: ...


class Hub(Protocol):
    """Sends poses to OSC targets. Any thread."""

    def put(self, pose: Pose) -> None: ...
    def states(self) -> tuple[TargetState, ...]: ...
    def set_targets(self, urls: tuple[str, ...]) -> None: ...
    def change_feed(self, change: ChangeOfFeed) -> None: ...
    def close(self) -> None: ...


class Recorder(Protocol):
    """Writes a take to disk. Any thread."""

    @property
    def video(self) -> Path | None: ...

    def write(self, pose: Pose | None, detection: Detection) -> None: ...
    def state(self) -> RecordingState: ...
    def close(self) -> Path: ...


class VideoLike(Protocol):
    """Writes the picture beside a take. Any thread."""

    @property
    def error(self) -> str | None: ...
    @property
    def lost(self) -> int: ...
    def write(self, frame: Frame) -> None: ...
    def close(self, take: Path | None = None, *, overwrite: bool = False) -> Path: ...


class Receiver(Protocol):
    """The VMC port we listen on. Any thread."""

    def state(self) -> ReceiverState: ...
    def close(self) -> None: ...


class OpenSource(Protocol):
    """Raises UsageError, CameraError. `on_message` says what was taken when nothing was named; fps: of pictures."""

    def __call__(
        self, source: str, *, orientation: Orientation, loop: bool, fps: float, clock: Clock, on_message: OnMessage
    ) -> Source: ...


class MakeDetector(Protocol):
    """Raises DetectorError. `on_message` says which detector was taken, and why.

    size  of the detector's network; "auto": all sizes that are there, the largest first; "largest": only that one
    """

    def __call__(self, name: str, *, size: str, threads: int, on_message: OnMessage) -> Detector: ...


class MakeDetails(Protocol):
    """None: no network for what is asked for is there, which `on_message` says in one sentence."""

    def __call__(self, *, hands: bool, face: bool, hand_size: str, on_message: OnMessage) -> DetailsLike | None: ...


class MakeDetailSolver(Protocol):
    """`before`: the one that is replaced; what was calibrated goes over."""

    def __call__(self, *, hands: bool, face: bool, before: Any) -> DetailSolverLike: ...


def no_details(*, hands: bool, face: bool, hand_size: str, on_message: OnMessage) -> None:
    """Make no details stage: the body alone."""


class LoadRuntime(Protocol):
    """Raises ModelError. `on_message` says which back end was taken, and why."""

    def __call__(self, backend: str, *, threads: int, on_message: OnMessage) -> Runtime: ...


class MakeHub(Protocol):
    """Raises UsageError, OutputError.

    on_sent      gets the seconds each pose took to all targets
    calibration  where the calibration stands, asked in the sending thread
    """

    def __call__(
        self,
        urls: tuple[str, ...],
        *,
        clock: Clock,
        on_sent: Callable[[float], None],
        calibration: Callable[[], Calibration],
    ) -> Hub: ...


class MakeRecorder(Protocol):
    """Raises UsageError, OutputError. `video`: a name beside the take is reserved for one, `Recorder.video`."""

    def __call__(self, path: Path, *, clock: Clock, video: bool, overwrite: bool, say: OnMessage) -> Recorder: ...


class MakeVideo(Protocol):
    """Raises UsageError, OutputError. `reserve`: bytes on the same disk that belong to the motion."""

    def __call__(self, path: Path, *, reserve: Callable[[], int], say: OnMessage, clock: Clock) -> VideoLike: ...


class MakeReceiver(Protocol):
    """Raises UsageError, OutputError. `on_calibrate` and `on_announce` are called in the receiver's thread."""

    def __call__(
        self,
        change_feed: Callable[[ChangeOfFeed], None],
        on_calibrate: Callable[[], None],
        on_announce: Callable[[], None],
        *,
        host: str,
        port: int,
        clock: Clock,
    ) -> Receiver: ...


@dataclass(frozen=True, slots=True)
class Factories:
    """How the pipeline gets its parts."""

    open_source: OpenSource
    make_detector: MakeDetector
    load_runtime: LoadRuntime
    make_window: Callable[[VTMConfig, Intrinsics], WindowLike]
    make_solver: Callable[[Intrinsics, float], SolverLike]
    make_hub: MakeHub
    make_recorder: MakeRecorder
    make_video: MakeVideo
    make_receiver: MakeReceiver
    listen_address: Callable[[str], tuple[str, int]]
    make_details: MakeDetails = no_details
    make_detail_solver: MakeDetailSolver | None = None
    make_hold: Callable[[], HoldLike] | None = None  # None: nothing is measured
    strict_outputs: bool = True
    """A target or port that cannot be opened ends the start; else it is shown."""
