"""Shards of pairs: what is written is read again as exactly as its steps say, joined without loss, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from models.kinematics import REST_JOINTS
from models.npz import NpzError
from models.skeleton import NUM_JOINTS, PARENTS
from models.training.pair_shards import (
    EVIDENCE_M,
    PIXEL,
    PairClip,
    find_shards,
    merge_shards,
    posed_joints,
    read_shard,
    write_shard,
)
from models.training.pairs import PairError, PairSampler

SIZE = (480, 360)


def clip_of(seed: int, frames: int = 20, detectors: tuple[str, ...] = ("full", "heavy")) -> PairClip:
    """A person 3 m in front of the camera who sways, and detectors that are wrong at random."""
    rng = np.random.default_rng(seed)
    rest = REST_JOINTS * 0.9
    sway = np.sin(np.linspace(0, 3, frames))[:, None, None] * rng.normal(size=(1, NUM_JOINTS, 3)) * 0.2
    turns = Rotation.from_rotvec(sway.reshape(-1, 3)).as_quat().reshape(frames, NUM_JOINTS, 4)
    R, t = np.diag([1.0, -1.0, -1.0]), np.array([0.1, 1.0, 3.0])
    root = np.tile(rest[0], (frames, 1)) + rng.normal(size=3) * 0.1
    truth = {
        **{"K": np.array([[400.0, 0, 240], [0, 400, 180], [0, 0, 1]]), "R": R, "t": t, "fps": np.float32(30)},
        **{"size": np.array(SIZE), "rest_joints_m": rest, "height_m": np.float32(1.7), "rotations": turns},
        "joints_cam_m": posed_joints(turns, root, rest) @ R.T + t,
        "keypoints_px": rng.uniform(-100, 500, (frames, 23, 2)),
        "visible": rng.random((frames, 23)) < 0.7,
    }
    found = {
        name: {
            "keypoints_px": rng.uniform(0, 360, (frames, 23, 2)).astype(np.float32),
            "keypoint_scores": rng.random((frames, 23)).astype(np.float32),
            "evidence_m": np.where(rng.random((frames, 27, 1)) < 0.1, np.nan, rng.normal(size=(frames, 27, 3)) * 0.4),
        }
        for name in detectors
    }
    return PairClip(seed, "desk", "waist", found, truth)


def same(written: PairClip, read: PairClip) -> None:
    """Within half a step each; joints within a millimetre."""
    assert (read.seed, read.kind, read.cut, read.frames) == (written.seed, written.kind, written.cut, written.frames)
    for name, array in written.truth.items():
        limits = {"rotations": 5e-4, "joints_cam_m": 1e-3, "keypoints_px": PIXEL / 2, "rest_joints_m": 1e-6}
        np.testing.assert_allclose(read.truth[name], array, rtol=1e-6, atol=limits.get(name, 1e-6))
    for detector, found in written.found.items():
        for name, step in (("keypoints_px", PIXEL), ("keypoint_scores", 1 / 255), ("evidence_m", EVIDENCE_M)):
            np.testing.assert_allclose(read.found[detector][name], found[name], rtol=1e-6, atol=step / 2 + 1e-6)


def test_clips_of_different_length_come_back_as_they_were(tmp_path):
    clips = [clip_of(1, 20), clip_of(2, 9), clip_of(3, 33)]
    write_shard(tmp_path / "a.pairs.npz", clips)
    read = read_shard(tmp_path / "a.pairs.npz")
    assert len(read) == 3
    for written, found in zip(clips, read, strict=True):
        same(written, found)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pairs.npz"]


def test_what_no_detector_found_stays_nothing(tmp_path):
    clip = clip_of(4)
    nobody = {"keypoints_px": np.zeros((20, 23, 2)), "keypoint_scores": np.zeros((20, 23))}
    nobody["evidence_m"] = np.full((20, 27, 3), np.nan)
    write_shard(tmp_path / "a.pairs.npz", [PairClip(4, "desk", "waist", {"full": nobody}, clip.truth)])
    found = read_shard(tmp_path / "a.pairs.npz")[0].found["full"]
    assert not found["keypoint_scores"].any()
    assert np.isnan(found["evidence_m"]).all()


def test_merged_shards_are_the_same_clips_again(tmp_path):
    clips = [clip_of(seed) for seed in range(4)]
    write_shard(tmp_path / "a.pairs.npz", clips[:3])
    write_shard(tmp_path / "b.pairs.npz", clips[3:])
    assert merge_shards(find_shards(tmp_path), tmp_path / "all") == 80
    apart = [clip for path in find_shards(tmp_path) for clip in read_shard(path)]
    for one, other in zip(apart, read_shard(tmp_path / "all"), strict=True):
        np.testing.assert_array_equal(one.truth["joints_cam_m"], other.truth["joints_cam_m"])
        np.testing.assert_array_equal(one.found["heavy"]["evidence_m"], other.found["heavy"]["evidence_m"])


def test_forward_kinematics_of_the_rest_pose_is_the_rest_pose():
    still = np.tile([0.0, 0, 0, 1], (2, NUM_JOINTS, 1))
    joints = posed_joints(still, REST_JOINTS[:1].repeat(2, 0), REST_JOINTS)
    np.testing.assert_allclose(joints[1], REST_JOINTS, atol=1e-12)
    assert len(PARENTS) == NUM_JOINTS


def test_each_clip_is_trained_on_once_for_each_detector(tmp_path):
    write_shard(tmp_path / "a.pairs.npz", [clip_of(5), clip_of(6)])
    both = PairSampler(tmp_path, frames=16)
    (tmp_path / "a.pairs.npz").unlink()
    write_shard(tmp_path / "b.pairs.npz", [clip_of(5, detectors=("heavy",)), clip_of(6, detectors=("heavy",))])
    assert len(both) == 2 * len(PairSampler(tmp_path / "b.pairs.npz", frames=16))
    assert both.sample(8, torch.Generator().manual_seed(0)).evidence.any()


def broken(path: Path, change: str) -> None:
    write_shard(path, [clip_of(7)])
    arrays = dict(np.load(path))
    if change == "version":
        arrays["version"] = np.array(99)
    elif change == "detector":
        del arrays["heavy_px"]
    if change == "cut short":
        path.write_bytes(path.read_bytes()[:2000])
    else:
        np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("change", "told"),
    [("version", "version 99, expected 1"), ("detector", "no heavy_px"), ("cut short", "not a whole")],
)
def test_another_version_and_missing_parts_are_one_line(tmp_path, change, told):
    broken(tmp_path / "a.pairs.npz", change)
    with pytest.raises(NpzError, match=told):
        read_shard(tmp_path / "a.pairs.npz")
    with pytest.raises(PairError, match=told):
        PairSampler(tmp_path, frames=16)


def test_a_shard_is_of_clips_that_the_same_detectors_saw(tmp_path):
    for clips in ([], [clip_of(1), clip_of(2, detectors=("full",))]):
        with pytest.raises(ValueError, match="same detectors"):
            write_shard(tmp_path / "a.pairs.npz", clips)
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_says_what_makes_pairs(tmp_path):
    with pytest.raises(PairError, match="render_pairs"):
        PairSampler(tmp_path, frames=16)
