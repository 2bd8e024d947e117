"""Image evidence of recorded windows: read, mirrored, left as it is where nobody knows, blank where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.npz import NpzError
from models.rotations import axis_angle_to_matrix
from models.training.visual import (
    evidence_rows,
    fitted,
    one_backbone,
    turned_evidence,
)
from models.vtm.backbones import is_map

FRAMES = 6
RNG = np.random.default_rng(0)


def maps() -> np.ndarray:
    """(6, 16, 512) as app.commands.detect writes them: nobody in frame 2."""
    features = RNG.uniform(0, 4, (FRAMES, 16, 512)).astype(np.float16)
    features[2] = np.nan
    return features


def test_a_feature_map_is_read_with_its_flags_and_as_small_as_it_was_stored():
    features = maps()
    rows = evidence_rows({"visual_features": features}, FRAMES, "resnet18")
    assert rows.shape == (FRAMES, 16, 513)
    assert rows.dtype == torch.float16
    assert not rows[2].any()
    there = [0, 1, 3, 4, 5]
    np.testing.assert_array_equal(rows[there, :, :-1].numpy(), features[there])
    assert (rows[there, :, -1] == 1).all()


def test_landmarks_are_read_one_by_one():
    landmarks = RNG.normal(size=(FRAMES, 27, 3))
    landmarks[1, 4] = np.nan
    rows = evidence_rows({"evidence_m": landmarks}, 4, "landmarks")
    assert rows.shape == (4, 27, 4)
    assert not rows[1, 4].any()
    assert rows[..., 3].sum() == 4 * 27 - 1


def test_maps_of_another_size_are_refused_with_the_command():
    with pytest.raises(
        NpzError, match=r"has shape \(6, 49, 512\), expected \(N, 16, 512\); python -m app\.commands\.detect"
    ):
        evidence_rows({"visual_features": np.zeros((FRAMES, 49, 512))}, FRAMES, "resnet18")


def test_landmarks_turn_with_the_camera_and_maps_are_left_alone():
    turn = axis_angle_to_matrix(torch.tensor([[0.0, 0.0, 0.5]]))[:, None]
    landmarks = torch.rand(1, FRAMES, 27, 4)
    turned = turned_evidence(landmarks, turn)
    torch.testing.assert_close(turned[..., :3], torch.einsum("ij,btkj->btki", turn[0, 0], landmarks[..., :3]))
    assert torch.equal(turned[..., 3], landmarks[..., 3])
    features = torch.rand(1, FRAMES, 16, 513)
    assert turned_evidence(features, turn) is features
    assert is_map(features)
    assert not is_map(landmarks)


def test_evidence_of_another_kind_counts_as_none(windows):
    blank = fitted(windows, "resnet18")
    assert blank.evidence.shape == (*windows.keypoints.shape[:2], 16, 513)
    assert not blank.evidence.any()
    assert blank.keypoints is windows.keypoints
    assert fitted(windows, "landmarks") is windows


@pytest.fixture(scope="module")
def windows(library):
    """A few made-up windows with landmarks."""
    from models.synth.poses import MotionSampler
    from models.synth.windows import WindowMaker

    sampler = MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=30.0, variety=0.0)
    return WindowMaker(sampler, frames=16).make(3, torch.Generator().manual_seed(0))[0]


def test_features_of_two_backbones_are_never_mixed(tmp_path):
    files = [tmp_path / f"{name}.npz" for name in "abc"]
    for path, mark in zip(files, ("f00d", "f00d", "beef"), strict=True):
        np.savez(path, visual_backbone=mark)
    assert one_backbone(files[:2]) == "f00d"
    with pytest.raises(NpzError, match=r"c\.npz: features of backbone beef, those of .*a\.npz are of f00d"):
        one_backbone(files)
    np.savez(files[0], keypoints_px=np.zeros(3))
    with pytest.raises(NpzError, match="no visual_backbone"):
        one_backbone(files)
