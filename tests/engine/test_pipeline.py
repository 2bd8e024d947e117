"""The pipeline on fake parts: every frame gets through, faults are shown, nothing is left running."""

from __future__ import annotations

import dataclasses
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config import AUTO_ROTATION, Config
from engine.errors import CameraError, DetectorError, InputError, ModelError, OutputError, UsageError
from engine.live.upright import turned_line
from engine.pipeline import Pipeline
from engine.solver import Solver
from engine.types import Frame, Keypoints2D, PersonChoice, Pose, RawMotion, Snapshot, Window
from models.camera import Intrinsics
from models.skeleton import JOINT
from tests.engine.pipeline_fakes import WAIT_S, FakeRuntime, FakeWindow, World, until


@pytest.fixture
def world() -> World:
    return World()


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
        assert "unexpected ZeroDivisionError" in say_texts(pipeline)[-1]
        assert "a defect" in say_texts(pipeline)[-1]
        world.detecting = lambda _frame: None
        pipeline.reconfigure(Config(source="cam", detector="rtmpose", backend="cpu"))
        assert pipeline.wait_for_pose(WAIT_S)
        assert pipeline.error is None


def test_a_defect_in_the_solver_is_told_as_ours_with_its_place_and_logged_once(
    world: World, caplog: pytest.LogCaptureFixture
):
    class Broken(Solver):
        def solve(self, _raw: RawMotion, **_: object) -> Pose | None:
            raise KeyError("LeftHand")

    factories = dataclasses.replace(world.factories(), make_solver=Broken)
    with Pipeline(Config(source="cam"), factories=factories) as pipeline:
        assert pipeline.wait(WAIT_S) == "failed"
        line = say_texts(pipeline)[-1]
    assert "unexpected KeyError: 'LeftHand'" in line
    assert "engine/live/solve_worker.py, line" in line
    assert "defect of VTM Live" in line
    assert "back end" not in line
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)
    assert record.threadName == "vtm-solve"


