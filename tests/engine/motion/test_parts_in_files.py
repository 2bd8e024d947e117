"""How well each part was seen goes into a take and comes back; older takes stay readable."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np

from engine.motion.npz import read_motion_npz, write_motion_npz
from engine.motion.take import MotionTake, row_of, take_from_rows
from engine.motion.take_poses import poses_of
from engine.types import Keypoints2D
from models.keypoints import NUM_KEYPOINTS
from models.parts import PART_NAMES

SEEN = np.array([0.9, 0.6, 0.8, 0.7, 0.1, 0.2], np.float32)


def take_of(make_pose) -> MotionTake:
    rows = []
    for frame in range(5):
        pose = dataclasses.replace(make_pose(0, frame / 30, frame_id=frame), part_confidence=SEEN)
        points = np.full((NUM_KEYPOINTS, 2), 50, np.float32)
        seen = Keypoints2D(frame, frame / 30, (100, 100), points, np.ones(NUM_KEYPOINTS, np.float32))
        rows.append(row_of(pose if frame != 2 else pose.as_lost(), seen))
    return take_from_rows(np.concatenate(rows))


def test_parts_are_written_with_their_names_and_read_again(make_pose, tmp_path: Path):
    with (tmp_path / "take.npz").open("wb") as file:
        write_motion_npz(file, take_of(make_pose))
    with np.load(tmp_path / "take.npz") as file:
        assert tuple(file["part_names"]) == PART_NAMES
    take = read_motion_npz(tmp_path / "take.npz")
    np.testing.assert_array_equal(take.part_confidence[0], SEEN)
    assert (take.part_confidence[2] == 0).all()
    poses = list(poses_of(take))
    np.testing.assert_array_equal(poses[0].part_confidence, SEEN)
    assert not poses[2].part_confidence.any()


def test_a_take_without_parts_counts_as_seen_while_somebody_is_tracked(make_pose, tmp_path: Path):
    file = io.BytesIO()
    write_motion_npz(file, take_of(make_pose))
    with np.load(io.BytesIO(file.getvalue())) as found:
        older = {name: found[name] for name in found.files if not name.startswith("part_")}
    np.savez(tmp_path / "older.npz", **older)
    take = read_motion_npz(tmp_path / "older.npz")
    assert (take.part_confidence[[0, 1, 3, 4]] == 1).all()
    assert (take.part_confidence[2] == 0).all()


def test_confidences_out_of_range_are_clipped(make_pose, tmp_path: Path):
    wild = take_of(make_pose)
    wild = dataclasses.replace(wild, part_confidence=np.where(np.arange(6) < 3, np.nan, 7.0) + wild.part_confidence)
    with (tmp_path / "take.npz").open("wb") as file:
        write_motion_npz(file, wild)
    take = read_motion_npz(tmp_path / "take.npz")
    assert ((take.part_confidence >= 0) & (take.part_confidence <= 1)).all()
