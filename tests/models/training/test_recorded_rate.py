"""Clips of slower cameras at the network's rate."""

from __future__ import annotations

import torch
from torch import Tensor

from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS
from models.rotations import axis_angle_to_matrix
from models.skeleton import NUM_JOINTS
from models.training.recorded_rate import at_rate
from models.training.recorded_rows import RecordedRows

FRAMES = 5


def turning(frames: int, degrees_per_frame: float) -> Tensor:
    """(N, 22, 3, 3): every joint turns about z at an even speed."""
    angle = torch.arange(frames) * torch.deg2rad(torch.tensor(degrees_per_frame))
    zero = torch.zeros(frames)
    return axis_angle_to_matrix(torch.stack([zero, zero, angle], dim=-1))[:, None].repeat(1, NUM_JOINTS, 1, 1)


def rows() -> RecordedRows:
    """A person who moves evenly, at 15 frames/s."""
    time = torch.arange(FRAMES).float()
    return RecordedRows(
        rays=time[:, None, None].expand(-1, NUM_KEYPOINTS, 2).clone(),
        scores=torch.ones(FRAMES, NUM_KEYPOINTS),
        evidence=torch.ones(FRAMES, NUM_EVIDENCE, 4),
        rotations=turning(FRAMES, 20.0),
        joints=time[:, None, None].expand(-1, NUM_JOINTS, 3).clone(),
        up=torch.tensor([0.0, -1.0, 0.0]).repeat(FRAMES, 1),
        ratio=torch.ones(FRAMES, NUM_JOINTS),
        contacts=torch.tensor([[0.0, 1.0]]).repeat(FRAMES, 1),
        contact_valid=torch.ones(FRAMES, dtype=torch.bool),
    )


def test_between_two_frames_lies_their_middle():
    found = at_rate(rows(), 15.0, 30.0)
    assert len(found.rays) == 2 * FRAMES - 1
    torch.testing.assert_close(found.rays[:, 0, 0], torch.arange(2 * FRAMES - 1) / 2)
    torch.testing.assert_close(found.joints[:, 3, 1], torch.arange(2 * FRAMES - 1) / 2)
    torch.testing.assert_close(found.rotations, turning(2 * FRAMES - 1, 10.0), atol=1e-5, rtol=0)
    assert found.contact_valid.dtype == torch.bool
    torch.testing.assert_close(found.contacts, torch.tensor([[0.0, 1.0]]).repeat(2 * FRAMES - 1, 1))


def test_a_point_that_only_one_frame_saw_is_the_nearer_frames():
    given = rows()
    given.scores[2, 7] = 0.0
    given.rays[2, 7] = 0.0
    given.evidence[2, 9] = 0.0
    found = at_rate(given, 10.0, 30.0)  # frames 1, 1 1/3, 1 2/3, 2
    torch.testing.assert_close(found.scores[3:7, 7], torch.tensor([1.0, 1.0, 0.0, 0.0]))
    torch.testing.assert_close(found.rays[3:7, 7, 0], torch.tensor([1.0, 1.0, 0.0, 0.0]))
    torch.testing.assert_close(found.evidence[3:7, 9, 3], torch.tensor([1.0, 1.0, 0.0, 0.0]))
    torch.testing.assert_close(found.rays[4, 6, 0], torch.tensor(4 / 3))


def test_a_clip_of_about_the_networks_rate_stays_as_it_is():
    given = rows()
    assert at_rate(given, 29.97, 30.0) is given