def test_what_is_said_to_the_user_is_logged_too(world: World, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        world.unplugged.set()
        until(lambda: "cam stopped, trying again" in caplog.messages)


@pytest.mark.parametrize("frames", [10, 60])
def test_nothing_is_logged_for_each_frame(world: World, caplog: pytest.LogCaptureFixture, frames: int):
    caplog.set_level("DEBUG", "engine")
    world.frames = frames
    with world.pipeline() as pipeline:
        assert pipeline.wait(WAIT_S) == "ended"
    assert len(caplog.records) < 10


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


def test_a_back_end_that_took_over_is_shown(world: World):
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        world.runtimes[0].name = "openvino"
        until(lambda: pipeline.snapshot().stats.backend == "openvino")


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
    with pytest.raises(InputError, match=r"camera\.json"), world.pipeline(intrinsics_file=str(path)):
        pytest.fail("it must not start")
    assert world.hubs == []


def test_an_intrinsics_file_that_changes_is_read_again_and_a_bad_one_ends_nothing(world: World, tmp_path: Path):
    late_s, seen = [0.0], []
    world.clock = lambda: time.monotonic() + late_s[0]
    world.lifting = lambda intrinsics: seen.append(intrinsics.fx)
    path = tmp_path / "camera.json"
    path.write_text('{"fx": 50, "fy": 50, "cx": 32, "cy": 24}')
    with world.pipeline(intrinsics_file=str(path)) as pipeline:
        until(lambda: seen[-1:] == [50.0])
        path.write_text('{"fx": 600, "fy": 600, "cx": 320, "cy": 240}')
        late_s[0] += 2.0
        until(lambda: seen[-1] == 60.0)
        assert any("was read again" in text for text in say_texts(pipeline))
        path.write_text('{"fx": 60')
        late_s[0] += 2.0
        until(lambda: any("camera.json" in text and "previous camera" in text for text in say_texts(pipeline)))
        assert pipeline.snapshot().state == "running"
    assert seen[-1] == 60.0


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
        until(lambda: pipeline.snapshot().calibration.state == "done")
        sent = len(world.hubs[0].poses)
        until(lambda: len(world.hubs[0].poses) > sent)
    np.testing.assert_allclose(world.hubs[0].poses[-1].root_m[[0, 2]], 0, atol=1e-5)


def test_targets_are_told_of_a_calibration_while_it_goes_on(world: World):
    world.person = False
    with world.pipeline() as pipeline:
        until(lambda: pipeline.snapshot().state == "running")
        pipeline.calibrate()
        assert pipeline.snapshot().calibration.state == "waiting"
        world.person = True
        until(lambda: pipeline.snapshot().calibration.state == "done")
        assert say_texts(pipeline)[-1].startswith("calibrated")
        sent = len(world.hubs[0].poses)
        until(lambda: len(world.hubs[0].poses) > sent)
    assert world.hubs[0].states_told == ["waiting", "done"]


def test_nobody_in_view_is_never_calibrated_and_no_target_is_left_calibrating(world: World):
    late_s = [0.0]
    world.clock = lambda: time.monotonic() + late_s[0]
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        world.person = False
        until(lambda: not world.hubs[0].poses[-1].tracked)
        pipeline.calibrate()
        until(lambda: world.hubs[0].states_told[-1] == "waiting")
        late_s[0] = 10.5
        until(lambda: world.hubs[0].states_told[-1] == "failed")
        failed = pipeline.snapshot().calibration
        assert failed.reason == "nobody was seen for 10 s"
        assert any(text.startswith("not calibrated: nobody was seen") for text in say_texts(pipeline))
        late_s[0] = 20.0
        until(lambda: world.hubs[0].states_told[-1] == "idle")
    assert "done" not in world.hubs[0].states_told


def test_a_countdown_comes_before_a_calibration_and_can_be_called_off(world: World):
    late_s = [0.0]
    world.clock = lambda: time.monotonic() + late_s[0]
    with world.pipeline(countdown_s=5) as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        pipeline.calibrate()
        snapshot = pipeline.snapshot()
        assert snapshot.calibration.state == "countdown"
        assert 4.0 < snapshot.calibration.until_s - snapshot.at_s <= 5.0
        pipeline.cancel_calibration()
        assert pipeline.snapshot().calibration.state == "idle"
        pipeline.calibrate()
        late_s[0] = 5.5
        until(lambda: pipeline.snapshot().calibration.state == "done")


def test_another_source_is_not_calibrated_any_more(world: World):
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        pipeline.calibrate()
        until(lambda: pipeline.snapshot().calibration.state == "done")
        pipeline.reconfigure(Config(source="other", detector="blazepose", backend="cpu"))
        until(lambda: pipeline.snapshot().calibration.state == "idle")


def test_an_end_in_the_midst_of_a_calibration_leaves_no_target_calibrating(world: World):
    world.person = False
    with world.pipeline() as pipeline:
        pipeline.calibrate()
        assert pipeline.snapshot().calibration.state == "waiting"
    assert world.hubs[0].calibration().state == "idle"


def test_the_picture_is_recorded_beside_the_take_frame_for_frame(world: World, tmp_path: Path):
    with world.pipeline(record_video=True) as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        pipeline.start_recording(tmp_path / "take.npz")
        until(lambda: (recording := pipeline.snapshot().recording) is not None and recording.poses > 5)
        pipeline.stop_recording()
    (video,), (recorder,) = world.videos, world.recorders
    assert video.path == recorder.video == tmp_path / "take.mkv"
    assert video.closed
    assert video.take == tmp_path / "take.npz"
    times = [detection.captured_at_s for _, detection in recorder.rows]
    assert [frame.captured_at_s for frame in video.frames] == times


def test_without_the_setting_no_video_is_made(world: World, tmp_path: Path):
    with world.pipeline() as pipeline:
        pipeline.start_recording(tmp_path / "take.npz")
    assert world.videos == []
    assert world.recorders[0].video is None


def test_a_video_that_cannot_be_made_is_said_and_the_take_goes_on(world: World, tmp_path: Path):
    world.broken["video"] = OutputError("no encoder")
    with world.pipeline(record_video=True) as pipeline:
        pipeline.start_recording(tmp_path / "take.npz")
        assert pipeline.wait_for_pose(WAIT_S)
        assert "no encoder; the take is recorded without it" in say_texts(pipeline)
        assert pipeline.stop_recording() == tmp_path / "take.npz"


def test_trouble_of_the_video_is_shown_and_its_end_said(world: World, tmp_path: Path):
    with world.pipeline(record_video=True) as pipeline:
        pipeline.start_recording(tmp_path / "take.npz")
        world.videos[0].error = "the disk is full"
        world.videos[0].lost = 3
        recording = pipeline.snapshot().recording
        assert recording is not None
        assert recording.error == "the disk is full"
        pipeline.stop_recording()
        assert any("lacks 3 pictures" in text for text in say_texts(pipeline))


def test_the_clip_that_is_played_is_never_recorded_over(world: World, tmp_path: Path):
    clip = tmp_path / "take.mkv"
    clip.touch()
    with world.pipeline(source=str(clip), record_video=True) as pipeline:
        with pytest.raises(UsageError, match="another name"):
            pipeline.start_recording(tmp_path / "take.bvh", overwrite=True)
        assert world.videos == world.recorders == []


def test_the_receive_port_follows_the_settings_and_is_closed_at_the_end(world: World):
    with world.pipeline() as pipeline:
        assert pipeline.snapshot().receiver is None
        pipeline.reconfigure(Config(source="cam", vmc_receive="39540"))
        first = pipeline.snapshot().receiver
        assert first is not None
        assert (first.host, first.port) == ("127.0.0.1", 39540)
        pipeline.reconfigure(Config(source="cam", vmc_receive="39540", mirror=True))
        assert len(world.receivers) == 1
        pipeline.reconfigure(Config(source="cam", vmc_receive="0.0.0.0:39541"))
        assert [receiver.closed for receiver in world.receivers] == [True, False]
        with pytest.raises(UsageError, match="70000"):
            pipeline.reconfigure(Config(source="cam", vmc_receive="70000"))
        assert pipeline.snapshot().receiver == world.receivers[1].state()
    assert world.receivers[1].closed


def test_calibration_asked_for_from_afar_reaches_the_solver(world: World):
    with world.pipeline(vmc_receive="39540") as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        world.receivers[0].on_announce()
        assert pipeline.snapshot().calibration.state == "asked"
        world.receivers[0].on_calibrate()
        until(lambda: pipeline.snapshot().calibration.state == "done")
        sent = len(world.hubs[0].poses)
        until(lambda: len(world.hubs[0].poses) > sent)
    np.testing.assert_allclose(world.hubs[0].poses[-1].root_m[[0, 2]], 0, atol=1e-5)


def test_a_taken_receive_port_ends_a_strict_start_and_is_shown_otherwise(world: World):
    world.broken["39540"] = OutputError("cannot listen")
    with pytest.raises(OutputError, match="cannot listen"), world.pipeline(vmc_receive="39540"):
        pytest.fail("it must not start")
    assert world.hubs[-1].closed
    world.strict = False
    with world.pipeline(vmc_receive="39540") as pipeline:
        receiver = pipeline.snapshot().receiver
        assert receiver is not None
        assert receiver.error == "cannot listen"
        assert pipeline.wait_for_pose(WAIT_S)
        del world.broken["39540"]
        pipeline.reconfigure(Config(source="cam", vmc_receive="39540"))
        receiver = pipeline.snapshot().receiver
        assert receiver is not None
        assert receiver.error is None


def test_with_a_rate_of_its_own_more_poses_are_sent_than_frames_come(world: World):
    world.lockstep = False
    slow = threading.Event()
    world.detecting = lambda _frame: (slow.wait(0.05), None)[1]  # some 20 poses per second
    with world.pipeline(osc_rate_hz=120.0) as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        until(lambda: len(world.hubs[0].poses) > 2 * pipeline.snapshot().stats.poses + 10)
        slow.set()
    times = [pose.captured_at_s for pose in world.hubs[0].poses]
    assert times == sorted(times)


def test_the_rate_changes_while_it_runs(world: World):
    def rates() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name == "osc-clock"]

    config = Config(source="cam", detector="blazepose", backend="cpu")
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        assert rates() == []
        for rate_hz in (60.0, 120.0):
            pipeline.reconfigure(dataclasses.replace(config, osc_rate_hz=rate_hz))
            assert rates() == ["osc-clock"]
            sent = len(world.hubs[0].poses)
            until(lambda sent=sent: len(world.hubs[0].poses) > sent + 3)
        with pytest.raises(UsageError, match="1 to 120"):
            pipeline.reconfigure(dataclasses.replace(config, osc_rate_hz=500.0, osc=("vmc://a:1",)))
        assert world.hubs[0].urls == ()
        pipeline.reconfigure(config)
        assert rates() == []
        sent = len(world.hubs[0].poses)
        until(lambda: len(world.hubs[0].poses) > sent + 3)
    pipeline.reconfigure(dataclasses.replace(config, osc_rate_hz=60.0))
    assert rates() == []


