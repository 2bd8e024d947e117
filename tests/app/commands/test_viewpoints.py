"""`vtm viewpoints`: figures of a turn, from a file and live, and one line for what is no turn."""

from __future__ import annotations

import argparse
import dataclasses
import json

import numpy as np
import pytest

from app.arguments.parser import build_parser
from app.commands import viewpoints, viewpoints_live
from app.commands.viewpoints import report_lines, run_viewpoints
from app.commands.viewpoints_live import measure_live
from engine.config import Config
from engine.convert import Observed
from engine.errors import CameraError, InputError, UsageError
from engine.motion.take import row_of, take_from_rows
from engine.osc.demo_pose import wave_pose
from engine.types import Message, NoPerson
from engine.viewpoints.true_errors import TrueSide
from engine.viewpoints.turn import TurnReport
from models.skeleton import JOINT_NAMES
from tests.engine.viewpoints.turners import before_camera, body


def turning_take(turns: float, seconds: float = 12.0):
    """A take of somebody who holds the T-pose and turns."""
    rows = []
    pose = wave_pose(1.7, 0.0)
    for frame in range(round(seconds * 30 * turns) + 20):
        yaw = max(frame - 10, 0) / (seconds * 30) * 360
        R = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
        joints = before_camera(body(), yaw).astype(np.float32)
        own = dataclasses.replace(pose, frame_id=frame, captured_at_s=frame / 30, joints_cam_m=joints, R_world_cam=R)
        rows.append(row_of(own, NoPerson(frame, frame / 30, (640, 480))))
    return take_from_rows(np.concatenate(rows))


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """clip(turns) -> options for a file of so many turns."""

    def make(turns: float, *options: str) -> argparse.Namespace:
        take = turning_take(turns)
        monkeypatch.setattr(viewpoints, "observe", lambda *_args, **_options: Observed(take))
        source = tmp_path / "turn.mp4"
        source.write_bytes(b"never read")
        return build_parser().parse_args(["viewpoints", "--source", str(source), *options])

    return make


def test_a_file_gives_figures_and_a_picture(clip, tmp_path, capsys):
    out, picture = tmp_path / "ring.json", tmp_path / "ring.png"
    assert run_viewpoints(clip(2.1, "--json", str(out), "--picture", str(picture))) == 0
    found = json.loads(out.read_text())
    assert found["source"] == "turn.mp4"
    assert found["turns"] == 2
    assert max(found["ours"]["sectors_mm"]) < 0.1
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "12 of 12 sectors, 2 whole turns" in capsys.readouterr().err


def test_figures_that_are_there_are_kept(clip, tmp_path, capsys):
    out = tmp_path / "ring.json"
    out.write_text("mine")
    assert run_viewpoints(clip(1.1, "--json", str(out))) == 0
    assert out.read_text() == "mine"
    assert json.loads((tmp_path / "ring-2.json").read_text())["turns"] == 1
    assert "exists and was kept" in capsys.readouterr().err
    assert run_viewpoints(clip(1.1, "--json", str(out), "--force")) == 0
    assert json.loads(out.read_text())["turns"] == 1


def test_true_errors_stand_beside_the_ring(clip, tmp_path):
    options = clip(1.1, "--truth", str(tmp_path / "truth.npz"), "--json", str(tmp_path / "ring.json"))
    joints = turning_take(1.1).joints_cam_m
    np.savez(tmp_path / "truth.npz", joints_cam_m=joints + np.array([0.0, 0.0, 0.5]), joint_names=np.array(JOINT_NAMES))
    assert run_viewpoints(options) == 0
    found = json.loads((tmp_path / "ring.json").read_text())
    assert max(found["ours"]["true_mm"]) < 0.2  # about the hips: where the body stands is not judged
    assert "true_mm" in found["detector"]


def test_truth_of_another_clip_is_refused(clip, tmp_path):
    np.savez(tmp_path / "truth.npz", joints_cam_m=np.zeros((3, 22, 3)), joint_names=np.array(JOINT_NAMES))
    truth = str(tmp_path / "truth.npz")
    options = clip(1.1, "--truth", truth)
    take = turning_take(1.1)
    seen = Observed(take)
    with pytest.raises(InputError, match="do not belong together"):
        viewpoints.check_lengths(np.zeros((3, 22, 3)), seen, "turn.mp4")
    with pytest.raises(InputError, match="do not belong together"):
        run_viewpoints(options)


def test_somebody_who_does_not_turn_is_one_line(clip):
    with pytest.raises(InputError, match=r"no full turn in .* of 12 sectors seen, expected 6"):
        run_viewpoints(clip(0.1))


def test_an_empty_file_is_one_line(clip, monkeypatch):
    options = clip(1.0)
    take = turning_take(0.5)
    nobody = dataclasses.replace(take, tracked=np.zeros(len(take), bool))
    monkeypatch.setattr(viewpoints, "observe", lambda *_args, **_options: Observed(nobody))
    with pytest.raises(InputError, match="there is no person in"):
        run_viewpoints(options)


@pytest.mark.parametrize(
    ("option", "message"),
    [("--json=x.txt", "ends in .json"), ("--picture=x.jpg", "ends in .png"), ("--truth=missing.npz", "truth")],
)
def test_what_would_fail_after_the_work_is_found_before(clip, option, message):
    with pytest.raises((UsageError, InputError), match=message):
        run_viewpoints(clip(1.0, option))


def test_live_two_turns_end_the_run(fake, monkeypatch):
    monkeypatch.setattr(viewpoints_live, "_PULL_S", 0.0)
    joints = turning_take(2.2).joints_cam_m

    class Turning(fake):
        count = 0

        def snapshot(self):
            snapshot = super().snapshot()
            self.count += 1
            R = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
            at = min(self.count, len(joints) - 1)
            pose = dataclasses.replace(
                snapshot.pose,
                frame_id=self.count,
                captured_at_s=self.count / 30,
                joints_cam_m=joints[at],
                R_world_cam=R,
            )
            return dataclasses.replace(snapshot, pose=pose)

    meter = measure_live(Config(), None, Turning)
    assert meter.done
    assert meter.report().turns == 2


def test_live_a_camera_that_fails_is_its_own_line(fake):
    class Broken(fake):
        def __init__(self, config) -> None:
            super().__init__(config)
            self.state = "failed"
            self.messages = (Message("error", "the camera is busy"),)

    with pytest.raises(CameraError, match="the camera is busy"):
        measure_live(Config(), 5.0, Broken)


def test_a_low_correlation_points_to_what_cannot_be_seen():
    lines = report_lines(TurnReport(), {"ours": TrueSide((1.0,) * 12, 0.2, (1.0,) * 12, 0.6, 40.0)})
    assert any("rank correlation with the ring 0.20 (low" in line for line in lines)
    assert any("rank correlation with the ring 0.60" in line and "low" not in line for line in lines)
    assert any("40 mm of its body pose error is the same from all sides" in line for line in lines)
    assert any("the same from all sides" in line for line in lines)
