"""For the tests of app/: a pipeline that replays the demo's true motion, a Qt application, and no Qt warnings."""

from __future__ import annotations

import dataclasses
import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app.window.widgets.theme import apply_theme
from engine.config import Config
from engine.errors import VtmError
from engine.motion.take import MotionTake, row_of, take_from_rows
from engine.osc.demo_pose import wave_pose
from engine.takes.partial_file import PartialFile
from engine.types import (
    NOT_CALIBRATED,
    Calibration,
    DetailsMeasured,
    Frame,
    Keypoints2D,
    Measured,
    Message,
    NoPerson,
    Percentiles,
    PersonChoice,
    Pose,
    ReceiverState,
    RecordingState,
    Snapshot,
    Stats,
    TargetState,
)
from models.camera import Intrinsics
from models.keypoints import KEYPOINT, NUM_KEYPOINTS
from models.rotations import matrix_to_quaternion
from models.skeleton import JOINT, PARENTS

DEMO = Path(__file__).parents[2] / "engine" / "sources" / "demo_truth.npz"
_NO_SCREEN = "This plugin does not support propagateSizeHints()"  # a dialog on the offscreen platform
_JOINT_OF = {
    "nose": "Head",
    "left_shoulder": "LeftUpperArm",
    "right_shoulder": "RightUpperArm",
    "left_elbow": "LeftLowerArm",
    "right_elbow": "RightLowerArm",
    "left_wrist": "LeftHand",
    "right_wrist": "RightHand",
    "left_hip": "LeftUpperLeg",
    "right_hip": "RightUpperLeg",
    "left_knee": "LeftLowerLeg",
    "right_knee": "RightLowerLeg",
    "left_ankle": "LeftFoot",
    "right_ankle": "RightFoot",
    "left_big_toe": "LeftToes",
    "right_big_toe": "RightToes",
}
_STAGES = {"capture": 1.2, "pose2d": 9.5, "vtm": 2.4, "solver": 0.4, "osc": 0.2}


def _heading(joints: np.ndarray) -> np.ndarray:
    """(22, 4) the identity, but Hips turned to where the pelvis faces."""
    left = joints[JOINT["LeftUpperLeg"]] - joints[JOINT["RightUpperLeg"]]
    left = np.array([left[0], 0.0, left[2]]) / np.hypot(left[0], left[2])
    up = np.array([0.0, 1.0, 0.0])
    rotations = np.tile(np.array([0.0, 0.0, 0.0, 1.0], np.float32), (len(PARENTS), 1))
    rotations[0] = matrix_to_quaternion(np.stack([left, up, np.cross(left, up)], axis=-1))
    return rotations