def test_a_rate_that_makes_no_sense_leaves_nothing_behind(world: World):
    with pytest.raises(UsageError, match="1 to 120"):
        world.pipeline(osc_rate_hz=500.0).start()
    assert world.hubs[0].closed


def test_a_slow_detector_gives_up_detail_until_there_is_time_again(world: World):
    now, took = [50.0], [0.2]
    world.clock = lambda: now[0]

    def detecting(_frame: Frame) -> None:
        now[0] += took[0]

    world.detecting = detecting
    with world.pipeline() as pipeline:
        until(lambda: pipeline.snapshot().stats.left_out == ("fine points",))
        until(lambda: world.detectors[0].left_out == 1)
        took[0] = 0.02
        until(lambda: pipeline.snapshot().stats.left_out == (), 2 * WAIT_S)  # 500 frames
        until(lambda: world.detectors[0].left_out == 0)
        lines = [text for text in say_texts(pipeline) if "fine points" in text]
    assert len(lines) == 2
    assert "fine points off until there is time" in lines[0]
    assert lines[1] == "there is time again: fine points back on"


def test_the_largest_network_that_keeps_the_cameras_rate_is_taken_in_the_first_second(world: World):
    now = [50.0]
    world.clock = lambda: now[0]
    world.size_costs_s = (0.050, 0.015, 0.010)

    def detecting(_frame: Frame) -> None:
        now[0] += 1 / 30

    world.detecting = detecting
    with world.pipeline() as pipeline:
        until(lambda: pipeline.snapshot().stats.detector_size == "full")
        assert now[0] < 51.0
        (line,) = [text for text in say_texts(pipeline) if "2D detector" in text]
        assert "full, which takes 15 ms per frame; the next larger one 50; the camera gives 30 frames/s" in line
        assert pipeline.snapshot().stats.left_out == ()
        pipeline.reconfigure(Config(source="cam", detector="blazepose", backend="cpu", detector_size="heavy"))
        until(lambda: len(world.detectors) == 2)
        until(lambda: pipeline.snapshot().stats.detector_size == "")
    assert [detector.wanted_size for detector in world.detectors] == ["auto", "heavy"]
    assert world.detectors[1].left_out == 0


