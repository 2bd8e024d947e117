"""In the mirror: what is seen and what is said of it, and that the mean of both knows no side."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from models.export import example_inputs
from models.keypoints import EVIDENCE_NAMES, KEYPOINT, KEYPOINT_NAMES
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import geodesic_angle, orthonormal_6d, rotation_6d_to_matrix
from models.skeleton import MIRROR_JOINTS, mirrored_name
from models.view import gravity_up, person_view
from models.vtm.answer import NetworkAnswer, network_answer
from models.vtm.evidence import evidence_shape
from models.vtm.exported import ExportedVTM
from models.vtm.mirror import mirrored_evidence, mirrored_window, with_mirror_image
from models.vtm.vtm import VTM

RNG = torch.Generator().manual_seed(0)
FLIP = torch.tensor([-1.0, 1.0, 1.0])


def answer() -> tuple[torch.Tensor, ...]:
    """Of one window: any rotations, root, bones alike on both sides, one foot that rests."""
    ratio = 0.1 * torch.randn(1, 22, generator=RNG)
    root = torch.tensor([[0.3, 0.4, -0.1, 0.2, 0.7]])
    six = orthonormal_6d(torch.randn(1, 22, 6, generator=RNG))
    spread = torch.tensor([[-3.0, -3.1, -2.0, -4.0, -1.0, -3.5]])
    return six, root, (ratio + ratio[:, list(MIRROR_JOINTS)]) / 2, torch.tensor([[0.9, 0.1]]), spread


def values(found: NetworkAnswer) -> tuple[torch.Tensor, ...]:
    """In the order of the ONNX's outputs."""
    return tuple(getattr(found, field.name) for field in fields(found))


def averaged(*both: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The mean of windows and their mirror images."""
    return values(network_answer(both, mirrored=True))


def in_the_mirror(said: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """The same answer as a network without sides would give it of the mirrored window, by joints instead of signs."""
    six, root, ratio, contacts, spread = said
    matrices = rotation_6d_to_matrix(six)[:, list(MIRROR_JOINTS)] * FLIP[:, None] * FLIP
    mirrored = torch.cat([matrices[..., 0], matrices[..., 1]], dim=-1)
    return (
        mirrored,
        root * torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0]),
        ratio,
        contacts.flip(-1),
        spread[:, [0, 1, 3, 2, 5, 4]],
    )


def joints(six: torch.Tensor, ratio: torch.Tensor) -> torch.Tensor:
    return forward_kinematics(rotation_6d_to_matrix(six), ratio_offsets(ratio.exp()), torch.zeros(len(six), 3))[0]


def test_who_moves_in_the_mirror_has_the_other_sides_joints_where_x_is_turned_round():
    said = answer()
    ours, theirs = joints(said[0], said[2]), joints(in_the_mirror(said)[0], said[2])
    torch.testing.assert_close(theirs[:, list(MIRROR_JOINTS)] * FLIP, ours, atol=1e-5, rtol=0)


def test_two_answers_that_agree_are_their_own_mean():
    said = answer()
    both = [torch.cat(pair) for pair in zip(said, in_the_mirror(said), strict=True)]
    six, *others = averaged(*both)
    torch.testing.assert_close(orthonormal_6d(six), said[0], atol=1e-5, rtol=0)
    for found, expected in zip(others, said[1:], strict=True):
        torch.testing.assert_close(found, expected)


def test_the_mean_lies_between_two_that_differ():
    said = answer()
    other = in_the_mirror(tuple(value + 0.2 * torch.randn(value.shape, generator=RNG) for value in said))
    six, root, *_ = averaged(*(torch.cat(pair) for pair in zip(said, other, strict=True)))
    theirs = in_the_mirror(other)
    apart = geodesic_angle(rotation_6d_to_matrix(said[0]), rotation_6d_to_matrix(theirs[0]))
    for end in (said[0], theirs[0]):
        angle = geodesic_angle(rotation_6d_to_matrix(six), rotation_6d_to_matrix(end))
        assert (angle < 0.8 * apart).all()
    torch.testing.assert_close(root, (said[1] + theirs[1]) / 2)


def test_gravity_in_the_mirror_is_gravity_with_x_turned_round():
    pitch_roll = torch.tensor([[0.3, -0.5]])
    up = gravity_up(pitch_roll) * FLIP
    torch.testing.assert_close(gravity_up(pitch_roll * torch.tensor([1.0, -1.0])), up)


def test_a_mirrored_window_is_what_a_mirrored_picture_gives():
    """The camera's own points turned round and renamed, seen through a view of their own."""
    rng = np.random.default_rng(1)
    rays, scores = 0.3 + 0.1 * rng.normal(size=(1, 16, 23, 2)), rng.uniform(0.2, 1.0, (1, 16, 23))
    view, points = person_view(rays, scores)
    order = [KEYPOINT[mirrored_name(name)] for name in KEYPOINT_NAMES]
    expected_view, expected = person_view((rays * [-1.0, 1.0])[:, :, order], scores[:, :, order])
    evidence = torch.zeros(1, 16, 27, 4, dtype=torch.float64)
    found, _, box = mirrored_window(torch.from_numpy(points), evidence, torch.from_numpy(view.box))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-9)
    np.testing.assert_allclose(box.numpy(), expected_view.box, atol=1e-9)


