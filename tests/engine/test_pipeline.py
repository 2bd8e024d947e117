"""The pipeline on fake parts: every frame gets through, faults are shown, nothing is left running."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config import Config
from engine.errors import CameraError, DetectorError, ModelError, OutputError, UsageError
from engine.pipeline import Pipeline
from engine.seams import Seams
from engine.solver import Solver
from engine.types import Detection, Frame, Keypoints2D, NoPerson, Pose, RawMotion, RecordingState, TargetState
from models.camera import Intrinsics
from models.keypoints import NUM_KEYPOINTS
from models.skeleton import NUM_JOINTS

SIZE = (64, 48)
WAIT_S = 10.0


class FakeSource:
    image_size = SIZE
    fps = 100.0
    live = False
    dropped = 0

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
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
        frame = Frame(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), self.frame_id, self.world.clock())
        self.frame_id += 1
        return frame

    def close(self) -> None:
        self.closed_by = threading.current_thread().name


class FakeDetector:
    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.resets = 0
        self.closed = False

    def detect(self, frame: Frame) -> Detection:
        self.world.detecting(frame)
        if not self.world.person:
            return NoPerson(frame.frame_id, frame.captured_at_s, SIZE)
        points = np.full((NUM_KEYPOINTS, 2), 20, np.float32)
        return Keypoints2D(frame.frame_id, frame.captured_at_s, SIZE, points, np.ones(NUM_KEYPOINTS, np.float32))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed = True


class FakeWindow:
    def __init__(self, _config: object, intrinsics: Intrinsics) -> None:
        self.intrinsics = intrinsics
        self.last: Keypoints2D | None = None

    def push(self, keypoints: Keypoints2D) -> None:
        self.last = keypoints

    def window(self) -> Keypoints2D | None:
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


class FakeHub:
    def __init__(self, urls: tuple[str, ...]) -> None:
        self.urls = urls
        self.poses: list[Pose] = []
        self.closed = False

    def put(self, pose: Pose) -> None:
        self.poses.append(pose)

    def states(self) -> tuple[TargetState, ...]:
        return tuple(TargetState(url, len(self.poses), 0, 0.0, 0, None) for url in self.urls)

    def set_targets(self, urls: tuple[str, ...]) -> None:
        if any("70000" in url for url in urls):
            raise UsageError("port 70000")
        self.urls = urls

    def close(self) -> None:
        self.closed = True


class FakeRecorder:
    def __init__(self, path: Path) -> None:
        self.path = path
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
        self.lockstep = True  # a frame comes when the one before went all the way
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

    def _make(self, part: str, key: str, made: list[Any], thing: Any) -> Any:
        for name in (part, key):
            if name in self.broken:
                raise self.broken[name]
        made.append(thing)
        return thing

    def seams(self) -> Seams:
        return Seams(
            open_source=lambda source, **_: self._make("source", source, self.sources, FakeSource(self, source)),
            make_detector=lambda name, **_: self._make("detector", name, self.detectors, FakeDetector(self, name)),
            load_runtime=lambda backend, **_: self._make("runtime", backend, self.runtimes, FakeRuntime(self, backend)),
            make_window=FakeWindow,
            make_solver=Solver,
            make_hub=lambda urls, **_: self._make("hub", "", self.hubs, FakeHub(urls)),
            make_recorder=lambda path, **_: self._make("recorder", "", self.recorders, FakeRecorder(path)),
        )

    def pipeline(self, **settings: Any) -> Pipeline:
        config = Config(source="cam", detector="blazepose", backend="cpu")
        pipeline = Pipeline(dataclasses.replace(config, **settings), clock=self.clock, seams=self.seams())
        show = pipeline._board.show

        def show_and_tell(*moment: Any) -> None:
            show(*moment)
            self.shown.release()

        pipeline._board.show = show_and_tell  # type: ignore[method-assign]
        return pipeline


@pytest.fixture
def world() -> World:
    return World()


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not reached():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


def say_texts(pipeline: Pipeline) -> list[str]:
    return [message.text for message in pipeline.snapshot().messages]


def test_a_file_runs_to_its_end_and_every_frame_becomes_a_pose(world: World):
    world.frames = 20
    with world.pipeline() as pipeline:
        assert pipeline.wait(WAIT_S) == "ended"
        snapshot = pipeline.snapshot()
    hub = world.hubs[0]
    assert [pose.frame_id for pose in hub.poses] == list(range(20))
    assert snapshot.stats.poses == snapshot.stats.frames_captured == 20
    assert snapshot.stats.frames_dropped == 0
    assert (snapshot.source, snapshot.stats.detector, snapshot.stats.backend) == ("cam", "blazepose", "cpu")
    assert set(snapshot.stats.stages) == {"capture", "pose2d", "vtm", "solver"}


def test_the_snapshot_holds_one_moment(world: World):
    world.frames = 5
    with world.pipeline() as pipeline:
        assert pipeline.snapshot().state in ("starting", "running", "ended")
        pipeline.wait(WAIT_S)
        snapshot = pipeline.snapshot()
    assert snapshot.frame is not None
    assert snapshot.detection is not None
    assert snapshot.pose is not None
    assert snapshot.frame.frame_id == snapshot.detection.frame_id == snapshot.pose.frame_id == 4


def test_a_slow_detector_gets_the_newest_frame_and_drops_are_counted(world: World):
    gate = threading.Event()
    world.detecting = lambda frame: None if frame.frame_id else gate.wait(WAIT_S) and None
    world.frames, world.lockstep = 50, False
    with world.pipeline() as pipeline:
        until(lambda: pipeline.snapshot().stats.frames_captured == 50)
        gate.set()
        pipeline.wait(WAIT_S)
        stats = pipeline.snapshot().stats
    assert [pose.frame_id for pose in world.hubs[0].poses] == [0, 49]
    assert stats.frames_dropped == 48


def test_a_slow_network_never_works_through_a_backlog(world: World):
    gate = threading.Event()
    lifted = iter(range(1000))
    world.lifting = lambda _: None if next(lifted) else gate.wait(WAIT_S) and None
    world.frames, world.lockstep = 30, False
    with world.pipeline() as pipeline:
        until(lambda: pipeline.snapshot().stats.frames_captured == 30)
        gate.set()
        pipeline.wait(WAIT_S)
        stats = pipeline.snapshot().stats
    assert len(world.hubs[0].poses) < 8
    assert world.hubs[0].poses[-1].frame_id == 29
    assert stats.poses + stats.frames_dropped == 30


def test_latency_is_from_the_frame_to_the_outputs_on_the_injected_clock(world: World):
    now = [50.0]
    world.clock = lambda: now[0]

    def detecting(_frame: Frame) -> None:
        now[0] += 0.010

    def lifting(_intrinsics: Intrinsics) -> None:
        now[0] += 0.005

    world.detecting, world.lifting, world.frames = detecting, lifting, 1
    with world.pipeline() as pipeline:
        pipeline.wait(WAIT_S)
        stats = pipeline.snapshot().stats
    assert stats.latency_ms.p50 == pytest.approx(15.0)
    assert stats.stages["pose2d"].p50 == pytest.approx(10.0)
    assert stats.stages["vtm"].p50 == pytest.approx(5.0)


def test_a_lost_person_is_sent_as_held_and_never_as_tracked(world: World):
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        world.person = False
        until(lambda: not world.hubs[0].poses[-1].tracked)
        assert pipeline.snapshot().state == "running"
    assert np.isfinite(world.hubs[0].poses[-1].joints_world_m).all()


def test_a_video_without_people_sends_nothing_and_ends(world: World):
    world.person, world.frames = False, 10
    with world.pipeline() as pipeline:
        assert pipeline.wait(WAIT_S) == "ended"
        assert pipeline.snapshot().pose is None
    assert world.hubs[0].poses == []


def test_stop_is_idempotent_and_closes_every_device_in_its_own_thread(world: World):
    pipeline = world.pipeline()
    pipeline.start()
    assert pipeline.wait_for_pose(WAIT_S)
    pipeline.stop()
    pipeline.stop()
    assert pipeline.snapshot().state == "stopped"
    assert world.sources[0].closed_by == "vtm-capture"
    assert world.detectors[0].closed
    assert world.runtimes[0].closed
    assert world.hubs[0].closed
    sent = len(world.hubs[0].poses)
    time.sleep(0.05)
    assert len(world.hubs[0].poses) == sent


def test_stopping_before_the_start_is_allowed(world: World):
    pipeline = world.pipeline()
    pipeline.stop()
    assert pipeline.snapshot().state == "stopped"


def test_a_start_that_fails_leaves_nothing_behind(world: World):
    world.broken["hub"] = OutputError("no such host")
    with pytest.raises(OutputError, match="no such host"), world.pipeline():
        pytest.fail("it must not start")
    assert world.sources == []


@pytest.mark.parametrize(
    ("part", "error"),
    [
        ("source", CameraError("camera 0 is busy")),
        ("detector", DetectorError("weights are missing: run vtm fetch")),
        ("runtime", ModelError("weights are of another version")),
    ],
)
def test_a_part_that_cannot_be_opened_is_shown_and_ends_the_wait(world: World, part: str, error: Exception):
    world.broken[part] = error
    with world.pipeline() as pipeline:
        assert pipeline.wait(WAIT_S) == "failed"
        assert pipeline.error is error
        assert str(error) in say_texts(pipeline)
        assert pipeline.snapshot().messages[-1].level == "error"


def test_a_worker_that_dies_of_a_defect_is_shown_and_gets_another_chance(world: World):
    def defect(_frame: Frame) -> None:
        raise ZeroDivisionError("a defect")

    world.detecting, world.lockstep = defect, False
    with world.pipeline() as pipeline:
        assert pipeline.wait(WAIT_S) == "failed"
        assert isinstance(pipeline.error, ZeroDivisionError)
        assert "a defect" in say_texts(pipeline)[-1]
        world.detecting = lambda _frame: None
        pipeline.reconfigure(Config(source="cam", detector="rtmpose", backend="cpu"))
        assert pipeline.wait_for_pose(WAIT_S)
        assert pipeline.error is None


def test_without_a_network_the_picture_and_the_keypoints_are_still_shown(world: World):
    world.broken["cpu"] = ModelError("no weights")
    with world.pipeline() as pipeline:
        until(lambda: pipeline.snapshot().detection is not None)
        assert pipeline.snapshot().state == "failed"
        pipeline.reconfigure(Config(source="cam", detector="blazepose", backend="cuda"))
        assert pipeline.wait_for_pose(WAIT_S)
        assert pipeline.snapshot().stats.backend == "cuda"


def test_the_same_settings_again_try_again_what_failed(world: World):
    world.broken["source"] = CameraError("no camera")
    config = Config(source="cam", detector="blazepose", backend="cpu")
    with world.pipeline() as pipeline:
        assert pipeline.wait(WAIT_S) == "failed"
        world.broken.clear()
        pipeline.reconfigure(dataclasses.replace(config, height_m=1.9))
        time.sleep(0.3)
        assert pipeline.snapshot().state == "failed"
        pipeline.reconfigure(dataclasses.replace(config, height_m=1.9))
        assert pipeline.wait_for_pose(WAIT_S)


def test_a_camera_that_vanishes_and_comes_back_is_said_and_the_run_goes_on(world: World):
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        world.unplugged.set()
        until(lambda: any("stopped, trying again" in text for text in say_texts(pipeline)))
        world.unplugged.clear()
        until(lambda: say_texts(pipeline)[-1] == "cam is back")
        sent = len(world.hubs[0].poses)
        until(lambda: len(world.hubs[0].poses) > sent)
        assert pipeline.snapshot().state == "running"
    assert len(world.sources) == 1


def test_another_source_is_opened_live_and_the_old_one_closed(world: World):
    config = Config(source="cam", detector="blazepose", backend="cpu")
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        pipeline.reconfigure(dataclasses.replace(config, source="other"))
        until(lambda: pipeline.snapshot().source == "other")
        until(lambda: world.detectors[0].resets == 2)
    assert [source.name for source in world.sources] == ["cam", "other"]
    assert world.sources[0].closed_by == "vtm-capture"
    assert len(world.detectors) == len(world.runtimes) == 1


def test_after_the_end_of_a_file_another_source_goes_on(world: World):
    world.frames = 3
    with world.pipeline() as pipeline:
        assert pipeline.wait(WAIT_S) == "ended"
        pipeline.reconfigure(Config(source="next", detector="blazepose", backend="cpu"))
        assert pipeline.wait(WAIT_S) == "ended"
    assert [pose.frame_id for pose in world.hubs[0].poses] == [0, 1, 2, 0, 1, 2]


def test_a_detector_and_a_backend_are_exchanged_alone(world: World):
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        pipeline.reconfigure(Config(source="cam", detector="rtmpose", backend="openvino"))
        until(lambda: pipeline.snapshot().stats.detector == "rtmpose")
        until(lambda: pipeline.snapshot().stats.backend == "openvino")
        assert world.detectors[0].closed
        assert world.runtimes[0].closed
    assert len(world.sources) == 1


def test_height_field_of_view_and_targets_follow_at_once(world: World):
    seen: list[float] = []
    world.lifting = lambda intrinsics: seen.append(intrinsics.fx)
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        fx, hips = seen[-1], world.hubs[0].poses[-1].rest_offsets_m[0, 1]
        pipeline.reconfigure(
            Config(source="cam", detector="blazepose", backend="cpu", hfov_deg=90.0, height_m=2.0, osc=("vmc://a:1",))
        )
        until(lambda: seen[-1] < fx and world.hubs[0].poses[-1].rest_offsets_m[0, 1] > hips)
        assert pipeline.snapshot().targets[0].target == "vmc://a:1"
        with pytest.raises(UsageError):
            pipeline.reconfigure(Config(source="cam", osc=("vmc://a:70000",)))
        assert pipeline.snapshot().targets[0].target == "vmc://a:1"
    assert len(world.sources) == len(world.detectors) == len(world.runtimes) == 1


def test_an_intrinsics_file_that_is_none_is_refused_before_anything_starts(world: World, tmp_path: Path):
    path = tmp_path / "camera.json"
    path.write_text('{"fx": 0}')
    with pytest.raises(UsageError, match=r"camera\.json"), world.pipeline(intrinsics_file=str(path)):
        pytest.fail("it must not start")
    assert world.hubs == []


def test_recording_holds_every_frame_between_start_and_stop(world: World, tmp_path: Path):
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        assert pipeline.stop_recording() is None
        pipeline.start_recording(tmp_path / "take.npz")
        with pytest.raises(OutputError, match="already recording"):
            pipeline.start_recording(tmp_path / "other.npz")
        until(lambda: (recording := pipeline.snapshot().recording) is not None and recording.poses > 5)
        assert pipeline.stop_recording() == tmp_path / "take.npz"
        assert pipeline.snapshot().recording is None
    ids = [detection.frame_id for _, detection in world.recorders[0].rows]
    assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_stopping_finishes_a_running_take(world: World, tmp_path: Path):
    with world.pipeline() as pipeline:
        pipeline.start_recording(tmp_path / "take.npz")
        assert pipeline.wait_for_pose(WAIT_S)
    assert world.recorders[0].closed


def test_calibration_reaches_the_solver(world: World):
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        pipeline.calibrate()
        sent = len(world.hubs[0].poses)
        until(lambda: len(world.hubs[0].poses) > sent + 5)
    np.testing.assert_allclose(world.hubs[0].poses[-1].root_m[[0, 2]], 0, atol=1e-5)
