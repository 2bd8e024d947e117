"""Interfaces of the pipeline's parts as protocols, and one value that holds the factories.

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
"""Modifies what VMC targets get besides the pose (engine.osc.vmc.VmcFeed)."""


class WindowLike(Protocol):
    """Collects keypoints into the model's input window. Solve thread only."""

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
    """Detects a held pose in which arms and legs can be measured (engine.solver.measuring). Solve thread only."""

    @property
    def under_way(self) -> bool: ...
    def push(self, keypoints: Keypoints2D, pose: Pose | None) -> None: ...
    def result(self) -> tuple[float, ...] | str: ...


class DetailsLike(Protocol):
    """Tracks hands and face. Details thread only."""

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
    """Writes the video beside a take. Any thread."""

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
    """Raises UsageError, CameraError. `on_message` reports an automatic choice; fps: for pictures."""

    def __call__(
        self, source: str, *, orientation: Orientation, loop: bool, fps: float, clock: Clock, on_message: OnMessage
    ) -> Source: ...


class MakeDetector(Protocol):
    """Raises DetectorError. `on_message` reports the detector chosen, and why.

    size  of the detector's network; "auto": all available sizes, largest first; "largest": only that one
    """

    def __call__(self, name: str, *, size: str, threads: int, on_message: OnMessage) -> Detector: ...


class MakeDetails(Protocol):
    """Returns None if no requested network is available, which `on_message` reports in one sentence."""

    def __call__(self, *, hands: bool, face: bool, hand_size: str, on_message: OnMessage) -> DetailsLike | None: ...


class MakeDetailSolver(Protocol):
    """before: the solver to replace, whose calibration is kept."""

    def __call__(self, *, hands: bool, face: bool, before: Any) -> DetailSolverLike: ...


def no_details(*, hands: bool, face: bool, hand_size: str, on_message: OnMessage) -> None:
    """Create no details stage: body only."""


class LoadRuntime(Protocol):
    """Raises ModelError. `on_message` reports the back end chosen, and why."""

    def __call__(self, backend: str, *, threads: int, on_message: OnMessage) -> Runtime: ...


class MakeHub(Protocol):
    """Raises UsageError, OutputError.

    on_sent      receives the seconds that sending a pose to all targets took
    calibration  returns the calibration state; called in the sending thread
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
    """Raises UsageError, OutputError. `video`: reserve a name for a video beside the take, `Recorder.video`."""

    def __call__(
        self, path: Path, *, clock: Clock, video: bool, style: str, overwrite: bool, say: OnMessage
    ) -> Recorder: ...


class MakeVideo(Protocol):
    """Raises UsageError, OutputError. `reserve`: bytes on the same disk kept free for the motion."""

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
    """Factories of the pipeline's parts."""

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
    make_hold: Callable[[], HoldLike] | None = None  # None: no measuring
    strict_outputs: bool = True
    """Whether a target or port that cannot be opened aborts the start; else it is shown."""