@pytest.mark.parametrize("backbone", ["landmarks", "resnet18"])
def test_mirrored_twice_is_as_it_was(backbone):
    evidence = torch.rand(2, 6, *evidence_shape(backbone))
    torch.testing.assert_close(mirrored_evidence(mirrored_evidence(evidence)), evidence)
    assert not torch.equal(mirrored_evidence(evidence), evidence)


def test_a_mirrored_map_has_its_columns_exchanged_and_its_rows_not():
    cells = torch.arange(16.0).view(1, 1, 16, 1).expand(1, 1, 16, 513)
    assert mirrored_evidence(cells)[0, 0, :, 0].tolist() == [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]


def test_mirrored_landmarks_are_those_of_the_other_side_with_x_turned_round():
    evidence = torch.zeros(1, 1, 27, 4)
    left, right = (EVIDENCE_NAMES.index(f"{side}_wrist") for side in ("left", "right"))
    evidence[0, 0, left] = torch.tensor([0.3, 0.1, -0.2, 1.0])
    mirrored = mirrored_evidence(evidence)[0, 0]
    torch.testing.assert_close(mirrored[right], torch.tensor([-0.3, 0.1, -0.2, 1.0]))
    assert not mirrored[left].any()


@torch.no_grad()
@pytest.mark.parametrize("backbone", ["landmarks", "resnet18"])
@pytest.mark.parametrize("latency", [0, 5])
def test_the_exported_network_is_the_mean_of_a_window_and_its_mirror_image(tiny, backbone, latency):
    config = replace(tiny, backbone=backbone, latency_frames=latency, window_frames=48)
    torch.manual_seed(0)
    model = VTM(config).eval()
    torch.nn.init.normal_(model.tpve.body_head.weight, std=0.1)
    torch.nn.init.normal_(model.tpve.upper.position)
    inputs = example_inputs(model)
    one_pass = ExportedVTM(model)
    model.config = replace(config, mirrored=True)
    both = [torch.cat(pair) for pair in zip(one_pass(*inputs), one_pass(*mirrored_window(*inputs)), strict=True)]
    for found, expected in zip(averaged(*ExportedVTM(model)(*inputs)), averaged(*both), strict=True):
        torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)


@torch.no_grad()
def test_what_is_shown_of_the_mirror_image_is_the_mirrored_answer(tiny):
    """No side is preferred: mirror the window, and all that comes out is mirrored."""
    torch.manual_seed(0)
    network = ExportedVTM(VTM(replace(tiny, mirrored=True)).eval())
    inputs = example_inputs(network)
    expected = in_the_mirror(averaged(*network(*inputs)))
    for found, wanted in zip(averaged(*network(*mirrored_window(*inputs))), expected, strict=True):
        torch.testing.assert_close(found, wanted, atol=2e-5, rtol=0)


def test_the_window_itself_comes_first():
    window = (torch.rand(2, 4, 23, 3), torch.rand(2, 4, 27, 4), torch.rand(2, 3))
    for both, own, other in zip(with_mirror_image(*window), window, mirrored_window(*window), strict=True):
        assert torch.equal(both[:2], own)
        assert torch.equal(both[2:], other)
