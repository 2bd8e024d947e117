"""Held poses of rendered people: a T-pose seen without error is measured right; one line where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.commands.measured_builds import main, measured_lengths, table, true_lengths
from engine.solver.measuring import REFERENCE
from engine.vtm.weights import WEIGHTS
from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS
from models.kinematics import REST_JOINTS, STATURE
from models.skeleton import NUM_JOINTS
from models.training.pair_shards import PairClip, posed_joints, write_shard

FRAMES = 36
SIZE = (480, 480)
K = np.array([[420.0, 0, 240], [0, 420, 240], [0, 0, 1]])


def held_clip(kind: str = "hold") -> PairClip:
    """The mean skeleton in the T-pose 3 m in front of the camera; the points lie where annotators mark them."""
    torch = pytest.importorskip("torch")
    from models.synth.landmarks import _OFFSETS, BONES

    rest = REST_JOINTS / STATURE * 1.7
    turns = np.tile([0.0, 0, 0, 1], (FRAMES, NUM_JOINTS, 1))
    R, t = np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.9, 3.0])
    joints = posed_joints(turns, np.tile(rest[0], (FRAMES, 1)), rest)
    points = joints[:, list(BONES)[:NUM_KEYPOINTS]] + 1.7 * _OFFSETS[0][:NUM_KEYPOINTS].to(torch.float64).numpy()
    pixels = (points @ R.T + t) @ K.T
    found = {
        "keypoints_px": pixels[..., :2] / pixels[..., 2:],
        "keypoint_scores": np.full((FRAMES, NUM_KEYPOINTS), 0.9),
        "evidence_m": np.full((FRAMES, NUM_EVIDENCE, 3), np.nan),
    }
    truth = {
        **{"K": K, "R": R, "t": t, "fps": np.float32(30), "size": np.array(SIZE), "rest_joints_m": rest},
        **{"height_m": np.float32(1.7), "rotations": turns, "joints_cam_m": joints @ R.T + t},
        **{"keypoints_px": found["keypoints_px"], "visible": np.ones((FRAMES, NUM_KEYPOINTS), bool)},
    }
    return PairClip(1, kind, "whole", {"full": found}, truth)


def test_the_true_lengths_of_the_mean_skeleton_are_the_reference():
    np.testing.assert_allclose(true_lengths(held_clip()), REFERENCE, rtol=1e-6)


def test_a_pose_seen_without_error_is_measured_within_four_percent():
    lengths = measured_lengths(held_clip(), "full", WEIGHTS)
    assert not isinstance(lengths, str), lengths
    np.testing.assert_allclose(lengths, REFERENCE, rtol=0.04)


def test_the_table_counts_the_measured_and_leaves_other_kinds_out(tmp_path: Path):
    write_shard(tmp_path / "a.pairs.npz", [held_clip(), held_clip(), held_clip("whole")])
    assert table(tmp_path, WEIGHTS)[0] == "full: measured 2 of 2 people"


def test_a_folder_without_held_poses_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(tmp_path)]) == 1
    assert "no clips of the kind hold" in capsys.readouterr().err