class FakePipeline:
    """The Pipeline's shape over a known motion; a test may set `state`, `person`, `messages`, or let a call fail."""

    def __init__(self, config: Config, pictures: list[np.ndarray] | None = None) -> None:
        self.config = config
        self.calls: list[str] = []
        self.state = "running"
        self.person = True
        self.messages: tuple[Message, ...] = ()
        self.target_error: str | None = None
        self.fail_start: str | None = None
        self.frozen_at: int | None = None
        self.receiver: ReceiverState | None = None
        self.saves: Path | None = None
        self.saving: float | None = None
        self.calibration = NOT_CALIBRATED
        self.measured: Measured | None = None
        self.details_measured: DetailsMeasured | None = None
        self._pictures = pictures
        self._recording: tuple[Path, float] | None = None
        self._began_s = time.monotonic()
        with np.load(DEMO) as truth:
            self._world, self._cam = truth["joints_world_m"], truth["joints_cam_m"]
            self._px, self._K = truth["joints_px"], truth["K"]
            self._size = (int(truth["size"][0]), int(truth["size"][1]))

    def __enter__(self) -> Self:
        self.calls.append("enter")
        if self.fail_start:
            raise VtmError(self.fail_start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.calls.append("exit")
        self.state = "stopped"

    def reconfigure(self, config: Config) -> None:
        self.calls.append("reconfigure")
        self.config = config

    def choose_person(self, choice: PersonChoice) -> None:
        self.calls.append(f"choose {choice.point_px}")

    def calibrate(self) -> None:
        self.calls.append("calibrate")
        self.calibration = Calibration("countdown", 0.0, 1e9)

    def calibrate_hands(self) -> None:
        self.calls.append("calibrate_hands")

    def cancel_calibration(self) -> None:
        self.calls.append("cancel_calibration")
        self.calibration = NOT_CALIBRATED

    def start_recording(self, path: Path, *, overwrite: bool = False) -> None:
        self.calls.append(f"record {path}{' over' if overwrite else ''}")
        self._recording = (path, time.monotonic())

    def stop_recording(self) -> Path | None:
        self.calls.append("stop_recording")
        recording, self._recording = self._recording, None
        return self.saves or (recording and recording[0])

    def snapshot(self) -> Snapshot:
        seconds = time.monotonic() - self._began_s
        index = int(seconds * 30) if self.frozen_at is None else self.frozen_at
        detection = self._detection(index) if self.person else NoPerson(index, seconds, self._size)
        targets = tuple(
            TargetState(
                url, int(seconds * 60), int(seconds * 70000), 0.0 if self.target_error else 60.0, 0, self.target_error
            )
            for url in self.config.osc
        )
        recording = None
        if self._recording is not None:
            path, since_s = self._recording
            took_s = time.monotonic() - since_s
            recording = RecordingState(
                str(path), took_s, int(took_s * 30), int(took_s * 40_000), None, saved=self.saving
            )
        source = self.config.source or "demo"
        frame, pose = self._frame(index, seconds), self._pose(index, seconds)
        stats = self._stats(seconds)
        return Snapshot(
            *(self.state, source, frame, detection, pose, stats, self.messages, targets, recording, self.receiver),
            calibration=self.calibration,
            measured=self.measured,
            details_measured=self.details_measured,
            at_s=time.monotonic(),
        )

    def _frame(self, index: int, at_s: float) -> Frame:
        if self._pictures:
            return Frame(self._pictures[index % len(self._pictures)], index, at_s)
        return Frame(np.full((self._size[1], self._size[0], 3), 40, np.uint8), index, at_s)

    def _detection(self, index: int) -> Keypoints2D:
        points = np.zeros((NUM_KEYPOINTS, 2), np.float32)
        scores = np.zeros(NUM_KEYPOINTS, np.float32)
        for name, joint in _JOINT_OF.items():
            points[KEYPOINT[name]] = self._px[index % len(self._px), JOINT[joint]]
            scores[KEYPOINT[name]] = 0.95 if "wrist" not in name else 0.45
        return Keypoints2D(index, index / 30, self._size, points, scores)

    def _pose(self, index: int, at_s: float) -> Pose:
        joints = self._world[index % len(self._world)]
        offsets = np.zeros((len(PARENTS), 3), np.float32)
        for joint, parent in enumerate(PARENTS):
            offsets[joint, 1] = np.linalg.norm(joints[joint] - joints[parent]) if parent >= 0 else 0.93
        heights = joints[[JOINT["LeftToes"], JOINT["RightToes"]], 1]
        return Pose(
            index,
            at_s,
            self.person,
            _heading(joints),
            joints[0],
            joints,
            self._cam[index % len(self._cam)],
            offsets,
            np.clip((0.09 - heights) / 0.04, 0, 1).astype(np.float32),
            0.9,
            np.eye(3, dtype=np.float32),
            np.zeros(3, np.float32),
            Intrinsics(self._K[0, 0], self._K[1, 1], self._K[0, 2], self._K[1, 2]),
        )

    def _stats(self, seconds: float) -> Stats:
        wobble = 1.0 + 0.15 * np.sin(seconds)
        stages = {name: Percentiles(ms * wobble, ms * wobble * 1.4, ms * wobble * 1.9) for name, ms in _STAGES.items()}
        latency = Percentiles(14.1 * wobble, 18.6 * wobble, 22.0 * wobble)
        frames = int(seconds * 30)
        return Stats(frames, 2, frames - 2, seconds, 30.0, 30.0, latency, stages, "BlazePose", "ONNX Runtime (CPU)")


@pytest.fixture
def fake() -> type[FakePipeline]:
    """The class of the fake pipeline: also a factory of the right shape."""
    return FakePipeline


@pytest.fixture
def qt_warnings() -> Iterator[list[str]]:
    """What Qt complained about; a test that uses `application` fails when there is any."""
    complaints: list[str] = []

    def handle(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        serious = kind in (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
        if serious and text != _NO_SCREEN:
            complaints.append(text)

    before = qInstallMessageHandler(handle)
    yield complaints
    qInstallMessageHandler(before)


@pytest.fixture
def application(qt_warnings: list[str]) -> Iterator[QApplication]:
    """The one QApplication, themed; afterwards no window is left and Qt had nothing to complain about."""
    instance = QApplication.instance()
    app = instance if isinstance(instance, QApplication) else QApplication([])
    app.setQuitOnLastWindowClosed(False)
    apply_theme(app)
    yield app
    for widget in app.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    app.processEvents()
    gc.collect()
    assert not qt_warnings


class Clock:
    """A clock that the test moves."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def at() -> Callable[..., Snapshot]:
    """A snapshot of frame n, with fields replaced."""

    def make(frame: int = 0, **fields: object) -> Snapshot:
        pipeline = FakePipeline(Config())
        pipeline.frozen_at = frame
        pipeline.person = bool(fields.pop("person", True))
        return dataclasses.replace(pipeline.snapshot(), **fields)

    return make


@pytest.fixture
def until(application: QApplication) -> Callable[..., None]:
    """Let Qt work until a condition holds; fails the test after some seconds."""

    def wait(condition: Callable[[], bool], timeout_s: float = 8.0) -> None:
        until_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < until_s, "the condition never came true"
            application.processEvents()
            time.sleep(0.005)

    return wait


@pytest.fixture
def waving() -> Callable[..., MotionTake]:
    """waving(frames) -> a take of somebody who waves, at 50 Hz."""

    def make(frames: int = 20) -> MotionTake:
        poses = [dataclasses.replace(wave_pose(1.7, n / 50), frame_id=n) for n in range(frames)]
        nobody = [NoPerson(pose.frame_id, pose.captured_at_s, (640, 480)) for pose in poses]
        return take_from_rows(np.concatenate([row_of(*both) for both in zip(poses, nobody, strict=True)]))

    return make


@pytest.fixture
def left_over() -> Callable[[Path], Path]:
    """left_over(final) -> the file that a killed recording of `final` leaves behind, ten frames long."""

    def make(final: Path) -> Path:
        partial = PartialFile(final)
        for n in range(10):
            pose = wave_pose(1.7, n / 50)
            partial.append(row_of(pose, NoPerson(n, n / 50, (640, 480))))
        partial.close()
        return partial.path

    return make
