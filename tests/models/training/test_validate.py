"""Validation: the same windows every time, of clips never trained on; the truth has no error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import axis_angle_to_matrix, rotation_6d_to_matrix
from models.skeleton import JOINT
from models.training.losses import head_turned
from models.training.validate import Guess, autoencoder_error, guess_last, last_frame_errors, validation_windows
from models.vtm.vtm import VTM


@pytest.fixture(scope="module")
def windows(library, tiny):
    return validation_windows(library, tiny, 20)


@pytest.fixture(scope="module")
def model(tiny) -> VTM:
    torch.manual_seed(0)
    return VTM(tiny).eval()


def truth(windows, shown: int = -1) -> Guess:
    rotations = rotation_6d_to_matrix(windows.rotations_6d[:, shown])
    return Guess(rotations, windows.joints[:, shown], windows.bone_ratio, head_turned(rotations))


def test_the_windows_are_the_same_every_time(library, tiny, windows):
    again = validation_windows(library, tiny, 20)
    assert torch.equal(again.keypoints, windows.keypoints)
    assert not torch.equal(validation_windows(library, tiny, 20, seed=8).keypoints, windows.keypoints)


def test_they_come_from_validation_clips_only(library, tiny):
    poisoned = type(library)(
        **{name: getattr(library, name) for name in library.__dataclass_fields__}
        | {"root": (library.root + 100 * ~library.validation.repeat(library.length)[:, None]).astype(np.float32)}
    )
    a, b = (validation_windows(clips, tiny, 20) for clips in (library, poisoned))
    assert torch.equal(a.rotations_6d, b.rotations_6d)
    assert torch.equal(a.root_depth, b.root_depth)


def test_the_truth_has_no_error(windows):
    for name, value in last_frame_errors(truth(windows), windows).items():
        assert value < 0.1, name  # mm and degrees


def test_a_turned_elbow_is_told_in_mm_and_degrees(windows):
    guess = truth(windows)
    guess.rotations[:, JOINT["LeftLowerArm"]] @= axis_angle_to_matrix(torch.tensor([0.0, 0.5, 0.0]))
    joints, _ = forward_kinematics(guess.rotations, ratio_offsets(guess.ratio), torch.zeros(20, 3))
    errors = last_frame_errors(replace(guess, joints=joints), windows)
    assert errors["angle_deg"] == pytest.approx(28.65 / 21, rel=0.02)
    assert errors["hips_deg"] < 0.1
    assert 5 < errors["mpjpe_mm"] < 20  # a hand of some 25 cm, turned by half a radian, one of 12 joints


def test_windows_without_a_person_are_not_counted(windows):
    guess = truth(windows)
    joints = guess.joints.clone()
    joints[~windows.seen] += 5 * torch.randn(22, 3)
    assert last_frame_errors(replace(guess, joints=joints), windows)["mpjpe_mm"] < 0.1


def test_keypoints_alone_is_the_network_with_its_evidence_masked(model, windows):
    blind = type(windows)(
        **{name: getattr(windows, name) for name in windows.__dataclass_fields__} | {"evidence": 0 * windows.evidence}
    )
    alone, masked = guess_last(model, windows, evidence=False), guess_last(model, blind)
    assert torch.equal(alone.rotations, masked.rotations)
    assert not torch.equal(alone.rotations, guess_last(model, windows).rotations)


def test_guesses_do_not_depend_on_the_chunks(model, windows):
    whole, parts = guess_last(model, windows), guess_last(model, windows, chunk=7)
    assert (whole.joints - parts.joints).abs().max() < 1e-4


def test_the_auto_encoders_error_is_of_its_reconstruction(model, windows):
    untrained = autoencoder_error(model, windows)
    assert untrained > 50

    class Perfect(torch.nn.Module):
        def forward(self, motion):
            return motion, None, None

    perfect = VTM(model.config)
    perfect.tpmae = Perfect()
    assert autoencoder_error(perfect, windows) == pytest.approx(0, abs=1e-3)
