"""A camera that delivers no frames: its performer is lost, as one who leaves the picture. Files may pause."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver import Solver
from engine.solver.settings import STANDARD
from engine.types import Pose
from models.skeleton import JOINT
from tests.engine.pipeline_fakes import WAIT_S, World, until

_ARM = JOINT["LeftUpperArm"]
_DOWN_RAD, _FEW = np.radians(70.0), 10


@pytest.fixture
def camera() -> World:
    world = World()
    world.live, world.make_solver = True, partial(Solver, relaxes=True)
    return world


def arm_rad(pose: Pose) -> float:
    """How far the left arm is from the T-pose, in which the fake network sees everybody."""
    return float(Rotation.from_quat(pose.rotations_xyzw[_ARM]).magnitude())


def lost(poses: list[Pose]) -> list[Pose]:
    return [pose for pose in poses if not pose.tracked]


def test_without_frames_the_pose_is_held_eases_to_rest_and_receivers_are_told(camera: World):
    with camera.pipeline() as pipeline:
        poses = camera.hubs[0].poses
        until(lambda: len(poses) > _FEW)
        assert all(pose.tracked for pose in poses)
        camera.unplugged.set()
        until(lambda: arm_rad(poses[-1]) > _DOWN_RAD and poses[-1].confidence == 0.0)
        shown = pipeline.snapshot().pose
    gone = lost(poses)
    last_s = poses[-len(gone) - 1].captured_at_s
    held = [pose for pose in gone if pose.captured_at_s - last_s <= STANDARD.lost.hold_s]
    assert held
    assert max(arm_rad(pose) for pose in held) == pytest.approx(0.0, abs=1e-6)
    assert np.diff([pose.captured_at_s for pose in gone]).min() > 0
    assert np.diff([pose.confidence for pose in gone]).max() <= 0
    assert len(gone) > 12  # at the output's rate
    assert np.diff([arm_rad(pose) for pose in gone]).max() < _DOWN_RAD / 4  # never at once
    assert not shown.tracked  # on the screen, too
    assert arm_rad(shown) > _DOWN_RAD


def test_frames_that_come_back_take_over_from_the_resting_pose_without_a_jump(camera: World):
    with camera.pipeline():
        poses = camera.hubs[0].poses
        until(lambda: len(poses) > _FEW)
        camera.unplugged.set()
        until(lambda: arm_rad(poses[-1]) > _DOWN_RAD)
        camera.unplugged.clear()
        until(lambda: poses[-1].tracked and arm_rad(poses[-1]) < 0.01)
    back = next(number for number in range(len(poses) - 1, 0, -1) if not poses[number].tracked) + 1
    assert poses[back].tracked
    assert arm_rad(poses[back]) > _DOWN_RAD / 2
    assert poses[back].captured_at_s > poses[back - 1].captured_at_s


def test_a_take_and_the_figures_hold_only_frames_that_came(camera: World, tmp_path: Path):
    with camera.pipeline() as pipeline:
        pipeline.start_recording(tmp_path / "take.npz")
        poses = camera.hubs[0].poses
        until(lambda: len(poses) > _FEW)
        camera.unplugged.set()
        until(lambda: arm_rad(poses[-1]) > _DOWN_RAD)
        rows, stats = list(camera.recorders[0].rows), pipeline.snapshot().stats
    assert all(pose is not None and pose.tracked for pose, _detection in rows)
    assert stats.poses == stats.frames_captured == sum(pose.tracked for pose in poses)


def test_poses_without_frames_come_at_the_rate_of_the_output(camera: World):
    with camera.pipeline(osc_rate_hz=100.0) as pipeline:
        until(lambda: pipeline.snapshot().stats.poses > _FEW)
        pushed: list[Pose] = []
        put = pipeline._output.put
        pipeline._workers[2]._send = lambda pose: (pushed.append(pose), put(pose))[-1]  # type: ignore[attr-defined]
        camera.unplugged.set()
        until(lambda: bool(pushed) and arm_rad(pushed[-1]) > _DOWN_RAD)
    assert np.median(np.diff([pose.captured_at_s for pose in pushed])) < 0.02


def test_a_file_that_pauses_keeps_its_last_pose(camera: World):
    camera.live = False
    with camera.pipeline() as pipeline:
        poses = camera.hubs[0].poses
        until(lambda: len(poses) > _FEW)
        camera.unplugged.set()
        time.sleep(0.8)  # longer than the hold
        assert pipeline.snapshot().pose.tracked
    assert lost(poses) == []


def test_the_end_of_a_file_keeps_its_last_pose(camera: World):
    camera.live, camera.frames = False, 5
    with camera.pipeline() as pipeline:
        assert pipeline.wait(WAIT_S) == "ended"
        time.sleep(0.8)
    assert lost(camera.hubs[0].poses) == []


def test_a_camera_that_shows_nobody_yet_sends_nothing_without_frames_either(camera: World):
    camera.person = False
    with camera.pipeline() as pipeline:
        until(lambda: pipeline.snapshot().frame is not None)
        camera.unplugged.set()
        time.sleep(0.6)
    assert camera.hubs[0].poses == []
