"""The real parts together on the demo clip: live for a few seconds, and converted."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.commands.detect import detect_all
from engine.config import Config
from engine.convert import convert
from engine.motion.npz import read_motion_npz
from engine.pipeline import Pipeline
from engine.pose2d.weights import weights_state
from engine.vtm.weights import WEIGHTS
from models.skeleton import JOINT

CONFIG = Config(
    **{"source": "demo", "detector": "blazepose", "backend": "cpu", "height_m": 1.66, "detector_size": "full"},
    **{"hands": "off", "face": "off"},
)
LIVE = dataclasses.replace(CONFIG, loop=True, hands="auto", face="auto")  # again and again: a slow machine needs longer
HEAD, HIPS = JOINT["Head"], JOINT["Hips"]
POSES = 40
WAIT_S = 60.0

pytestmark = [
    pytest.mark.skipif(weights_state().state != "ready", reason="BlazePose's weights are not here: vtm fetch"),
    pytest.mark.skipif(not WEIGHTS.exists(), reason="VTM's weights are not here"),
]


def until(reached: Callable[[], bool], pipeline: Pipeline) -> None:
    """As soon as it is reached; a slow machine may take its time."""
    until_s = time.monotonic() + WAIT_S
    while not reached():
        assert pipeline.wait(0.02) == "running", pipeline.snapshot().messages
        assert time.monotonic() < until_s, pipeline.snapshot().messages


def test_live_on_the_demo_clip(tmp_path: Path):
    with Pipeline(LIVE) as pipeline:
        assert pipeline.wait_for_pose(WAIT_S), pipeline.snapshot().messages
        pipeline.start_recording(tmp_path / "take.npz")
        enough = pipeline.snapshot().stats.poses + POSES
        until(lambda: pipeline.snapshot().stats.poses >= enough, pipeline)
        snapshot = pipeline.snapshot()
        pipeline.stop_recording()
    assert snapshot.source == "demo"
    assert snapshot.stats.detector == "blazepose"
    assert set(snapshot.stats.stages) >= {"capture", "pose2d", "vtm", "solver"}
    take = read_motion_npz(tmp_path / "take.npz")
    assert len(take) >= POSES - 2  # the first pose may be there before the recorder is, the last not yet
    assert take.tracked.mean() > 0.9
    tracked = take.joints_world_m[take.tracked]
    assert (tracked[:, HEAD, 1] > tracked[:, HIPS, 1]).all()


def test_a_change_of_height_is_followed_live():
    with Pipeline(LIVE) as pipeline:
        assert pipeline.wait_for_pose(WAIT_S)

        def hips_m() -> float:
            pose = pipeline.snapshot().pose
            assert pose is not None
            return float(pose.rest_offsets_m[0, 1])

        before_m = hips_m()
        pipeline.reconfigure(dataclasses.replace(LIVE, height_m=1.9))
        until(lambda: hips_m() > 1.05 * before_m, pipeline)


@pytest.mark.slow
def test_the_demo_clip_converted_whole(tmp_path: Path):
    take = convert("demo", tmp_path / "demo.npz", CONFIG)
    assert len(take) == 300
    assert take.tracked.mean() > 0.95
    assert np.isfinite(take.joints_world_m[take.tracked]).all()
    np.testing.assert_allclose(np.diff(take.timestamps_s), 1 / 30, atol=1e-3)


@pytest.mark.slow
def test_the_detectors_file_converts_as_the_video_does(tmp_path: Path):
    np.savez(tmp_path / "found.npz", **detect_all("demo", "blazepose", threads=1))
    ours = convert(tmp_path / "found.npz", tmp_path / "ours.npz", CONFIG)
    theirs = convert("demo", tmp_path / "theirs.npz", CONFIG)
    assert (ours.tracked == theirs.tracked).all()
    apart = np.linalg.norm(ours.joints_cam_m - theirs.joints_cam_m, axis=-1)[ours.tracked]
    assert apart.mean() < 0.002
