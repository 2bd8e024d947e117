"""Fake parts for pipeline tests, all steered by one World."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.config import Config
from engine.errors import UsageError
from engine.live.interfaces import Factories, OnMessage
from engine.osc.receive_port import listen_address
from engine.pipeline import Pipeline
from engine.solver import Solver
from engine.solver.detailed import make_detail_solver
from engine.types import (
    Calibration,
    Details,
    Detection,
    FaceView,
    Frame,
    HandView,
    Keypoints2D,
    NoPerson,
    PersonChoice,
    Pose,
    RawMotion,
    ReceiverState,
    RecordingState,
    TargetState,
)
from models.camera import Intrinsics
from models.keypoints import KEYPOINT, NUM_KEYPOINTS
from models.skeleton import NUM_JOINTS

SIZE = (64, 48)
HEAD = [KEYPOINT["left_eye"], KEYPOINT["right_eye"]]
WAIT_S = 60.0


def until(reached: Callable[[], bool], most_s: float = WAIT_S) -> None:
    """Wait for it; fails after `most_s` seconds."""
    deadline = time.monotonic() + most_s
    while not reached():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


class FakeSource:
    image_size = SIZE
    frames = 0
    fps = 100.0
    dropped = 0

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name, self.live = world, name, world.live
        self.frame_id = 0
        self.status: str | None = None
        self.closed_by: str | None = None
        while world.shown.acquire(blocking=False):
            continue

    @property
    def ended(self) -> bool:
        return self.world.frames is not None and self.frame_id >= self.world.frames

    def read(self) -> Frame | None:
        if self.world.unplugged.is_set():
            self.status = f"{self.name} stopped, trying again"
            time.sleep(0.005)
            return None
        self.status = None
        if not self.world.lockstep:
            time.sleep(0.003)
        elif self.frame_id and not self.world.shown.acquire(timeout=0.1):
            return None
        width, height = self.world.size_of(self.frame_id)
        frame = Frame(np.zeros((height, width, 3), np.uint8), self.frame_id, self.world.clock())
        frame.bgr[0, 0] = 1  # which way up the picture is
        self.frame_id += 1
        return frame

    def close(self) -> None:
        self.closed_by = threading.current_thread().name


SIZES = ("heavy", "full", "lite")


class FakeDetector:
    def __init__(self, world: World, name: str, size: str = "auto") -> None:
        self.world, self.name, self.wanted_size = world, name, size
        self.size_steps = len(world.size_costs_s) - 1 if size == "auto" and world.size_costs_s else 0
        self.details = (*SIZES[: self.size_steps], "fine points")
        self.resets = self.left_out = 0
        self.closed = False

    @property
    def size(self) -> str:
        return SIZES[min(self.left_out, self.size_steps)] if self.size_steps else ""

    def size_costs_s(self, frame: Frame) -> tuple[float, ...]:
        del frame
        return self.world.size_costs_s if self.world.person else ()

    def leave_out(self, number: int) -> None:
        self.left_out = number

    def choose(self, choice: PersonChoice) -> None:
        self.world.choices.append(choice)

    def detect(self, frame: Frame) -> Detection:
        self.world.detecting(frame)
        if not self.world.person:
            return NoPerson(frame.frame_id, frame.captured_at_s, SIZE)
        points = np.full((NUM_KEYPOINTS, 2), 20, np.float32)
        if self.world.upside_down:
            points[HEAD, 1] = 30 if frame.bgr[0, 0, 0] else 10
        return Keypoints2D(frame.frame_id, frame.captured_at_s, SIZE, points, np.ones(NUM_KEYPOINTS, np.float32))

    def look_round(self, frame: Frame) -> None:
        del frame

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed = True


@dataclasses.dataclass(frozen=True, slots=True)
class SeenWindow(Keypoints2D):
    """The newest keypoints, with what the solve thread may ask of a window: less work."""

    refined: bool = True


class FakeWindow:
    def __init__(self, _config: object, intrinsics: Intrinsics) -> None:
        self.intrinsics = intrinsics
        self.last: SeenWindow | None = None

    def push(self, keypoints: Keypoints2D) -> None:
        self.last = SeenWindow(*(getattr(keypoints, field.name) for field in dataclasses.fields(keypoints)))

    def window(self) -> SeenWindow | None:
        return self.last

    def reset(self) -> None:
        self.last = None


class FakeRuntime:
    config = None

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.closed = False

    def lift(self, window: Keypoints2D, intrinsics: Intrinsics) -> RawMotion:
        self.world.lifting(intrinsics)
        rotations = np.tile(np.eye(3, dtype=np.float32), (NUM_JOINTS, 1, 1))
        rotations[0] = np.diag([1, -1, -1])
        return RawMotion(
            frame_id=window.frame_id,
            captured_at_s=window.captured_at_s,
            rotations=rotations,
            root_px=np.array([32, 24], np.float32),
            root_depth=2.0,
            bone_ratio=np.ones(NUM_JOINTS, np.float32),
            up_cam=np.array([0, -1, 0], np.float32),
            contacts=np.zeros(2, np.float32),
            confidence=1.0,
        )

    def close(self) -> None:
        self.closed = True


class FakeDetails:
    """Sees a face and a left hand wherever it looks, by turns."""

    def __init__(self, world: World, hands: bool, face: bool) -> None:
        self.world = world
        self.has_hands, self.has_face = hands and world.hand_network, face and world.face_network
        self.looked: str | None = None
        self.load: dict[str, Any] = {}
        self.resets = 0
        self.hand: HandView | None = None
        self.face: FaceView | None = None

    def read(self, frame: Frame, body: Keypoints2D) -> Details:
        self.world.looking(frame)
        assert body.frame_id == frame.frame_id
        self.looked = "left" if self.has_hands and frame.frame_id % 2 else "face" if self.has_face else None
        return self._seen(frame, left=self.looked == "left", face=self.looked == "face")

    def read_all(self, frame: Frame, body: Keypoints2D) -> Details:
        self.world.looking(frame)
        assert body.frame_id == frame.frame_id
        return self._seen(frame, left=self.has_hands, face=self.has_face)

    def _seen(self, frame: Frame, *, left: bool, face: bool) -> Details:
        at = frame.frame_id, frame.captured_at_s
        if left:
            points = np.random.default_rng(0).normal(size=(21, 3)).astype(np.float32)
            self.hand = HandView(*at, points, points, 0.9, 0.0, 90.0)
        if face:
            points, scores = np.zeros((478, 3), np.float32), np.zeros(52, np.float32)
            self.face = FaceView(*at, points, 0.8, scores, 90.0)
        return Details(*at, left=self.hand, face=self.face)

    def set_load(self, **load: Any) -> None:
        self.load = load

    def reset(self) -> None:
        self.resets += 1
        self.hand = self.face = None


class FakeHub:
    def __init__(self, urls: tuple[str, ...], calibration: Callable[[], Calibration]) -> None:
        self.urls = urls
        self.poses: list[Pose] = []
        self.calibration = calibration
        self.states_told: list[str] = []  # of the calibration, with each pose, runs as one
        self.feed: Any = None
        self.closed = False

    def put(self, pose: Pose) -> None:
        state = self.calibration().state
        if self.states_told[-1:] != [state]:
            self.states_told.append(state)
        self.poses.append(pose)

    def states(self) -> tuple[TargetState, ...]:
        return tuple(TargetState(url, len(self.poses), 0, 0.0, 0, None) for url in self.urls)

    def set_targets(self, urls: tuple[str, ...]) -> None:
        if any("70000" in url for url in urls):
            raise UsageError("port 70000")
        self.urls = urls

    def change_feed(self, change: Callable[[Any], Any]) -> None:
        self.feed = change(self.feed)

    def close(self) -> None:
        self.closed = True


class FakeVideo:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.take: Path | None = None
        self.error: str | None = None
        self.lost = 0
        self.frames: list[Frame] = []
        self.closed = False

    def write(self, frame: Frame) -> None:
        self.frames.append(frame)

    def close(self, take: Path | None = None, *, overwrite: bool = False) -> Path:  # noqa: ARG002
        self.closed, self.take = True, take
        return self.path


class FakeReceiver:
    def __init__(self, on_calibrate: Callable[[], None], on_announce: Callable[[], None], host: str, port: int) -> None:
        self.on_calibrate, self.on_announce, self.host, self.port = on_calibrate, on_announce, host, port
        self.closed = False

    def state(self) -> ReceiverState:
        return ReceiverState(self.host, self.port, 0, 0, 0, 0, None)

    def close(self) -> None:
        self.closed = True


class FakeRecorder:
    def __init__(self, path: Path, video: bool) -> None:
        self.path, self.video = path, path.with_suffix(".mkv") if video else None
        self.rows: list[tuple[Pose | None, Detection]] = []
        self.closed = False

    def write(self, pose: Pose | None, detection: Detection) -> None:
        self.rows.append((pose, detection))

    def state(self) -> RecordingState:
        return RecordingState(str(self.path), 0.0, len(self.rows), 0, None)

    def close(self) -> Path:
        self.closed = True
        return self.path


class World:
    """What the fakes do, and what they saw."""

    def __init__(self) -> None:
        self.frames: int | None = None
        self.person = True
        self.size_of: Callable[[int], tuple[int, int]] = lambda _frame_id: SIZE
        self.upside_down = False  # the person in a picture that is not turned
        self.lockstep = True  # a frame comes when the one before went all the way
        self.live = False  # a camera's frames, not a file's
        self.make_solver: Callable[..., Solver] = Solver
        self.unplugged = threading.Event()
        self.shown = threading.Semaphore(0)
        self.clock: Callable[[], float] = time.monotonic
        self.detecting: Callable[[Frame], None] = lambda _frame: None
        self.lifting: Callable[[Intrinsics], None] = lambda _intrinsics: None
        self.broken: dict[str, Exception] = {}
        self.sources: list[FakeSource] = []
        self.detectors: list[FakeDetector] = []
        self.runtimes: list[FakeRuntime] = []
        self.hubs: list[FakeHub] = []
        self.recorders: list[FakeRecorder] = []
        self.videos: list[FakeVideo] = []
        self.receivers: list[FakeReceiver] = []
        self.choices: list[PersonChoice] = []
        self.looking: Callable[[Frame], None] = lambda _frame: None  # at hands and face
        self.details: list[FakeDetails] = []
        self.hand_network = self.face_network = True
        self.strict = True
        self.size_costs_s: tuple[float, ...] = ()  # of a detector with sizes, the largest first

    def _make(self, part: str, key: str, made: list[Any], thing: Any) -> Any:
        for name in (part, key):
            if name in self.broken:
                raise self.broken[name]
        made.append(thing)
        return thing

    def _make_details(self, *, hands: bool, face: bool, hand_size: str, on_message: OnMessage) -> FakeDetails | None:
        self.hand_size = hand_size
        if not (self.hand_network and self.face_network):
            on_message("no hands: its network is not there")
        reader = self._make("details", "", self.details, FakeDetails(self, hands, face))
        return reader if reader.has_hands or reader.has_face else None

    def factories(self) -> Factories:
        return Factories(
            open_source=lambda source, **_: self._make("source", source, self.sources, FakeSource(self, source)),
            make_detector=lambda name, *, size, **_: self._make(
                "detector", name, self.detectors, FakeDetector(self, name, size)
            ),
            load_runtime=lambda backend, **_: self._make("runtime", backend, self.runtimes, FakeRuntime(self, backend)),
            make_window=FakeWindow,
            make_solver=self.make_solver,
            make_hub=lambda urls, calibration, **_: self._make("hub", "", self.hubs, FakeHub(urls, calibration)),
            make_recorder=lambda path, video, **_: self._make(
                "recorder", "", self.recorders, FakeRecorder(path, video)
            ),
            make_video=lambda path, **_: self._make("video", "", self.videos, FakeVideo(path)),
            make_receiver=lambda _change, calibrate, announce, host, port, **_: self._make(
                "receiver", str(port), self.receivers, FakeReceiver(calibrate, announce, host, port)
            ),
            listen_address=listen_address,
            make_details=self._make_details,
            make_detail_solver=make_detail_solver,
            strict_outputs=self.strict,
        )

    def pipeline(self, **settings: Any) -> Pipeline:
        config = Config(source="cam", hands="off", face="off", detector="blazepose", backend="cpu")
        pipeline = Pipeline(dataclasses.replace(config, **settings), clock=self.clock, factories=self.factories())
        show = pipeline._shared.show

        def show_and_tell(*moment: Any) -> None:
            show(*moment)
            self.shown.release()

        pipeline._shared.show = show_and_tell  # type: ignore[method-assign]
        return pipeline