def test_without_a_person_no_network_is_chosen(world: World):
    world.size_costs_s, world.person = (0.050, 0.015, 0.010), False
    with world.pipeline() as pipeline:
        until(lambda: pipeline.snapshot().stats.frames_captured > 40)
        assert pipeline.snapshot().stats.detector_size == "heavy"
        world.person = True
        until(lambda: pipeline.snapshot().stats.detector_size != "heavy")


def test_a_slow_network_gives_up_the_refinement_of_limbs(world: World):
    now, refined = [50.0], []
    world.clock = lambda: now[0]

    class Lifting(FakeRuntime):
        def lift(self, window: Any, intrinsics: Intrinsics) -> RawMotion:
            refined.append(window.refined)
            now[0] += 0.2
            return super().lift(window, intrinsics)

    class Cutting(FakeWindow):
        def window(self) -> Any:
            blank = np.zeros((1, 1, 23, 3), np.float32)
            seen = self.last
            assert seen is not None
            return Window(
                *(seen.frame_id, seen.captured_at_s, blank, blank, np.zeros((1, 3), np.float32)),
                *(np.eye(3)[None], np.ones(1), 1.0, True),
            )

    factories = dataclasses.replace(
        world.factories(), make_window=Cutting, load_runtime=lambda name, **_: Lifting(world, name)
    )
    world.lockstep = False
    with Pipeline(Config(source="cam"), clock=world.clock, factories=factories) as pipeline:
        until(lambda: "limb refinement" in pipeline.snapshot().stats.left_out)
        until(lambda: bool(refined) and not refined[-1])
    assert refined[0]


def test_the_password_of_an_address_is_shown_nowhere(world: World):
    address = "rtsp://admin:hunter2@cam/live"
    world.broken["source"] = CameraError(f"{address} gives no picture")
    with world.pipeline(source=address) as pipeline:
        assert pipeline.wait(WAIT_S) == "failed"
        snapshot = pipeline.snapshot()
    assert snapshot.source == "rtsp://admin:***@cam/live"
    assert "hunter2" not in repr(snapshot)
    assert any("rtsp://admin:***@cam/live gives no picture" in message.text for message in snapshot.messages)


def test_a_choice_of_a_person_reaches_the_detector_once(world: World):
    with world.pipeline() as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)
        pipeline.choose_person(PersonChoice((12.0, 30.0)))
        until(lambda: bool(world.choices))
        first = pipeline.snapshot().stats.poses
        until(lambda: pipeline.snapshot().stats.poses > first + 2)
    assert world.choices == [PersonChoice((12.0, 30.0))]


@pytest.mark.parametrize(("rotate_deg", "turned"), [(AUTO_ROTATION, True), (0, False)])
def test_the_picture_of_a_camera_that_hangs_upside_down_is_turned(world: World, rotate_deg: int, turned: bool):
    """Everything starts anew with the first picture that is turned: its source has another number."""
    world.frames, corners = 90, []
    world.clock = FrameClock(world)
    world.upside_down = True
    world.detecting = lambda frame: corners.append((int(frame.bgr[0, 0, 0]), int(frame.bgr[-1, -1, 0])))
    with world.pipeline(rotate_deg=rotate_deg) as pipeline:
        assert pipeline.wait(WAIT_S) == "ended"
        said = say_texts(pipeline)
    assert set(corners) == ({(1, 0), (0, 1)} if turned else {(1, 0)})
    assert corners == sorted(corners, reverse=True), "it is turned once"
    assert said.count(turned_line(180)) == turned
    assert world.detectors[0].resets == 1 + turned


def test_a_stream_that_turns_or_changes_its_size_keeps_the_persons_shape(world: World):
    """The lens stays the same: its focal length follows the longer side, its centre the middle."""
    sizes = {0: (64, 48), 1: (48, 64), 2: (32, 24)}
    world.frames, seen = 60, []
    world.clock = FrameClock(world)
    world.size_of = lambda frame_id: sizes[frame_id // 20]
    world.lifting = lambda lens: seen.append((lens.fx / 64, lens.fy / 64, lens.cx, lens.cy))
    with world.pipeline() as pipeline:
        assert pipeline.wait(WAIT_S) == "ended"
    f = seen[0][0]
    assert list(dict.fromkeys(seen)) == [(f, f, 32, 24), (f, f, 24, 32), (f / 2, f / 2, 16, 12)]


class FrameClock:
    """Thirty frames a second, however fast they are read."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self) -> float:
        return self.world.sources[-1].frame_id / 30 if self.world.sources else 0.0


class Hold:
    """A pose that is held for ten frames before it is measured."""

    def __init__(self, result: tuple[float, ...] | str) -> None:
        self.outcome, self.frames = result, 0

    @property
    def under_way(self) -> bool:
        return 0 < self.frames < 10 and not isinstance(self.outcome, str)

    def push(self, keypoints: Keypoints2D, pose: Pose | None) -> None:
        assert pose is None or keypoints.frame_id == pose.frame_id
        self.frames += 1

    def result(self) -> tuple[float, ...] | str:
        return self.outcome


def calibrated_with(world: World, hold: Hold, **settings: Any) -> tuple[Snapshot, list[str]]:
    world.frames, world.clock = 60, FrameClock(world)
    factories = dataclasses.replace(world.factories(), make_hold=lambda: hold)
    world.factories = lambda: factories  # type: ignore[method-assign]
    with world.pipeline(**settings) as pipeline:
        pipeline.calibrate()
        assert pipeline.wait(WAIT_S) == "ended"
        return pipeline.snapshot(), say_texts(pipeline)


def arm_m(pose: Pose) -> float:
    return float(np.linalg.norm(pose.rest_offsets_m[JOINT["LeftLowerArm"]]))


def test_a_calibration_waits_for_a_held_pose_and_uses_what_it_measures(world: World):
    hold = Hold((0.20, 0.14, 0.25, 0.24))
    snapshot, said = calibrated_with(world, hold)
    assert hold.frames >= 10
    assert snapshot.calibration.state == "done"
    assert snapshot.measured is not None
    assert snapshot.measured.lengths == hold.outcome
    assert "arms and legs are measured and used from now on" in said
    assert arm_m(world.hubs[0].poses[-1]) == pytest.approx(0.20 * 1.7, abs=1e-4)


def test_without_such_a_pose_a_calibration_says_why_lengths_stay(world: World):
    snapshot, said = calibrated_with(world, Hold("stretch both arms"), proportions=(0.16, 0.15, 0.25, 0.24))
    assert snapshot.calibration.state == "done"
    assert snapshot.measured is None
    assert any("stretch both arms" in line for line in said)
    assert arm_m(world.hubs[0].poses[-1]) == pytest.approx(0.16 * 1.7, abs=1e-4)
